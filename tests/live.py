"""A log as a service writes it, a watcher over it, and what it found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.scenarios.conftest import write_key

from stillwatch.app.live.intake import IntakeSettings
from stillwatch.app.live.log import Log
from stillwatch.app.live.publish import Sink
from stillwatch.app.live.sources import Files
from stillwatch.app.live.watch import Watcher, WatchSettings
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.logs import log_formats
from stillwatch.store.segments import Segments

RESULTS = (
    "campaigns", "members", "member_evidence", "evidence", "hypotheses", "measurements", "attributions",
    "campaign_exchanges", "indicators", "campaign_activity", "campaign_templates",
)  # fmt: skip


def lines(rows: pa.Table) -> list[str]:
    """Exchanges as canonical JSON, one a line."""
    return [json.dumps(_set(r), default=_text) for r in rows.to_pylist()]


def _set(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if v is not None}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_lines(path: Path, given: Iterable[str]) -> Path:
    """Add lines to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in given)
    return path


def settings(folder: Path, **changed: Any) -> WatchSettings:
    """A watcher that reads what is there and ends."""
    intake = IntakeSettings(
        rows=changed.pop("rows", 500), seconds=0.05, retain_days=changed.pop("retain_days", 35)
    )
    base = WatchSettings(
        folder / "state", write_key(folder / "secret.key"), intake=intake, drain=True, report=False
    )
    return replace(base, **changed)


def watched(s: WatchSettings, *sources: Path, sinks: tuple[Sink, ...] = ()) -> Watcher:
    """Watch files with these settings, in small blocks; returns the watcher when it has ended."""
    watcher = Watcher(s, sinks, Log(StringIO()))
    watcher.run(
        lambda w: [
            Files([str(p) for p in sources], w.intake.positions, log_formats(), Settings(), wanted="canonical",
                  queue=w.queue, counts=w.counts, log=w.log, drain=s.drain, block=8_000)
        ]
    )  # fmt: skip
    return watcher


def held(state: Path) -> list[str]:
    """Ids of the exchanges in a state, sorted, each as often as it stands there."""
    found: list[str] = []
    for segment in Segments(state).segments():
        rows = segment.read("exchanges.parquet")
        found += rows["exchange_id"].to_pylist() if rows is not None else []
    return sorted(found)
