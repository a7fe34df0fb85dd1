"""One look of a watcher, in a process of its own: merge, expire, scan from partials, write down what changed.

The first line of standard input says what to do; its end means that the watcher is gone, and the look with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

import pyarrow.parquet as pq

from stillwatch.app.live.changes import as_rows, changes, now_known
from stillwatch.app.live.partials import SKETCHED, SegmentPartials, link_exchanges, merged
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.app.secret import read_key
from stillwatch.model.errors import StillwatchError
from stillwatch.store.dataset import Dataset
from stillwatch.store.files import replace_text
from stillwatch.store.results import read_table
from stillwatch.store.segments import Segment, Segments, explained

RESULTS, CAMPAIGNS, UPDATES, LOOKED, SCRATCH, LOCK = (
    "results", "campaigns", "updates", "looked.json", "look", "look.lock",
)  # fmt: skip
SMALL_ROWS = 131_072  # segments with fewer exchanges are merged
FEW = 8  # so many of them are merged
TABLES_KEPT = 1000  # of updates
ORPHANED = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What to look at: the state folder, up to which event time, the first day that is kept, and how to scan. With
    `everything` accounts and releases of later times are known too, as in a scan of all."""

    folder: str
    before: str
    oldest_day: str
    key_file: str
    beside: str = ""
    calibration: str = ""
    memory: str = ""
    threads: int = 0
    report: bool = True
    everything: bool = False


def look(order: Order) -> dict[str, Any]:
    """Look, write results and updates; returns what was found, in few words."""
    begun, used = time.perf_counter(), time.process_time()
    folder, before = Path(order.folder), datetime.fromisoformat(order.before)
    with locked(folder / LOCK):
        scratch = folder / SCRATCH
        with explained(scratch):
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
        segments = Segments(folder)
        expired = segments.expire(order.oldest_day)
        tidy(segments)
        held = segments.segments()
        with explained(scratch):
            data = link_exchanges(held, scratch / "data")
        limit = None if order.everything else before
        partials = SegmentPartials(held, Dataset(data, before=limit), read_key(Path(order.key_file)), limit)
        results = scan(data, folder / RESULTS, _settings(order, folder, limit), partials=partials)
        shutil.rmtree(scratch, ignore_errors=True)
        n = write_updates(folder, results, before, every_step=segments.step)
        verdicts = read_table(results, "campaigns")["verdict"].to_pylist()
    return {
        "campaigns": {v: verdicts.count(v) for v in sorted(set(verdicts))},
        "updates": n,
        "expired": len(expired),
        "seconds": round(time.perf_counter() - begun, 3),
        "processor_seconds": round(time.process_time() - used, 3),
    }


def tidy(segments: Segments) -> None:
    """Merge small segments of a day, when there are many of them."""
    for _, day in groupby(segments.segments(), key=lambda s: s.day):
        sized = [(s, _rows(s)) for s in day]
        if sum(n < SMALL_ROWS for _, n in sized) >= FEW:
            for run in _runs(sized):
                if len(run) > 1:
                    segments.merge(run, merged(run))


def write_updates(folder: Path, results: Path, at: datetime, *, every_step: int) -> int:
    """Write what changed since the updates before, and that this look is done; returns the number of updates."""
    place = folder / UPDATES
    earlier = sorted(place.glob("*.json"))
    number = int(earlier[-1].stem) + 1 if earlier else 1
    before = json.loads(earlier[-1].read_text("utf-8"))["known"] if earlier else {}
    after = now_known(read_table(results, "campaigns"), read_table(results, "members"))
    found = changes(before, after, at=at, number=number)
    if found:
        with explained(place):
            place.mkdir(exist_ok=True)
            part = place / f".{number:012d}.partial"
            pq.write_table(as_rows(found), part)
            part.rename(place / f"{number:012d}.parquet")
        replace_text(
            place / f"{number:012d}.json", json.dumps({"updates": found, "known": after}, sort_keys=True)
        )
        _prune(place)
    replace_text(folder / LOOKED, json.dumps({"before": at.isoformat(), "step": every_step}) + "\n")
    return len(found)


def _prune(place: Path) -> None:
    """Keep the latest tables of updates; what is to be delivered is removed by whoever delivers it."""
    for old in sorted(place.glob("*.parquet"))[:-TABLES_KEPT]:
        with explained(place):
            old.unlink()


def _settings(order: Order, folder: Path, before: datetime | None) -> ScanSettings:
    return ScanSettings(
        memory=order.memory,
        threads=order.threads,
        as_of=before,
        key_file=Path(order.key_file),
        quiet=True,
        calibration=Path(order.calibration) if order.calibration else None,
        report=order.report,
        state=folder / CAMPAIGNS,
        beside=Path(order.beside) if order.beside else None,
    )


def _rows(segment: Segment) -> int:
    file = segment.path / SKETCHED
    return int(pq.read_metadata(file).num_rows) if file.exists() else 0


def _runs(sized: Sequence[tuple[Segment, int]]) -> Iterator[list[Segment]]:
    """Small segments that follow one another with no large one between, not many more than make a large one."""
    run: list[Segment] = []
    held = 0
    for segment, n in sized:
        if run and (n >= SMALL_ROWS or held >= SMALL_ROWS):
            yield run
            run, held = [], 0
        if n < SMALL_ROWS:
            run.append(segment)
            held += n
    yield run


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; waits for a look that is just ending."""
    with explained(path), path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _watch_parent(stream: TextIO) -> None:
    """End this process when the watcher is gone."""
    stream.read()
    os._exit(ORPHANED)


def main() -> None:
    """Look as standard input says, and print what was found as JSON."""
    said = sys.stdin.readline()
    if not said:  # the watcher ended before there was anything to do
        return
    order = Order(**json.loads(said))
    threading.Thread(target=_watch_parent, args=(sys.stdin,), daemon=True).start()
    try:
        found = look(order)
    except StillwatchError as error:
        found = {"error": error.what, "where": error.where, "remedy": error.remedy}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(2 if "error" in found else 0)  # the thread that waits for the watcher holds standard input


if __name__ == "__main__":
    main()
