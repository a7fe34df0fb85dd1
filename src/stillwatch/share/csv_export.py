"""Result tables as CSV files, one per table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError, ResourceError
from stillwatch.model.tables import TABLES

BATCH_ROWS = 65_536
FORMULA = r"^[=+\-@\t\r]"  # how a cell begins that a spreadsheet would run


def write_csv(results: Path, out: Path, *, guard: bool = True) -> tuple[Path, ...]:
    """Write each result table in `results` to `out/<table>.csv`; returns the files, in order of the tables.

    Lists become JSON, times ISO 8601 in UTC. With `guard`, a text cell that a spreadsheet would run as a
    formula gets an apostrophe in front.
    Raises `InputError` if there are no results, `ResourceError` if `out` cannot be written.
    """
    names = [t.name for t in TABLES.values() if t.stage == "result"]
    found = [name for name in names if (results / f"{name}.parquet").is_file()]
    if "campaigns" not in found:
        raise InputError(
            "no campaigns.parquet, so this is not the result folder of a scan",
            where=str(results),
            remedy="Give the folder named with `stillwatch scan --out`",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from error
    return tuple(_convert(results / f"{name}.parquet", out / f"{name}.csv", guard=guard) for name in found)


def _convert(source: Path, target: Path, *, guard: bool) -> Path:
    """One table, in batches; the file appears under its name only when it is whole."""
    part = target.with_name(f".{target.name}.part")
    try:
        file = pq.ParquetFile(source)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"cannot be read: {str(error).splitlines()[0]}", where=str(source), remedy="Run the scan again"
        ) from error
    try:
        _write(file, part, guard=guard)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(target, error) from error
    return target


def _write(file: pq.ParquetFile, part: Path, *, guard: bool) -> None:
    schema = pa.schema([pa.field(f.name, _flat_type(f.type)) for f in file.schema_arrow])
    with pa_csv.CSVWriter(str(part), schema) as writer:
        for batch in file.iter_batches(BATCH_ROWS):
            columns = [_flat(column, guard=guard) for column in batch.columns]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _flat_type(kind: pa.DataType) -> pa.DataType:
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return kind if plain else pa.string()


def _flat(column: pa.Array, *, guard: bool) -> pa.Array:
    """A column that CSV can hold."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_nested(kind):
        return pa.array([_as_json(value) for value in column.to_pylist()], pa.string())
    if _flat_type(kind) != pa.string():
        return column
    text = column.cast(pa.string())
    return _guarded(text) if guard else text


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=lambda at: at.isoformat())


def _guarded(text: pa.Array) -> pa.Array:
    risky = pc.fill_null(pc.match_substring_regex(text, FORMULA), False)
    return pc.if_else(risky, pc.binary_join_element_wise("'", text, ""), text)


def _unwritable(path: Path, error: OSError) -> ResourceError:
    return ResourceError(
        f"cannot be written: {error.strerror or error}",
        where=str(path),
        remedy="Choose another folder with --out, or check free space and permissions",
    )
