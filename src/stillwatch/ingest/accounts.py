"""The accounts table, from any table file and a column mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from stillwatch.ingest.mapping import plan
from stillwatch.ingest.rows import Reject
from stillwatch.ingest.source import Source
from stillwatch.ingest.tabular import chunks, column_names, fill
from stillwatch.model.errors import InputError
from stillwatch.model.input_tables import ACCOUNTS


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts, the rows that are damaged or repeat an id, and columns that fill nothing."""

    path: str
    table: pa.Table
    rejects: list[Reject]
    unknown: tuple[str, ...]


def read_accounts(source: Source, mapping: Mapping[str, Any] | None) -> Accounts:
    """Read an accounts file; the first row of an id counts.

    Raises `InputError` if the file is no table, `SchemaError` if nothing fills `account_id`.
    """
    path = source.path
    names = column_names(source.head(), source)
    if not names:
        raise InputError("no columns found", where=path, remedy="Give Parquet, CSV or JSON lines")
    filling = plan(mapping, ACCOUNTS)
    rejects: list[Reject] = []
    parts: list[pa.Table] = []
    seen: set[str] = set()
    for chunk in chunks(source):
        filled = fill(chunk, filling, ACCOUNTS, ACCOUNTS.schema, where=path)
        rejects += chunk.rejects
        good = []
        for i, account in enumerate(filled.columns["account_id"].to_pylist()):
            why = filled.damage[i] or ("" if account else "no account_id")
            why = why or ("duplicate account_id" if account in seen else "")
            if why:
                rejects.append(Reject(chunk.lines[i], why))
            else:
                seen.add(account)
                good.append(i)
        columns = [filled.columns[name] for name in ACCOUNTS.schema.names]
        parts.append(pa.table(columns, schema=ACCOUNTS.schema).take(pa.array(good, pa.int64())))
    return Accounts(path, pa.concat_tables(parts), rejects, tuple(filling.unknown(names)))
