"""The bytes of an Arrow string column, as plain arrays that kernels can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Text: TypeAlias = pa.Array | pa.ChunkedArray


@dataclass(frozen=True, slots=True)
class TextBuffers:
    """UTF-8 bytes of n strings: string i is `data[starts[i]:starts[i + 1]]`; `valid[i]` is false for null."""

    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    valid: npt.NDArray[np.bool_]


def text_buffers(array: pa.Array) -> TextBuffers:
    """Buffers of one string array; slices are respected, and bytes are not copied.

    Other string-like types (views, dictionaries, nulls) are cast to `large_string` first.
    """
    if not _has_offsets(array.type):
        array = array.cast(pa.large_string())
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    n = len(array)
    if n == 0 or offsets is None:
        return TextBuffers(np.zeros(0, np.uint8), np.zeros(n + 1, np.int64), np.zeros(n, np.bool_))
    kind = np.int64 if wide else np.int32
    starts = np.frombuffer(offsets, kind)[array.offset : array.offset + n + 1].astype(np.int64)
    raw = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    return TextBuffers(raw, starts, np.asarray(valid, np.bool_))


def chunks(array: Text) -> Iterator[TextBuffers]:
    """Buffers of each chunk, in order."""
    parts = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
    for part in parts:
        yield text_buffers(part)


def _has_offsets(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    )
