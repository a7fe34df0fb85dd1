"""Keys of conversations: does one request carry on from the answer to another?

A request carries its earlier turns. Folding them, in order, into one 64-bit number gives `prefix_key`;
folding on over the new input and the answer gives `next_prefix_key`. So request B carries on from the
answer to request A exactly when ``B.prefix_key == A.next_prefix_key``.

A turn is one message that is not a system message. Its text is the plain text, without outer white space
(clients trim answers before they send them back); a tool call or a tool result is written out as text by
whoever makes the turns. A request without earlier turns has no `prefix_key` (null).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import SEED, hash_strings, mix_words

__all__ = ["ROLE_CODES", "SEED", "fold_turns", "hash_turns"]

Int8s = npt.NDArray[np.int8]
Int64s = npt.NDArray[np.int64]

ROLE_CODES: Mapping[str, int] = MappingProxyType({"other": 0, "user": 1, "assistant": 2, "tool": 3})


def hash_turns(texts: pa.Array | pa.ChunkedArray) -> Int64s:
    """Hashes of turn texts, shape (n_turns,): XXH64 after trimming outer white space; 0 for null."""
    return hash_strings(pc.utf8_trim_whitespace(texts))


def fold_turns(
    role_codes: npt.ArrayLike,
    text_hashes: Int64s,
    offsets: npt.ArrayLike,
    start: Int64s | None = None,
) -> Int64s:
    """Key of each record's turns, shape (n_records,): ``k = mix(mix(k, role), hash)`` turn by turn.

    The turns of record i are ``offsets[i]:offsets[i + 1]``. The fold starts at ``start[i]``, or at `SEED`
    where no `start` is given; a record without turns keeps its start. Folding is chained: folding ``a + b``
    equals folding ``b`` with the key of ``a`` as start.
    """
    bounds = np.ascontiguousarray(offsets, dtype=np.int64)
    records = len(bounds) - 1
    keys = np.full(records, SEED, np.int64) if start is None else np.array(start, np.int64)
    roles = np.ascontiguousarray(role_codes, dtype=np.int8)
    _fold(roles, np.ascontiguousarray(text_hashes, dtype=np.int64), bounds, keys)
    return keys


@kernel
def _fold(roles: Int8s, hashes: Int64s, bounds: Int64s, keys: Int64s) -> None:
    for record in range(len(keys)):
        word = np.uint64(keys[record])
        for turn in range(bounds[record], bounds[record + 1]):
            word = mix_words(mix_words(word, np.uint64(roles[turn])), np.uint64(hashes[turn]))
        keys[record] = np.int64(word)
