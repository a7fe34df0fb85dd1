"""Connected components by statements alone are those of union-find and of SciPy, whatever the graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy import sparse

from stillwatch.model.errors import StillwatchError
from stillwatch.model.kernels.components import components
from stillwatch.model.table_components import ROUNDS, write_components
from stillwatch.store.duck import DuckTables, open_duck

MODEST = settings(
    max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip


@contextmanager
def engine() -> Iterator[DuckTables]:
    with TemporaryDirectory() as folder, open_duck(Path(folder), threads=1) as t:
        yield t


def rooted(edges: Sequence[tuple[int, int]], rounds: int = ROUNDS) -> dict[int, int]:
    with engine() as t:
        left, right = zip(*edges, strict=True) if edges else ((), ())
        t.put(
            "edges",
            pa.table({"left_key": pa.array(left, pa.int64()), "right_key": pa.array(right, pa.int64())}),
        )
        write_components(t, "parts", "edges", rounds=rounds)
        rows = t.query("SELECT node, root FROM parts").to_pylist()
        assert {"edges", "parts"} == set(t.query("SHOW TABLES")["name"].to_pylist())
    assert len(rows) == len({row["node"] for row in rows})
    return {row["node"]: row["root"] for row in rows}


def expected(edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    nodes = sorted({node for edge in edges for node in edge})
    left, right = ([nodes.index(edge[i]) for edge in edges] for i in (0, 1))
    roots = components(len(nodes), left, right)
    return {node: nodes[root] for node, root in zip(nodes, roots.tolist(), strict=True)}


@MODEST
@given(st.integers(0, 10_000), st.integers(1, 150), st.integers(2, 200))
def test_components_are_those_of_union_find(seed: int, edges: int, nodes: int) -> None:
    rng = np.random.default_rng(seed)
    ids = rng.choice(1 << 62, nodes, replace=False) - (1 << 61)
    pairs = [tuple(ids[rng.choice(nodes, 2, replace=False)].tolist()) for _ in range(edges)]
    assert expected(pairs) == rooted(pairs)


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_long_chain_is_one_component(shuffled: bool) -> None:
    """The worst case: its ends are as far apart as can be."""
    order = np.random.default_rng(1).permutation(300) if shuffled else np.arange(300)
    chain = list(zip(order[:-1].tolist(), order[1:].tolist(), strict=True))
    assert dict.fromkeys(range(300), 0) == rooted(chain)


def test_no_edges_make_no_component() -> None:
    assert {} == rooted([])


@MODEST
@given(
    st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda e: e[0] != e[1]), max_size=25)
)
def test_components_are_those_of_scipy(edges: list[tuple[int, int]]) -> None:
    """Any small graph, edges twice and in both directions among them."""
    dense = np.zeros((15, 15))
    for a, b in edges:
        dense[a, b] = 1.0
    label = sparse.csgraph.connected_components(sparse.csr_array(dense), directed=False)[1]
    nodes = sorted({node for edge in edges for node in edge})
    assert {node: int(np.flatnonzero(label == label[node])[0]) for node in nodes} == rooted(edges)


def test_a_long_chain_takes_few_rounds() -> None:
    """As many as the logarithm of its length, or fewer."""
    order = np.random.default_rng(2).permutation(4096).tolist()
    assert dict.fromkeys(range(4096), 0) == rooted(list(pairwise(order)), rounds=12)


def test_components_that_take_too_many_rounds_are_an_error() -> None:
    with pytest.raises(StillwatchError, match="edges: components are not found after 1 rounds"):
        rooted([(i, i + 1) for i in range(30)], rounds=1)
