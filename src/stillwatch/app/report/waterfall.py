"""Evidence as a staircase: from the prior, family by family, to the posterior, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.app.report.results import Row
from stillwatch.model.families import FAMILIES

SMALL_BITS = 0.25
ITEMS = 4  # statements of a family shown at once
TOTALS = ("sum", "posterior")  # steps that start at zero
ROUNDING_BITS = 0.05  # smaller differences are rounding, not a missing item


@dataclass(frozen=True, slots=True)
class Item:
    """One statement within a family."""

    kind: str
    statement: str
    bits: float
    low: float | None
    high: float | None
    n: int | None
    signal: str
    counter: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One stair, from `start` to `end`; `role` is `prior`, `family`, `rest`, `sum`, `calibration` or `posterior`."""

    role: str
    name: str
    bits: float
    low: float | None
    high: float | None
    start: float
    end: float
    items: tuple[Item, ...] = ()

    @property
    def main(self) -> tuple[Item, ...]:
        """The items that matter: a few of at least `SMALL_BITS`, or the strongest one."""
        large = [i for i in self.items if abs(i.bits) >= SMALL_BITS]
        return tuple(large[:ITEMS]) or self.items[:1]

    @property
    def minor(self) -> tuple[Item, ...]:
        """The rest of the items."""
        return self.items[len(self.main) :]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Steps, the span of the axis they are drawn on, and where the threshold stands on it."""

    steps: tuple[Step, ...]
    lowest: float
    highest: float
    threshold: float | None

    def place(self, bits: float) -> float:
        """Position on the axis, in percent."""
        width = self.highest - self.lowest
        return round(100 * (min(max(bits, self.lowest), self.highest) - self.lowest) / width, 2)

    @property
    def strongest(self) -> Step | None:
        """The family that says most for distillation."""
        families = [s for s in self.steps if s.role == "family" and s.bits > 0]
        return max(families, key=lambda s: s.bits) if families else None


def staircase(campaign: Row, evidence: Sequence[Row]) -> Waterfall:
    """The waterfall of a campaign: `prior_bits`, each family's sum, what is left over, and the posterior.

    Where calibration changed the probability, prior and evidence are summed up first, since the threshold is for
    that sum, and calibration is a step of its own.
    """
    prior = campaign["prior_bits"] or 0.0
    families = _families(evidence)
    total = campaign["weight_bits"]
    listed = sum(step.bits for step in families)
    if total is not None and abs(total - listed) > ROUNDING_BITS:
        families.append(Step("rest", "", total - listed, None, None, 0.0, 0.0))
    steps = [Step("prior", "", prior, None, None, 0.0, prior)]
    at = prior
    for step in families:
        steps.append(
            Step(step.role, step.name, step.bits, step.low, step.high, at, at + step.bits, step.items)
        )
        at += step.bits
    correction = campaign.get("calibration_bits") or 0.0
    steps.append(Step("sum" if correction else "posterior", "", at, *_shifted(campaign, prior), 0.0, at))
    if correction:
        end = at + correction
        steps.append(Step("calibration", "", correction, None, None, at, end))
        steps.append(Step("posterior", "", end, None, None, 0.0, end))
    threshold = campaign["threshold_bits"]
    return _framed(steps, None if threshold is None else prior + threshold)


def item(row: Row) -> Item:
    """One row of `evidence` as an item."""
    weight = row["weight_bits"] or 0.0
    return Item(
        kind=row["kind"],
        statement=row["statement"] or "",
        bits=weight,
        low=row["low"],
        high=row["high"],
        n=row["n"],
        signal=f"{row['signal']} v{row['version']}" if row["signal"] else "",
        counter=bool(row["counter"]) or weight < 0,
    )


def _families(evidence: Sequence[Row]) -> list[Step]:
    """One step per family about the whole campaign: strongest first, those that speak against last."""
    items: dict[str, list[Item]] = {}
    for row in evidence:
        if row["subject_kind"] == "campaign":
            items.setdefault(row["family"], []).append(item(row))
    steps = [_family(name, part) for name, part in items.items()]
    order = {name: i for i, name in enumerate(FAMILIES)}
    return sorted(steps, key=lambda s: (s.bits < 0, -abs(s.bits), order.get(s.name, 99), s.name))


def _family(name: str, items: list[Item]) -> Step:
    ordered = tuple(sorted(items, key=lambda i: (-abs(i.bits), i.kind)))
    weight = sum(i.bits for i in items)
    low = sum(i.bits if i.low is None else i.low for i in items)
    high = sum(i.bits if i.high is None else i.high for i in items)
    return Step("family", name, weight, low, high, 0.0, 0.0, ordered)


def _shifted(campaign: Row, prior: float) -> tuple[float | None, float | None]:
    low, high = campaign["weight_low"], campaign["weight_high"]
    return (None if low is None else prior + low), (None if high is None else prior + high)


def _framed(steps: list[Step], threshold: float | None) -> Waterfall:
    points = [0.0, *(s.start for s in steps), *(s.end for s in steps)]
    points += [s.start + v for s in steps if s.role == "family" for v in (s.low, s.high) if v is not None]
    points += [v for s in steps if s.role in TOTALS for v in (s.low, s.high) if v is not None]
    points += [] if threshold is None else [threshold]
    margin = max(1.0, 0.04 * (max(points) - min(points)))
    return Waterfall(tuple(steps), min(points) - margin, max(points) + margin, threshold)
