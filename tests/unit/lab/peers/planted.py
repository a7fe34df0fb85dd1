"""Small traffic with and without a planted campaign, for tests of detectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab.compare.traffic import Traffic, open_traffic
from stillwatch.model.tables import TABLES

Row = Mapping[str, Any]
START = 1_767_571_200  # seconds
_HEADS, _TAILS = ("am", "ced", "fjor", "gro", "kel", "map"), ("ber", "ar", "ve", "ia", "o")
WORDS = tuple(head + tail for head in _HEADS for tail in _TAILS)


def exchange(account: str, second: float, prompt: str | None, **more: Any) -> Row:
    """One exchange, so many seconds after the start."""
    at = int((START + second) * 1_000_000)
    return {"account_id": account, "ts": at, "prompt_text": prompt, "model": "m", **more}


def talk(rng: np.random.Generator, n: int = 12) -> str:
    """A prompt of random words."""
    return " ".join(rng.choice(WORDS, n))


def write(
    folder: Path, exchanges: Sequence[Row], accounts: Sequence[Row] = (), hostile: Sequence[str] = ()
) -> Path:
    """A data folder with its truth; an account that starts with `h` or is named hostile belongs to a campaign."""
    (folder / "truth").mkdir(parents=True)
    rows = [{"exchange_id": f"x{i}", **row} for i, row in enumerate(exchanges)]
    _write(folder, "exchanges", rows)
    ids = sorted({r["account_id"] for r in rows} | {r["account_id"] for r in accounts})
    known = {r["account_id"]: r for r in accounts}
    _write(folder, "accounts", [{"account_id": i, **known.get(i, {})} for i in ids])
    bad = [i in hostile or i.startswith("h") for i in ids]
    truth = {
        "account_id": ids,
        "cohort": ["raid" if b else "chat" for b in bad],
        "campaign": ["raid" if b else None for b in bad],
    }
    pq.write_table(pa.table(truth), folder / "truth" / "accounts.parquet")
    taken = [r for r in rows if r["account_id"] in hostile or r["account_id"].startswith("h")]
    columns = {c: pa.array([r[c] for r in taken], pa.string()) for c in ("exchange_id", "account_id")}
    pq.write_table(pa.table(columns), folder / "truth" / "exchanges.parquet")
    return folder


def _write(folder: Path, name: str, rows: Sequence[Row]) -> None:
    held = {column for row in rows for column in row}
    schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema if f.name in held])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{name}.parquet")


@contextmanager
def traffic(
    folder: Path, exchanges: Sequence[Row], accounts: Sequence[Row] = (), *, most: int = 1_000
) -> Iterator[Traffic]:
    """The traffic of such rows."""
    with open_traffic(write(folder, exchanges, accounts), columns=(), most=most, threads=1) as found:
        yield found


def by_account(found: Traffic, scores: Any) -> dict[str, float]:
    """Scores by account id, without those that are not defined."""
    return {a: float(s) for a, s in zip(found.accounts, scores, strict=True) if not np.isnan(s)}
