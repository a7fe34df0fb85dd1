"""The steps of weighing membership that run over every holder of a group's favoured values.

Sets and their elements are compressed rows: holders of value v are `account_of[heads[v]:heads[v + 1]]`.
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

_LOW = np.int64(0xFFFF_FFFF)


@kernel
def counted(
    starts: Ints, place_of: Codes, widest: Ints, df: Ints, members: Ints, least: int
) -> tuple[Ints, Ints]:
    """Values that `least` of the members hold, in order, and how many of them hold each.

    `widest` are the values with the most holders first, `df` holders each; places among them of the values of account
    i are `place_of[starts[i]:starts[i + 1]]`, in order. What fewer than `least` hold in all is not looked at.
    """
    places, high = 0, len(widest)
    while places < high:
        middle = (places + high) // 2
        if df[widest[middle]] >= least:
            places = middle + 1
        else:
            high = middle
    counts, often, n = np.zeros(places, np.int32), np.empty(places, np.int32), 0
    for member in members:
        for at in range(starts[member], starts[member + 1]):
            place = place_of[at]
            if place >= places:
                break
            counts[place] += 1
            if counts[place] == least:
                often[n] = place
                n += 1
    found = np.empty(n, np.int64)
    for i in range(n):
        found[i] = np.int64(widest[often[i]]) << 32 | counts[often[i]]
    found.sort()
    return found >> 32, found & _LOW


@kernel
def mark_holders(heads: Ints, account_of: Codes, values: Ints, marked: Flags) -> None:
    """Set the mark of every holder of the values."""
    for value in values:
        for at in range(heads[value], heads[value + 1]):
            marked[account_of[at]] = True


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
def outsiders(
    heads: Ints, account_of: Codes, values: Ints, kind: Ints, members: Ints, kinds: int, seen: Codes
) -> Ints:  # fmt: skip
    """Of each of so many kinds how many accounts that are no members hold one of the values; value i is of kind
    `kind[i]`, by which they are sorted. `seen` is room for every account, zero before and after."""
    out = np.zeros(kinds, np.int64)
    seen[members] = kinds + 1
    for i in range(len(values)):
        for account in account_of[heads[values[i]] : heads[values[i] + 1]]:
            if seen[account] <= kind[i]:
                seen[account] = kind[i] + 1
                out[kind[i]] += 1
    for value in values:
        for account in account_of[heads[value] : heads[value + 1]]:
            seen[account] = 0
    seen[members] = 0
    return out


@kernel
def tightness(
    heads: Ints, account_of: Codes, values: Ints, family: Families, members: Ints, accounts: int, bits: Floats
) -> float:  # fmt: skip
    """Over the families, the mean of the members' weights `bits`, if positive, times the chance that two members share
    a value of the family; 0 for fewer than two. Value i is of the family `family[i]`."""
    n = len(members)
    if n < 2:
        return 0.0
    inside = np.zeros(accounts, np.bool_)
    inside[members] = True
    together = np.zeros(bits.shape[1])
    for i in range(len(values)):
        count = 0
        for account in account_of[heads[values[i]] : heads[values[i] + 1]]:
            count += inside[account]
        together[family[i]] += count * (count - 1) / (n * (n - 1))
    mean = np.zeros(bits.shape[1])
    for i in range(n):
        mean += bits[i]
    total = 0.0
    for f in range(len(mean)):
        total += max(mean[f] / n, 0.0) * min(together[f], 1.0)
    return total


@kernel
def best_lifts(
    heads: Ints, account_of: Codes, share_of: Shares, values: Ints, kind: Ints, lift: Floats, often: Floats,
    dedicated: np.float32, asked: Ints, out: Floats,
) -> None:  # fmt: skip
    """Put into `out[asked account, kind]` the largest lift among the values that each account asked holds, at least
    what stands there; `often` is the lift for a holder with at least the share `dedicated`."""
    row_of = np.zeros(asked.max() + 1 if len(asked) else 0, np.int32)
    for i in range(len(asked)):
        row_of[asked[i]] = i + 1
    for v in range(len(values)):
        for at in range(heads[values[v]], heads[values[v] + 1]):
            account = account_of[at]
            if account >= len(row_of):  # holders are sorted
                break
            row = row_of[account] - 1
            if row >= 0:
                bits = often[v] if share_of[at] >= dedicated else lift[v]
                out[row, kind[v]] = max(out[row, kind[v]], bits)


@kernel
def hits(has: Flags, asked: Ints, kinds: Ints, best: Floats, inside: Flags) -> tuple[Ints, Ints, Ints]:
    """Of each kind how many insiders have it, how many of them hold a favoured value, and how many others do; column
    j of `best` is that of `kinds[j]`."""
    n_in, hit_in = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    hit_out = np.zeros(len(kinds), np.int64)
    for i in range(len(asked)):
        own, having = inside[asked[i]], has[asked[i]]
        for j in range(len(kinds)):
            hit = best[i, j] > 0
            n_in[j] += own and having[kinds[j]]
            hit_in[j] += own and hit
            hit_out[j] += hit and not own
    return n_in, hit_in, hit_out


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
    heads: Ints, account_of: Codes, values: Ints, block: Ints, lift: Floats, row_of: Codes, rows: int
) -> Ints:
    """For each row the block whose values, of those that the row's account holds, have the largest sum of lifts, the
    first of equals; -1 where it holds none. The values are sorted by block, lifts are positive, and `row_of` is -1 for
    accounts without a row."""
    best, most = np.full(rows, -1, np.int64), np.zeros(rows)
    last, total = np.full(rows, -1, np.int64), np.zeros(rows)
    for i in range(len(values)):
        for at in range(heads[values[i]], heads[values[i] + 1]):
            row = row_of[account_of[at]]
            if row < 0:
                continue
            if last[row] != block[i]:
                last[row], total[row] = block[i], 0.0
            total[row] += lift[i]
            if total[row] > most[row]:
                best[row], most[row] = block[i], total[row]
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
