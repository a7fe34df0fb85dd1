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

from stillwatch.link.incidence import CONTENT_KINDS, Incidence
from stillwatch.link.membership import Group, described
from stillwatch.model.engine import Tables
from stillwatch.model.families import FAMILIES
from stillwatch.model.kernels.tails import poisson_log2_tail

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FACTS = (
    "email_domain", "email_pattern", "phone", "email_digest", "end_user", "metadata", "api_key", "instrument",
    "neighbour", "continuation", "reasoning_replay",
)  # fmt: skip
TOOLS = ("client", "params")
SENT = ("template", "wording")


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
    parts, members = [[i] for i in range(len(groups))], list(groups)
    found: list[list[int]] = []
    bits = tie_bits(held, members, s, public)
    np.fill_diagonal(bits, -np.inf)
    while len(parts) > 1 and bits.max() >= need:
        a, b = sorted(int(at) for at in np.unravel_index(int(bits.argmax()), bits.shape))
        parts[a] = sorted(parts[a] + parts.pop(b))
        found.append(parts[a])
        members[a] = np.union1d(members[a], members.pop(b))
        bits = np.delete(np.delete(bits, b, axis=0), b, axis=1)
        for i in range(len(parts)):
            if i != a:
                bits[a, i] = bits[i, a] = tie_bits(held, [members[a], members[i]], s, public)[0, 1]
    return sorted(found, key=lambda own: (-len(own), own))


def tie_bits(
    held: Incidence, groups: Sequence[Ints], s: UnionSettings, public: Sequence[int] | Ints = ()
) -> Floats:
    """How much more two groups share than chance explains, in bits; float64[G, G], of use off the diagonal.

    Of a kind, the members who share a value are counted against as many pairs of members as there are, each with
    values drawn by their numbers of holders. Inside a family the strongest kind counts, families add up.
    """
    wanted = held.of_kind(*FACTS, *TOOLS) | (
        held.of_kind(*SENT) & ~np.isin(held.key, np.asarray(public, np.int64))
    )
    rare = wanted & (held.df <= np.maximum(s.wide, s.common * held.having[held.kind_at]))
    value, count = _shared_counts(held, groups, rare)
    sends = held.of_kind(*SENT, among=value)
    least = np.where(sends, s.sent, 0.0) * np.array([len(m) for m in groups])[:, None]
    count = np.where(count >= least, count, 0)
    most = np.where(held.of_kind(*TOOLS, among=value), s.tool_bits, s.most_bits)
    best = np.zeros((len(FAMILIES) + 1, len(groups), len(groups)))
    for code in np.unique(held.kind[value]):
        of, among = np.flatnonzero(rare & (held.kind == code)), held.kind[value] == code
        own = count[:, among]
        shared = np.minimum(own[:, None], own[None]).sum(axis=2)
        everybody = max(float(held.having[held.kind_at[of[0]]]), 1.0)
        chance = float(((held.df[of] / everybody) ** 2).sum())
        having_it = np.array([held.has[m, held.kind_at[of[0]]].sum() for m in groups], np.float64)
        mean = chance * having_it[:, None] * having_it[None, :]
        bits = np.where(shared > 0, -poisson_log2_tail(shared, mean), 0.0)
        family = int(held.family[of[0]])
        best[family] = np.maximum(best[family], np.minimum(bits, most[among][0]))
    return np.asarray(best.sum(axis=0), np.float64)


def _shared_counts(held: Incidence, groups: Sequence[Ints], wanted: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Wanted values that members of two or more groups hold, and how many of each group do; int64[W], int64[G, W]."""
    found = [held.counted(m) for m in groups]
    every = np.concatenate([v[wanted[v]] for v, _ in found])
    several, times = np.unique(every, return_counts=True)
    value = several[times > 1]
    count = np.zeros((len(groups), len(value)), np.int64)
    for g, (own, n) in enumerate(found):
        kept = np.isin(own, value)
        count[g, np.searchsorted(value, own[kept])] = n[kept]
    return value, count


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
