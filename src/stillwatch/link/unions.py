"""Groups of one pool that were found apart, put together by facts about accounts.

A pool that sends many different things, or each thing in other words, is found in pieces: settling keeps to those who
send alike. Pieces have the pool's cards and mail domains in common: a few rare ones, seldom alone; an account of one
carries on a conversation of the other; some of the frames are the same. Rare clients count for little: tools are
shared. Addresses and issuers do not count, since strangers rent the same exits and buy the same kind of card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import CONTENT_KINDS, SENT_KINDS, Incidence
from stillwatch.link.membership import Group, described
from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS
from stillwatch.model.kernels.tails import poisson_log2_tail

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FACTS = (
    "email_domain", "email_pattern", "phone", "email_digest", "end_user", "metadata", "api_key", "instrument",
    "neighbour", "continuation", "reasoning_replay",
)  # fmt: skip
TOOLS = ("client", "params")


@dataclass(frozen=True, slots=True)
class UnionSettings:
    """Two groups are tied by values they share if chance explains these with less than `bits` under one in all pairs
    of groups; values with more than `wide` holders and the share `common` of all who have their kind are left out,
    and so is what less than the share `sent` of either group sends. A family gives at most `most_bits`, a kind of
    `TOOLS` at most `tool_bits`, which are never enough alone."""

    bits: float = 3.0
    wide: int = 64
    common: float = 0.01
    most_bits: float = 20.0
    sent: float = 0.3
    tool_bits: float = 2.5


def unions(
    held: Incidence,
    groups: Sequence[Ints],
    public: Sequence[int] | Ints = (),
    settings: UnionSettings | None = None,
) -> list[list[int]]:
    """Positions of groups (account codes of the members, sorted) that belong together, two or more each, the widest
    first and behind it what it was put together from; `public` are the keys of frames and wordings that anybody may
    send.

    The two that are tied best become one group, which is compared with the others anew, until nothing is tied: a card
    or two that lead from one crowd to the next weigh less the larger the crowds are, and do not chain them.
    """
    s = settings or UnionSettings()
    if len(groups) < 2:
        return []
    need = s.bits + np.log2(len(groups) * (len(groups) - 1) / 2)
    ties = _Ties(held, s, public)
    parts, pieces = [[i] for i in range(len(groups))], [ties.piece(m) for m in groups]
    found: list[list[int]] = []
    bits = ties.bits(pieces)
    np.fill_diagonal(bits, -np.inf)
    while len(parts) > 1 and bits.max() >= need:
        a, b = sorted(int(at) for at in np.unravel_index(int(bits.argmax()), bits.shape))
        parts[a] = sorted(parts[a] + parts.pop(b))
        found.append(parts[a])
        pieces[a] = ties.piece(np.union1d(pieces[a].members, pieces.pop(b).members))
        bits = np.delete(np.delete(bits, b, axis=0), b, axis=1)
        others = np.delete(np.arange(len(parts)), a)
        bits[a, others] = bits[others, a] = ties.row(pieces[a], [pieces[i] for i in others])
    return sorted(found, key=lambda own: (-len(own), own))


def tie_bits(
    held: Incidence, groups: Sequence[Ints], s: UnionSettings, public: Sequence[int] | Ints = ()
) -> Floats:
    """How much more two groups share than chance explains, in bits; float64[G, G], of use off the diagonal."""
    ties = _Ties(held, s, public)
    return ties.bits([ties.piece(m) for m in groups])


@dataclass(frozen=True, slots=True)
class _Piece:
    """Members of a group, how many have each kind (int64[K]), and the values they hold that can tie, with how many of
    them hold each; what too few of them send is left out."""

    members: Ints
    having: Ints
    value: Ints
    count: Ints


class _Ties:
    """What ties groups: values that can, and for each kind how often chance would make two holders share one.

    Of a kind, the members who share a value are counted against as many pairs of members as there are, each with
    values drawn by their numbers of holders. Inside a family the strongest kind counts, families add up.
    """

    def __init__(self, held: Incidence, s: UnionSettings, public: Sequence[int] | Ints) -> None:
        self._held, self._sent = held, s.sent
        wanted = held.of_kind(*FACTS, *TOOLS) | (
            held.of_kind(*SENT_KINDS) & ~np.isin(held.key, np.asarray(public, np.int64))
        )
        self._rare = wanted & (held.df <= np.maximum(s.wide, s.common * held.having[held.kind_at]))
        self._room = np.zeros(len(held.df), np.int64)
        tools = [KINDS[name].code for name in TOOLS]
        self._most = np.where(np.isin(held.kinds, tools), s.tool_bits, s.most_bits)
        self._chance = np.array([self._chance_of(kind) for kind in range(len(held.kinds))])

    def _chance_of(self, kind: int) -> float:
        held = self._held
        first, last = np.searchsorted(held.kind, [held.kinds[kind], held.kinds[kind] + 1])
        df = held.df[first:last][self._rare[first:last]]
        return float(((df / max(float(held.having[kind]), 1.0)) ** 2).sum())

    def piece(self, members: Ints) -> _Piece:
        """A group that may be tied to others."""
        held = self._held
        value, count = held.counted(members)
        least = np.where(held.of_kind(*SENT_KINDS, among=value), self._sent, 0.0) * len(members)
        kept = self._rare[value] & (count >= least)
        having = held.has[members].sum(axis=0).astype(np.int64)
        return _Piece(members, having, value[kept], count[kept])

    def bits(self, pieces: Sequence[_Piece]) -> Floats:
        """How much more each two share than chance explains, in bits; float64[G, G]."""
        return np.stack([self.row(own, pieces) for own in pieces])

    def row(self, own: _Piece, others: Sequence[_Piece]) -> Floats:
        """How much more a group shares with each of the others than chance explains, in bits; float64[G]."""
        having = np.array([other.having for other in others], np.float64).reshape(-1, len(self._chance))
        mean = self._chance * own.having * having
        shared = self._shared(own, others)
        bits = np.zeros(mean.shape)
        bits[shared > 0] = -poisson_log2_tail(shared[shared > 0], mean[shared > 0])
        bits = np.minimum(bits, self._most)
        total = np.zeros(len(others))
        for family in np.unique(self._held.kinds // 100):
            total += bits[:, self._held.kinds // 100 == family].max(axis=1)
        return total

    def _shared(self, own: _Piece, others: Sequence[_Piece]) -> Ints:
        """Of each other group and kind, the values in common, each counted by the fewer holders; int64[G, K]."""
        out = np.zeros((len(others), len(self._chance)), np.int64)
        self._room[own.value] = own.count
        for i, other in enumerate(others):
            both = np.minimum(self._room[other.value], other.count)
            out[i] = np.bincount(self._held.kind_at[other.value], weights=both, minlength=len(out[i]))
        self._room[own.value] = 0
        return out


def united(held: Incidence, pieces: Sequence[Ints], sure: Sequence[bool]) -> Group:
    """The group of the members of the pieces; it favours what the whole does, and the content that a piece does; a
    member's log-odds are the higher of those for the whole and for a piece.

    Members of pieces that are not `sure` must be as likely as not to belong to the whole.
    """
    whole = described(held, np.unique(np.concatenate(pieces)))
    known = np.zeros(held.n, dtype=bool)
    for members, certain in zip(pieces, sure, strict=True):
        known[members] |= certain
    stays = (whole.log_odds >= 0) | known[whole.members]
    whole = described(held, whole.members[stays])
    own = [described(held, members) for members in pieces]
    values = np.concatenate([whole.favoured, *(piece.favoured for piece in own)])
    lifts = np.concatenate([whole.lift_bits, *(piece.lift_bits for piece in own)])
    wanted = np.isin(values, whole.favoured) | held.of_kind(*CONTENT_KINDS)[values]
    favoured, first = np.unique(values[wanted], return_index=True)
    log_odds = np.full(held.n, -np.inf)
    for group in (whole, *own):
        log_odds[group.members] = np.maximum(log_odds[group.members], group.log_odds)
    return replace(whole, favoured=favoured, lift_bits=lifts[wanted][first], log_odds=log_odds[whole.members])


def without_some(t: Tables, held: Incidence, left: Mapping[int, Ints]) -> list[Group]:
    """Each group of the tables with just the members that are `left` of it: what it favours and their log-odds stay
    as they are written, the weight of each family is theirs alone."""
    values = t.numpy(
        "SELECT group_id, kind, value_key, lift_bits FROM group_values ORDER BY group_id, kind, value_key"
    )
    odds = t.numpy("SELECT group_id, account_id, log_odds FROM group_members ORDER BY group_id, account_id")
    of_value, of_member = np.asarray(values["group_id"]), np.asarray(odds["group_id"])
    at = _position(held, np.asarray(values["kind"]), np.asarray(values["value_key"]))
    code = np.searchsorted(held.accounts, np.asarray(odds["account_id"]))
    out = []
    for group, members in left.items():
        favours, belongs = of_value == group, of_member == group
        rest = described(held, members)
        log_odds = np.full(held.n, -np.inf)
        log_odds[code[belongs]] = np.asarray(odds["log_odds"])[belongs]
        lifts = np.asarray(values["lift_bits"])[favours]
        out.append(replace(rest, favoured=at[favours], lift_bits=lifts, log_odds=log_odds[rest.members]))
    return out


def _position(held: Incidence, kind: NDArray[np.int16], key: Ints) -> Ints:
    """Position of each value among those of the incidence, which are sorted by kind and key."""
    at = np.zeros(len(kind), np.int64)
    for one in np.unique(kind):
        first, last = np.searchsorted(held.kind, [one, one + 1])
        mine = kind == one
        at[mine] = first + np.searchsorted(held.key[first:last], key[mine])
    return at
