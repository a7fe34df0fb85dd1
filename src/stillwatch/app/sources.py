"""Where a scan's exchanges come from: files of a dataset, what was sketched of them before, executors of Spark."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from stillwatch.app import stages
from stillwatch.app.signatures import RowsAt
from stillwatch.app.spark_exchanges import SpreadExchanges
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.store.dataset import Dataset
from stillwatch.store.duck import DuckTables, open_duck
from stillwatch.store.spark.session import SparkSettings, open_spark

Done = Callable[[int], None]


class Partials(Protocol):
    """What was sketched before, when the exchanges came in."""

    def load(self, t: DuckTables, names: stages.Names, done: Done) -> int:
        """Fill `keys` and `reasoning` in the order of the dataset, and the names; returns how many duplicates were
        dropped."""
        ...

    @property
    def words(self) -> stages.Words:
        """The words of the exchanges."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scan has its exchanges from: `load` fills `keys` and `reasoning` and returns how many duplicates were
    dropped; words, if not from the text; rows by position."""

    load: Callable[[stages.Names, Done], int]
    words: stages.Words | None
    rows_at: RowsAt


@contextmanager
def open_engine(
    scratch: Path,
    data: Dataset,
    key: HashKey,
    partials: Partials | None,
    *,
    spark: SparkSettings | None,
    memory: str,
    threads: int,
) -> Iterator[tuple[Tables, Source]]:
    """The engine that is asked for, and the exchanges as it has them; partials are loaded on this machine."""
    if spark is not None and partials is None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # Spark has no setting for it
        with open_spark(scratch, spark, memory=memory, threads=threads) as far:
            exchanges = SpreadExchanges(far, data, stages.sketcher(data, key))
            yield far, Source(exchanges.load, exchanges, exchanges.rows_at)
        return
    rows_at = partial(data.rows_at, "exchanges", threads=threads_of(threads))
    with open_duck(scratch, memory=memory, threads=threads) as t:
        if partials is not None:
            yield t, Source(partial(partials.load, t), partials.words, rows_at)
        else:
            yield t, Source(partial(_sketched, t, data, key, threads_of(threads)), None, rows_at)


def threads_of(asked: int) -> int:
    """So many threads, or what this machine has up to four."""
    return asked or min(os.cpu_count() or 1, 4)


def _sketched(t: Tables, data: Dataset, key: HashKey, threads: int, names: stages.Names, done: Done) -> int:
    return stages.sketch(t, data, key, names=names, threads=threads, done=done)
