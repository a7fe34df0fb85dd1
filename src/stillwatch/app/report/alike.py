"""Look-alikes that were left alone: by explanation, and closest calls first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.app.report.results import Row
from stillwatch.app.report.words import NOTHING, bits, title


@dataclass(frozen=True, slots=True)
class Cleared:
    """Groups cleared by one explanation; `gaps` are the bits by which it beats distillation, sorted."""

    name: str
    groups: int
    accounts: int
    exchanges: int
    gaps: tuple[float, ...]

    @property
    def better(self) -> str:
        """By how many bits the explanation beats distillation, from the closest call to the clearest case."""
        if not self.gaps:
            return NOTHING
        low, high = bits(self.gaps[0], sign=False), bits(self.gaps[-1], sign=False)
        return low if low == high else f"{low} to {high}"


def cleared(rows: Sequence[Row]) -> tuple[Cleared, ...]:
    """Innocent groups by their best explanation, the commonest first."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row["best_alternative"] or "", []).append(row)
    made = [_cleared(name, part) for name, part in parts.items()]
    return tuple(sorted(made, key=lambda c: (-c.groups, -c.accounts, c.name)))


def closest_first(rows: Sequence[Row]) -> list[Row]:
    """Innocent groups by probability of distillation, the likeliest first."""
    return sorted(rows, key=lambda r: (-(r["p_distillation"] or 0.0), r["campaign_id"]))


def _cleared(name: str, rows: Sequence[Row]) -> Cleared:
    gaps = sorted(-r["alternative_bits"] for r in rows if (r["alternative_bits"] or 0.0) < 0)
    return Cleared(
        name=title(name) or "no explanation needed",
        groups=len(rows),
        accounts=sum(r["accounts"] for r in rows),
        exchanges=sum(r["exchanges"] for r in rows),
        gaps=tuple(gaps),
    )
