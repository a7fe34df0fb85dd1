"""Tables in Spark, and on the driver where they are small; satisfies `model.engine.Tables`.

A statement runs where its tables are: on the driver, in DuckDB, if all it reads is there; in Spark otherwise. What
Spark gives is written to the scratch folder as Parquet, and also brought to the driver if it is small. Of every table
that stays in Spark the driver's engine holds an empty copy, so the types of a result are the same wherever it was made.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.model.engine import Relation
from stillwatch.model.errors import ResourceError
from stillwatch.store.duck import DuckTables
from stillwatch.store.packages import need
from stillwatch.store.spark.dialect import (
    TYPES,
    Parsed,
    aggregated,
    parsed,
    replaced,
    spark_sql,
    tables_of,
    unknown_functions,
)
from stillwatch.store.spark.job import KIND, Work, columns_of, runner, translated, union_schema

Answer = TypeVar("Answer")

NEAR, MOST = 2_000_000, 50_000_000  # rows
PAIRS = 20_000_000
PER_EXCHANGE = frozenset({"keys", "reasoning", "exchange_templates", "exchange_wordings"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Results of at most `near` rows come to the driver as they are made; a step that works on the driver gets at most
    `most` rows, frames are found there for at most `texts` texts, and linked pairs among at most `pairs` pairs of
    accounts with a value in common. Tables named in `far` stay in Spark, whatever their size."""

    near: int = NEAR
    most: int = MOST
    texts: int = MOST
    pairs: int = PAIRS
    far: frozenset[str] = PER_EXCHANGE


def limits_of(most: int, pairs: int = PAIRS) -> Limits:
    """Limits of a driver that takes so many rows at a time and looks through so many pairs of accounts."""
    return Limits(near=min(NEAR, most), most=most, texts=most, pairs=pairs)


@dataclass(frozen=True, slots=True)
class _Written:
    """Rows in the scratch folder: where, their DuckDB types by column, how many, under which name Spark reads them."""

    path: Path
    types: Mapping[str, str]
    rows: int
    view: str

    def read(self) -> pa.Table:
        """The rows, in the order of their files."""
        files = _files(self.path)
        parts = [pq.read_table(file, columns=list(self.types), partitioning=None) for file in files]
        return pa.concat_tables(parts) if parts else pa.table({name: pa.nulls(0) for name in self.types})


class SparkTables:
    """Tables in Spark, and small ones on the driver; satisfies `model.engine.Tables`."""

    def __init__(self, near: DuckTables, session: Any, scratch: Path, limits: Limits | None = None) -> None:
        self._near, self._session, self._scratch = near, session, scratch.resolve()
        self._limits = limits or Limits()
        self._far: dict[str, _Written] = {}  # what Spark can read
        self._here: set[str] = set()  # what the driver can
        self._count = 0

    def define(self, name: str, sql: str) -> Relation:
        """Materialise a statement under `name`, replacing what stood there."""

        def near(statement: str) -> None:
            self._near.define(name, statement)
            self._forget(name)
            self._here.add(name)

        self._placed(sql, near, lambda written: self._keep(name, written))
        return Relation(f'SELECT * FROM "{name}"')

    def put(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> Relation:
        """Store Arrow rows under `name` on the driver, replacing what stood there."""
        relation = self._near.put(name, rows)
        self._forget(name)
        self._here.add(name)
        return relation

    def extend(self, name: str, sql: str) -> None:
        """Add the rows of a statement to a table; columns are matched by name."""
        columns = ", ".join(f'"{c}"' for c in self.columns(name))
        self.define(name, f'SELECT {columns} FROM "{name}" UNION ALL SELECT {columns} FROM ({sql}) AS more')

    def rename(self, name: str, other: str) -> None:
        """Give a table another name, replacing what stood there; it is copied."""
        self.define(other, f'SELECT * FROM "{name}"')
        self.drop(name)

    def query(self, sql: str) -> pa.Table:
        """Rows of a statement as Arrow. Raises `ResourceError` for more than the driver takes."""
        return self._placed(sql, self._near.query, lambda written: self._fetched(written, self._near.query))

    def batches(self, sql: str, *, rows: int) -> Iterator[pa.RecordBatch]:
        """Rows of a statement in batches, all of them on the driver. Raises `ResourceError` as `query` does."""
        yield from self.query(sql).to_batches(rows)

    def numpy(self, sql: str) -> Mapping[str, Any]:
        """Columns of a statement as NumPy arrays (masked where null). Raises `ResourceError` as `query` does."""
        return self._placed(sql, self._near.numpy, lambda written: self._fetched(written, self._near.numpy))

    def has(self, name: str) -> bool:
        """Whether a table of that name exists."""
        return self._near.has(name)

    def columns(self, name: str) -> tuple[str, ...]:
        """Names of a table's columns."""
        return self._near.columns(name)

    def rows(self, name: str) -> int:
        """Number of rows of a table."""
        return self._near.rows(name) if name in self._here else self._far[name].rows

    def drop(self, name: str) -> None:
        """Forget a table, if it exists."""
        self._near.drop(name)
        self._forget(name)

    @property
    def most_texts(self) -> int:
        """So many distinct texts may come to the driver."""
        return self._limits.texts

    @property
    def most_pairs(self) -> int:
        """So many pairs of accounts with a value in common are looked through on the driver."""
        return self._limits.pairs

    @contextmanager
    def shared_folder(self) -> Iterator[Path]:
        """A folder that executors see too, while it is needed."""
        folder = self._fresh()
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def on_driver(self, name: str) -> bool:
        """Whether statements that read only this table run on the driver."""
        return name in self._here

    def spread(self, tables: Mapping[str, pa.Schema], parts: Sequence[Any], work: Work) -> None:
        """Fill tables with what `work` gives for each of the parts, done by the executors: pairs of a table's name and
        rows of it. Rows of a table keep the order of the parts."""
        folder = self._done(tables, parts, work)
        for at, (name, fields) in enumerate(tables.items()):
            self._near.put("_fields", fields.empty_table())
            types = self._near.types("SELECT * FROM _fields")
            self._near.drop("_fields")
            self._keep(name, self._readable(folder / f"{KIND}={at}", types))

    def gather(self, schema: pa.Schema, parts: Sequence[Any], work: Work) -> pa.Table:
        """What `work` gives under the name `gathered`, brought to the driver in the order of the parts."""
        folder = self._done({"gathered": schema}, parts, work)
        files = _files(folder / f"{KIND}=0")
        rows = [pq.read_table(file, columns=schema.names, partitioning=None).cast(schema) for file in files]
        shutil.rmtree(folder, ignore_errors=True)
        return pa.concat_tables(rows) if rows else schema.empty_table()

    def _done(self, tables: Mapping[str, pa.Schema], parts: Sequence[Any], work: Work) -> Path:
        """The folder with what the executors wrote, a folder in it for each table."""
        folder = self._fresh()
        folder.mkdir()
        if parts:
            with translated("exchanges"):
                numbers = self._session.range(0, len(parts), 1, len(parts))
                frame = numbers.mapInArrow(runner(parts, work, tables), columns_of(union_schema(tables)))
                self._write(frame, folder, KIND)
        return folder

    def _placed(self, sql: str, near: Callable[[str], Answer], far: Callable[[_Written], Answer]) -> Answer:
        """Run a statement where its tables are: by `near` on the driver, or in Spark and what came of it by `far`."""
        found = parsed(sql)
        if found.tables <= self._here:
            return near(sql)
        parts: list[str] = []
        try:
            tree = self._split(found, parts)
            read = tables_of(tree)
            if unknown_functions(tree) and not read & self._limits.far:
                for name in (read - self._here) & self._far.keys():
                    self._come(name)
            if read <= self._here:
                return near(str(tree.sql(dialect="duckdb")))
            return far(self._run(sql, found))
        finally:
            for name in parts:
                self.drop(name)

    def _split(self, found: Parsed, parts: list[str]) -> Any:
        """The statement with aggregates of tables in Spark made beforehand and brought here, if all is here then."""
        far = [node for node in aggregated(found.tree) if not tables_of(node) <= self._here]
        names = [f"_part_{self._count + 1 + i}" for i in range(len(far))]
        tree = replaced(found.tree, far, names)
        if not tables_of(tree) <= self._here | set(names):
            return found.tree
        self._count += len(far)
        for name, node in zip(names, far, strict=True):
            parts.append(name)
            self._bring(name, str(node.this.sql(dialect="duckdb")))
        return tree

    def _bring(self, name: str, sql: str) -> None:
        """A statement's rows as a table on the driver, however many."""
        rows = self.query(sql)
        self._near.put(name, rows)
        self._here.add(name)

    def _run(self, sql: str, found: Parsed) -> _Written:
        """What a statement gives in Spark, in the scratch folder and in the types that the driver's engine gives."""
        functions = need("pyspark.sql.functions")
        types = self._near.types(sql)
        text = spark_sql(found.tree, self._view)
        folder = self._fresh()
        with translated(sql):
            frame = self._session.sql(text).toDF(*types)
            cast = [functions.col(f"`{name}`").cast(TYPES[kind]).alias(name) for name, kind in types.items()]
            self._write(frame.select(*cast), folder)
        return self._readable(folder, types)

    def _write(self, frame: Any, folder: Path, *by: str) -> None:
        """Have the executors write, and see that all of it is here: a folder of their own would look like no rows."""
        functions, sql = need("pyspark.sql.functions"), need("pyspark.sql")
        written = sql.Observation()
        counted = frame.observe(written, functions.count(functions.lit(1)).alias("rows"))
        counted.write.mode("append").partitionBy(*by).parquet(_uri(folder))
        found = sum(pq.read_metadata(file).num_rows for file in folder.rglob("*.parquet"))
        if found != written.get["rows"]:
            raise ResourceError(
                f"Spark wrote {written.get['rows']:,} rows, of which {found:,} are here",
                where=str(self._scratch),
                remedy="Choose a --scratch folder that the driver and all executors see under one path",
            )

    def _readable(self, folder: Path, types: Mapping[str, str]) -> _Written:
        """Rows that were written, under a name that Spark knows."""
        self._count += 1
        view = f"stillwatch_{self._scratch.name.strip('.')}_{self._count}".replace("-", "_").replace(".", "_")
        folder.mkdir(exist_ok=True)
        rows = sum(pq.read_metadata(file).num_rows for file in _files(folder))
        schema = ", ".join(f"`{name}` {TYPES[kind]}" for name, kind in types.items())
        with translated(view):
            self._session.read.schema(schema).parquet(_uri(folder)).createOrReplaceTempView(view)
        return _Written(folder, types, rows, view)

    def _keep(self, name: str, written: _Written) -> None:
        """What was written becomes the table `name`, also on the driver if it is small."""
        self._forget(name)
        self._far[name] = written
        if written.rows <= self._limits.near and name not in self._limits.far:
            self._come(name)
        else:
            nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{c}"' for c, kind in written.types.items())
            self._near.define(name, f"SELECT {nothing} WHERE FALSE")

    def _come(self, name: str) -> None:
        """Bring a table of Spark to the driver, for a statement that only the driver's engine can run."""
        written = self._far[name]
        self._check(written)
        with self._near.incoming(written.read()):
            self._near.define(name, f"SELECT {_typed(written.types)} FROM _incoming")
        self._here.add(name)

    def _check(self, written: _Written) -> None:
        if written.rows > self._limits.most:
            raise ResourceError(
                f"a step needs {written.rows:,} rows on the driver, which may take {self._limits.most:,}",
                remedy="Raise --driver-rows if the driver has the memory (some 100 bytes a row), or scan less time",
            )

    def _fetched(self, written: _Written, read: Callable[[str], Answer]) -> Answer:
        """The rows on the driver, in their order and types."""
        try:
            self._check(written)
            rows = written.read()
            rows = rows.append_column("_at", pa.array(np.arange(rows.num_rows)))
            with self._near.incoming(rows):
                return read(f"SELECT {_typed(written.types)} FROM _incoming ORDER BY _at")
        finally:
            self._release(written)

    def _view(self, name: str) -> str:
        """The name under which Spark has a table; one of the driver's is written for it first."""
        if name not in self._far:
            types = self._near.types(f'SELECT * FROM "{name}"')
            wide = ", ".join(f'CAST("{c}" AS {_plain(kind)}) AS "{c}"' for c, kind in types.items())
            folder = self._fresh()
            folder.mkdir()
            pq.write_table(self._near.query(f'SELECT {wide} FROM "{name}"'), folder / "rows.parquet")
            self._far[name] = self._readable(folder, types)
        return self._far[name].view

    def _forget(self, name: str) -> None:
        self._here.discard(name)
        written = self._far.pop(name, None)
        if written is not None:
            self._release(written)

    def _release(self, written: _Written) -> None:
        with translated(written.view):
            self._session.catalog.dropTempView(written.view)
        shutil.rmtree(written.path, ignore_errors=True)

    def _fresh(self) -> Path:
        self._count += 1
        return self._scratch / f"rows-{self._count}"


def _files(folder: Path) -> list[Path]:
    """Files with rows, in the order in which Spark numbered them."""
    return sorted(folder.glob("*.parquet"))


def _uri(folder: Path) -> str:
    """The folder for Spark, whose own default may be another file system; signs stay as they are."""
    return f"file://{folder}"


def _plain(kind: str) -> str:
    return "BIGINT" if kind == "HUGEINT" else kind


def _typed(types: Mapping[str, str]) -> str:
    return ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in types.items())
