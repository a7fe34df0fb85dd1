"""The table descriptions: complete, unambiguous, and the schemas made from them."""

from __future__ import annotations

import pytest

from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.families import BY_CODE, FAMILIES, KINDS, family_code
from stillwatch.model.table import SCHEMA_VERSION, Table
from stillwatch.model.tables import TABLES

EVERY = {**TABLES, **CASE_TABLES}
ALL = pytest.mark.parametrize("table", EVERY.values(), ids=list(EVERY))


@ALL
def test_names_and_stages(table: Table) -> None:
    assert EVERY[table.name] is table
    assert table.stage in ("input", "between", "result", "replay", "watch", "state", "truth", "case")


@ALL
def test_columns_are_described_once(table: Table) -> None:
    names = [c.name for c in table.columns]
    assert len(names) == len(set(names))
    assert [] == [c.name for c in table.columns if not c.meaning]


@ALL
def test_keys_are_columns(table: Table) -> None:
    assert table.key
    assert set() == set(table.key) - {c.name for c in table.columns}


@ALL
def test_schema_carries_version_types_and_nullability(table: Table) -> None:
    schema = table.schema
    assert SCHEMA_VERSION.encode() == schema.metadata[b"stillwatch.schema"]
    assert [(c.name, c.type, not c.required) for c in table.columns] == [
        (f.name, f.type, f.nullable) for f in schema
    ]


def test_exchanges_need_four_columns() -> None:
    assert ("exchange_id", "ts", "account_id", "model") == TABLES["exchanges"].required


@ALL
def test_results_hold_no_text_of_exchanges(table: Table) -> None:
    if table.stage == "result":
        assert set() == {"prompt_text", "system_text", "response_text"} & {c.name for c in table.columns}


def test_codes_of_kinds_say_their_family() -> None:
    assert len(KINDS) == len(BY_CODE)
    assert [] == [k.name for k in KINDS.values() if k.code // 100 != family_code(k.family)]


def test_families_are_numbered_from_one() -> None:
    assert list(range(1, len(FAMILIES) + 1)) == [family_code(f) for f in FAMILIES]
