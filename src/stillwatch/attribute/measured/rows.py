"""Rows of measurements made outside SQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.engine import Tables

Ints = NDArray[np.int64]
Rows = list[tuple[int, str, float, int]]  # group_id, feature, value, accounts or exchanges behind it


def put_rows(t: Tables, name: str, rows: Sequence[tuple[int, str, float, int]]) -> str:
    """Store rows as a table; returns the statement that reads it."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    types = {"group_id": pa.int64(), "feature": pa.string(), "value": pa.float64(), "n": pa.int64()}
    t.put(name, pa.table({n: pa.array(c, k) for (n, k), c in zip(types.items(), columns, strict=True)}))
    return f"SELECT group_id, feature, value, n FROM {name}"


def members(t: Tables, known: Ints) -> dict[int, Ints]:
    """Of each group the positions of its members in `known`, sorted account ids; members not in it are left out."""
    rows = t.numpy("SELECT group_id, account_id FROM group_members ORDER BY group_id, account_id")
    groups, accounts = np.asarray(rows["group_id"], np.int64), np.asarray(rows["account_id"], np.int64)
    at = np.minimum(np.searchsorted(known, accounts), max(len(known) - 1, 0))
    hit = known[at] == accounts if len(known) else np.zeros(len(accounts), bool)
    ids, first = np.unique(groups[hit], return_index=True)
    return dict(zip(ids.tolist(), np.split(at[hit], first[1:]), strict=True)) if len(ids) else {}
