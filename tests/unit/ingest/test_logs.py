"""A whole run: tables, rejects, joins, and what is left behind when it ends early."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.records import NOW, litellm, table, write_lines

from stillwatch.ingest.logs import read_logs
from stillwatch.model.errors import InputError, ResourceError
from stillwatch.model.tables import TABLES

CASES = Path(__file__).parents[2] / "cases/ingest"


def test_tables_have_the_schema_of_the_model(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log", [litellm(1)])
    read_logs([log], out=tmp_path, now=NOW)
    for name in ("exchanges", "rejects"):
        schema = pq.read_schema(tmp_path / f"{name}.parquet")
        assert TABLES[name].schema.names == schema.names
        assert TABLES[name].schema.metadata == schema.metadata


def test_standard_input_files_and_folders_in_one_run(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    write_lines(logs / "1.jsonl", [litellm(1)])
    (logs / "2.jsonl.gz").write_bytes(gzip.compress(json.dumps(litellm(2)).encode()))
    done = read_logs(
        [str(logs), "-"], out=tmp_path / "out", now=NOW, stdin=io.BytesIO(json.dumps(litellm(3)).encode())
    )
    assert (3, 3, {"litellm": 3}) == (done.files, done.exchanges, done.formats)


def test_an_empty_file_among_others_is_left_out(tmp_path: Path) -> None:
    logs = [write_lines(tmp_path / "a.jsonl", [litellm(1)]), write_lines(tmp_path / "b.jsonl", [])]
    assert (1, 1) == ((done := read_logs(logs, out=tmp_path, now=NOW)).files, done.exchanges)
    with pytest.raises(InputError, match="empty"):
        read_logs(logs[1:], out=tmp_path, now=NOW)


def test_a_file_that_may_not_be_read_is_one_clear_error(tmp_path: Path) -> None:
    """A loop of links cannot be opened by anybody, root included."""
    (tmp_path / "log").symlink_to(tmp_path / "log")
    with pytest.raises(InputError):
        read_logs([str(tmp_path / "log")], out=tmp_path / "out", now=NOW)


def test_a_repeated_id_counts_once_across_files(tmp_path: Path) -> None:
    logs = [write_lines(tmp_path / name, [litellm(1), litellm(2)]) for name in ("a.jsonl", "b.jsonl")]
    done = read_logs(logs, out=tmp_path, now=NOW)
    assert (2, {"duplicate exchange_id": 2}) == (done.exchanges, done.reasons)
    assert [(logs[1], 1), (logs[1], 2)] == [(r["file"], r["line"]) for r in table(tmp_path, "rejects")]


def test_rejects_hold_a_digest_and_never_text(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log", [litellm(1, prompt_tokens=-1)])
    read_logs([log], out=tmp_path, now=NOW)
    (row,) = table(tmp_path, "rejects")
    assert ("negative input_tokens", 16) == (row["reason"], len(row["digest"]))
    assert "Question" not in repr(row)


def test_no_api_key_reaches_a_table(tmp_path: Path) -> None:
    read_logs(
        [str(CASES / "captures" / name) for name in ("input.jsonl", "damaged.jsonl")], out=tmp_path, now=NOW
    )
    assert "sk-example" not in repr([table(tmp_path, name) for name in ("exchanges", "rejects")])


def test_a_prompt_of_more_than_50_mb_is_a_reject(tmp_path: Path) -> None:
    huge = litellm(1, messages=[{"role": "user", "content": "x" * (51 * 1024 * 1024)}])
    done = read_logs([write_lines(tmp_path / "log", [huge, litellm(2)])], out=tmp_path, now=NOW)
    assert (1, {"prompt_text larger than 50 MB": 1}) == (done.exchanges, done.reasons)


def test_account_can_be_chosen(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log", [litellm(1, metadata={"user_api_key_hash": "k", "tenant": "t-1"})])
    read_logs([log], out=tmp_path, now=NOW, account="metadata.tenant")
    assert ["t-1"] == [row["account_id"] for row in table(tmp_path, "exchanges")]


def test_access_log_and_trace_are_joined_on_the_request_id(tmp_path: Path) -> None:
    access = json.loads((CASES / "envoy/input.jsonl").read_text().splitlines()[0])
    lone = access | {"x-request-id": "req-lone"}
    trace = (CASES / "otlp/input.jsonl").read_text().splitlines()[0]
    both = [
        write_lines(tmp_path / "access.jsonl", [access | {"x-request-id": "req-a"}, lone]),
        write_lines(tmp_path / "trace.jsonl", [json.loads(trace)]),
    ]
    done = read_logs(both, out=tmp_path / "out", now=NOW)
    rows = {row["exchange_id"]: row for row in table(tmp_path / "out", "exchanges")}
    assert ({"req-a", "req-lone"}, 0) == (set(rows), done.rejects)
    assert ("Name a river.", access["ja4"], "gpt-4o", 1250) == tuple(
        rows["req-a"][n] for n in ("prompt_text", "ja4", "model", "duration_ms")
    )
    assert rows["req-lone"]["prompt_text"] is None
    assert {"exchanges.parquet", "rejects.parquet"} == {p.name for p in (tmp_path / "out").iterdir()}


def test_coverage_says_what_is_there_and_what_a_missing_field_costs(tmp_path: Path) -> None:
    logs = [litellm(1, requester_ip_address="198.51.100.7"), litellm(2)]
    done = read_logs([write_lines(tmp_path / "log", logs)], out=tmp_path, now=NOW)
    found = {line.field: line for line in done.coverage}
    assert (0.5, 1.0, 0.0) == (
        found["client_address"].share,
        found["prompt_text"].share,
        found["ja4"].share,
    )
    assert all(line.cost for line in done.coverage)


def test_an_unusable_input_leaves_earlier_results_untouched(tmp_path: Path) -> None:
    read_logs([write_lines(tmp_path / "log", [litellm(1)])], out=tmp_path / "out", now=NOW)
    before = (tmp_path / "out/exchanges.parquet").read_bytes()
    (tmp_path / "foreign").write_text("plain words\n")
    with pytest.raises(InputError):
        read_logs([str(tmp_path / "log"), str(tmp_path / "foreign")], out=tmp_path / "out", now=NOW)
    assert before == (tmp_path / "out/exchanges.parquet").read_bytes()


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on file size stands in for the full disk: writing fails half-way in the same manner."""
    log = write_lines(tmp_path / "log", [litellm(n, messages=[os.urandom(3000).hex()]) for n in range(200)])
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    try:
        with pytest.raises(ResourceError, match="cannot write"):
            read_logs([log], out=tmp_path / "out", now=NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert [] == list((tmp_path / "out").iterdir())


def test_kill_leaves_nothing_that_is_read_later(tmp_path: Path) -> None:
    write_lines(tmp_path / "log", [litellm(n) for n in range(100)])
    script = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from stillwatch.ingest.logs import read_logs\n"
        "read_logs([sys.argv[1], '-'], out=Path(sys.argv[2]), now=datetime.now(UTC), format='litellm',\n"
        "          stdin=sys.stdin.buffer, progress=lambda seen: print(seen.exchanges, flush=True))"
    )
    out = tmp_path / "out"
    program = [sys.executable, "-c", script, str(tmp_path / "log"), str(out)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"100\n"  # one file read, the next one waits for input
        run.kill()
        run.wait()
    assert {".exchanges.parquet.partial", ".rejects.parquet.partial"} == {p.name for p in out.iterdir()}
    read_logs([str(tmp_path / "log")], out=out, now=NOW)
    assert {"exchanges.parquet", "rejects.parquet"} == {p.name for p in out.iterdir()}
