"""What a watcher finds is what a scan of the same exchanges finds, however they come in."""

from __future__ import annotations

import fcntl
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.datasets import START, TEXTS, Traffic, shuffled, traffic
from tests.live import RESULTS, held, lines, settings, watched, write_lines
from tests.scenarios.commands import one_error, run
from tests.unit.ingest.test_otlp_http import span_json

from stillwatch.app.live.look import FEW
from stillwatch.app.live.publish import Undelivered
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.model.errors import StateError
from stillwatch.store.results import read_table
from stillwatch.store.segments import Segments

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def known() -> Traffic:
    return traffic(seed=2, residents=90, campaign=28, pupils=10)


@pytest.fixture(scope="module")
def week(known: Traffic) -> pa.Table:
    """Seven days of it: holders of one key appear on different days."""
    rows = known.tables["exchanges"]
    return rows.filter(pc.less(rows["ts"], pa.scalar(START + 7 * DAY, rows.schema.field("ts").type)))


def scanned(folder: Path, **more: Any) -> Path:
    s = ScanSettings(key_file=folder / "secret.key", quiet=True, report=False, **more)
    return scan(folder / "data", folder / "scanned", s)


def differ(one: Path, other: Path) -> list[str]:
    return [name for name in RESULTS if not read_table(one, name).equals(read_table(other, name))]


def test_a_week_watched_is_the_week_scanned(known: Traffic, week: pa.Table, tmp_path: Path) -> None:
    """Every row of every result, ids and phases included: out of order, some of it twice, in many small steps, with a
    look and a restart in between."""
    known.but(exchanges=week).write(tmp_path / "data")
    s = settings(tmp_path, beside=tmp_path / "data", rows=20)
    log = tmp_path / "log" / "requests.jsonl"
    given = lines(shuffled(week))
    first = watched(s, write_lines(log, [*given[::2], *given[:90:2]]))
    shutil.copytree(s.state / "campaigns", tmp_path / "before")
    second = watched(s, write_lines(log, [*given[1::2], *given[1:90:2]]))
    full = scanned(tmp_path, state=tmp_path / "before")
    assert read_table(full, "campaigns").num_rows
    assert not differ(full, s.state / "results")
    assert (week.num_rows, 90, 0) == (
        second.counts.exchanges,
        second.counts.duplicates,
        second.counts.rejects,
    )
    assert sorted(week["exchange_id"].to_pylist()) == held(s.state)
    segments = Segments(s.state).segments()
    assert 7 == len({segment.day for segment in segments})
    assert len(segments) < 7 * FEW <= 7 * (first.counts.commits + second.counts.commits) // 2, (
        "none were merged"
    )


def test_without_text_nothing_of_it_is_kept(known: Traffic, week: pa.Table, tmp_path: Path) -> None:
    """Partials know what the text said, so all but the readable signatures is found."""
    known.but(exchanges=week).write(tmp_path / "data")
    s = settings(tmp_path, beside=tmp_path / "data")
    seen = watched(
        replace(s, intake=replace(s.intake, keep_text=False)),
        write_lines(tmp_path / "log" / "requests.jsonl", lines(week)),
    )
    assert 1 == seen.counts.looks
    assert not set(differ(scanned(tmp_path), s.state / "results")) - {"campaign_templates"}
    for segment in Segments(s.state).segments():
        rows = segment.read("exchanges.parquet")
        assert rows is not None
        assert all(rows[name].null_count == rows.num_rows for name in TEXTS)


class Kept:
    """A sink that keeps what it is given, and fails as often as it is told to."""

    name = "kept"

    def __init__(self, fail: int = 0) -> None:
        self.got: list[Mapping[str, Any]] = []
        self.fail = fail

    def send(self, update: Mapping[str, Any]) -> None:
        """Keep it."""
        if self.fail:
            self.fail -= 1
            raise Undelivered("not now")
        self.got.append(update)


def test_updates_are_delivered_once_they_can_be(known: Traffic, week: pa.Table, tmp_path: Path) -> None:
    known.write(tmp_path / "data")
    s = settings(tmp_path, beside=tmp_path / "data")
    log = write_lines(tmp_path / "log" / "requests.jsonl", lines(week))
    watched(s, log, sinks=(Kept(fail=9),))
    sink = Kept()
    watched(s, log, sinks=(sink,))
    assert "opened" in {u["kind"] for u in sink.got}
    (told,) = [u for u in sink.got if u["campaign"]["verdict"] == "distillation"]
    assert known.planted >= set(told["accounts_added"])
    tables = sorted((s.state / "updates").glob("*.parquet"))
    assert [u["update_id"] for u in sink.got] == pq.read_table(tables[0])["update_id"].to_pylist()


def test_a_service_takes_otlp_in_and_tells_how_it_is(tmp_path: Path) -> None:
    """Started as a process, asked over HTTP, stopped with SIGTERM: what was answered is kept."""
    arguments = [
        "--state",
        tmp_path / "state",
        "--key-file",
        tmp_path / "k",
        "--commit",
        "50ms",
        "--idle",
        "1d",
    ]
    ports = [free_port(), free_port()]
    process = subprocess.Popen(
        [sys.executable, "-c", "from stillwatch.app.cli import main; main()", "watch", *map(str, arguments),
         "--otlp", f"127.0.0.1:{ports[0]}", "--listen", f":{ports[1]}"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert "started" == json.loads(process.stderr.readline())["event"]
    for n in range(3):
        body = span_json(**{"http.request.id": f"req-{n}"})
        assert 200 == fetch(ports[0], "/v1/traces", body)[0]
    ready, said = fetch(ports[1], "/readyz")
    assert (200, True) == (ready, json.loads(said)["ready"])
    metrics = fetch(ports[1], "/metrics")[1].decode()
    assert "stillwatch_exchanges_total 3.0" in metrics
    assert 'stillwatch_otlp_total{status="200"} 3.0' in metrics
    assert 404 == fetch(ports[1], "/elsewhere")[0]
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert (0, "stopped") == (process.returncode, json.loads(rest.splitlines()[-1])["event"])
    assert ["req-0", "req-1", "req-2"] == held(tmp_path / "state")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def fetch(port: int, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request("POST" if body else "GET", path, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer.status, said


def test_another_key_and_another_watcher(known: Traffic, week: pa.Table, tmp_path: Path) -> None:
    s = settings(tmp_path)
    log = write_lines(tmp_path / "log" / "requests.jsonl", lines(week)[:10])
    watched(s, log)
    with pytest.raises(StateError, match="a new key starts a new state"):
        watched(replace(s, key_file=tmp_path / "other.key"), log)
    with (s.state / "watch.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StateError, match="another watcher holds this state"):
            watched(s, log)
    with pytest.raises(StateError, match="is no state folder of a watcher"):
        watched(replace(s, state=log.parent), log)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name it with --state"),
        (("--state", "{}"), "Name files or patterns"),
        (("{}/no/log.jsonl", "--state", "{}/s"), "Check the path"),
        (("{}", "--state", "{}/s", "--every", "soon"), "Write it like 30s"),
        (("--otlp", "nowhere", "--state", "{}/s"), "127.0.0.1:4318"),
        (("--otlp", ":4318", "--drain", "--state", "{}/s"), "Leave out --drain"),
        (("{}", "--state", "{}/s", "--webhook", "example"), "https://example.org/hook"),
    ],
)  # fmt: skip
def test_bad_options(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    one_error(run("watch", *(a.format(tmp_path) for a in arguments)), said)
