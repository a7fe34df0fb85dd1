"""Intervals of shares: Wilson's for independent trials, the bootstrap for what comes in groups."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.xxhash import Word, avalanche

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_P1 = np.uint64(0x9E37_79B1_85EB_CA87)
_P2 = np.uint64(0xC2B2_AE3D_27D4_EB4F)


def wilson(successes: npt.ArrayLike, trials: npt.ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper end of the interval of a share; (0, 1) without trials. Arguments are broadcast.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    k, n = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(trials, np.float64))
    z2 = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    safe = np.maximum(n, 1.0)
    share = k / safe
    centre = (share + z2 / (2 * safe)) / (1 + z2 / safe)
    half = np.sqrt(z2 * (share * (1 - share) / safe + z2 / (4 * safe**2))) / (1 + z2 / safe)
    low = np.where(k <= 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(k >= n, 1.0, np.minimum(centre + half, 1.0))
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def group_draws(groups: int, *, draws: int, seed: int) -> Ints:
    """Groups of each bootstrap sample, drawn with replacement by hash; shape (draws, groups)."""
    out = np.empty((draws, groups), np.int64)
    _draw(np.uint64(seed & ((1 << 64) - 1)), out)
    return out


def bootstrap_share(
    part: npt.ArrayLike,
    whole: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of `sum(part) / sum(whole)` when whole groups are drawn anew; (0, 1) if no draw has a whole.

    The three arrays have shape (n,); rows of one group stay together. Percentile method (Efron, 1979). With
    a single group, or when every draw agrees, the width says nothing of other groups: use `wilson` on the
    groups.
    """
    _, code = np.unique(np.asarray(groups), return_inverse=True)
    count = int(code.max()) + 1 if len(code) else 0
    parts = np.bincount(code, weights=np.asarray(part, np.float64), minlength=count)
    wholes = np.bincount(code, weights=np.asarray(whole, np.float64), minlength=count)
    drawn = group_draws(count, draws=draws, seed=seed)
    below = wholes[drawn].sum(axis=1)
    shares = parts[drawn].sum(axis=1)[below > 0] / below[below > 0]
    if len(shares) == 0:
        return 0.0, 1.0
    low, high = np.quantile(shares, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


@kernel
def _draw(seed: Word, out: Ints) -> None:
    draws, groups = out.shape
    for i in range(draws):
        row = avalanche(seed * _P1 ^ np.uint64(i + 1) * _P2)
        for j in range(groups):
            word = avalanche(row + np.uint64(j + 1) * _P1) >> np.uint64(32)
            out[i, j] = np.int64(word * np.uint64(groups) >> np.uint64(32))
