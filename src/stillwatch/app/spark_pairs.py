"""Linked pairs looked for by the executors of Spark, and their communities, component by component.

The driver writes who shares rare values to the scratch folder, once, and every executor maps it into its memory.
Executors write the pairs that may pass; the driver asks how many pass, has their connected components found by
statements, and divides them into communities: some components at a time, never all pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.link.communities import SeedSettings, communities
from stillwatch.link.incidence import Incidence
from stillwatch.link.pairs import PairSettings, RareValues, plausible_pairs
from stillwatch.link.report import pair_rows, star_links
from stillwatch.link.stars import Stars
from stillwatch.model.engine import Tables
from stillwatch.model.table_components import write_components
from stillwatch.store.spark.job import Work

Ints = NDArray[np.int64]
Part = tuple[int, int]  # accounts from … to …

TASK = 1_000_000  # pairs that an executor looks through in one go, or those of one account
PAIRS = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("log2_p", pa.float64())])
LINKS = pa.schema(
    [
        *(pa.field(name, pa.int64()) for name in ("a", "b")),
        pa.field("family", pa.string()),
        *(pa.field(name, pa.float64()) for name in ("bits", "p", "log2_p")),
    ]
)


@runtime_checkable
class Spreads(Tables, Protocol):
    """An engine whose executors can look for pairs."""

    @property
    def most_pairs(self) -> int:
        """So many pairs of accounts with a value in common are looked through on the driver."""
        ...

    def shared_folder(self) -> AbstractContextManager[Path]:
        """A folder that executors see too, while it is needed."""
        ...

    def spread(self, tables: Mapping[str, pa.Schema], parts: Sequence[Part], work: Work) -> None:
        """Fill tables with what `work` gives for each of the parts."""
        ...


def spread_links(
    t: Spreads, held: Incidence, rare: RareValues, stars: Stars, *, task: int = TASK
) -> list[Ints]:
    """Communities of validated pairs, as `communities` gives them; fills `links`. An executor looks through about
    `task` pairs in one go.

    Raises `ResourceError` where one component has more pairs than the driver takes.
    """
    s = PairSettings()
    with t.shared_folder() as folder:
        save(folder, rare, held.accounts)
        work = Searching(folder, rare.loosest_cut(s.fdr))
        t.spread({"pairs": PAIRS, "pair_links": LINKS}, parts_of(rare.met(), task), work)
    cut = rare.cut(lambda bound: _many(t, bound), s.fdr)
    _write_links(t, star_links(held, stars), cut)
    found = _communities(t, cut)
    t.drop("pairs")
    return found


def parts_of(met: Ints, most: int) -> list[Part]:
    """Ranges of accounts that together meet about `most` others in their values; `met` int64[N]."""
    total = np.cumsum(met)
    steps = np.arange(most, total[-1] if len(total) else 0, most)
    return list(pairwise(np.unique([0, *np.searchsorted(total, steps), len(met)]).tolist()))


def save(folder: Path, rare: RareValues, accounts: Ints) -> None:
    """Write the values and the ids of accounts to a folder. Scratch, so in NumPy's format, which can be mapped."""
    for field in fields(rare):
        np.save(folder / f"{field.name}.npy", getattr(rare, field.name))
    np.save(folder / "accounts.npy", accounts)


def load(folder: Path) -> tuple[RareValues, Ints]:
    """What `save` wrote, mapped into memory: processes of a machine share it."""

    def mapped(name: str) -> np.ndarray:
        return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="c"))

    return RareValues(**{field.name: mapped(field.name) for field in fields(RareValues)}), mapped("accounts")


@dataclass(frozen=True, slots=True)
class Searching:
    """Pairs with a log2 p-value of at most `most` whose smaller account is in a part."""

    folder: Path
    most: float

    def __call__(self, part: Part) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Rows of the two tables."""
        rare, accounts = load(self.folder)
        found = plausible_pairs(rare, *part, most=self.most)
        if not len(found):
            return
        pairs = {"a": found.a, "b": found.b, "log2_p": found.log2_p}
        yield "pairs", pa.RecordBatch.from_pydict(pairs, schema=PAIRS)
        yield "pair_links", pa.RecordBatch.from_pydict(pair_rows(accounts, found), schema=LINKS)


def _up_to(cut: float) -> str:
    """The condition that a pair passes. The number is written as text: engines read 0.1 as a decimal."""
    return f"log2_p <= CAST('{cut!r}' AS DOUBLE)"


def _many(t: Tables, cut: float) -> int:
    return int(t.query(f"SELECT count(*) AS n FROM pairs WHERE {_up_to(cut)}")["n"][0].as_py())


def _write_links(t: Tables, stars: pa.Table, cut: float) -> None:
    t.put("star_links", stars)
    t.define(
        "links",
        f"""
        SELECT a, b, family, bits, p, CAST(NULL AS VARCHAR) AS kind, FALSE AS star FROM pair_links WHERE {_up_to(cut)}
        UNION ALL SELECT a, b, family, bits, p, kind, star FROM star_links
        """,
    )
    t.drop("star_links")
    t.drop("pair_links")


def _communities(t: Spreads, cut: float) -> list[Ints]:
    """Communities of the pairs that pass, from as many components at a time as have `most_pairs` pairs."""
    s = SeedSettings()
    t.define("pair_edges", f"SELECT a AS left_key, b AS right_key, log2_p FROM pairs WHERE {_up_to(cut)}")
    write_components(t, "pair_roots", "pair_edges")
    t.define(
        "component_pairs",
        f"""
        SELECT r.root, e.left_key, e.right_key, e.log2_p FROM pair_edges e
        JOIN pair_roots r ON r.node = e.left_key
        JOIN (SELECT root FROM pair_roots GROUP BY root HAVING count(*) >= {s.min_accounts}) c ON c.root = r.root
        """,
    )
    counted = t.numpy("SELECT root, count(*) AS n FROM component_pairs GROUP BY root ORDER BY root")
    found: list[Ints] = []
    for first, last in batches(np.asarray(counted["root"]), np.asarray(counted["n"]), t.most_pairs):
        rows = t.numpy(
            f"SELECT left_key, right_key, log2_p FROM component_pairs WHERE root >= {first} AND root <= {last}"
        )
        a, b, log2_p = (np.asarray(rows[name]) for name in ("left_key", "right_key", "log2_p"))
        found += communities(a, b, log2_p, s)
    for name in ("pair_edges", "pair_roots", "component_pairs"):
        t.drop(name)
    return sorted(found, key=lambda g: (-len(g), int(g[0])))


def batches(root: Ints, n: Ints, most: int) -> list[tuple[int, int]]:
    """First and last root of whole components, in order, that have at most `most` pairs together, or are alone;
    `root` and `n` int64[C] are each component's root and number of pairs."""
    bounds, together = [0], 0
    for at, own in enumerate(n.tolist()):
        if together and together + own > most:
            bounds.append(at)
            together = 0
        together += own
    return [(int(root[a]), int(root[b - 1])) for a, b in pairwise([*bounds, len(n)]) if b > a]
