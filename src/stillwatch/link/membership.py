"""Who belongs to a group: naive Bayes over evidence families, missing evidence counted as well as present.

Content alone makes nobody a member whose other traffic is of another kind: its weight is bounded lower for an account
that does not mostly send what the group sends.

For each kind of value the group favours some values: those that a member holds at least `2**min_lift_bits`
times as often as anybody else. An account that holds one gains log2 of the ratio of shares, one that holds
others of that kind loses; inside a family the strongest kind counts, families add up. Shares are taken again
from the members found, so the group's signature and its membership settle together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import CONTENT_KINDS, Incidence
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.belonging import (
    best_lifts,
    hits,
    most_voted,
    nearest_there,
    strongest,
    tightness,
)
from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.reach import given, holders, not_lacking, within_reach

CONTENT = FAMILIES.index("content") + 1

ROUNDING = 0.01  # bits by which a sum of lifts may be wrong

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bits = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """A favoured value has `min_lift_bits` and at least `min_holders` members or the share `min_share` of them;
    `most_bits` and `least_bits` bound one family's weight, `dedicated_bits` that of content for an account
    with at least the share `dedicated` of such exchanges; `prior_bits` bounds the prior from below and from
    above; `rounds` of re-estimation."""

    min_lift_bits: float = 2.0
    most_bits: float = 8.0
    dedicated_bits: float = 12.0
    dedicated: float = 0.5
    least_bits: float = -6.0
    min_holders: int = 3
    min_share: float = 0.08
    rounds: int = 5
    prior_bits: tuple[float, float] = (-10.0, -8.0)


@dataclass(frozen=True, slots=True)
class Group:
    """Members (account codes, sorted), their log-odds in bits, per family (n, 7), and favoured values.

    `tightness` in bits: over the families, the mean weight times the chance that two members share a favoured
    value. A heap of several groups has weight but little of that chance.
    """

    members: Ints
    log_odds: Floats
    family_bits: Floats
    favoured: Ints
    lift_bits: Floats
    tightness: float

    def __len__(self) -> int:
        return len(self.members)

    @property
    def cohesion(self) -> float:
        """Mean weight of membership in bits."""
        return float(self.family_bits.sum(axis=1).mean()) if len(self.members) else 0.0


def settle(
    held: Incidence,
    seed: Ints,
    settings: MemberSettings | None = None,
    *,
    known: Callable[[Group], bool] = lambda _: False,
) -> Group:
    """Grow and prune a seed until its members stay the same, at most `rounds` times.

    Whoever shares no content with most of the seed is left out in every round: two crowds with something in common
    would otherwise hold each other up. Stops early, with no members, if the group becomes one that is `known`.
    """
    s = settings or MemberSettings()
    sown = np.zeros(held.n, dtype=bool)
    sown[seed] = True
    members = seed
    group = _main_block(held, _judge(held, members, s), sown)
    for _ in range(s.rounds):
        if len(group) < s.min_holders or np.array_equal(group.members, members):
            break
        if known(group):
            return only(group, np.zeros(len(group), dtype=bool))
        members = group.members
        group = _main_block(held, _judge(held, members, s), sown)
    return group


def blocks(held: Incidence, seed: Ints, settings: MemberSettings | None = None) -> list[Ints]:
    """The seed's members by the content they share, blocks of `min_holders` or more; the seed itself if it has none."""
    s = settings or MemberSettings()
    of = _block_of(held, seed, *favoured_by(held, seed, s))
    found = [seed[of == b] for b in np.unique(of[of >= 0])]
    return [b for b in found if len(b) >= s.min_holders] or [seed]


def _main_block(held: Incidence, group: Group, sown: Flags) -> Group:
    """Members in the block of content that has most of the seed; all of them where the group favours no content."""
    of = _block_of(held, group.members, group.favoured, group.lift_bits)
    if (of < 0).all():
        return group
    known = of[sown[group.members] & (of >= 0)]
    return only(group, of == np.bincount(known if len(known) else of[of >= 0]).argmax())


def _block_of(held: Incidence, members: Ints, favoured: Ints, lifts: Floats) -> Ints:
    """Number of the block of each member, -1 for none.

    A content value belongs with that wider one which most of its holders hold too; a member belongs to the block
    of most of its values, each by its weight.
    """
    at = np.flatnonzero(held.of_kind(*CONTENT_KINDS, among=favoured))
    content, lift = favoured[at], lifts[at]
    if len(content) == 0 or len(members) == 0:
        return np.full(len(members), -1, np.int64)
    number = components(len(content), *nearest_there(held.wider, held.wider_of, content))
    with held.rooms.one() as room:
        return most_voted(held.starts, held.value_of, content, number, lift, members, room.marks)


def only(group: Group, kept: Flags) -> Group:
    """The group with the members that are kept, bool[n]; what they weigh stays as it is."""
    return replace(
        group,
        members=group.members[kept],
        log_odds=group.log_odds[kept],
        family_bits=group.family_bits[kept],
    )


def described(held: Incidence, members: Ints, settings: MemberSettings | None = None) -> Group:
    """The group of just these members, whether or not they would stay together."""
    return _judge(held, members, settings or MemberSettings(), fixed=True)


def prior_of(members: int, accounts: int, settings: MemberSettings | None = None) -> float:
    """Bits of the prior that one of so many accounts is a member where there are so many members, bounded."""
    low, high = (settings or MemberSettings()).prior_bits
    return min(max(float(np.log2(max(members, 1) / max(accounts - members, 1))), low), high)


def lifted(held: Incidence, members: Ints, least: int = 1) -> tuple[Ints, Ints, Floats]:
    """Values that `least` of the members hold, how many of them do, and log2 of how much oftener they do than anybody
    else."""
    found, inside = held.counted(members, least)
    share_in = (inside + 0.25) / (len(members) + 1.0)
    share_out = (held.df[found] - inside + 0.5) / (held.n - len(members) + 1.0)
    return found, inside, np.log2(share_in / share_out)


def favoured_by(held: Incidence, members: Ints, s: MemberSettings) -> tuple[Ints, Floats]:
    """Values that the group of these members favours, in order, and their lift in bits."""
    least = max(s.min_holders, ceil(s.min_share * len(members)))
    found, _, lift = lifted(held, members, least)
    strong = lift >= s.min_lift_bits
    if not _one_organization(held, members):
        strong &= ~held.owned[found]
    return found[strong], lift[strong]


def _judge(held: Incidence, members: Ints, s: MemberSettings, *, fixed: bool = False) -> Group:
    favoured, lifts = favoured_by(held, members, s)
    prior = prior_of(len(members), held.n, s)
    favours = Favours.of(held, favoured, lifts, s)
    asked, bits, total = _weighed(held, members, favours, s, None if fixed else -prior)
    log_odds = prior + total
    if not fixed:
        keep = log_odds >= 0
        asked, log_odds, bits = asked[keep], log_odds[keep], bits[keep]
    family = favours.family[favours.kind]
    with held.rooms.one() as room:
        tight = tightness(held.starts, held.value_of, favoured, family, asked, bits, room.marks)
    return Group(asked, log_odds, bits, favoured, lifts, tight)


def _one_organization(held: Incidence, members: Ints) -> bool:
    """Whether half the members or more are accounts of one declared organization.

    Where they are not, what an organization gives its own accounts says no more than that they are its accounts.
    """
    declared = held.organization[members]
    declared = declared[declared >= 0]
    return len(declared) > 0 and bool(2 * np.bincount(declared).max() >= len(members))


@dataclass(frozen=True, slots=True)
class Favours:
    """Favoured values, the kinds that occur among them with their families (from 0 on), which of these each is of, and
    its lift: for a holder who seldom sends it, and for one who often does."""

    values: Ints
    kinds: Ints
    family: Ints
    kind: Ints
    lift: Floats
    often: Floats

    @classmethod
    def of(cls, held: Incidence, favoured: Ints, lifts: Floats, s: MemberSettings) -> Favours:
        """Of favoured values, in order, with their lifts in bits."""
        of_value = held.kind_at[favoured]
        fresh = np.ones(len(of_value), np.bool_)  # values are sorted by kind
        fresh[1:] = of_value[1:] > of_value[:-1]
        kinds = of_value[fresh]
        most = np.where(held.family[favoured] == CONTENT, s.dedicated_bits, s.most_bits)
        family = held.kinds[kinds].astype(np.int64) // 100 - 1
        kind = np.cumsum(fresh) - 1
        return cls(favoured, kinds, family, kind, np.minimum(lifts, s.most_bits), np.minimum(lifts, most))

    def holders(self, held: Incidence) -> tuple[Bits, Ints]:
        """Who holds a value of each kind, as bits, and how many do."""
        return holders(
            held.heads, held.account_of, held.common, held.holds, self.values, self.kind, len(self.kinds)
        )

    def best(self, held: Incidence, asked: Ints, s: MemberSettings) -> Floats:
        """The largest bounded lift among the values that each account holds, by kind; float64[n, kinds]."""
        best = np.zeros((len(asked), len(self.kinds)))
        with held.rooms.one() as room:
            best_lifts(
                held.starts, held.value_of, held.share_beside, self.values, self.kind, self.lift, self.often,
                np.float32(s.dedicated), asked, best, room.marks,
            )  # fmt: skip
        return best

    def within_reach(
        self, held: Incidence, holding: Bits, members: Ints, present: Floats, absent: Floats, s: MemberSettings,
        least: float,
    ) -> Ints:  # fmt: skip
        """Other accounts whose weight may come up to `least` bits, where `holding` a value of a kind or not weighs at
        most `present` and `absent`; all who hold any where lacking what the group has may be enough."""
        cap, family = present[self.kind], self.family[self.kind]
        lift, often = np.minimum(self.lift, cap), np.minimum(self.often, cap)
        lacking = np.zeros(len(FAMILIES))
        np.maximum.at(lacking, self.family, absent)
        need = least - float(lacking.sum())
        if need <= 0:
            return np.setdiff1d(_any(holding, held.n), members)
        anyway = given(held.heads, self.values, family, often, len(FAMILIES), need)
        with held.rooms.one() as room:
            found, total = within_reach(
                held.heads, held.account_of, held.share_of, self.values, family, lift, often,
                np.float32(s.dedicated), anyway, need, room.reach,
            )  # fmt: skip
        return not_lacking(
            found, total, anyway, held.has, self.kinds, self.family, absent, holding, members,
            s.least_bits, s.dedicated_bits, least,
        )  # fmt: skip


def _any(holding: Bits, accounts: int) -> Ints:
    """Accounts of whom any row has the bit."""
    together = np.bitwise_or.reduce(holding, axis=0) if len(holding) else np.zeros(0, np.uint64)
    bits = np.unpackbits(together.astype("<u8").view(np.uint8), bitorder="little")
    return np.flatnonzero(bits[:accounts])


def _weighed(
    held: Incidence, members: Ints, favours: Favours, s: MemberSettings, least: float | None
) -> tuple[Ints, Floats, Floats]:
    """Members and, with `least`, whoever else may weigh as many bits; the weight of each family for each of them,
    float64[n, 7], and of all families.

    How many others hold a favoured value of a kind counts only where others are asked.
    """
    kinds, best = favours.kinds, favours.best(held, members, s)
    n_in, hit_in = hits(held.has, members, kinds, best)
    n_out, hit_out = held.having[kinds] - n_in, np.zeros(len(kinds), np.int64)
    if least is not None:
        holding, n = favours.holders(held)
        hit_out = n - hit_in
    share_in, share_out = (hit_in + 0.5) / (n_in + 1.0), (hit_out + 0.5) / (n_out + 1.0)
    present, absent = np.log2(share_in / share_out), np.log2((1 - share_in) / (1 - share_out))
    asked = members
    if least is not None:
        others = favours.within_reach(held, holding, members, present, absent, s, least - ROUNDING)
        asked = np.concatenate([members, others])
        order = np.argsort(asked)
        asked, best = asked[order], np.concatenate([best, favours.best(held, others, s)])[order]
    bits, total = np.zeros((len(asked), len(FAMILIES))), np.zeros(len(asked))
    strongest(
        held.has,
        asked,
        kinds,
        best,
        present,
        absent,
        favours.family,
        s.least_bits,
        s.dedicated_bits,
        bits,
        total,
    )
    return asked, bits, total
