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


@kernel
def counted(starts: Ints, value_of: Codes, members: Ints, counts: Codes) -> tuple[Ints, Ints]:
    """Values that the members hold, in order, and how many of them hold each.

    Values of account i are `value_of[starts[i]:starts[i + 1]]`. `counts` is room for every value, zero before; it is
    only touched where a member holds something, so that the work does not grow with all there is.
    """
    total = 0
    for member in members:
        total += starts[member + 1] - starts[member]
    touched = np.empty(min(total, len(counts)), np.int64)
    n = 0
    for member in members:
        for at in range(starts[member], starts[member + 1]):
            value = value_of[at]
            if counts[value] == 0:
                touched[n] = value
                n += 1
            counts[value] += 1
    found = np.flatnonzero(counts) if n * 16 > len(counts) else np.sort(touched[:n])
    inside = np.empty(len(found), np.int64)
    for i in range(len(found)):
        inside[i] = counts[found[i]]
    return found, inside


@kernel
def mark_holders(heads: Ints, account_of: Codes, values: Ints, marked: Flags) -> None:
    """Set the mark of every holder of the values."""
    for value in values:
        for at in range(heads[value], heads[value + 1]):
            marked[account_of[at]] = True


@kernel
def different_rows(row: Ints, column: Ints, width: int, seen: Flags) -> Ints:
    """How many different rows each of the `width` columns has among the pairs; `seen` is room for rows times columns,
    all false before."""
    out = np.zeros(width, np.int64)
    for i in range(len(row)):
        cell = row[i] * width + column[i]
        if not seen[cell]:
            seen[cell] = True
            out[column[i]] += 1
    return out


@kernel
def outsiders(
    heads: Ints, account_of: Codes, values: Ints, kind: Ints, inside: Flags, seen: Flags, out: Ints
) -> Ints:  # fmt: skip
    """Of each kind how many accounts that are not inside hold one of the values, counted into `out`; value i is of
    kind `kind[i]`, and `seen` is room for accounts times kinds, all false before."""
    for i in range(len(values)):
        for at in range(heads[values[i]], heads[values[i] + 1]):
            cell = np.int64(account_of[at]) * len(out) + kind[i]
            if not inside[account_of[at]] and not seen[cell]:
                seen[cell] = True
                out[kind[i]] += 1
    return out


@kernel
def held_inside(heads: Ints, account_of: Codes, values: Ints, inside: Flags) -> Ints:
    """How many holders of each of the values are inside."""
    out = np.zeros(len(values), np.int64)
    for i in range(len(values)):
        for at in range(heads[values[i]], heads[values[i] + 1]):
            out[i] += inside[account_of[at]]
    return out


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
            row = row_of[account] - 1 if account < len(row_of) else -1
            if row >= 0:
                bits = often[v] if share_of[at] >= dedicated else lift[v]
                out[row, kind[v]] = max(out[row, kind[v]], bits)


@kernel
def hits(has: Flags, asked: Ints, kinds: Ints, best: Floats, inside: Flags) -> tuple[Ints, Ints, Ints]:
    """Of each kind how many insiders have it, how many of them hold a favoured value, and how many others do; column j
    of `best` is that of `kinds[j]`."""
    n_in, hit_in = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    hit_out = np.zeros(len(kinds), np.int64)
    for i in range(len(asked)):
        own = inside[asked[i]]
        for j in range(len(kinds)):
            hit = best[i, j] > 0
            n_in[j] += own and has[asked[i], kinds[j]]
            hit_in[j] += own and hit
            hit_out[j] += hit and not own
    return n_in, hit_in, hit_out


@kernel
def strongest(
    has: Flags, asked: Ints, kinds: Ints, best: Floats, present: Floats, absent: Floats, family: Ints,
    least: float, most: float, out: Floats,
) -> None:  # fmt: skip
    """Put into `out[asked account, family]` the weight, bounded, of the family's kind that weighs most either way, the
    first of equals: the best lift, but at most `present`, for who holds a favoured value, `absent` for others that
    have the kind."""
    for i in range(len(asked)):
        known = 0
        for j in range(len(kinds)):
            bits = 0.0
            if best[i, j] > 0:
                bits = min(best[i, j], present[j])
            elif has[asked[i], kinds[j]]:
                bits = absent[j]
            bits = min(max(bits, least), most)
            f = family[j]
            if not known >> f & 1 or abs(bits) > abs(out[i, f]):
                out[i, f] = bits
                known |= 1 << f


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
def nearest_there(bounds: Ints, wider_of: Ints, values: Ints) -> tuple[Ints, Ints]:
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
