"""The tables of a data folder, or of a sample of its accounts, in an engine; accounts are numbered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError
from stillwatch.model.kernels.hashing import hash_strings
from stillwatch.model.tables import TABLES
from stillwatch.store.dataset import Dataset, open_dataset

ALWAYS = ("exchange_id", "account_id", "ts")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Tables `exchanges`, `accounts` and `instruments` with an integer `account`, its place in `accounts`.

    `exchanges` has a row per exchange id, `at_us` in microseconds and the columns that were asked for, null where
    the data lacks them.
    """

    accounts: tuple[str, ...]
    whole: int  # accounts of the folder, sampled or not
    connection: duckdb.DuckDBPyConnection

    def query(self, sql: str) -> pa.Table:
        """Rows of a statement."""
        return self.connection.sql(sql).to_arrow_table()

    def numpy(self, sql: str) -> dict[str, npt.NDArray[Any]]:
        """Columns of a statement as arrays; a number that is null is NaN."""
        table = self.query(sql)
        return {
            name: table[name].combine_chunks().to_numpy(zero_copy_only=False) for name in table.column_names
        }

    def filled(self, column: str) -> bool:
        """Whether any row has a value in a column of exchanges, or in `table.column`."""
        table, _, name = column.rpartition(".")
        found = self.query(f"select count({name}) as n from {table or 'exchanges'}")
        return bool(found["n"][0].as_py())


def first_queries(most: int) -> str:
    """A statement for account and prompt of each account's first exchanges, in order."""
    place = "row_number() over (partition by account order by at_us, exchange_id)"
    return f"select account, prompt_text from exchanges qualify {place} <= {most} order by account, at_us, exchange_id"


def sampled(ids: Sequence[str], most: int, seed: int) -> list[str]:
    """At most so many of the ids, in their order: those with the smallest hash of id and seed."""
    if len(ids) <= most:
        return list(ids)
    keys = hash_strings(pa.array(ids, pa.string()), seed=seed)
    kept = np.sort(np.argsort(keys, kind="stable")[:most])
    return [ids[i] for i in kept]


@contextmanager
def open_traffic(
    folder: Path,
    *,
    columns: Sequence[str],
    most: int,
    seed: int = 1,
    only: Collection[str] | None = None,
    memory: str = "",
    threads: int = 0,
) -> Iterator[Traffic]:
    """The traffic of a data folder, in memory, with these columns of exchanges.

    `only` restricts it to some accounts before the sample is drawn. Raises `InputError` if the folder cannot be
    read.
    """
    data = open_dataset(folder)
    with duckdb.connect() as connection:
        connection.execute(
            "set TimeZone = 'UTC'; set preserve_insertion_order = false; set enable_progress_bar = false"
        )
        if memory:
            connection.execute(f"set memory_limit = '{_size(memory)}'")
        if threads:
            connection.execute(f"set threads = {int(threads)}")
        ids = sorted(_account_ids(data) & set(only) if only is not None else _account_ids(data))
        kept = sampled(ids, most, seed)
        numbers = pa.table({"account_id": pa.array(kept, pa.string()), "account": np.arange(len(kept))})
        connection.register("numbers", numbers)
        _fill(connection, data, "accounts", ())
        _fill(connection, data, "instruments", ())
        _fill(connection, data, "exchanges", columns)
        yield Traffic(tuple(kept), len(ids), connection)


def _size(memory: str) -> str:
    if not memory.replace(".", "").rstrip("KMGTBi").isdigit():
        raise InputError(f"{memory!r} is no size", where="--memory", remedy="Write one such as 4GB")
    return memory


def _account_ids(data: Dataset) -> set[str]:
    found: set[str] = set()
    for name in ("accounts", "exchanges"):
        for file in data.files(name):
            column = pq.read_table(file, columns=["account_id"])["account_id"]
            found.update(column.unique().to_pylist())
    return found - {None}


def _fill(connection: duckdb.DuckDBPyConnection, data: Dataset, name: str, columns: Sequence[str]) -> None:
    """Make a table with `account` and the columns, of the type of the schema where the data lacks them."""
    schema = TABLES[name].schema
    wanted = [c for c in schema.names if not columns or c in (*ALWAYS, *columns)]
    connection.register(f"empty_{name}", pa.schema([schema.field(c) for c in wanted]).empty_table())
    held = [c for c in wanted if c in data.present(name)] if data.has(name) else []
    rows = f"from empty_{name}"
    if held:
        files = ", ".join("'" + str(f).replace("'", "''") + "'" for f in data.files(name))
        rows += (
            f" union all by name select {', '.join(held)} from read_parquet([{files}], union_by_name = true)"
        )
    time = ", epoch_us(ts) as at_us" if "ts" in wanted else ""
    once = "qualify row_number() over (partition by exchange_id order by ts) = 1"
    connection.execute(
        f"create table {name} as select account, r.*{time} from ({rows}) r join numbers using (account_id) "
        f"{once if 'exchange_id' in wanted else ''} order by account{', at_us, exchange_id' if time else ''}"
    )
