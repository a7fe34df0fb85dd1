"""Segments: steps that are whole or not there, merges that lose nothing, days that expire."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.model.errors import ResourceError, StateError
from stillwatch.store.segments import Segments


def table(*values: int) -> pa.Table:
    return pa.table({"n": pa.array(values, pa.int64())})


def steps(folder: Path, *values: int, day: str = "2026-03-02") -> Segments:
    """A step for each value."""
    segments = Segments(folder)
    segments.recover()
    for value in values:
        segments.commit({day: {"rows.parquet": table(value), "at.arrow": table(-value)}}, {"last": value})
    return segments


def values(segments: Segments, name: str = "rows.parquet") -> list[int]:
    tables = [s.read(name) for s in segments.segments()]
    return [v for t in tables if t is not None for v in t["n"].to_pylist()]


def test_what_was_committed_is_there_after_a_restart(tmp_path: Path) -> None:
    steps(tmp_path, 1, 2, 3)
    again = Segments(tmp_path)
    assert (3, {"last": 3}) == (again.step, again.record)
    assert [1, 2, 3] == values(again)
    assert [-1, -2, -3] == values(again, "at.arrow")
    assert 2 == len(list((tmp_path / "commits").iterdir()))


def test_a_step_without_its_record_never_was(tmp_path: Path) -> None:
    segments = steps(tmp_path, 1)
    segments.commit({"2026-03-02": {"rows.parquet": table(9)}}, {"last": 9})
    (tmp_path / "commits" / "000000000002.json").unlink()
    again = Segments(tmp_path)
    assert [1] == values(again)
    assert 1 == again.recover()
    assert 1 == len(list((tmp_path / "days" / "2026-03-02").iterdir()))


def test_what_a_killed_step_wrote_beside_is_removed(tmp_path: Path) -> None:
    steps(tmp_path, 1)
    (tmp_path / "fresh" / "half").mkdir()
    (tmp_path / "fresh" / "half" / "rows.parquet").write_bytes(b"PAR1")
    assert 1 == Segments(tmp_path).recover()
    assert not any((tmp_path / "fresh").iterdir())


def test_merged_segments_hold_the_same_in_the_same_order(tmp_path: Path) -> None:
    segments = steps(tmp_path, 1, 2, 3, 4)
    some = segments.segments()[1:3]
    segments.merge(some, {"rows.parquet": table(2, 3), "at.arrow": table(-2, -3)})
    assert [1, 2, 3, 4] == values(segments)
    assert 3 == len(segments.segments())


def test_a_merge_that_was_killed_before_it_cleared_up(tmp_path: Path) -> None:
    """What was merged stands beside the whole: it counts once, and goes at the next start."""
    segments = steps(tmp_path, 1, 2)
    segments._place(
        type(segments.segments()[0])(tmp_path, "2026-03-02", 1, 2),
        segments._written({"rows.parquet": table(1, 2)}),
    )
    assert [1, 2] == values(segments)
    assert 2 == segments.recover()
    assert [1, 2] == values(Segments(tmp_path))


def test_days_expire_whole(tmp_path: Path) -> None:
    segments = steps(tmp_path, 1)
    segments.commit({"2026-03-03": {"rows.parquet": table(2)}, "2026-03-02": {"rows.parquet": table(3)}}, {})
    assert 2 == len(segments.expire("2026-03-03"))
    assert [2] == values(segments)
    assert ["2026-03-03"] == [p.name for p in (tmp_path / "days").iterdir()]


def test_a_damaged_record_is_said(tmp_path: Path) -> None:
    steps(tmp_path, 1)
    (tmp_path / "commits" / "000000000001.json").write_text("{")
    with pytest.raises(StateError, match="backup"):
        Segments(tmp_path)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    segments = steps(tmp_path, 1)
    (tmp_path / "fresh").rmdir()
    (tmp_path / "fresh").write_text("in the way")
    with pytest.raises(ResourceError, match="cannot be written"):
        segments.commit({"2026-03-02": {"rows.parquet": table(2)}}, {})
    assert [1] == values(Segments(tmp_path))
