"""The search for simple rules finds what is there."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.lab.rules import _best, literals


def found(table: pa.Table) -> tuple[list[str], float]:
    """Names of the best rule's conditions, and its recall."""
    hostile = np.asarray(table["hostile"])
    names, masks = literals(table, hostile)
    first, second = _best(masks, hostile, 0.01)
    caught = masks[first].astype(bool) & masks[second].astype(bool)
    return [names[first], names[second]], float(caught[hostile].mean())


def facts(n: int = 600) -> dict[str, object]:
    hostile = np.arange(n) % 6 == 0
    return {"hostile": hostile, "noise": np.random.default_rng(1).random(n)}


def test_a_column_that_gives_them_away_is_found() -> None:
    columns = facts()
    columns["kind"] = np.where(columns["hostile"], "odd", "usual").tolist()
    names, recall = found(pa.table(columns))
    assert recall == 1.0
    assert "kind = odd" in names


def test_two_columns_are_found_where_neither_is_enough() -> None:
    columns = facts(1200)
    hostile = columns["hostile"]
    draw = np.random.default_rng(2)
    columns["a"] = np.where(hostile, 1.0, (draw.random(1200) < 0.05).astype(float))
    columns["b"] = np.where(hostile, 1.0, (draw.random(1200) < 0.05).astype(float))
    names, recall = found(pa.table(columns))
    assert recall == 1.0
    assert sorted(name.split()[0] for name in names) == ["a", "b"]


def test_noise_gives_nothing_away() -> None:
    assert found(pa.table(facts(3000)))[1] < 0.1
