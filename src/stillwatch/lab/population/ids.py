"""Identifiers as text, made from 64-bit words without a loop."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.lab.population.draws import Words


def labels(prefix: str, words: Words, *, digits: int = 16, valid: object = None) -> pa.StringArray:
    """`prefix` and so many (at most 16) hexadecimal digits of each word; null where `valid` is false."""
    hexadecimal = np.frombuffer(b"0123456789abcdef", np.uint8)
    head = np.frombuffer(prefix.encode(), np.uint8)
    width = len(head) + digits
    data = np.empty((len(words), width), np.uint8)
    data[:, : len(head)] = head
    for i in range(digits):
        data[:, len(head) + i] = hexadecimal[(words >> np.uint64(60 - 4 * i)) & np.uint64(15)]
    offsets = np.arange(len(words) + 1, dtype=np.int32) * width
    text = pa.StringArray.from_buffers(len(words), pa.py_buffer(offsets), pa.py_buffer(data))
    if valid is None:
        return text
    return pc.if_else(pa.array(valid), text, pa.scalar(None, pa.string()))
