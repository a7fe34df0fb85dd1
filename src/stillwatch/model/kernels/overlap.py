"""Which sets lie mostly inside which wider ones, and which hold much of a crowd: from the sets of each element and the
elements of each set."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def wider_sets(
    heads: Ints,
    element_of: Codes,
    starts: Ints,
    set_of: Codes,
    asked: npt.ArrayLike,
    *,
    least: float,
    sample: int,
) -> tuple[Ints, Ints]:
    """For each set that is `asked`, the wider asked ones that hold the share `least` of its elements.

    Elements of set v are `element_of[heads[v]:heads[v + 1]]`, sets of element i are
    `set_of[starts[i]:starts[i + 1]]`; of two sets of one size the first counts as the wider. At most `sample`
    elements of a set, evenly spaced, are looked at. Returns compressed rows: bounds int64[V + 1] and sets
    int64, the one with the largest share first, the widest of equals.
    """
    sizes = np.diff(heads)
    wanted = np.asarray(asked, dtype=bool)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(len(sizes), np.int64)
    rank[order] = np.arange(len(sizes))
    rows = (heads, element_of, starts, set_of, wanted, rank)
    n = _pairs(*rows, least, sample, np.empty((2, 0), np.int64), np.empty(0))
    pair, share = np.empty((2, n), np.int64), np.empty(n)
    _pairs(*rows, least, sample, pair, share)
    inner, outer = pair
    by = np.lexsort((rank[outer], -share, inner))
    bounds = np.searchsorted(inner[by], np.arange(len(sizes) + 1))
    return bounds.astype(np.int64), outer[by]


@kernel
def _pairs(
    heads: Ints, element_of: Codes, starts: Ints, set_of: Codes, wanted: Flags, rank: Ints,
    least: float, sample: int, pair: Ints, share: Floats,
) -> int:  # fmt: skip
    """Write the pairs as far as there is room, and say how many there are."""
    counts = np.zeros(len(wanted), np.int64)
    touched = np.empty(len(wanted), np.int64)
    found = 0
    for v in range(len(wanted)):
        seen, n = 0, 0
        step = (heads[v + 1] - heads[v]) // sample + 1
        for at in range(heads[v], heads[v + 1] if wanted[v] else heads[v], step):
            seen += 1
            element = element_of[at]
            for k in range(starts[element], starts[element + 1]):
                other = set_of[k]
                if wanted[other] and rank[other] < rank[v]:
                    if counts[other] == 0:
                        touched[n] = other
                        n += 1
                    counts[other] += 1
        for other in touched[:n]:
            if counts[other] >= least * seen:
                if found < len(share):
                    pair[0, found], pair[1, found], share[found] = v, other, counts[other] / seen
                found += 1
            counts[other] = 0
    return found


@kernel
def common_values(
    starts: Ints, set_of: Codes, elements: Codes, least: int, counts: Codes, touched: Codes
) -> tuple[Ints, Ints]:
    """Sets that hold at least `least` of the elements, in no order, and how many of them each holds.

    Sets of element i are `set_of[starts[i]:starts[i + 1]]`. `counts` and `touched` are room for every set, and
    `counts` is zero before and after.
    """
    n, common = 0, 0
    for element in elements:
        for at in range(starts[element], starts[element + 1]):
            v = set_of[at]
            counts[v] += 1
            if counts[v] == 1:
                touched[n] = v
                n += 1
            if counts[v] == least:
                common += 1
    found, inside = np.empty(common, np.int64), np.empty(common, np.int64)
    at = 0
    for v in touched[:n]:
        if counts[v] >= least:
            found[at], inside[at] = v, counts[v]
            at += 1
        counts[v] = 0
    return found, inside
