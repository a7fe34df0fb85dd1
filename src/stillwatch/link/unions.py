"""Groups of one pool that were found apart, put together by facts about accounts.

A pool that sends many different things, or each thing in other words, is found in pieces: settling keeps to those who
send alike. `link/ties.py` says what ties them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.incidence import CONTENT_KINDS, Incidence
from stillwatch.link.membership import Group, described
from stillwatch.link.ties import Ties
from stillwatch.model.engine import Tables

Ints = NDArray[np.int64]

LEAST_BITS = 3.0  # of a tie, beyond the logarithm of the number of pairs of groups


def unions(groups: Sequence[Ints], ties: Ties, *, least_bits: float = LEAST_BITS) -> list[list[int]]:
    """Positions of groups (account codes of the members, sorted) that belong together, two or more each, the widest
    first and behind it what it was put together from. Two are tied if chance explains what they share with less than
    `least_bits` under one in all pairs of groups.

    The two that are tied best become one group, which is compared with the others anew, until nothing is tied: a card
    or two that lead from one crowd to the next weigh less the larger the crowds are, and do not chain them.
    """
    if len(groups) < 2:
        return []
    need = least_bits + np.log2(len(groups) * (len(groups) - 1) / 2)
    parts, pieces = [[i] for i in range(len(groups))], [ties.piece(m) for m in groups]
    found: list[list[int]] = []
    bits = ties.between(pieces)
    np.fill_diagonal(bits, -np.inf)
    while len(parts) > 1 and bits.max() >= need:
        a, b = sorted(int(at) for at in np.unravel_index(int(bits.argmax()), bits.shape))
        parts[a] = sorted(parts[a] + parts.pop(b))
        found.append(parts[a])
        pieces[a] = ties.piece(np.union1d(pieces[a].members, pieces.pop(b).members))
        bits = np.delete(np.delete(bits, b, axis=0), b, axis=1)
        others = np.delete(np.arange(len(parts)), a)
        bits[a, others] = bits[others, a] = ties.to(pieces[a], [pieces[i] for i in others])
    return sorted(found, key=lambda own: (-len(own), own))


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
