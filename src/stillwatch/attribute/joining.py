"""Which findings join a campaign that is surely one: tied to it by facts, and not sure by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, purpose_asked

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """A finding joins if its weight is `weight_bits` or more and it is tied to a campaign with `tie_bits` or more. The
    tie counts beside the lower end of its weight, or, from `sure_bits` on, beside the weight: together they must pass
    the threshold, and what they are beyond it makes up for a purpose that is not there. Fewer than `least_members` do
    not join, nor do, all who join together, more than `times` as many as the campaign has: who is accused for what they
    share with others must not outweigh those who bear the verdict, or one false campaign takes a whole relay along, and
    in a large log one relay after the other."""

    weight_bits: float = 3.0
    tie_bits: float = 3.0
    sure_bits: float = 6.0
    least_members: int = 3
    times: float = 2.0

    def admitted(self, asking: Sequence[Ints], core: Ints) -> list[int]:
        """Positions of those asking, members each and the surest first, who may join the members of a campaign."""
        taken, room, out = core, self.times * len(core), []
        for at, own in enumerate(asking):
            new = np.setdiff1d(own, taken)
            if self.least_members <= len(new) <= room:
                taken, room = np.union1d(taken, new), room - len(new)
                out.append(at)
        return out


def may_join(found: Mapping[int, Assessment], s: JoinSettings) -> list[int]:
    """Findings that are not accused and do weigh for a harvest."""
    return [
        g
        for g, a in sorted(found.items())
        if a.verdict != "distillation" and a.weight >= s.weight_bits * UNIT
    ]


def joining(
    asking: Sequence[int],
    leads: Sequence[int],
    bits: NDArray[np.float64],
    found: Mapping[int, Assessment],
    settings: AssessSettings,
    s: JoinSettings,
) -> dict[int, list[int]]:
    """For each lead who of those `asking` would join it, the surest first.

    `bits[a, l]` is how surely a finding is tied to a lead; it joins the one it is tied to best, whose choice among all
    leads is paid for with the logarithm of their number.
    """
    out: dict[int, list[tuple[float, int]]] = {}
    for group, row in zip(asking, bits, strict=True):
        best = int(row.argmax())
        tie = float(row[best]) - float(np.log2(len(leads)))
        own = found[group]
        alone = own.weight if tie >= s.sure_bits else own.low
        if tie >= s.tie_bits and _passes(alone + round(tie * UNIT), own, settings):
            out.setdefault(leads[best], []).append((-tie, group))
    return {lead: [group for _, group in sorted(own)] for lead, own in out.items()}


def _passes(both: int, own: Assessment, s: AssessSettings) -> bool:
    """Whether a finding would be accused if the tie were part of its weight; `both` together."""
    asked = None if own.purpose_asked is None else purpose_asked(both, s)
    return both > s.threshold_bits * UNIT and (asked is None or own.purpose >= asked)
