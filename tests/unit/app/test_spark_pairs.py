"""Links that executors look for are those that the driver finds, whatever the size of tasks and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.incidences import block, drawn, put_holdings

from stillwatch.app.spark_pairs import Part, Spreads, batches, load, parts_of, save, spread_links
from stillwatch.link.communities import communities
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.pairs import Pairs, PairSettings, plausible_pairs, rare_values, validated_pairs
from stillwatch.link.report import write_links
from stillwatch.link.stars import Stars, validated_stars
from stillwatch.store.duck import DuckTables, open_duck
from stillwatch.store.spark.job import Work, runner, union_schema

KINDS = {"phone": (900, 3), "client": (700, 2), "instrument": (800, 2), "template": (900, 3)}
MODEST = settings(
    max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip


class _Here(DuckTables):
    """An engine whose executors are this process."""

    most_pairs = 0

    @contextmanager
    def shared_folder(self) -> Iterator[Path]:
        with TemporaryDirectory() as folder:
            yield Path(folder)

    def spread(self, tables: Mapping[str, pa.Schema], parts: Sequence[Part], work: Work) -> None:
        numbers = pa.RecordBatch.from_pydict({"id": pa.array(range(len(parts)), pa.int64())})
        rows = pa.Table.from_batches(runner(parts, work, tables)([numbers]), union_schema(tables))
        for at, (name, schema) in enumerate(tables.items()):
            self.put(name, rows.filter(pa.compute.equal(rows["kind"], at)).select(schema.names).cast(schema))


@contextmanager
def engine() -> Iterator[_Here]:
    with TemporaryDirectory() as folder, open_duck(Path(folder), threads=1) as t:
        t.__class__ = _Here
        assert isinstance(t, _Here)
        yield t


def world(t: DuckTables, seed: int, accounts: int = 500) -> Incidence:
    """Crowds of several sizes, some of them tied, and pairs, among strangers."""
    rng = np.random.default_rng(seed)
    rows = drawn(rng, accounts=accounts, kinds=KINDS)
    first = 1
    for number, size in enumerate((2, 3, 5, 4, 3, 2, 8)):
        members = range(first, first + size)
        for value in (100, 300):
            rows += block(members, KINDS, value=value + number)
        rows += block((first, first + size), ["phone", "client", "template"], value=200 + number)
        first += size + int(rng.integers(0, 2))
    put_holdings(t, rows, accounts=accounts)
    return read_incidence(t)


def links_in(t: DuckTables) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = t.query("SELECT * FROM links ORDER BY ALL").to_pylist()
    return rows


def on_driver(
    t: DuckTables, held: Incidence, stars: Stars
) -> tuple[list[list[int]], list[dict[str, object]]]:
    pairs = validated_pairs(held)
    write_links(t, held, pairs, stars)
    return [g.tolist() for g in communities(pairs.a, pairs.b, pairs.log2_p)], links_in(t)


@MODEST
@given(st.integers(0, 10_000), st.sampled_from([1, 40, 10**6]), st.sampled_from([0, 30, 10**6]))
def test_links_and_communities_are_those_of_the_driver(seed: int, task: int, together: int) -> None:
    with engine() as t:
        t.most_pairs = together
        held = world(t, seed)
        stars = validated_stars(held)
        groups, links = on_driver(t, held, stars)
        assert isinstance(t, Spreads)
        found = spread_links(t, held, rare_values(held), stars, task=task)
        assert groups == [g.tolist() for g in found]
        assert links == links_in(t)
        assert {"holdings", "activity", "links"} == set(t.query("SHOW TABLES")["name"].to_pylist())
    assert len(groups) > 3 < len(links)


def test_nothing_linked_is_no_community() -> None:
    with engine() as t:
        put_holdings(t, block((1, 2), ["phone"]), accounts=3)
        held = read_incidence(t)
        assert [] == spread_links(t, held, rare_values(held), validated_stars(held))
        assert [] == links_in(t)


def test_an_engine_without_executors_is_told_apart(tmp_path: Path) -> None:
    with open_duck(tmp_path) as t:
        assert not isinstance(t, Spreads)


@MODEST
@given(st.integers(0, 10_000), st.integers(1, 500))
def test_parts_are_all_accounts_and_of_a_size(seed: int, most: int) -> None:
    met = np.random.default_rng(seed).integers(0, 60, 80)
    parts = parts_of(met, most)
    assert list(range(80)) == [account for a, b in parts for account in range(a, b)]
    assert all(met[a:b].sum() <= most + met.max() for a, b in parts)


def test_possible_pairs_are_met_once() -> None:
    with engine() as t:
        rare = rare_values(world(t, 3))
    assert rare.possible() == rare.met().sum() > 1000


def test_values_are_mapped_as_they_were_written(tmp_path: Path) -> None:
    with engine() as t:
        held = world(t, 4)
    rare = rare_values(held)
    save(tmp_path, rare, held.accounts)
    there, accounts = load(tmp_path)
    assert held.accounts.tolist() == accounts.tolist()
    one, other = (plausible_pairs(r, 0, held.n, most=-3.0) for r in (rare, there))
    assert len(one) > 10
    for name in Pairs.__slots__:
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, [(2, 2), (4, 4), (5, 5), (9, 9)]),
        (4, [(2, 4), (5, 5), (9, 9)]),
        (7, [(2, 4), (5, 5), (9, 9)]),
        (99, [(2, 9)]),
    ],
)
def test_batches_are_whole_components(most: int, expected: list[tuple[int, int]]) -> None:
    assert expected == batches(np.array([2, 4, 5, 9]), np.array([3, 1, 50, 4]), most)


def test_no_component_is_no_batch() -> None:
    assert [] == batches(np.empty(0, np.int64), np.empty(0, np.int64), 5)


def test_pairs_that_cannot_pass_are_left_out_early() -> None:
    """And all that pass are among those that are left."""
    with engine() as t:
        held = world(t, 5)
    rare = rare_values(held)
    left = plausible_pairs(rare, 0, held.n, most=rare.loosest_cut(PairSettings().fdr))
    every = plausible_pairs(rare, 0, held.n, most=0.0)
    passed = validated_pairs(held)
    assert len(passed) <= len(left) < len(every)
    assert set(zip(passed.a, passed.b, strict=True)) <= set(zip(left.a, left.b, strict=True))
