"""Variants of a table on which a signal must give the same rows, or at least survive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.lab.signal_cases import DERIVED
from stillwatch.model.engine import Window
from stillwatch.model.tables import TABLES


def turned(table: pa.Table) -> pa.Table:
    """The same rows, last first."""
    return table.take(np.arange(table.num_rows)[::-1])


def of_account(table: pa.Table, account: int) -> pa.Table:
    """Rows of one account; tables without accounts as they are."""
    return table.filter(pc.field("account_id") == account) if "account_id" in table.schema.names else table


def renamed(table: pa.Table) -> pa.Table:
    """The same rows under other account ids (bits inverted)."""
    return _changed(table, lambda f: f.name == "account_id", pc.bit_wise_not)


def abroad(table: pa.Table) -> pa.Table:
    """The same instants, written in a time zone with an odd offset."""
    there = pa.timestamp("us", tz="Asia/Kathmandu")
    return _changed(table, lambda f: pa.types.is_timestamp(f.type), lambda column: column.cast(there))


def later(table: pa.Table, *, hours: int) -> pa.Table:
    """The same rows, everything some hours later."""
    pause = pa.scalar(timedelta(hours=hours))
    moved = _changed(table, lambda f: pa.types.is_timestamp(f.type), lambda column: pc.add(column, pause))
    return _changed(moved, lambda f: f.name == "hour", lambda column: pc.add(column, hours))


def later_window(window: Window, *, hours: int) -> Window:
    """The same span of time, some hours later."""
    return Window(window.start + timedelta(hours=hours), window.end + timedelta(hours=hours))


def partials(name: str, table: pa.Table) -> pa.Table:
    """Counts above 1 of `holdings` and `activity` in two rows for one key; other tables as they are."""
    if name not in ("holdings", "activity"):
        return table
    place = table.schema.get_field_index("n")
    more = table.filter(pc.field("n") > 1)
    ones = more.set_column(place, "n", pa.array(np.ones(more.num_rows, dtype=np.int64)))
    rest = table.set_column(place, "n", pc.max_element_wise(pc.subtract(table["n"], 1), 1))
    return pa.concat_tables([rest, ones])


def without_values(name: str, table: pa.Table) -> pa.Table:
    """The same rows with nothing but nulls in optional columns."""
    required = TABLES[name].required if name in DERIVED else tuple(table.schema.names)
    return _changed(
        table,
        lambda f: f.name not in required,
        lambda column: pa.chunked_array([pa.nulls(len(column), column.type)]),
    )


def _changed(table: pa.Table, chosen: Callable[[pa.Field], bool], change: Callable[[Any], Any]) -> pa.Table:
    columns = {f.name: change(table[f.name]) if chosen(f) else table[f.name] for f in table.schema}
    return pa.table(columns)
