"""Rate and delay of watch: python bench/watch.py [--exchanges N] [--window SECONDS].

Rate: a file of LiteLLM records of about 1.3 KB, taken in by a watcher in a process of its own, per second on the
clock and per second of processor time. The baseline is the same process reading the same lines with `json.loads`.

Delay: records of a small simulated log are written as they would come in, some 2,000 a second; after the last one of
a window has been written the clock runs until the look at that window has ended. Lateness is one second, so that the
delay is what the watcher adds. The baseline is what there is without it: the whole log taken in and scanned anew, by
the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figures import STILLWATCH, Figure, finish, used

HERE = Path(__file__).parent


def made(records: int) -> Iterator[str]:
    """The LiteLLM records that `bench/ingest.py` makes."""
    lines: Iterator[str] = runpy.run_path(str(HERE / "ingest.py"))["litellm_lines"](records)
    return lines


def watcher(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A watcher over the log of a folder."""
    arguments = [
        "watch",
        folder / "log.jsonl",
        "--state",
        folder / "state",
        "--key-file",
        folder / "key",
        "--no-report",
    ]
    return subprocess.Popen(
        [sys.executable, "-c", STILLWATCH, *map(str, arguments), *more], stderr=subprocess.PIPE, text=True
    )


def durable(folder: Path) -> int:
    """Exchanges in the last step."""
    commits = sorted((folder / "state" / "commits").glob("*.json"))
    try:
        return int(json.loads(commits[-1].read_text())["counts"]["exchanges"]) if commits else 0
    except FileNotFoundError:
        return durable(folder)


def processor_seconds(process: subprocess.Popen[str]) -> float:
    """Processor time that a process has taken so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rate(folder: Path, exchanges: int) -> dict[str, Any]:
    """Take in a file that stands there; looks are left out."""
    folder.mkdir()
    log = folder / "log.jsonl"
    log.write_text("\n".join(made(exchanges)) + "\n")
    lines = log.read_bytes().splitlines()
    begun = time.process_time()
    for line in lines:
        json.loads(line)
    plain = exchanges / (time.process_time() - begun)
    process = watcher(folder, "--every", "365d", "--idle", "1d")
    assert process.stderr is not None
    process.stderr.readline()
    while not durable(folder):
        time.sleep(0.02)
    first, begun, cpu = durable(folder), time.perf_counter(), processor_seconds(process)
    if first == exchanges:
        process.terminate()
        sys.exit(f"all {exchanges:,} exchanges came in at once: give --exchanges more")
    while durable(folder) < exchanges:
        time.sleep(0.02)
    seconds, cpu = time.perf_counter() - begun, processor_seconds(process) - cpu
    process.terminate()
    process.communicate()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "exchanges": exchanges,
        "bytes_a_record": round(log.stat().st_size / exchanges),
        "exchanges_a_second": round((exchanges - first) / seconds),
        "exchanges_a_processor_second": round((exchanges - first) / cpu),
        "json_loads_a_processor_second": round(plain),
        "ratio": round((exchanges - first) / cpu / plain, 3),
        "peak_megabytes": round(peak / 1024),
    }


def delay(folder: Path, windows: int, seconds: int) -> dict[str, Any]:
    """Write windows of records, their event time now, and wait for each look."""
    folder.mkdir()
    log = folder / "log.jsonl"
    log.touch()
    process = watcher(folder, "--every", f"{seconds}s", "--lateness", "1s", "--commit", "200ms")
    assert process.stderr is not None
    records = [json.loads(line) for line in made(40_000)]
    at, limit = 0, time.time() + (windows + 1) * seconds
    with log.open("a") as file:
        while time.time() < limit:
            _write(file, records[at : at + 400])
            at = (at + 400) % len(records)
            time.sleep(0.2)
    looked = _looked(process, datetime.fromtimestamp(limit // seconds * seconds, UTC))
    found = sorted(when - end.timestamp() for end, (when, _) in looked.items())
    anew = used(STILLWATCH, "ingest", log, "--out", folder / "data", "--json")
    scanned = used(
        STILLWATCH, "scan", folder / "data", "--out", folder / "out", "--key-file", folder / "key", "--json"
    )
    return {
        "windows": len(found),
        "looks": [{k: look[k] for k in ("seconds", "processor_seconds")} for _, look in looked.values()],
        "window_seconds": seconds,
        "delay_seconds_median": round(found[len(found) // 2], 2) if found else None,
        "delay_seconds_most": round(found[-1], 2) if found else None,
        "anew_seconds": round(anew.wall_seconds + scanned.wall_seconds, 2),
        "anew_processor_seconds": round(anew.seconds + scanned.seconds, 2),
    }


def _write(file: Any, records: Sequence[dict[str, Any]]) -> None:
    now = time.time()
    for number, record in enumerate(records):
        own = {**record, "id": f"{now}-{number}", "startTime": now, "endTime": now + 1}
        file.write(json.dumps(own) + "\n")
    file.flush()


def _looked(process: subprocess.Popen[str], last: datetime) -> dict[datetime, tuple[float, dict[str, Any]]]:
    """When each look ended and what it took, by the end of its window; windows may have been looked at together."""
    found: dict[datetime, tuple[float, dict[str, Any]]] = {}
    assert process.stderr is not None
    while not found or max(found) < last:
        event = json.loads(process.stderr.readline())
        if event["event"] == "looked":
            end = datetime.fromisoformat(event["before"])
            if end.microsecond:  # a look at everything, after a pause
                break
            found[end] = (datetime.fromisoformat(event["at"]).timestamp(), event)
        elif event["level"] == "error":
            sys.exit(f"the look failed: {event}")
    process.terminate()
    process.communicate()
    return found


def show_rate(r: dict[str, Any]) -> Figure:
    """Print the rate; it beside that of json.loads."""
    print(
        f"{r['exchanges_a_second']:,} exchanges/s on the clock, {r['exchanges_a_processor_second']:,} a second of"
        f" processor time ({r['ratio']:.2f} of json.loads alone), peak {r['peak_megabytes']:,} MB"
    )
    ours, plain = r["exchanges_a_processor_second"], r["json_loads_a_processor_second"]
    return Figure("taken in, processor time", ours, "exchanges/s", "json.loads", plain)


def show_delay(d: dict[str, Any]) -> list[Figure]:
    """Print the delay; it and what a look takes beside a scan anew."""
    if not d["windows"]:
        print("no window was looked at by itself: give --window more seconds")
        return []
    look = max(k["processor_seconds"] for k in d["looks"])
    print(
        f"{d['windows']} windows of {d['window_seconds']} s, looked at {d['delay_seconds_median']} s later;"
        f" a look took {look} s of processor time at most; the whole log anew {d['anew_seconds']} s by the clock,"
        f" {d['anew_processor_seconds']} s of processor time"
    )
    return [
        Figure(
            "delay, by the clock", d["delay_seconds_median"], "s", "log anew", d["anew_seconds"], less=True
        ),
        Figure("a look, processor time", look, "s", "log anew", d["anew_processor_seconds"], less=True),
    ]


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exchanges", type=int, default=200_000)
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--window", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {"rate": rate(Path(folder) / "rate", asked.exchanges)}
        figures = [show_rate(found["rate"])]
        if asked.windows:
            found["delay"] = delay(Path(folder) / "delay", asked.windows, asked.window)
            figures += show_delay(found["delay"])
    finish(figures, **found)


if __name__ == "__main__":
    main()
