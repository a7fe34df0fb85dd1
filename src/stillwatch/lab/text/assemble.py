"""Strings put together from a pool of pieces, in one pass of copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
BLOCK = 16  # pieces are copied in whole blocks; the buffers have room for the overhang


def assemble(pool: pa.LargeStringArray, ids: npt.NDArray[np.int32], offsets: Ints) -> pa.LargeStringArray:
    """String i is the pieces `ids[offsets[i]:offsets[i + 1]]` of `pool`, joined without a separator.

    `pool` has no nulls; `ids` has m entries below `len(pool)`; `offsets` has n + 1 entries, from 0 to m.
    """
    starts, data = buffers(pool)
    ends = byte_offsets(starts, ids, offsets)
    out = np.empty(int(ends[-1]) + BLOCK, np.uint8)
    _copy(starts, np.append(data, np.zeros(BLOCK, np.uint8)), ids, out)
    return from_buffers(ends, out)


def buffers(strings: pa.LargeStringArray) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Offsets (n + 1 entries) and bytes of a LargeStringArray, as views."""
    _, starts, data = strings.buffers()
    offsets = np.frombuffer(starts, np.int64)[strings.offset : strings.offset + len(strings) + 1]
    return offsets, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def from_buffers(ends: Ints, data: npt.NDArray[np.uint8]) -> pa.LargeStringArray:
    """A LargeStringArray over offsets and bytes, without a copy."""
    return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


@kernel
def byte_offsets(starts: Any, ids: Any, offsets: Any) -> Any:
    """Byte offsets (n + 1) of the strings that `assemble` makes."""
    ends = np.empty(len(offsets), np.int64)
    ends[0] = 0
    total = 0
    for i in range(len(offsets) - 1):
        for j in range(offsets[i], offsets[i + 1]):
            piece = ids[j]
            total += starts[piece + 1] - starts[piece]
        ends[i + 1] = total
    return ends


@intrinsic
def _move_block(_typing: Any, target: Any, at: Any, source: Any, first: Any) -> Any:
    """Copy one block between byte arrays, unaligned; a loop over bytes is eight times slower."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        block = ir.IntType(8 * BLOCK)
        places = []
        for array, index in ((0, 1), (2, 3)):
            view = context.make_array(signature.args[array])(context, builder, values[array])
            place = builder.gep(view.data, [values[index]])
            places.append(builder.bitcast(place, block.as_pointer()))
        builder.store(builder.load(places[1], align=1), places[0], align=1)
        return context.get_dummy_value()

    return types.void(target, at, source, first), generate


@kernel
def _copy(starts: Any, data: Any, ids: Any, out: Any) -> None:
    at = 0
    for j in range(len(ids)):
        first = starts[ids[j]]
        length = starts[ids[j] + 1] - first
        for block in range(0, length, BLOCK):
            _move_block(out, at + block, data, first + block)  # type: ignore[call-arg]
        at += length
