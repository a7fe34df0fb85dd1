"""Cells that are scanned twice with one state, and replayed: their figures stand on the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab.figures import __main__ as figures
from stillwatch.model.tables import TABLES

START = datetime(2026, 1, 5, tzinfo=UTC)
SUITE = """
seeds = [1]
scale = 0.01

[[families]]
name = "toy"
title = "Toys"
scenarios = ["reborn"]
before_days = { reborn = 2.5 }
replay = { reborn = "6h" }
"""


def write(folder: Path, name: str, rows: Sequence[Mapping[str, Any]], schema: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plain = pa.schema([pa.field(f.name, f.type) for f in TABLES[schema or name].schema])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=plain), folder / f"{name}.parquet")


class FakeStillwatch:
    """A campaign of four accounts, two of which only the whole log holds; found under one id."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []

    def within(self, _seconds: float) -> Callable[[Sequence[str]], None]:
        return self.run

    def run(self, arguments: Sequence[str]) -> None:
        self.ran.append(tuple(arguments))
        out = Path(arguments[arguments.index("--out") + 1])
        {"simulate": self.simulate, "scan": self.scan, "replay": self.replay}[arguments[0]](out)

    def simulate(self, out: Path) -> None:
        harvest = [{"exchange_id": f"{a}0", "account_id": a, "campaign": "p"} for a in "abcd"]
        log = [{**r, "ts": START + timedelta(days=i), "model": "m"} for i, r in enumerate(harvest)]
        write(out, "exchanges", log)
        write(out / "truth", "exchanges", harvest, "truth_exchanges")
        accounts = [{"account_id": a, "cohort": "p", "group_id": "p", "campaign": "p"} for a in "abcd"]
        write(out / "truth", "accounts", accounts, "truth_accounts")

    def scan(self, out: Path) -> None:
        accounts = "ab" if "--as-of" in self.ran[-1] else "abcd"
        rows = [{"campaign_id": "c", "account_id": a, "role": "harvester", "p_member": 1.0} for a in accounts]
        write(out, "members", rows)
        one = {"campaign_id": "c", "verdict": "distillation", "accounts": 4, "exchanges": 4}
        write(out, "campaigns", [one])
        write(
            out,
            "campaign_exchanges",
            [{"campaign_id": "c", "exchange_id": "a0", "role": "harvest", "p": 1.0}],
        )
        summary = {"input": {"exchanges": 4}, "peak_memory_bytes": 10**9}
        (out / "summary.json").write_text(json.dumps(summary))

    def replay(self, out: Path) -> None:
        at = START + timedelta(days=1)
        rows = [{"campaign_id": "c", "account_id": a, "accused_at": at, "claimed_at": None} for a in "abcd"]
        write(out, "replay_members", rows)
        write(out, "replay_campaigns", [])
        (out / "summary.json").write_text("{}")


def test_ids_that_go_on_and_hours_to_detection(tmp_path: Path) -> None:
    fake = FakeStillwatch()
    (tmp_path / "suite.toml").write_text(SUITE)
    place = ["--out", str(tmp_path / "pages"), "--work", str(tmp_path / "work")]
    assert 0 == figures.main([str(tmp_path / "suite.toml"), *place], command=fake.within)
    assert ["simulate", "scan", "scan", "replay"] == [a[0] for a in fake.ran]
    assert "2026-01-07T12:00:00+00:00" == fake.ran[1][fake.ran[1].index("--as-of") + 1]
    states = {a[a.index("--state") + 1] for a in fake.ran if "--state" in a}
    assert 1 == len(states)
    page = (tmp_path / "pages" / "toy.md").read_text()
    assert "| ids of found campaigns that go on with new accounts | 100.00%" in page
    assert "| new accounts found under an earlier id | 100.00% |" in page
    assert "| p, seed 1 | 24.0 | 25.00% | never | 100.00% | 0 accused, 0 claimed |" in page
    index = (tmp_path / "pages" / "index.md").read_text()
    assert "| `reborn` | exchanges gone before detection | ≤ 1.00% | 25.00% |" in index
