"""The steps of weighing membership: what members hold, and what each one's values weigh.

Both directions are compressed rows: holders of value v are `account_of[heads[v]:heads[v + 1]]`, values of account i
are `value_of[starts[i]:starts[i + 1]]`, both in order. The values a group favours are sorted, so they are sorted by
kind and family as well. What is called room belongs to the caller, is zero before and after, and spares a call from
clearing as much as there are values or accounts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]
Families = npt.NDArray[np.int16]
Bits = npt.NDArray[np.uint64]

_LOW = np.int64(0xFFFF_FFFF)


@kernel
def counted(
    starts: Ints, place_of: Codes, widest: Ints, df: Ints, members: Ints, least: int, room: Codes
) -> tuple[Ints, Ints]:  # fmt: skip
    """Values that `least` of the members hold, in order, and how many of them hold each.

    `widest` are the values with the most holders first, `df` holders each; places among them of the values of account
    i are `place_of[starts[i]:starts[i + 1]]`, in order. What fewer than `least` hold in all is not looked at. `room`
    is for every value.
    """
    places, high = 0, len(widest)
    while places < high:
        middle = (places + high) // 2
        if df[widest[middle]] >= least:
            places = middle + 1
        else:
            high = middle
    n = 0
    for member in members:
        for at in range(starts[member], starts[member + 1]):
            if place_of[at] >= places:
                break
            room[place_of[at]] += 1
            n += room[place_of[at]] == least
    found, n = np.empty(n, np.int64), 0
    for member in members:
        for at in range(starts[member], starts[member + 1]):
            place = place_of[at]
            if place >= places:
                break
            if room[place] >= least:
                found[n] = np.int64(widest[place]) << 32 | room[place]
                n += 1
            room[place] = 0
    found.sort()
    return found >> 32, found & _LOW


@kernel
def among(holders: Codes, members: Ints, accounts: int) -> float:
    """Share of the holders, at least one, that are members; of so many accounts."""
    inside, n = np.zeros(accounts, np.bool_), 0
    inside[members] = True
    for account in holders:
        n += inside[account]
    return float(n / len(holders))


@kernel
def spread(
    starts: Ints, value_of: Codes, df: Ints, kind: Ints, members: Ints, favoured: Ints, kinds: int, counts: Codes,
    marked: Flags,
) -> tuple[Ints, Ints]:  # fmt: skip
    """How many of the members hold each favoured value, and how values of each kind are spread among them, int64
    [4, kinds]: members with a favoured one, with one that another member holds too, and with one of these that is
    mostly the members' own; holders of the commonest, at least 1.

    Values of account i, sorted by kind, are `value_of[starts[i]:starts[i + 1]]`, and `df` accounts hold them. `counts`
    and `marked` are room for every value, zero before and after.
    """
    for member in members:
        for value in value_of[starts[member] : starts[member + 1]]:
            counts[value] += 1
    inside = np.empty(len(favoured), np.int64)
    for i in range(len(favoured)):
        marked[favoured[i]], inside[i] = True, counts[favoured[i]]
    out = np.zeros((4, kinds), np.int64)
    out[3] = 1
    for member in members:
        at = starts[member]
        while at < starts[member + 1]:
            own, hit, shared, private = kind[value_of[at]], False, False, False
            while at < starts[member + 1] and kind[value_of[at]] == own:
                value = value_of[at]
                hit |= marked[value]
                shared |= counts[value] >= 2
                private |= counts[value] >= 2 and counts[value] * 2 > df[value]
                out[3, own] = max(out[3, own], counts[value])
                at += 1
            out[0, own] += hit
            out[1, own] += shared
            out[2, own] += private
    for member in members:
        for value in value_of[starts[member] : starts[member + 1]]:
            counts[value] = 0
    for value in favoured:
        marked[value] = False
    return inside, out


@kernel
def tightness(
    starts: Ints, value_of: Codes, values: Ints, family: Ints, members: Ints, bits: Floats, marks: Bits
) -> float:  # fmt: skip
    """Over the families, the mean of the members' weights `bits`, if positive, times the chance that two members share
    a value of the family; 0 for fewer than two. Value i is of the family `family[i]`; `marks` is room for a bit of
    every value."""
    n = len(members)
    if n < 2:
        return 0.0
    _mark(marks, values)
    inside = np.zeros(len(values), np.int64)
    for member in members:
        for value in value_of[starts[member] : starts[member + 1]]:
            if _marked(marks, value):
                inside[np.searchsorted(values, value)] += 1
    _clear(marks, values)
    together, mean = np.zeros(bits.shape[1]), np.zeros(bits.shape[1])
    for i in range(len(values)):
        together[family[i]] += inside[i] * (inside[i] - 1) / (n * (n - 1))
    for i in range(n):
        mean += bits[i]
    total = 0.0
    for f in range(len(mean)):
        total += max(mean[f] / n, 0.0) * min(together[f], 1.0)
    return total


@kernel
def _mark(marks: Bits, values: Ints) -> None:
    for value in values:
        marks[value >> 6] |= np.uint64(1) << np.uint64(value & 63)


@kernel
def _clear(marks: Bits, values: Ints) -> None:
    for value in values:
        marks[value >> 6] = 0


@kernel
def _marked(marks: Bits, value: int) -> bool:
    return bool(marks[value >> 6] >> np.uint64(value & 63) & np.uint64(1))


@kernel
def best_lifts(
    starts: Ints, value_of: Codes, share_beside: Shares, values: Ints, kind: Ints, lift: Floats, often: Floats,
    dedicated: np.float32, asked: Ints, out: Floats, marks: Bits,
) -> None:  # fmt: skip
    """Put into `out[asked account, kind]` the largest lift among the values that each account asked holds, at least
    what stands there; `often` is the lift for a holder with at least the share `dedicated`, and shares are beside the
    values of each account. `marks` is room for a bit of every value."""
    _mark(marks, values)
    for i in range(len(asked)):
        for at in range(starts[asked[i]], starts[asked[i] + 1]):
            if _marked(marks, value_of[at]):
                v = np.searchsorted(values, value_of[at])
                bits = often[v] if share_beside[at] >= dedicated else lift[v]
                out[i, kind[v]] = max(out[i, kind[v]], bits)
    _clear(marks, values)


@kernel
def hits(has: Flags, members: Ints, kinds: Ints, best: Floats) -> tuple[Ints, Ints]:
    """Of each kind how many of the members have it, and how many hold a favoured value; column j of `best`, whose rows
    are the members, is that of `kinds[j]`."""
    n_in, hit_in = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    for i in range(len(members)):
        having = has[members[i]]
        for j in range(len(kinds)):
            n_in[j] += having[kinds[j]]
            hit_in[j] += best[i, j] > 0
    return n_in, hit_in


@kernel
def strongest(
    has: Flags, asked: Ints, kinds: Ints, best: Floats, present: Floats, absent: Floats, family: Ints,
    least: float, most: float, out: Floats, total: Floats,
) -> None:  # fmt: skip
    """Put into `out[asked account, family]`, all zero before, the weight, bounded, of the family's kind that weighs
    most either way, the first of equals: the best lift, but at most `present`, for who holds a favoured value,
    `absent` for others that have the kind; into `total` the sum over families. Kinds are sorted by family."""
    for i in range(len(asked)):
        own, having = out[i], has[asked[i]]
        for j in range(len(kinds)):
            bits = 0.0
            if best[i, j] > 0:
                bits = min(best[i, j], present[j])
            elif having[kinds[j]]:
                bits = absent[j]
            bits = min(max(bits, least), most)
            if abs(bits) > abs(own[family[j]]):
                own[family[j]] = bits
        for f in range(len(own)):
            total[i] += own[f]


@kernel
def most_voted(
    starts: Ints, value_of: Codes, values: Ints, block: Ints, lift: Floats, members: Ints, marks: Bits
) -> Ints:  # fmt: skip
    """For each member the block whose values, of those that it holds, have the largest sum of lifts, the lowest of
    equals; -1 where it holds none. Lifts are positive; `marks` is room for a bit of every value."""
    best, votes = np.full(len(members), -1, np.int64), np.zeros(block.max() + 1 if len(block) else 0)
    own = np.empty(len(values), np.int64)
    _mark(marks, values)
    for i in range(len(members)):
        n, most = 0, 0.0
        for value in value_of[starts[members[i]] : starts[members[i] + 1]]:
            if _marked(marks, value):
                v = np.searchsorted(values, value)
                votes[block[v]] += lift[v]
                own[n] = block[v]
                n += 1
        for number in own[:n]:
            if votes[number] > most or (votes[number] == most and number < best[i]):
                best[i], most = number, votes[number]
        for number in own[:n]:
            votes[number] = 0.0
    _clear(marks, values)
    return best


@kernel
def nearest_there(bounds: Ints, wider_of: Codes, values: Ints) -> tuple[Ints, Ints]:
    """Positions among the sorted values of those of whose wider values one is there, and of the first that is."""
    inner, outer = np.empty(len(values), np.int64), np.empty(len(values), np.int64)
    n = 0
    for i in range(len(values)):
        for at in range(bounds[values[i]], bounds[values[i] + 1]):
            place = np.searchsorted(values, wider_of[at])
            if place < len(values) and values[place] == wider_of[at]:
                inner[n], outer[n] = i, place
                n += 1
                break
    return inner[:n].copy(), outer[:n].copy()
