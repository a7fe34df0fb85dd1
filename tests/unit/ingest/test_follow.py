"""Lines of files that grow and rotate come once, over renames, truncation, compression and restarts."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.ingest.live import follow
from stillwatch.ingest.live.follow import Follower, check_patterns
from stillwatch.model.errors import InputError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.jsonl"


@pytest.fixture
def follower(log: Path) -> Iterator[Follower]:
    made = Follower([str(log)])
    yield made
    made.close()


def read(follower: Follower, *, final: bool = False) -> list[str]:
    return [line for p in follower.pieces(final=final) for line in p.data.decode().splitlines()]


def add(path: Path, *numbers: int, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("\n".join(f'{{"n": {n}}}' for n in numbers) + end)


def numbers(lines: list[str]) -> list[int]:
    return [int(line.split(":")[1].strip(" }")) for line in lines]


def test_only_whole_lines(log: Path, follower: Follower) -> None:
    add(log, 1, 2)
    add(log, 3, end="")
    assert [1, 2] == numbers(read(follower))
    assert [] == read(follower)
    add(log, end="\n")
    assert [3] == numbers(read(follower))


def test_a_last_line_without_end_is_taken_at_the_end(log: Path, follower: Follower) -> None:
    add(log, 1, 2, end="")
    assert [1] == numbers(read(follower))
    assert [2] == numbers(read(follower, final=True))


def test_half_a_line_is_never_taken(log: Path, follower: Follower) -> None:
    log.write_text('{"n": 1}\n{"n": ')
    assert [1] == numbers(read(follower, final=True))


def test_renamed_and_begun_anew(log: Path, follower: Follower) -> None:
    """What was written to the old file after it was read is not lost, whatever its new name."""
    add(log, 1)
    assert [1] == numbers(read(follower))
    add(log, 2)
    log.rename(log.with_name("app.jsonl.1"))
    add(log, 3)
    assert [2, 3] == numbers(read(follower))


def test_renamed_while_nobody_watched(log: Path, follower: Follower) -> None:
    add(log, 1)
    assert [1] == numbers(read(follower))
    add(log, 2)
    log.rename(log.with_name("app.jsonl.1"))
    add(log, 3)
    again = Follower([str(log)], follower.marks)
    assert [2, 3] == numbers(read(again))
    again.close()


def test_cut_off_and_begun_anew(log: Path, follower: Follower) -> None:
    add(log, 1, 2, 3)
    read(follower)
    log.write_text("")
    assert [] == read(follower)
    add(log, 4)
    assert [4] == numbers(read(follower))


@pytest.mark.parametrize("more", [0, 5])
def test_cut_off_and_longer_than_before(log: Path, follower: Follower, more: int) -> None:
    """Another beginning is another file, however long it is."""
    add(log, 1, 2, 3)
    read(follower)
    log.write_text("")
    add(log, *range(4, 7 + more))
    assert list(range(4, 7 + more)) == numbers(read(follower))


def test_a_compressed_copy_goes_on_where_the_file_stopped(log: Path, tmp_path: Path) -> None:
    first = Follower([str(tmp_path / "*")])
    add(log, *range(200))
    assert list(range(200)) == numbers(read(first))
    add(log, 200, 201)
    with gzip.open(tmp_path / "app.jsonl.1.gz", "wb") as packed, log.open("rb") as plain:
        shutil.copyfileobj(plain, packed)
    log.unlink()
    add(log, 202)
    first.close()
    again = Follower([str(tmp_path / "*")], first.marks)
    assert [200, 201, 202] == sorted(numbers(read(again)))
    again.close()


def test_half_a_compressed_file_waits(log: Path, tmp_path: Path) -> None:
    add(log, 1, 2)
    packed = gzip.compress(log.read_bytes())
    target = tmp_path / "old.gz"
    target.write_bytes(packed[:-9])
    made = Follower([str(target)])
    assert [] == read(made)
    target.write_bytes(packed)
    assert [1, 2] == numbers(read(made))
    made.close()


def test_a_line_that_is_too_long_is_left_out(
    log: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "MAX_LINE_BYTES", 1 << 12)
    follower._block = 1 << 10
    add(log, 1)
    log.write_text(log.read_text() + "x" * 10_000 + "\n")
    add(log, 2)
    pieces = list(follower.pieces())
    assert 1 == sum(p.too_long for p in pieces)
    text = b"".join(p.data for p in pieces).decode().splitlines()
    assert [1, 2] == numbers(text)
    assert [1, 3] == [p.first_line for p in pieces if p.data]


def test_line_numbers_go_on(log: Path, follower: Follower) -> None:
    add(log, 1, 2)
    read(follower)
    add(log, 3)
    assert [3] == [p.first_line for p in follower.pieces()]


def test_a_place_where_nothing_can_appear(tmp_path: Path) -> None:
    check_patterns([str(tmp_path / "not-yet.jsonl"), str(tmp_path / "*.jsonl")])
    with pytest.raises(InputError, match="no such file or folder"):
        check_patterns([str(tmp_path / "missing" / "x.jsonl")])
