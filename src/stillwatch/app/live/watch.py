"""The watcher: takes in what sources bring, makes it durable, looks when a window has ended, publishes what changed."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.app import stages
from stillwatch.app.live.counts import Counts
from stillwatch.app.live.intake import VERSION, Intake, IntakeSettings
from stillwatch.app.live.log import Log
from stillwatch.app.live.look import LOCK, LOOKED, Order, locked
from stillwatch.app.live.partials import day_name
from stillwatch.app.live.publish import Publisher, Sink
from stillwatch.app.live.sources import Source
from stillwatch.app.live.status import StatusServer
from stillwatch.app.live.windows import Windows, WindowSettings
from stillwatch.app.secret import fingerprint, read_key
from stillwatch.ingest.live.delivery import Queue
from stillwatch.model.errors import ResourceError, StateError
from stillwatch.store.dataset import Dataset
from stillwatch.store.files import replace_text
from stillwatch.store.segments import Segments, explained

HEADER, WATCH_LOCK = "watch.json", "watch.lock"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """The state folder; a folder `beside` with accounts and other tables; how records are taken in, windows and looks;
    most bytes that wait; address of health and metrics; whether to end when the sources have nothing more."""

    state: Path
    key_file: Path
    beside: Path | None = None
    intake: IntakeSettings = field(default_factory=IntakeSettings)
    windows: WindowSettings = field(default_factory=WindowSettings)
    queue_bytes: int = 64 * 1024 * 1024
    listen: tuple[str, int] | None = None
    drain: bool = False
    calibration: Path | None = None
    memory: str = ""
    threads: int = 0
    report: bool = True


Opened = Callable[["Watcher"], Sequence[Source]]


class Watcher:
    """One watcher over one state folder."""

    def __init__(self, settings: WatchSettings, sinks: Sequence[Sink], log: Log) -> None:
        self.settings, self.log = settings, log
        self.counts = Counts()
        self.queue = Queue(settings.queue_bytes)
        self._key = read_key(settings.key_file)
        self._stopping = threading.Event()
        self._looking: subprocess.Popen[str] | None = None
        self._next_look: subprocess.Popen[str] | None = None
        self._look_end = _EPOCH
        self._publisher = Publisher(settings.state, sinks, self.counts, log)
        self._sinks = sinks
        self._last_record = time.monotonic()
        self._committed_since_look = False

    def run(self, open_sources: Opened) -> int:
        """Watch until stopped, or drained; returns the exit code.

        `open_sources` is called once the state is there. Raises `StateError` if the state belongs to another key or
        watcher, `ResourceError` if it cannot be written.
        """
        s = self.settings
        with ExitStack() as stack:
            stack.enter_context(_alone(s.state))
            with locked(s.state / LOCK):  # a look that its watcher left behind ends at once
                self._check_header()
                segments = Segments(s.state)
                removed = segments.recover()
            self.intake = self._intake(segments)
            self.windows = Windows(s.windows, _looked(s.state))
            sources = open_sources(self)
            self._serve_status(stack)
            self.log.info(
                "started",
                step=segments.step,
                exchanges=self.counts.exchanges,
                removed=removed,
                key=fingerprint(self._key),
            )
            stack.enter_context(_signals(self._stopping))
            with ThreadPoolExecutor(max(1, len(sources) + len(self._sinks))) as pool:
                running = [pool.submit(source.run) for source in sources]
                delivering = [pool.submit(self._publisher.run, sink) for sink in self._sinks if not s.drain]
                try:
                    self._loop(running)
                finally:
                    for source in sources:
                        source.stop()
                    self.queue.close()
                    self._publisher.stop()
                    self._end_look()
                for future in (*running, *delivering):
                    future.result()
            return self._finish()

    def _loop(self, running: Sequence[Future[None]]) -> None:
        """Until stopped; or, when draining, until every source has ended and everything was looked at."""
        self.counts.ready = True
        self._next_look = _look_process()
        while not self._stopping.is_set():
            for future in running:
                if future.done():
                    future.result()
            read = self.settings.drain and all(future.done() for future in running)
            self._take_in(read=read)
            ended = read and self.queue.empty and not self.intake.waiting
            self._look_if_due(ended=ended)
            if ended and self._looking is None and not self._due(ended=True):
                break
        self.intake.commit()

    def _take_in(self, *, read: bool) -> None:
        """Take the next delivery in, and make durable what is due; `read` says that nothing more will come."""
        closed = self.windows.looked
        delivery = self.queue.get(seconds=0.0 if read else 0.1)
        if delivery is not None:
            self._last_record = time.monotonic()
            self.intake.take(delivery, closed=None if closed is None else _micros(closed))
        elif read:
            time.sleep(0.01)
        if self.intake.due() or (read and delivery is None):
            self._committed_since_look |= self.intake.commit() > 0
        self.counts.beat = time.time()
        self.counts.queue_bytes = self.queue.size
        self.counts.newest = (self.intake.newest or 0) / 1e6

    def _due(self, *, ended: bool) -> datetime | None:
        """Up to which event time to look now. When draining everything is looked at, once, at the end."""
        idle = time.monotonic() - self._last_record if self._committed_since_look else 0.0
        if ended:
            idle = float("inf") if self._committed_since_look else 0.0
        if self.intake.newest is None or (self.settings.drain and not ended):
            return None
        return self.windows.due(self.intake.first, self.intake.newest, datetime.now(UTC), idle)

    def _look_if_due(self, *, ended: bool) -> None:
        if self._looking is not None:
            if self._looking.poll() is None:
                return
            self._take_look(self._looking)
            self._looking, self._next_look = None, None if ended else _look_process()
        end = self._due(ended=ended)
        if ended and end is not None:
            end = max(end, _EPOCH + timedelta(microseconds=(self.intake.newest or 0) + 1))
        if end is not None:
            self._committed_since_look |= self.intake.commit() > 0
            self._start_look(end)

    def _start_look(self, end: datetime) -> None:
        s = self.settings
        order = Order(
            folder=str(s.state), before=end.isoformat(), oldest_day=self._oldest_day(), key_file=str(s.key_file),
            beside=str(s.beside or ""), calibration=str(s.calibration or ""), memory=s.memory, threads=s.threads,
            report=s.report, everything=end > _EPOCH + timedelta(microseconds=self.intake.newest or 0),
        )  # fmt: skip
        self._looking, self._next_look = self._next_look or _look_process(), None
        if self._looking.stdin is not None:
            self._looking.stdin.write(json.dumps(asdict(order)) + "\n")
            self._looking.stdin.flush()
        self._look_end = end
        self._committed_since_look = False
        self.log.info("look_started", before=end)

    def _take_look(self, process: subprocess.Popen[str]) -> None:
        said = process.stdout.read() if process.stdout is not None else ""
        found: dict[str, Any] = json.loads(said) if said.strip() else {"error": "the look was killed"}
        _close(process)
        if process.returncode != 0 or "error" in found:
            self.counts.look_failures += 1
            self.log.error("look_failed", before=self._look_end, code=process.returncode, **found)
            if self.settings.drain:
                raise ResourceError(
                    f"the look failed: {found.get('error')}", where=str(found.get("where", "")),
                    remedy=str(found.get("remedy", "")),
                )  # fmt: skip
            self.windows.looked = self._look_end  # the next window tries again
            return
        self.windows.looked = self._look_end
        self.counts.looks += 1
        self.counts.looked = self._look_end.timestamp()
        self.counts.look_seconds = float(found["seconds"])
        self.counts.campaigns.clear()
        self.counts.campaigns.update(found["campaigns"])
        self.log.info("looked", before=self._look_end, **found)
        self._publisher.wake()

    def _end_look(self) -> None:
        """A look that is under way is ended: the next start does it again."""
        for process in (self._looking, self._next_look):
            if process is not None:
                _close(process)
                process.wait()

    def _finish(self) -> int:
        whole = self._publisher.drain() if self.settings.drain else True
        self._publisher.wake()
        self.log.info("stopped", exchanges=self.counts.exchanges, looks=self.counts.looks)
        return 0 if whole else 1

    def _intake(self, segments: Segments) -> Intake:
        s = self.settings
        data = Dataset(s.state / "nothing", beside=s.beside)
        sketcher = stages.sketcher(data, self._key, text=True)
        return Intake(segments, sketcher, self._key, s.intake, self.counts)

    def _oldest_day(self) -> str:
        return day_name(max(self.intake.oldest_day, 0))

    def _serve_status(self, stack: ExitStack) -> None:
        if self.settings.listen is None:
            return
        server = StatusServer(*self.settings.listen, self.counts)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.server_close)
        stack.callback(server.shutdown)

    def _check_header(self) -> None:
        """The state must have been written with this key, and text kept or dropped as now."""
        path = self.settings.state / HEADER
        header = {"version": VERSION, "key": fingerprint(self._key)}
        if not path.exists():
            replace_text(path, json.dumps(header) + "\n")
            return
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise StateError(
                "cannot be read", where=str(path), remedy="Start a new state elsewhere"
            ) from error
        if found != header:
            raise StateError(
                f"the state has version {found.get('version')} and key {found.get('key')}, "
                f"not {VERSION} and {header['key']}",
                where=str(self.settings.state),
                remedy="Give the --key-file it was written with; a new key starts a new state, in another folder",
            )


def _begun(name: str) -> bool:
    """Whether a watcher that was killed at its very start leaves something of this name."""
    return name in (WATCH_LOCK, LOCK) or name.startswith(f".{HEADER}.")


def _look_process() -> subprocess.Popen[str]:
    """A process that has loaded what a look needs, and waits for its order."""
    return subprocess.Popen(
        [sys.executable, "-m", "stillwatch.app.live.look"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,  # Ctrl-C is for the watcher, which ends it
    )  # fmt: skip


def _close(process: subprocess.Popen[str]) -> None:
    """Close the ends of the pipes to a process, by which it knows that nobody waits for it."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _looked(folder: Path) -> datetime | None:
    path = folder / LOOKED
    return datetime.fromisoformat(json.loads(path.read_text("utf-8"))["before"]) if path.exists() else None


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; raises `StateError` if another one holds it."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / HEADER).exists() and any(not _begun(p.name) for p in folder.iterdir()):
            raise StateError(
                "is no state folder of a watcher", where=str(folder), remedy="Choose another --state"
            )
    with (folder / WATCH_LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(
                "another watcher holds this state",
                where=str(folder),
                remedy="Stop it, or choose another --state",
            ) from error
        yield


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT ask to stop; outside the main thread nobody listens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {n: signal.signal(n, lambda *_: stopping.set()) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
