"""Random tables for signals: every column, with nulls, ties, repeats, times outside the window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.lab.signal_cases import SCHEMAS, SignalCase
from stillwatch.model.engine import Window
from stillwatch.model.families import BY_CODE, family_code

Ints = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
KEY_COLUMNS = ("exact_key", "params_key", "client_key", "model_key")


def sample_case(*, seed: int, accounts: int = 10, exchanges: int = 1600, days: int = 30) -> SignalCase:
    """A case of random tables; the same seed gives the same case.

    One tenth of the exchanges lies outside the window, one tenth of the optional values is null.
    """
    rng = np.random.default_rng(seed)
    start = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
    ids = rng.choice(2**62, accounts, replace=False).astype(np.int64) - 2**61
    keys = _keys(rng, ids, start, days, exchanges)
    tables = {
        "keys": keys,
        "holdings": _holdings(rng, ids, start, days),
        "activity": _activity(keys),
        "templates": _templates(rng),
        "exchange_templates": _fillings(rng, keys),
        "facts": _facts(rng, ids, start, days),
        "release_times": _releases(start, days),
        "ban_times": _bans(rng, keys),
    }
    window = Window(start, start + timedelta(days=days))
    return SignalCase("random tables", "", window, tables, {int(i): str(i) for i in ids})


def _table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """A table with the columns given and nulls in the others."""
    rows = len(next(iter(columns.values())))
    schema = SCHEMAS[name]
    arrays = [
        _array(columns[f.name], f.type) if f.name in columns else pa.nulls(rows, f.type) for f in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values).cast(kind)


def _holes(rng: np.random.Generator, values: npt.NDArray[Any], *, share: float = 0.1) -> pa.Array:
    return pa.array(values, mask=rng.random(len(values)) < share)


def _times(rng: np.random.Generator, start: datetime, days: int, n: int) -> Ints:
    """Microseconds since 1970, one tenth of them before or after the window."""
    first = int(start.timestamp()) * 1_000_000
    return first + rng.integers(-days * DAY_US // 20, days * DAY_US * 21 // 20, n)


def _keys(rng: np.random.Generator, ids: Ints, start: datetime, days: int, n: int) -> pa.Table:
    columns: dict[str, Any] = {
        "exchange_id": rng.choice(2**62, n, replace=False) if n < 10_000 else np.arange(n) * 7919,
        "account_id": ids[rng.integers(0, len(ids), n)],
        "ts": _times(rng, start, days, n),
        "exact_key": _holes(rng, rng.integers(0, n, n)),
    }
    for name in KEY_COLUMNS[1:]:
        columns[name] = _holes(rng, rng.integers(0, 5, n))
    columns["tokens"] = _holes(rng, rng.integers(0, 90, n))
    columns["turn"] = _holes(rng, rng.integers(0, 4, n))
    columns["output_tokens"] = _holes(rng, rng.integers(0, 900, n))
    columns["finish"] = _holes(rng, rng.integers(0, 5, n))
    columns["status"] = _holes(rng, rng.choice([200, 200, 200, 403, 429, 500], n))
    for name in SCHEMAS["keys"].names:
        if name.startswith("intent_"):
            columns[name] = _holes(rng, rng.integers(-300, 300, n))
    return _table("keys", columns)


def _holdings(rng: np.random.Generator, ids: Ints, start: datetime, days: int) -> pa.Table:
    n = 6 * len(ids)
    parts = []
    for code, kind in BY_CODE.items():
        pairs = np.unique(rng.integers(0, [len(ids), 2 * len(ids)], (n, 2)), axis=0)
        m = len(pairs)
        times = _times(rng, start, days, m)
        columns = {
            "account_id": ids[pairs[:, 0]],
            "family": np.full(m, family_code(kind.family)),
            "kind": np.full(m, code),
            "value_key": pairs[:, 1] * 1009 + code,
            "n": rng.integers(1, 9, m),
            "first_seen": _holes(rng, times).cast(pa.timestamp("us", tz="UTC")),
            "last_seen": _holes(rng, times + DAY_US).cast(pa.timestamp("us", tz="UTC")),
        }
        parts.append(_table("holdings", columns))
    return pa.concat_tables(parts)


def _activity(keys: pa.Table) -> pa.Table:
    """`activity` of a `keys` table, vectorised."""
    hours = keys["ts"].cast(pa.int64()).to_numpy() // 3_600_000_000
    accounts, place = np.unique(keys["account_id"].to_numpy(), return_inverse=True)
    cells, n = np.unique(np.stack([place, hours]), axis=1, return_counts=True)
    zeros = np.zeros(len(n), dtype=np.int64)
    columns = {"account_id": accounts[cells[0]], "hour": cells[1], "n": n, "errors": zeros, "tokens": zeros}
    return _table("activity", columns)


def _templates(rng: np.random.Generator) -> pa.Table:
    n = 30
    columns = {
        "template_id": np.arange(n) * 31,
        "exchanges": rng.integers(2, 90, n),
        "accounts": rng.integers(2, 9, n),
        "fillings": rng.integers(2, 90, n),
        "rarity_bits": _holes(rng, rng.integers(-20, 300, n) / 10),
        "public": _holes(rng, rng.random(n) < 0.4),
    }
    return _table("templates", columns)


def _fillings(rng: np.random.Generator, keys: pa.Table) -> pa.Table:
    """Two thirds of the exchanges fill one template, some of them two."""
    n = keys.num_rows
    rows = rng.choice(n, n * 2 // 3, replace=False)
    frames = rng.integers(0, 30, len(rows))
    again = rng.random(len(rows)) < 0.1
    rows = np.concatenate([rows, rows[again]])
    columns = {
        "exchange_id": keys["exchange_id"].to_numpy()[rows],
        "account_id": keys["account_id"].to_numpy()[rows],
        "template_id": np.concatenate([frames, (frames[again] + 1) % 30]) * 31,
    }
    return _table("exchange_templates", columns)


def _facts(rng: np.random.Generator, ids: Ints, start: datetime, days: int) -> pa.Table:
    n = len(ids)
    created = _holes(rng, _times(rng, start, days, n)).cast(pa.timestamp("us", tz="UTC"))
    columns = {
        "account_id": ids,
        "created_at": created,
        "organization": _holes(rng, rng.integers(0, 4, n), share=0.4),
        "disposable": _holes(rng, rng.random(n) < 0.3),
    }
    return _table("facts", columns)


def _releases(start: datetime, days: int) -> pa.Table:
    at = [start + timedelta(days=days * share) for share in (-0.02, 0.3, 0.3, 0.7)]
    return _table("release_times", {"model_key": [1, 2, 2, 3], "released_at": at})


def _bans(rng: np.random.Generator, keys: pa.Table) -> pa.Table:
    """Some accounts are banned in the hour in which others start."""
    rows = keys.sort_by("ts").slice(keys.num_rows // 20, max(1, keys.num_rows // 30))
    chosen = rows.take(rng.choice(rows.num_rows, max(1, rows.num_rows // 4), replace=False))
    return _table("ban_times", {"account_id": chosen["account_id"].to_numpy(), "at": chosen["ts"].to_numpy()})
