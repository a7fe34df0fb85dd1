"""DuckDB as the engine: the one place that calls its client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from stillwatch.model.engine import Relation
from stillwatch.model.errors import MemoryLimitError, ResourceError, StillwatchError

BATCH_ROWS = 65_536
SCRATCH = "scratch"  # the database that a scan without layers writes to
DISK_SIGNS = ("Could not write", "Could not read", "No space left")  # in errors that come up at a commit
LARGE_ROWS = 100_000  # of a table whose room is worth a moment


class DuckTables:
    """Tables in one DuckDB database; satisfies `model.engine.Tables`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._con = connection
        self._layers: list[Path] = []  # database files that are open besides the first, the newest last
        self._writing = False  # whether the newest of them is written
        self._counts: list[dict[str, int]] = [{}]  # rows of tables made in the first file, and in each layer

    def define(self, name: str, sql: str) -> Relation:
        """Materialise a statement under `name`, replacing what stood there."""
        with self._room_of(name):
            self._own_rows()[name] = self._counted(f'CREATE OR REPLACE TABLE "{name}" AS {sql}')
        return Relation(f'SELECT * FROM "{name}"')

    def put(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> Relation:
        """Store Arrow rows under `name`, replacing what stood there."""
        with self.incoming(rows):
            return self.define(name, "SELECT * FROM _incoming")

    def append(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Add Arrow rows to a table, making it if need be; columns are matched by name."""
        if not self.has(name):
            self.put(name, rows)
            return
        with self.incoming(rows):
            self.extend(name, "SELECT * FROM _incoming")

    def extend(self, name: str, sql: str) -> None:
        """Add the rows of a statement to a table; columns are matched by name."""
        more = self._counted(f'INSERT INTO "{name}" BY NAME {sql}')
        if name in self._own_rows():
            self._own_rows()[name] += more

    def rename(self, name: str, other: str) -> None:
        """Give a table another name, replacing what stood there; one of a finished layer is copied, and stays."""
        self.drop(other)
        own = self._own_rows()
        if name in own:
            self._run(f'ALTER TABLE {self._writable()}."{name}" RENAME TO "{other}"')
            own[other] = own.pop(name)
        else:
            self.define(other, f'SELECT * FROM "{name}"')

    def query(self, sql: str) -> pa.Table:
        """Rows of a statement as Arrow."""
        with _translated(sql):
            return self._con.sql(sql).to_arrow_table()

    def batches(self, sql: str, *, rows: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """Rows of a statement as a stream of Arrow batches, on a cursor of its own."""
        with _translated(sql):
            cursor = self._con.cursor()
            cursor.execute(self._path())
            return cursor.sql(sql).to_arrow_reader(rows)

    def numpy(self, sql: str) -> Mapping[str, Any]:
        """Columns of a statement as NumPy arrays (masked where null)."""
        with _translated(sql):
            columns: Mapping[str, Any] = self._con.sql(sql).fetchnumpy()
        return columns

    def has(self, name: str) -> bool:
        """Whether a table or view of that name exists."""
        sql = "SELECT count(*) FROM information_schema.tables WHERE table_name = ?"
        return bool(self._con.execute(sql, [name]).fetchall()[0][0])

    def columns(self, name: str) -> tuple[str, ...]:
        """Names of a table's columns."""
        return tuple(row[0] for row in self._fetch(f'DESCRIBE "{name}"'))

    def rows(self, name: str) -> int:
        """Number of rows of a table."""
        return int(self._fetch(f'SELECT count(*) FROM "{name}"')[0][0])

    def drop(self, name: str) -> None:
        """Forget a table, if it exists; one of a finished layer stays."""
        with self._room_of(name):
            self._run(f'DROP TABLE IF EXISTS {self._writable()}."{name}"')
            self._own_rows().pop(name, None)

    def view(self, name: str, sql: str) -> Relation:
        """Name a statement without running it."""
        self._run(f'CREATE OR REPLACE VIEW "{name}" AS {sql}')
        return Relation(f'SELECT * FROM "{name}"')

    def begin_layer(self, file: Path) -> None:
        """From here on tables are made in this database file; those of earlier layers are read, and hidden by new
        ones of their name."""
        self._attach(file, "READ_WRITE", writing=True)

    def end_layer(self) -> None:
        """Write out the newest layer, close its file, and open it again to be read only. What is made after that, and
        before another layer begins, hides what layers hold and is gone with the engine."""
        file = self._layers[-1]
        self._run(f"CHECKPOINT {self._writable()}")
        self._detach()
        self.read_layer(file)

    def read_layer(self, file: Path) -> None:
        """Tables of a finished layer, as they were left."""
        self._attach(file, "READ_ONLY", writing=False)

    def is_layer(self, file: Path) -> bool:
        """Whether a file can be read as a finished layer."""
        try:
            self.read_layer(file)
        except StillwatchError:
            return False
        self._detach()
        return True

    def forget_layers(self) -> None:
        """Close the files of all layers, so that they can be removed."""
        while self._layers:
            with suppress(StillwatchError):  # the engine may be out of disk; the process ends soon
                self._detach()

    def _attach(self, file: Path, mode: str, *, writing: bool) -> None:
        path = str(file).replace("'", "''")
        self._run(f"ATTACH '{path}' AS layer_{len(self._layers) + 1} ({mode})")
        self._layers.append(file)
        self._counts.append({})
        self._writing = writing
        self._run(self._path())

    def _detach(self) -> None:
        """Close the newest layer."""
        name = f"layer_{len(self._layers)}"
        self._layers.pop()
        self._counts.pop()
        self._writing = False
        self._run(self._path())
        self._run(f"DETACH {name}")

    @contextmanager
    def _room_of(self, name: str) -> Iterator[None]:
        """Use the room of the table again that the block takes away, if that is large; the engine by itself would wait
        for more changes than there are."""
        large = self._own_rows().get(name, 0) >= LARGE_ROWS
        yield
        if large:
            with suppress(duckdb.Error):  # while something is being read the room stays taken
                self._con.execute(f"CHECKPOINT {self._writable()}")

    def _own_rows(self) -> dict[str, int]:
        """Rows of the tables made in the database that is written, by name; the engine's own list of them takes its
        time."""
        return self._counts[len(self._layers) if self._writing else 0]

    def _writable(self) -> str:
        """Name of the database that tables are made in."""
        return f"layer_{len(self._layers)}" if self._writing else SCRATCH

    def _path(self) -> str:
        """The statement that says where tables are looked for: what is written first, then the newest layer."""
        layers = [f"layer_{i}" for i in range(len(self._layers), 0, -1)]
        every = dict.fromkeys((self._writable(), *layers, SCRATCH))
        return f"SET search_path = '{','.join(f'{name}.main' for name in every)}'"

    def types(self, sql: str) -> Mapping[str, str]:
        """Names and types of the columns that a statement gives; it is not run."""
        return {str(row[0]): str(row[1]) for row in self._fetch(f"DESCRIBE {sql}")}

    @contextmanager
    def incoming(self, rows: pa.Table | pa.RecordBatchReader) -> Iterator[None]:
        """Arrow rows as the relation `_incoming`; an error of the stream comes out as it was raised."""
        failed: list[Exception] = []
        if isinstance(rows, pa.RecordBatchReader):
            rows = pa.RecordBatchReader.from_batches(rows.schema, _noting(rows, failed))
        self._con.register("_incoming", rows)
        try:
            yield
        except StillwatchError:
            if failed:
                raise failed[0] from None
            raise
        finally:
            with suppress(duckdb.Error):  # the engine may be out of memory; the name is taken anew next time
                self._con.unregister("_incoming")

    def _run(self, sql: str) -> None:
        with _translated(sql):
            self._con.execute(sql).fetchall()

    def _counted(self, sql: str) -> int:
        """Rows that a statement wrote."""
        return int(self._fetch(sql)[0][0])

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        with _translated(sql):
            return self._con.execute(sql).fetchall()


def _noting(rows: pa.RecordBatchReader, failed: list[Exception]) -> Iterator[pa.RecordBatch]:
    """The same batches; the error that ends them is kept, since the engine would only pass on its text."""
    try:
        yield from rows
    except (StillwatchError, pa.ArrowException, OSError) as error:
        failed.append(error)
        raise


@contextmanager
def _translated(sql: str) -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryLimitError(
            "the engine ran out of memory",
            remedy="Give more with --memory, or free disk space for spilling",
        ) from error
    except duckdb.Error as error:
        said = str(error).split("\n")[0]
        if isinstance(error, duckdb.IOException) or any(sign in said for sign in DISK_SIGNS):
            raise ResourceError(
                f"the engine could not read or write: {said}",
                remedy="Check free disk space and permissions, then run again; earlier results are untouched",
            ) from error
        raise StillwatchError(f"engine error: {error}", where=sql[:200]) from error


@contextmanager
def open_duck(scratch: Path, *, memory: str = "", threads: int = 0) -> Iterator[DuckTables]:
    """Open a database in a scratch folder; it is a cache, deleted by whoever made the folder.

    Raises `ResourceError` if the folder cannot be written.
    """
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(scratch / "spill")}
    if memory:
        config["memory_limit"] = memory
    if threads:
        config["threads"] = threads
    try:
        con = duckdb.connect(str(scratch / f"{SCRATCH}.duckdb"), config=config)
    except duckdb.Error as error:
        raise ResourceError(
            f"cannot open a scratch database: {error}".split("\n")[0],
            where=str(scratch),
            remedy="Choose another folder with --scratch, or check permissions and --memory",
        ) from error
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")  # it would write between our own output
        con.execute("SET preserve_insertion_order = false")
        con.execute("SET autoinstall_known_extensions = false")
        con.execute("SET autoload_known_extensions = false")
        yield DuckTables(con)
    finally:
        con.close()
