"""A dataset written in a native format and read again is the same in every column that the format carries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.ingest.logs import read_logs
from stillwatch.lab.native.anthropic_bodies import STOPS
from stillwatch.lab.native.formats import FORMATS, spans_path, write_native
from stillwatch.lab.text.clients import load_clients
from stillwatch.model.conversation import ROLE_CODES, fold_turns, hash_turns
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.input_tables import EXCHANGES

START = datetime(2026, 2, 2, 9, tzinfo=UTC)
PREFIXES = ("arn:aws:iam::000000000000:user/",)
KEYS = {"exchange_id": "exchange_id", "captures": "ts"}


def talk(number: int) -> Iterator[dict[str, Any]]:
    """Three exchanges of one conversation."""
    clients = [c for c in load_clients() if c.header_order and c.sdk and c.headers]
    client = clients[number * 37 % len(clients)]
    key = None
    for step in range(3):
        ask, answer = f"Question {number}.{step}\nwith two lines", f"Answer “{number}.{step}” \t{{}} é 世界"
        turns = [(ROLE_CODES["user"], ask), (ROLE_CODES["assistant"], answer)]
        hashes = hash_turns(pa.array([text for _, text in turns], pa.large_string()))
        before = None if key is None else key.copy()
        key = fold_turns([role for role, _ in turns], hashes, [0, 2], before)
        yield {
            "exchange_id": f"call-{number}-{step}",
            "ts": START + timedelta(minutes=7 * number + step, milliseconds=250),
            "account_id": f"account-{number % 4}",
            "model": "aster-2",
            "response_model": "aster-2-mini" if number % 3 == 0 else None,
            "organization_id": "org-1",
            "end_user": f"person-{number}",
            "request_metadata": [("team", "blue")],
            "conversation_id": f"talk-{number}",
            "operation": "chat",
            "turn": 2 * step,
            "prefix_key": None if before is None else int(before[0]),
            "next_prefix_key": int(key[0]),
            "system_text": "Be brief." if number % 2 else None,
            "prompt_text": ask,
            "response_text": answer,
            "tool_names": ["search", "open"] if number % 5 == 0 else None,
            "tools_key": 99 if number % 5 == 0 else None,
            "reasoning_out": [f"thought-{number}"]
            if client.user_agent and "nthropic" in client.user_agent
            else None,
            "temperature": 0.5,
            "top_p": 0.25,
            "max_tokens": 512,
            "stream": bool(number % 2),
            "input_tokens": 100 + number,
            "output_tokens": 20 + step,
            "reasoning_tokens": 7,
            "cache_read_tokens": 40,
            "cache_write_tokens": 3,
            "error_type": None,
            "finish_reason": ("stop", "length")[step % 2],
            "status": 200,
            "duration_ms": 1_250 + number,
            "client_address": f"203.0.113.{number + 1}",
            "user_agent": client.user_agent,
            "sdk": client.sdk,
            "ja4": client.ja4,
            "header_order": client.header_order,
        }


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Thirty-six exchanges in twelve conversations of different clients."""
    rows = sorted((row for number in range(12) for row in talk(number)), key=lambda row: row["ts"])
    folder = tmp_path / "dataset"
    folder.mkdir()
    schema = pa.schema([f for f in EXCHANGES.schema if f.name in rows[0]])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "exchanges.parquet")
    return folder


def told(row: dict[str, Any], column: str) -> Any:
    """A value without what the format adds to it."""
    value = row[column]
    if column == "finish_reason":
        return {theirs: ours for ours, theirs in STOPS.items()}.get(value, value)
    if column == "response_model":
        return value if value != row["model"] else None
    return value


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_a_format_carries_comes_back(name: str, dataset: Path, tmp_path: Path) -> None:
    """Written, ingested with `--format auto`, and compared column by column."""
    log = tmp_path / "logs" / f"{name}.jsonl"
    log.parent.mkdir()
    assert write_native(dataset, name, log) == 36
    sources = [str(path) for path in (log, spans_path(log)) if path.exists()]
    done = read_logs(sources, out=tmp_path / "back", now=START + timedelta(days=1))
    assert (done.exchanges, done.rejects) == (36, 0), done.reasons
    before = pq.read_table(dataset / "exchanges.parquet").sort_by("ts").to_pylist()
    after = pq.read_table(tmp_path / "back" / "exchanges.parquet").sort_by("ts").to_pylist()
    for column in FORMATS[name].carries:
        assert [told(row, column) for row in before] == [told(row, column) for row in after], column


def test_accounts_stay_apart_where_the_format_renames_them(dataset: Path, tmp_path: Path) -> None:
    """Bedrock names users by ARN, captures by the digest of the key: four accounts stay four."""
    for name in ("bedrock", "captures"):
        log = tmp_path / f"{name}.jsonl"
        write_native(dataset, name, log)
        read_logs([str(log)], out=tmp_path / name, now=START + timedelta(days=1))
        accounts = pq.read_table(tmp_path / name / "exchanges.parquet")["account_id"]
        assert len(accounts.unique()) == 4


def test_a_limit_and_compression(dataset: Path, tmp_path: Path) -> None:
    """`limit` stops early; `.gz` compresses."""
    out = tmp_path / "log.jsonl.gz"
    assert write_native(dataset, "litellm", out, limit=5) == 5
    assert out.read_bytes()[:2] == b"\x1f\x8b"


def test_wrong_format_and_empty_folder_are_named(dataset: Path, tmp_path: Path) -> None:
    """Both errors say what to do."""
    with pytest.raises(UsageError, match="Use one of"):
        write_native(dataset, "morse", tmp_path / "x")
    with pytest.raises(InputError, match=r"exchanges\.parquet"):
        write_native(tmp_path, "kong", tmp_path / "x")
