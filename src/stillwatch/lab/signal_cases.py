"""Case files of signals: small tables in words, read into the tables that signals are given.

A file holds `about` (a sentence), `subject` (the account it is about), `window` (optional: two time
stamps) and `tables` (lists of rows). Rows name only the columns that matter. Accounts, templates, values
and models are words; so are `kind` of a holding and `finish` of an exchange. `repeat` stands for that
many rows, `#` in a word for the running number, `every_minutes` for the step in time. `template` in a row
of `keys` says which template the exchange fills. `activity` is counted from `keys` unless it is given. In
a planted series, `repeat` is a list: how many rows there are at each step.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from stillwatch.model.engine import Tables, Window
from stillwatch.model.errors import InputError
from stillwatch.model.families import KINDS, family_code
from stillwatch.model.tables import TABLES

Row = Mapping[str, Any]

DERIVED = ("keys", "holdings", "activity", "templates", "exchange_templates", "facts")
SCHEMAS: Mapping[str, pa.Schema] = MappingProxyType(
    {name: TABLES[name].schema for name in DERIVED}
    | {
        "release_times": pa.schema(
            [("model_key", pa.int64()), ("released_at", pa.timestamp("us", tz="UTC"))]
        ),
        "ban_times": pa.schema([("account_id", pa.int64()), ("at", pa.timestamp("us", tz="UTC"))]),
    }
)
DEFAULT_WINDOW = ("2026-03-01T00:00:00+00:00", "2026-03-31T00:00:00+00:00")
FINISH: Mapping[str, int] = MappingProxyType({"unknown": 0, "stopped": 1, "length": 2, "tool": 3, "error": 4})
NOT_COLUMNS = frozenset({"repeat", "every_minutes", "template"})


@dataclass(frozen=True, slots=True)
class SignalCase:
    """Tables for one run of a signal; `names` turns account ids back into the words of the file."""

    about: str
    subject: str
    window: Window
    tables: Mapping[str, pa.Table]
    names: Mapping[int, str] = field(default_factory=dict)
    at_most: float | None = None
    at_least: float | None = None

    def load(self, engine: Tables, *, reads: Sequence[str] = tuple(SCHEMAS)) -> None:
        """Put the tables a signal reads into an engine, the empty ones too."""
        for name in reads:
            engine.put(name, self.table(name))

    def table(self, name: str) -> pa.Table:
        """One table; without rows where the case says nothing of it."""
        return self.tables.get(name, SCHEMAS[name].empty_table())


def name_key(word: str) -> int:
    """The integer that stands for a word in a case file; the same on every machine."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little", signed=True)


def read_case(path: Path, *, duplicated: bool = False) -> SignalCase:
    """The case in a file; `duplicated` writes every log line twice.

    Raises `InputError` if the file is missing, is no JSON or names an unknown table or column.
    """
    raw = read_json(path)
    return _case(raw, path, step=0, duplicated=duplicated)


def read_series(path: Path) -> tuple[SignalCase, ...]:
    """The cases of a planted series, weakest first. Raises `InputError` as `read_case` does."""
    raw = read_json(path)
    lengths = {len(row["repeat"]) for row in _all_rows(raw) if isinstance(row.get("repeat"), list)}
    if len(lengths) != 1:
        raise InputError(
            "a planted series needs `repeat` lists, all of one length",
            where=str(path),
            remedy="Give the rows that change a list such as [0, 2, 5, 9]",
        )
    return tuple(_case(raw, path, step=step, duplicated=False) for step in range(lengths.pop()))


def key_table(rows: Sequence[Row]) -> pa.Table:
    """The `keys` table of log lines: a repeated exchange id counts once."""
    once = {row["exchange_id"]: row for row in reversed(rows)}
    return _arrow("keys", list(reversed(once.values())))


def activity_table(keys: pa.Table) -> pa.Table:
    """The `activity` table of a `keys` table."""
    counts: dict[tuple[int, int], list[int]] = {}
    for row in keys.select(["account_id", "ts", "status", "output_tokens"]).to_pylist():
        cell = counts.setdefault((row["account_id"], int(row["ts"].timestamp()) // 3600), [0, 0, 0])
        cell[0] += 1
        cell[1] += (row["status"] or 0) >= 400
        cell[2] += row["output_tokens"] or 0
    rows = [
        {"account_id": account, "hour": hour, "n": n, "errors": errors, "tokens": tokens}
        for (account, hour), (n, errors, tokens) in counts.items()
    ]
    return _arrow("activity", rows)


def read_json(path: Path) -> Any:
    """The JSON of a case file. Raises `InputError` if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"the case cannot be read: {error.strerror}",
            where=str(path),
            remedy="Add the file, or write the skeleton with `make new-signal`",
        ) from error
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}"
        raise InputError(f"no JSON: {error.msg}", where=where, remedy="Correct the line") from error


def _case(raw: Any, path: Path, *, step: int, duplicated: bool) -> SignalCase:
    window = Window(*(datetime.fromisoformat(text) for text in raw.get("window", DEFAULT_WINDOW)))
    rows = {name: list(_expand(name, raw["tables"][name], window, step, path)) for name in raw["tables"]}
    lines = rows.get("keys", [])
    filled = [row for row in lines if "template" in row]
    tables = {name: _arrow(name, found) for name, found in rows.items() if name != "keys"}
    tables["keys"] = key_table([*lines, *lines] if duplicated else lines)
    tables.setdefault("activity", activity_table(tables["keys"]))
    tables["exchange_templates"] = _arrow(
        "exchange_templates",
        [
            {
                "exchange_id": row["exchange_id"],
                "account_id": row["account_id"],
                "template_id": name_key(row["template"]),
            }
            for row in filled
        ],
    )
    words = {row["account"] for found in rows.values() for row in found if "account" in row}
    return SignalCase(
        about=raw["about"],
        subject=raw["subject"],
        window=window,
        tables=tables,
        names={name_key(word): word for word in sorted(words)},
        at_most=raw.get("at_most"),
        at_least=raw.get("at_least"),
    )


def _all_rows(raw: Any) -> Iterator[Row]:
    for rows in raw["tables"].values():
        yield from rows


def _expand(
    name: str, rows: Sequence[Row], window: Window, step: int, path: Path
) -> Iterator[dict[str, Any]]:
    """Rows of one table with `repeat` carried out and words turned into integers."""
    if name not in SCHEMAS:
        raise InputError(
            f"unknown table {name!r}", where=str(path), remedy=f"Use one of {', '.join(SCHEMAS)}"
        )
    for place, row in enumerate(rows):
        _check_names(name, row, path)
        repeat = row.get("repeat", 1)
        times = repeat[step] if isinstance(repeat, list) else repeat
        pause = timedelta(minutes=row.get("every_minutes", 1 if name == "keys" else 0))
        for turn in range(times):
            yield _row(name, row, turn, pause) | _implied(name, row, window, place, turn, pause)


def _check_names(name: str, row: Row, path: Path) -> None:
    unknown = set(row) - set(SCHEMAS[name].names) - NOT_COLUMNS
    if unknown:
        raise InputError(f"table {name} has no column {min(unknown)!r}", where=str(path), remedy="Correct it")
    for column, known in (("kind", KINDS), ("finish", FINISH)):
        word = row.get(column)
        if isinstance(word, str) and word not in known:
            raise InputError(
                f"unknown {column} {word!r}", where=str(path), remedy=f"Use one of {', '.join(known)}"
            )


def _row(name: str, row: Row, turn: int, pause: timedelta) -> dict[str, Any]:
    """One row: words to integers, times as time stamps."""
    out: dict[str, Any] = {}
    for column, value in row.items():
        if column in ("repeat", "every_minutes"):
            continue
        if column == "template":
            out[column] = value.replace("#", str(turn + 1))
        elif value is not None and pa.types.is_timestamp(SCHEMAS[name].field(column).type):
            out[column] = datetime.fromisoformat(value) + turn * pause
        elif isinstance(value, str) and pa.types.is_integer(SCHEMAS[name].field(column).type):
            word = value.replace("#", str(turn + 1))
            out[column] = _integer(column, word)
            if column == "account_id":
                out["account"] = word
        else:
            out[column] = value
    return out


def _integer(column: str, word: str) -> int:
    if column == "kind":
        return KINDS[word].code
    if column == "finish":
        return FINISH[word]
    return name_key(word)


def _implied(name: str, row: Row, window: Window, place: int, turn: int, pause: timedelta) -> dict[str, Any]:
    """Columns a row may leave out."""
    implied: dict[str, Any] = {}
    if name == "keys":
        implied = {"exchange_id": name_key(f"exchange {place} {turn}"), "ts": window.start + turn * pause}
    elif name == "holdings":
        implied = {"family": family_code(KINDS[row["kind"]].family), "n": 1}
    elif name == "templates":
        implied = {"exchanges": 0, "accounts": 0, "fillings": 0}
    return {column: value for column, value in implied.items() if column not in row}


def _arrow(name: str, rows: Sequence[Row]) -> pa.Table:
    schema = SCHEMAS[name]
    return pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in rows], schema=schema)
