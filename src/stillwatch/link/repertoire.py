"""Who of a group knows little of what it sends.

A harvest of many prompts deals them out: each account sends many of the frames that the others send. A stranger in the
group, taken in for the same tool, the same cloud and a frame or two, knows a few of them at most. Where there are many
frames, that tells the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import SENT_KINDS, Incidence
from stillwatch.link.membership import lifted

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RepertoireSettings:
    """The repertoire of a group are the private frames and wordings that the share `common` of its members send, at
    least `lift_bits` as often as anybody else. Where it holds `least` or more, a member knows enough of it with the
    share `known` of what the member at the quantile `well` knows."""

    common: float = 0.2
    lift_bits: float = 2.0
    least: int = 64
    known: float = 0.33
    well: float = 0.75


def strangers(
    held: Incidence, members: Ints, public: Sequence[int] | Ints, settings: RepertoireSettings | None = None
) -> Ints:
    """Members (account codes) that know too little of the group's repertoire; none where that is small. `public` are
    the keys of frames and wordings that anybody may send."""
    s = settings or RepertoireSettings()
    repertoire = _repertoire(held, members, public, s)
    if len(repertoire) < s.least:
        return members[:0]
    value, owner = held.values_of(members)
    knows = np.bincount(owner[np.isin(value, repertoire)], minlength=len(members))
    return np.asarray(members[knows < s.known * np.quantile(knows, s.well)], np.int64)


def _repertoire(held: Incidence, members: Ints, public: Sequence[int] | Ints, s: RepertoireSettings) -> Ints:
    value, inside, lift = lifted(held, members)
    sent = held.of_kind(*SENT_KINDS, among=value) & ~np.isin(held.key[value], np.asarray(public, np.int64))
    often = (inside >= s.common * len(members)) & (lift >= s.lift_bits)
    return np.asarray(value[sent & often], np.int64)
