"""Floors and ceilings, and whether figures reach them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from stillwatch import lab
from stillwatch.lab.evaluate import Evaluation
from stillwatch.lab.intervals import Figure
from stillwatch.model.errors import InputError

SHOWN, MET, MISSED, UNKNOWN = "shown", "met, not shown", "missed", "not measured"
SHARES = ("recall", "false_positives", "worst_cohort", "exchange_recall", "exchange_precision", "gone")
NUMBERS = ("cost_ratio", "full_scale_minutes", "full_scale_gigabytes")


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: at least `limit` if it is a `floor`, at most otherwise.

    It applies to `scenarios`, to all if none is named; if it is about an `attack`, only to those that hold one.
    """

    name: str
    figure: str
    floor: bool
    limit: float
    scenarios: tuple[str, ...] = ()
    attack: bool = False

    @property
    def is_share(self) -> bool:
        """Whether the figure is a share."""
        return self.figure in SHARES


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its 95% interval; without one for a number measured once."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """An aim beside what was measured."""

    aim: Aim
    measured: Measured | None
    status: str


def read_aims() -> tuple[Aim, ...]:
    """The aims that ship."""
    return parse((resources.files(lab) / "data" / "aims.toml").read_text("utf-8"), where="lab/data/aims.toml")


def parse(text: str, *, where: str) -> tuple[Aim, ...]:
    """Aims of a TOML text.

    Raises `InputError` for an aim without exactly one limit, or about a figure that nobody computes.
    """
    aims = []
    for number, row in enumerate(tomllib.loads(text).get("aims", []), 1):
        limits = {"at_least", "at_most"} & set(row)
        if len(limits) != 1 or row.get("figure") not in SHARES + NUMBERS:
            raise InputError(
                f"aim {number} needs one of at_least, at_most, and a figure that is known",
                where=where,
                remedy=f"Figures are {', '.join(SHARES + NUMBERS)}",
            )
        (limit,) = limits
        name, scenarios = row.get("name", row["figure"]), tuple(row.get("scenarios", ()))
        attack = bool(row.get("attack", False))
        aims.append(Aim(name, row["figure"], limit == "at_least", float(row[limit]), scenarios, attack))
    return tuple(aims)


def judge(
    aims: Sequence[Aim], scenario: str, found: Evaluation, others: Mapping[str, Measured] | None = None
) -> tuple[Verdict, ...]:
    """The aims that apply to a scenario (all its runs pooled in `found`) and what became of them.

    `others` are figures that results and truth do not hold, such as the cost ratio. A ceiling is shown only
    when the upper end of its interval is below it, a floor when the lower end is above.
    """
    figures = {**_figures(found), **(others or {})}
    return tuple(
        Verdict(aim, figures.get(aim.figure), status(aim, figures.get(aim.figure)))
        for aim in aims
        if (not aim.scenarios or scenario in aim.scenarios) and (found.campaigns or not aim.attack)
    )


def status(aim: Aim, measured: Measured | None) -> str:
    """Whether a measured value shows, meets or misses the aim."""
    if measured is None:
        return UNKNOWN
    if not (measured.value >= aim.limit if aim.floor else measured.value <= aim.limit):
        return MISSED
    end = measured.low if aim.floor else measured.high
    if end is None:
        return MET
    return SHOWN if (end >= aim.limit if aim.floor else end < aim.limit) else MET


def _figures(found: Evaluation) -> dict[str, Measured]:
    shares: dict[str, Figure] = {
        "recall": found.recall,
        "false_positives": found.false_positives,
        "exchange_recall": found.exchange_recall,
        "exchange_precision": found.exchange_precision,
    }
    out = {n: Measured(f.value, f.low, f.high) for n, f in shares.items() if f.value is not None}
    cohorts = [Measured(f.value, f.low, f.high) for f in found.cohorts.values() if f.value is not None]
    if cohorts:
        worst = max(cohorts, key=lambda f: (f.value, f.high or 0.0))
        out["worst_cohort"] = Measured(worst.value, worst.low, max(f.high or 0.0 for f in cohorts))
    return out
