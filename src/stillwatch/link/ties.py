"""How surely two groups of accounts are of one pool: what they share beyond chance, by facts about accounts.

Pieces of one pool have its cards and mail domains in common: a few rare ones, seldom alone; some of the frames are the
same. Rare clients count for little: tools are shared. So do conversations that an account of the other carries on, and
names of users that both pass on: they come with a customer, who may go from one relay to the next. Addresses and
issuers do not count, since strangers rent the same exits and buy the same kind of card.

How much strangers share differs from pair to pair: those who open accounts in bulk like the same mail domains. So the
number that chance gives is not fixed but gamma distributed around its mean, with shape 1, and the number of shared
values is geometric. In crowds a common preference would otherwise pass for a tie, since it grows with both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import SENT_KINDS, Incidence
from stillwatch.model.families import KINDS
from stillwatch.model.kernels.tails import geometric_log2_tail
from stillwatch.model.tie import Tie

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FACTS = (
    "email_domain", "email_pattern", "phone", "email_digest", "api_key", "instrument", "neighbour",
)  # fmt: skip
TOOLS = ("client", "params")
CUSTOMERS = ("continuation", "reasoning_replay", "metadata", "end_user")


@dataclass(frozen=True, slots=True)
class TieSettings:
    """Values with more than `wide` holders and the share `common` of all who have their kind are left out, and so is
    what less than the share `sent` of either group sends. A family gives at most `most_bits`, a kind of `tools`, which
    come with what is used and with who uses it, at most `tool_bits`; so does what is sent where only facts shall tie
    (`of_facts`)."""

    wide: int = 64
    common: float = 0.01
    most_bits: float = 20.0
    sent: float = 0.3
    tool_bits: float = 2.5
    tools: tuple[str, ...] = (*TOOLS, *CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Piece:
    """Members of a group, how many have each kind (int64[K]), and the values they hold that can tie, with how many of
    them hold each; `enough` bool says which of them enough members send."""

    members: Ints
    having: Ints
    value: Ints
    count: Ints
    enough: NDArray[np.bool_]


class Ties:
    """What ties groups: values that can, and for each kind how often chance would make two holders share one.

    Of a kind, the members who share a value are counted against as many pairs of members as there are, each with
    values drawn by their numbers of holders. Inside a family the strongest kind counts, families add up. Who is in both
    groups ties nothing: an account has all its values in common with itself.
    """

    def __init__(
        self, held: Incidence, public: Sequence[int] | Ints = (), settings: TieSettings | None = None
    ) -> None:
        """`public` are the keys of frames and wordings that anybody may send."""
        self._held, self._public, self._s = held, np.asarray(public, np.int64), settings or TieSettings()
        wanted = held.of_kind(*FACTS, *TOOLS, *CUSTOMERS) | (
            held.of_kind(*SENT_KINDS) & ~np.isin(held.key, self._public)
        )
        wide = np.maximum(self._s.wide, self._s.common * held.having[held.kind_at])
        self._rare = wanted & (held.df <= wide)
        self._room = np.zeros(len(held.df), np.int64)
        self._inside = np.zeros(held.n, dtype=bool)
        tools = [KINDS[name].code for name in self._s.tools]
        self._most = np.where(np.isin(held.kinds, tools), self._s.tool_bits, self._s.most_bits)
        self._family = held.kinds.astype(np.int64) // 100
        self._chance = np.array([self._chance_of(kind) for kind in range(len(held.kinds))])

    def of_facts(self) -> Ties:
        """The same, but for what both groups send, which counts like a tool: who asks for the same need not belong to
        those who do."""
        tools = (*self._s.tools, *SENT_KINDS)
        return Ties(self._held, self._public, replace(self._s, tools=tools))

    def _chance_of(self, kind: int) -> float:
        held = self._held
        first, last = np.searchsorted(held.kind, [held.kinds[kind], held.kinds[kind] + 1])
        df = held.df[first:last][self._rare[first:last]]
        return float(((df / max(float(held.having[kind]), 1.0)) ** 2).sum())

    def piece(self, members: Ints) -> Piece:
        """A group that may be tied to others; account codes, sorted."""
        held = self._held
        value, count = held.counted(members)
        rare = self._rare[value]
        value, count = value[rare], count[rare]
        having = held.has[members].sum(axis=0).astype(np.int64)
        return Piece(members, having, value, count, self._enough(value, count, len(members)))

    def _enough(self, value: Ints, count: Ints, members: int) -> NDArray[np.bool_]:
        least = np.where(self._held.of_kind(*SENT_KINDS, among=value), self._s.sent, 0.0) * members
        return np.asarray(count >= least, np.bool_)

    def between(self, pieces: Sequence[Piece]) -> Floats:
        """How much more each two share than chance explains, in bits; float64[G, G], 0 on the diagonal."""
        bits = np.zeros((len(pieces), len(pieces)))
        for i, own in enumerate(pieces):
            bits[i, i + 1 :] = bits[i + 1 :, i] = self.to(own, pieces[i + 1 :])
        return bits

    def to(self, own: Piece, others: Sequence[Piece]) -> Floats:
        """How much more a group shares with each of the others than chance explains, in bits; float64[G]."""
        shared, mean = self._counts(own, others)
        self._inside[own.members] = True
        mixed = [i for i, other in enumerate(others) if self._inside[other.members].any()]
        self._inside[own.members] = False
        for i in mixed:
            shared[i], mean[i] = self._apart(own, others[i])
        return self._total(self._bits(shared, mean))

    def why(self, own: Piece, other: Piece) -> list[Tie]:
        """What two groups share, kind by kind, the strongest first."""
        shared, mean = self._apart(own, other)
        bits = self._bits(shared[None], mean[None])[0]
        found = [
            Tie(int(self._held.kinds[k]), int(shared[k]), float(mean[k]), round(float(bits[k]), 6))
            for k in np.flatnonzero(shared)
        ]
        return sorted(found, key=lambda tie: (-tie.bits, tie.kind))

    def _apart(self, own: Piece, other: Piece) -> tuple[Ints, Floats]:
        """What the two have in common without those who are in both, by kind; int64 and float64[K].

        Only those in both are counted, and taken off: there may be many more in either.
        """
        self._inside[own.members] = True
        common = other.members[self._inside[other.members]]
        self._inside[own.members] = False
        value, count = self._held.counted(common)
        at, kinds = other.value, len(self._chance)
        self._room[value] = count
        right = other.count - self._room[at]
        self._room[value] = 0
        self._room[own.value] = own.count
        self._room[value] -= count
        left = self._room[at]
        self._room[own.value] = self._room[value] = 0
        kept = self._enough(at, left, len(own.members) - len(common))
        kept &= self._enough(at, right, len(other.members) - len(common))
        pairs = np.minimum(left, right)[kept]
        shared = np.bincount(self._held.kind_at[at[kept]], weights=pairs, minlength=kinds).astype(np.int64)
        both = self._held.has[common].sum(axis=0)
        chance = self._chance * (own.having - both) * (other.having - both)
        return shared, np.asarray(chance, np.float64)

    def _counts(self, own: Piece, others: Sequence[Piece]) -> tuple[Ints, Floats]:
        """Of a group and each of the others, and of each kind, the values in common and the number that chance gives;
        int64 and float64[G, K]."""
        kinds, none = len(self._chance), [np.empty(0, np.int64)]
        value = np.concatenate([*none, *(other.value[other.enough] for other in others)])
        count = np.concatenate([*none, *(other.count[other.enough] for other in others)])
        cell = np.repeat(np.arange(len(others)) * kinds, [int(other.enough.sum()) for other in others])
        mine = own.value[own.enough]
        self._room[mine] = own.count[own.enough]
        both = np.minimum(self._room[value], count)
        self._room[mine] = 0
        cell += self._held.kind_at[value]
        shared = np.bincount(cell, weights=both, minlength=len(others) * kinds).astype(np.int64)
        having = np.array([other.having for other in others], np.int64).reshape(-1, kinds)
        return shared.reshape(-1, kinds), np.asarray(self._chance * own.having * having, np.float64)

    def _bits(self, shared: Ints, mean: Floats) -> Floats:
        """How much more than chance of each kind, bounded; float64[G, K]."""
        return np.minimum(-geometric_log2_tail(shared, mean), self._most)

    def _total(self, bits: Floats) -> Floats:
        """The strongest kind of each family, added up; float64[G]."""
        total = np.zeros(len(bits))
        for family in np.unique(self._family):
            total += bits[:, self._family == family].max(axis=1)
        return total
