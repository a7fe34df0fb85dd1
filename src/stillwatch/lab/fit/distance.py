"""How far two distributions are apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def ks(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Kolmogorov–Smirnov distance of two samples: the largest gap between their distribution functions,
    0..1.
    """
    x, y = np.sort(np.asarray(a, np.float64)), np.sort(np.asarray(b, np.float64))
    points = np.concatenate([x, y])
    left = np.searchsorted(x, points, side="right") / len(x)
    right = np.searchsorted(y, points, side="right") / len(y)
    return float(np.abs(left - right).max())
