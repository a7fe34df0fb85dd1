"""Random numbers that depend on names, not on the order of calls."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.model.kernels.compiled import kernel

Reals = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]


def word(*names: object) -> int:
    """A 64-bit number from names: the same names give the same number on every machine."""
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def generator(*names: object) -> np.random.Generator:
    """A generator of its own for these names; no two sets of names share a stream."""
    return np.random.Generator(np.random.PCG64(word(*names)))


def scramble(values: npt.ArrayLike, seed: int, salt: int = 0) -> Words:
    """A bijection on 64-bit words per (seed, salt): the finaliser of SplitMix64. Shape as `values`."""
    plain = np.ascontiguousarray(values).astype(np.int64).view(np.uint64)
    out = np.empty(plain.size, np.uint64)
    _scramble(plain.reshape(-1), np.uint64(word("scramble", seed, salt)), out)
    return out.reshape(plain.shape)


def unit(values: npt.ArrayLike, seed: int, salt: int) -> Reals:
    """Numbers in [0, 1) that belong to the values: the same value always gets the same number."""
    return (scramble(values, seed, salt) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def join(a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """One word out of two arrays of integers, by multiplying and adding; for `unit` and `scramble`."""
    left = np.asarray(a).astype(np.int64).view(np.uint64)
    right = np.asarray(b).astype(np.int64).view(np.uint64)
    return (left * np.uint64(0x9E37_79B9_7F4A_7C15) + right * np.uint64(0xD134_2543_DE82_EF95)).view(np.int64)


@kernel
def _scramble(values: Any, key: Any, out: Any) -> None:
    for i in range(len(values)):
        z = values[i] + key + np.uint64(0x9E37_79B9_7F4A_7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
        out[i] = z ^ (z >> np.uint64(31))
