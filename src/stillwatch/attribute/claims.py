"""Claims published over time: how much evidence a group needs when it is looked at again and again.

A scan every six hours looks at hundreds of groups dozens of times, and what passes a fixed threshold once in a thousand
passes it sooner or later. Evidence is therefore read as an e-value: `2 ** weight_low`, the likelihood ratio against the
best innocent explanation at the lower end of its interval. If its expectation is at most 1 for an innocent group, and
it grows with the log as a likelihood ratio does, then it ever exceeds `1 / a` with a chance of at most `a` (Ville's
inequality), however often one looks at the group. Over groups the level is spent: look k has the share
`1 / (k (k + 1))` of it, in equal parts for the groups that it sees for the first time, so the sum over all looks and
groups never exceeds the level.

Sources: J. Ville, Étude critique de la notion de collectif, 1939; V. Vovk and R. Wang, E-values, Annals of Statistics
2021; G. Shafer, Testing by betting, JRSS A 2021.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stillwatch.attribute.assess import UNIT, Assessment


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """`level`: the chance that a run without any campaign publishes a claim, over all its looks and groups."""

    level: float = 0.05


@dataclass(frozen=True, slots=True)
class Claims:
    """After some looks: what every group ever seen needs, in 1/1024 bit, and which have been claimed."""

    looks: int = 0
    needed: Mapping[str, int] = field(default_factory=dict)
    claimed: frozenset[str] = frozenset()

    def look(self, found: Mapping[str, Assessment], settings: ClaimSettings | None = None) -> Claims:
        """The claims after one more look, at which these campaigns were assessed.

        A claim needs the verdict `distillation` besides its bits, and is not taken back by a later look.
        """
        s = settings or ClaimSettings()
        fresh = sorted(set(found) - set(self.needed))
        needed = {**self.needed, **dict.fromkeys(fresh, bits_for(s.level, self.looks + 1, len(fresh)))}
        new = {name for name, a in found.items() if a.verdict == "distillation" and a.low >= needed[name]}
        return Claims(self.looks + 1, needed, self.claimed | new)


def bits_for(level: float, look: int, fresh: int) -> int:
    """What each of the `fresh` groups first seen at this look (from 1) needs, in 1/1024 bit, rounded up.

    >>> bits_for(0.5, 1, 1) / UNIT
    2.0
    """
    return int(np.ceil(np.log2(look * (look + 1) * max(fresh, 1) / level) * UNIT))
