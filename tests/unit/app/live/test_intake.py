"""What intake keeps, counts and remembers; no look is needed for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.datasets import TEXTS, traffic
from tests.live import held, lines

from stillwatch.app.live.counts import Counts
from stillwatch.app.live.intake import Intake, IntakeSettings
from stillwatch.app.live.look import FEW, tidy
from stillwatch.app.live.partials import SKETCHED, SegmentPartials
from stillwatch.app.resources import intent_weights
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.live.delivery import Delivery
from stillwatch.ingest.live.records import Reader
from stillwatch.ingest.logs import log_formats
from stillwatch.model.errors import InputError
from stillwatch.model.kernels.address import ranges
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.store.dataset import Dataset
from stillwatch.store.segments import Segments

KEY = HashKey(11, -7)


@pytest.fixture(scope="module")
def given() -> list[str]:
    """Lines of a small log, in order of time."""
    return lines(traffic(residents=30, campaign=6, pupils=4).tables["exchanges"].sort_by("ts"))


def intake(state: Path, **settings: Any) -> tuple[Intake, Counts]:
    segments = Segments(state)
    segments.recover()
    none = np.zeros(0, np.int64)
    sketcher = Sketcher(KEY, intent_weights(), ranges([], none), none.astype(np.int16), none)
    counts = Counts()
    return Intake(segments, sketcher, KEY, IntakeSettings(**settings), counts), counts


def delivery(text: Sequence[str], told: list[int] | None = None, at: int = 0) -> Delivery:
    reader = Reader("log.jsonl", log_formats(), Settings(), wanted="canonical")
    batches = reader.lines(("\n".join(text) + "\n").encode(), first_line=1)
    return Delivery(
        "log.jsonl", batches, 1, {"log": at}, lambda: told.append(at) if told is not None else None
    )


def ids(text: Sequence[str]) -> list[str]:
    return sorted(json.loads(line)["exchange_id"] for line in text)


def test_nobody_is_told_before_it_is_durable(tmp_path: Path, given: list[str]) -> None:
    one, counts = intake(tmp_path)
    told: list[int] = []
    one.take(delivery(given[:20], told, at=20), closed=None)
    assert ([], [], 20) == (told, held(tmp_path), counts.pending)
    one.commit()
    assert ([20], 20, 0) == (told, len(held(tmp_path)), counts.pending)
    again, counted = intake(tmp_path)
    assert ({"log": 20}, 20) == (again.positions, counted.exchanges)


def test_what_comes_again_counts_once_after_a_restart_too(tmp_path: Path, given: list[str]) -> None:
    one, _ = intake(tmp_path)
    one.take(delivery([*given[:10], *given[5:10]]), closed=None)
    one.commit()
    again, counts = intake(tmp_path)
    again.take(delivery(given[:15]), closed=None)
    again.commit()
    assert (15, 15) == (counts.exchanges, counts.duplicates)
    assert ids(given[:15]) == held(tmp_path)


def test_late_ones_are_counted_and_kept(tmp_path: Path, given: list[str]) -> None:
    one, counts = intake(tmp_path)
    closed = round(datetime.fromisoformat(json.loads(given[20])["ts"]).timestamp() * 1e6)
    one.take(delivery(given[20:30]), closed=closed)
    one.take(delivery(given[:3]), closed=closed)
    one.commit()
    assert 3 == counts.late
    assert ids([*given[:3], *given[20:30]]) == held(tmp_path)


def test_days_that_are_not_kept_any_more(tmp_path: Path, given: list[str]) -> None:
    one, counts = intake(tmp_path, retain_days=3)
    one.take(delivery(given[-20:]), closed=None)
    one.take(delivery(given[:20]), closed=None)
    one.commit()
    assert (20, 20) == (counts.exchanges, counts.expired)
    assert ids(given[-20:]) == held(tmp_path)


def test_damaged_lines_become_rejects_with_their_line(tmp_path: Path, given: list[str]) -> None:
    one, counts = intake(tmp_path)
    one.take(delivery([*given[:2], "{damaged", '{"exchange_id": "x"}', given[2]]), closed=None)
    one.commit()
    assert (3, 2) == (counts.exchanges, counts.rejects)
    found = [r for s in Segments(tmp_path).segments() if (r := s.read("rejects.parquet")) is not None]
    assert [3, 4] == [r["line"] for r in found[0].to_pylist()]


def test_without_text_none_is_written(tmp_path: Path, given: list[str]) -> None:
    one, _ = intake(tmp_path, keep_text=False)
    one.take(delivery(given[:40]), closed=None)
    one.commit()
    for segment in Segments(tmp_path).segments():
        rows, keys = segment.read("exchanges.parquet"), segment.read(SKETCHED)
        assert rows is not None
        assert keys is not None
        assert all(rows[name].null_count == rows.num_rows for name in TEXTS)
        assert keys["exact_key"].null_count == 0


def test_memory_of_ids_is_bounded(tmp_path: Path, given: list[str]) -> None:
    one, counts = intake(tmp_path, recent_ids=40)
    for n in range(0, 100, 10):
        one.take(delivery(given[n : n + 10]), closed=None)
    one.take(delivery([given[0], given[99]]), closed=None)
    one.commit()
    assert (101, 1) == (counts.exchanges, counts.duplicates)
    assert len(one._recent) <= 40


def test_merged_segments_have_the_same_words_in_the_same_order(tmp_path: Path, given: list[str]) -> None:
    one, _ = intake(tmp_path)
    for n in range(FEW * 4):
        one.take(delivery(given[n * 4 : n * 4 + 4]), closed=None)
        one.commit()
    segments = Segments(tmp_path)
    before, many = words(segments), len(segments.segments())
    tidy(segments)
    assert many > len(segments.segments())
    assert before == words(segments)
    assert FEW * 16 == len(held(tmp_path))


def words(segments: Segments) -> list[list[int]]:
    """Words of each exchange, sorted."""
    loaded = SegmentPartials(segments.segments(), Dataset(segments.folder), KEY, None)
    return [
        sorted(s.words[a:b].tolist())
        for s in loaded.every()
        for a, b in zip(s.starts[:-1], s.starts[1:], strict=True)
    ]


def test_csv_is_refused() -> None:
    reader = Reader("log.csv", log_formats(), Settings())
    with pytest.raises(InputError, match="only lines of JSON can be followed"):
        reader.lines(b"exchange_id,ts,account_id,model\nr1,2026-03-01,a,m\n", first_line=1)
