"""Which sets lie mostly inside which wider ones, and which hold much of a crowd: from the elements of each set and the
sets of each element."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.ahead import ahead
from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint64]

STEP = 4096  # sets that a thread looks at in one go
_ROOM = 1 << 12  # rows at the start of a list that grows
_LOW = np.int64(0xFFFF_FFFF)


@kernel
def transposed(heads: Ints, element_of: Codes, elements: int, sets: Ints) -> tuple[Ints, Codes]:
    """For each of so many elements the positions in `sets` of those that hold it, as compressed rows: bounds
    int64[elements + 1] and positions int32, in order.

    Elements of set v are `element_of[heads[v]:heads[v + 1]]`.
    """
    starts = np.zeros(elements + 2, np.int64)
    for v in sets:
        for j in range(heads[v], heads[v + 1]):
            starts[element_of[j] + 2] += 1
    starts = np.cumsum(starts)
    out = np.empty(starts[-1], np.int32)
    for i in range(len(sets)):
        for j in range(heads[sets[i]], heads[sets[i] + 1]):
            at = element_of[j] + 1
            out[starts[at]] = i
            starts[at] += 1
    return starts[:-1].copy(), out


@kernel
def beside(heads: Ints, element_of: Codes, starts: Ints, of_pair: Shares) -> Shares:
    """What stands beside the elements of all sets, put beside the sets of all elements: `starts` are the bounds that
    `transposed` gives for all sets in order."""
    place, out = starts[:-1].copy(), np.empty(len(of_pair), np.float32)
    for at in range(heads[-1]):
        out[place[element_of[at]]] = of_pair[at]
        place[element_of[at]] += 1
    return out


@kernel
def bits_of(heads: Ints, element_of: Codes, sets: Ints, elements: int) -> Bits:
    """The elements of some sets as bits, uint64[sets, words]: that of element i is bit i % 64 of word i // 64."""
    out = np.zeros((len(sets), elements // 64 + 1), np.uint64)
    for i in range(len(sets)):
        for element in element_of[heads[sets[i]] : heads[sets[i] + 1]]:
            out[i, element >> 6] |= np.uint64(1) << np.uint64(element & 63)
    return out


def wider_sets(
    heads: Ints,
    element_of: Codes,
    elements: int,
    asked: npt.ArrayLike,
    *,
    least: float,
    sample: int,
    threads: int = 1,
) -> tuple[Ints, Codes]:
    """For each set that is `asked`, the wider asked ones that hold the share `least` of its elements.

    Elements of set v are `element_of[heads[v]:heads[v + 1]]`, each below `elements`; of two sets of one size the first
    counts as the wider. At most `sample` elements of a set, evenly spaced, are looked at. Returns compressed rows:
    bounds int64[V + 1] and sets int32, the one with the largest share first, the widest of equals.
    """
    sizes = np.diff(heads)
    order = np.argsort(-sizes, kind="stable")
    order = order[np.asarray(asked, dtype=bool)[order]]  # the asked ones, the widest first
    starts, rank_of = transposed(heads, element_of, elements, order)
    inner = np.sort(order)
    rank = np.empty(len(sizes), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)

    def wider(first: int) -> tuple[Ints, Codes]:
        own = inner[first : first + STEP]
        return _wider(heads, element_of, starts, rank_of, own, rank, len(order), least, sample)

    found = list(ahead(wider, range(0, len(inner), STEP), threads=threads))
    counts = np.zeros(len(sizes), np.int64)
    bounds = np.zeros(len(sizes) + 1, np.int64)
    if not found:
        return bounds, np.empty(0, np.int32)
    counts[inner] = np.concatenate([many for many, _ in found])
    np.cumsum(counts, out=bounds[1:])
    return bounds, order.astype(np.int32)[np.concatenate([ranks for _, ranks in found])]


@kernel
def _wider(
    heads: Ints, element_of: Codes, starts: Ints, rank_of: Codes, own: Ints, rank: Codes, ranks: int,
    least: float, sample: int,
) -> tuple[Ints, Codes]:  # fmt: skip
    """How many wider sets hold enough of each of its own ones, and their ranks, those with most of it first."""
    counts, touched = np.zeros(ranks, np.int32), np.empty(ranks, np.int32)
    many, out, used = np.empty(len(own), np.int64), np.empty(_ROOM, np.int32), 0
    for i in range(len(own)):
        v = own[i]
        step = (heads[v + 1] - heads[v]) // sample + 1
        seen, n, enough, passed = (heads[v + 1] - heads[v] + step - 1) // step, 0, 0, 0
        for at in range(heads[v], heads[v + 1], step):
            late = seen - passed < least * seen  # who is met for the first time cannot hold enough any more
            passed += 1
            element = element_of[at]
            for k in range(starts[element], starts[element + 1]):
                other = rank_of[k]
                if other >= rank[v]:
                    break
                if counts[other] == 0:
                    if late:
                        continue
                    touched[n] = other
                    n += 1
                counts[other] += 1
        found = np.empty(n, np.int64)
        for other in touched[:n]:
            if counts[other] >= least * seen:
                found[enough] = np.int64(seen - counts[other]) << 32 | np.int64(other)
                enough += 1
            counts[other] = 0
        while used + enough > len(out):
            out = np.concatenate((out, np.empty(len(out), np.int32)))
        many[i] = enough
        for code in np.sort(found[:enough]):
            out[used] = code & _LOW
            used += 1
    return many, out[:used].copy()


@kernel
def crowded_values(
    heads: Ints, account_of: Codes, starts: Ints, value_of: Codes, families: Ints, having: Floats, asked: Ints,
    least: int, often: float,
) -> tuple[Ints, Ints, Codes, Codes]:  # fmt: skip
    """Values of other families that the holders of each value asked hold at least `often` times as often as others.

    Holders of value v are `account_of[heads[v]:heads[v + 1]]`, values of account i, in order,
    `value_of[starts[i]:starts[i + 1]]`; values are sorted by family, whose bounds are `families`. So many accounts
    as `having` says have a value's kind. Of each value asked: how many values `least` of its holders hold, int64[A],
    how many of them are crowded, int64[A], and these, with how many of the holders hold each.
    """
    counts, touched = np.zeros(len(having), np.int32), np.empty(len(having), np.int32)
    tried, many = np.zeros(len(asked), np.int64), np.zeros(len(asked), np.int64)
    crowded, inside, used = np.empty(_ROOM, np.int32), np.empty(_ROOM, np.int32), 0
    for i in range(len(asked)):
        members = account_of[heads[asked[i]] : heads[asked[i] + 1]]
        family = np.searchsorted(families, asked[i], side="right")
        n = _count_outside(starts, value_of, members, families[family - 1], families[family], counts, touched)
        if used + n > len(crowded):
            crowded = np.concatenate((crowded, np.empty(len(crowded) + n, np.int32)))
            inside = np.concatenate((inside, np.empty(len(inside) + n, np.int32)))
        for value in touched[:n]:
            held, counts[value] = counts[value], 0
            if held < least:
                continue
            tried[i] += 1
            rest = max(heads[value + 1] - heads[value] - held, 0.5) / max(having[value] - len(members), 1.0)
            if held / len(members) / min(rest, 1.0) >= often:
                crowded[used], inside[used] = value, held
                used += 1
                many[i] += 1
    return tried, many, crowded[:used].copy(), inside[:used].copy()


@kernel
def _count_outside(
    starts: Ints, value_of: Codes, members: Codes, first: int, last: int, counts: Codes, touched: Codes
) -> int:
    """Count the members that hold each value but for those from `first` to `last`; say how many values there are."""
    n = 0
    for member in members:
        own = value_of[starts[member] : starts[member + 1]]
        low, high = np.searchsorted(own, first), np.searchsorted(own, last)
        for k in range(len(own) - (high - low)):
            value = own[k if k < low else k + high - low]
            if counts[value] == 0:
                touched[n] = value
                n += 1
            counts[value] += 1
    return n


@kernel
def shared_values(
    heads: Ints,
    account_of: Codes,
    starts: Ints,
    value_of: Codes,
    kind: Ints,
    first: int,
    last: int,
) -> tuple[Codes, Codes, Codes, Codes]:
    """Pairs of accounts, the smaller from `first` to `last`, with the number of values they share, by kind.

    Holders of value v, in order, are `account_of[heads[v]:heads[v + 1]]`, values of account i, in order,
    `value_of[starts[i]:starts[i + 1]]`; values are sorted by kind. Rows come in the order of smaller account, larger
    account and kind: these three and the number, int32 each.
    """
    counts, touched = np.zeros(len(starts) - 1, np.int32), np.empty(len(starts) - 1, np.int32)
    many = np.zeros(last - first, np.int64)
    rows, used = np.empty(_ROOM, np.int64), 0
    for a in range(first, last):
        begun, at = used, starts[a]
        while at < starts[a + 1]:
            own, n = kind[value_of[at]], 0
            while at < starts[a + 1] and kind[value_of[at]] == own:
                holders = account_of[heads[value_of[at]] : heads[value_of[at] + 1]]
                n = _count_larger(holders, a, counts, touched, n)
                at += 1
            if used + n > len(rows):
                rows = np.concatenate((rows, np.empty(len(rows) + n, np.int64)))
            for b in touched[:n]:
                rows[used] = np.int64(b) << 32 | own << 24 | np.int64(counts[b])
                counts[b] = 0
                used += 1
        rows[begun:used].sort()
        many[a - first] = used - begun
    return _unpacked(rows[:used], many, first)


@kernel
def _count_larger(holders: Codes, account: int, counts: Codes, touched: Codes, n: int) -> int:
    """Count one more for each of the sorted holders behind the account; say how many have been counted so far."""
    for at in range(len(holders) - 1, -1, -1):
        other = holders[at]
        if other <= account:
            break
        if counts[other] == 0:
            touched[n] = other
            n += 1
        counts[other] += 1
    return n


@kernel
def _unpacked(rows: Ints, many: Ints, first: int) -> tuple[Codes, Codes, Codes, Codes]:
    """The columns of rows that hold account, kind and number, `many` of each of the accounts from `first` on."""
    a, b = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    kind, count = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    at = 0
    for i in range(len(many)):
        for row in rows[at : at + many[i]]:
            a[at], b[at], kind[at], count[at] = first + i, row >> 32, row >> 24 & 0xFF, row & 0xFF_FFFF
            at += 1
    return a, b, kind, count
