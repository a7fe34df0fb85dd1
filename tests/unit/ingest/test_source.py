"""Files, folders, patterns, standard input; plain and compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.ingest.lines import numbered
from stillwatch.ingest.rows import Reject
from stillwatch.ingest.source import Source, expand
from stillwatch.model.errors import InputError

CONTENT = b"".join(b"line %d\n" % i for i in range(20_000))
PACKED = {
    "plain": CONTENT,
    "gzip": gzip.compress(CONTENT),
    "two gzip members": gzip.compress(CONTENT[:5000]) + gzip.compress(CONTENT[5000:]),
    "bzip2": bz2.compress(CONTENT),
    "two bzip2 streams": bz2.compress(CONTENT[:5000]) + bz2.compress(CONTENT[5000:]),
    "xz": lzma.compress(CONTENT),
    "zstd": pa.compress(CONTENT, codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
def test_compression_is_known_by_content(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(content)
    source = Source(str(tmp_path / "log"))
    assert CONTENT.startswith(source.head())
    assert b"".join(source.blocks(10_000)) == CONTENT


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
def test_standard_input_is_whole_after_a_look_at_its_head(content: bytes) -> None:
    source = Source("-", stdin=io.BytesIO(content))
    assert CONTENT.startswith(source.head())
    assert b"".join(source.blocks(10_000)) == CONTENT


def test_lz4_frames_are_known_by_content(tmp_path: Path) -> None:
    with pa.CompressedOutputStream(str(tmp_path / "log"), "lz4") as out:
        out.write(CONTENT)
    assert CONTENT == b"".join(Source(str(tmp_path / "log")).blocks())


def test_xz_cut_short_keeps_its_good_lines(tmp_path: Path) -> None:
    noise = b"".join(b"%d\n" % int.from_bytes(os.urandom(8), "big") for _ in range(50_000))
    packed = lzma.compress(noise)
    (tmp_path / "log.xz").write_bytes(packed[: len(packed) // 2])
    *good, (_, last) = numbered(Source(str(tmp_path / "log.xz")))
    assert len(good) > 1000
    assert isinstance(last, Reject)


def test_lines_are_the_same_whatever_the_block_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(b"\xef\xbb\xbfone\r\n\n  \ntwo\n" + b"x" * 50 + b"\nlast")
    source = Source(str(tmp_path / "log"))
    whole = list(numbered(source))
    monkeypatch.setattr(source, "blocks", lambda: Source(source.path).blocks(3))
    assert [(1, b"one\r"), (4, b"two"), (5, b"x" * 50), (6, b"last")] == whole == list(numbered(source))


def test_a_stream_cut_short_is_a_reject_after_its_good_lines(tmp_path: Path) -> None:
    noise = b"".join(b"%d\n" % int.from_bytes(os.urandom(8), "big") for _ in range(50_000))
    packed = gzip.compress(noise)
    (tmp_path / "log.gz").write_bytes(packed[: len(packed) // 2])
    lines = list(numbered(Source(str(tmp_path / "log.gz"))))
    assert len(lines) > 1000
    assert isinstance(lines[-1][1], Reject)
    assert "breaks off" in lines[-1][1].reason


def test_folders_and_patterns_give_each_file_once_in_order(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", ".hidden", "_SUCCESS"):
        (tmp_path / name).write_text("{}")
    found = expand([str(tmp_path), str(tmp_path / "*.jsonl"), str(tmp_path / "a.jsonl")])
    assert ["a.jsonl", "b.jsonl"] == [source.name for source in found]


@pytest.mark.parametrize("path", ["", "missing.jsonl", "*.jsonl"], ids=["empty folder", "file", "pattern"])
def test_nothing_to_read_is_one_clear_error(path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        expand([str(tmp_path / path)])
