"""One-permutation MinHash: 32 bins, each the smallest hash that falls into it, cut into three bands.

Sources: Li, Owen and Zhang, "One permutation hashing", 2012; Shrivastava, "Optimal densification for fast and
accurate minwise hashing", 2017.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.xxhash import Word, avalanche

Words = npt.NDArray[np.uint64]

BINS = 32
BANDS = 3
ROWS = 3  # bins in a band: two texts share a band with probability 1 - (1 - J³)³
EMPTY = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_P1 = np.uint64(0x9E37_79B1_85EB_CA87)
_P2 = np.uint64(0xC2B2_AE3D_27D4_EB4F)


@kernel
def add_gram(bins: Words, gram: Word) -> None:
    """Put a hash into its bin (its top five bits), which keeps the smallest."""
    at = np.int64(gram >> np.uint64(59))
    bins[at] = min(bins[at], gram)


@kernel
def band(bins: Words, number: int) -> Word:
    """Hash of the bins of band `number` (from 0); at least one bin must be filled."""
    word = np.uint64(number + 1) * _P1
    for row in range(ROWS):
        word = avalanche(word * _P2 ^ filled(bins, number * ROWS + row))
    return word


@kernel
def filled(bins: Words, at: int) -> Word:
    """The value of a bin; an empty one borrows from a bin chosen by hash, the same for every text."""
    value: Word = bins[at]
    attempt = 0
    while value == EMPTY:
        attempt += 1
        value = bins[np.int64(avalanche(np.uint64(at * 4096 + attempt) * _P1) >> np.uint64(59))]
    return value
