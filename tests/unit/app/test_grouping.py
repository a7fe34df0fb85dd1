"""Tables of groups after judging: how wholes come behind their pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.app.grouping import _bring_back, _set_aside
from stillwatch.attribute.judge import OF_GROUPS
from stillwatch.store.duck import DuckTables, open_duck


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    """An empty engine."""
    with open_duck(tmp_path) as tables:
        yield tables


def test_wholes_are_numbered_behind_what_was_set_aside(t: DuckTables) -> None:
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": [0, 3], "n": [10, 13]}))
    _set_aside(t)
    for name in OF_GROUPS:
        t.put(name, pa.table({"group_id": [0], "n": [20]}))
    _bring_back(t, 4)
    for name in OF_GROUPS:
        rows = t.query(f"SELECT group_id, n FROM {name} ORDER BY group_id").to_pylist()
        assert [(0, 10), (3, 13), (4, 20)] == [(r["group_id"], r["n"]) for r in rows]
    assert not any(t.has("first_" + name) for name in OF_GROUPS)
