"""From logs to canonical tables: the whole of ingest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from stillwatch import ingest
from stillwatch.ingest.accounts import Accounts, read_accounts
from stillwatch.ingest.added import (
    RECORD,
    Added,
    known_ids,
    read_added,
    settings_digest,
    without_known,
    write_added,
)
from stillwatch.ingest.check import check
from stillwatch.ingest.coverage import Coverage, FieldCoverage
from stillwatch.ingest.detect import AUTO, Formats, choose
from stillwatch.ingest.formats import LogFormat, Settings
from stillwatch.ingest.join import Join
from stillwatch.ingest.rows import Batch, Reject
from stillwatch.ingest.seen import Seen
from stillwatch.ingest.source import STDIN, Source, expand
from stillwatch.ingest.write import TableWriter, full_disk
from stillwatch.model.ahead import ahead
from stillwatch.model.errors import UsageError, VanishedError
from stillwatch.model.input_tables import ACCOUNTS, EXCHANGES, REJECTS
from stillwatch.model.places import Files
from stillwatch.model.registry import FormatSpec, scan

TOLERANCE = timedelta(days=1)  # clocks differ; what lies further ahead is absurd
TEXTS = ("system_text", "prompt_text", "response_text")
ENTRY_POINTS = "stillwatch.ingest"
ASKED_AT_ONCE = 8  # objects of a store whose first bytes are asked for together

Progress = Callable[["Reading"], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a run has come, in bytes before decompression (`size` 0: not known)."""

    file: str
    consumed: int
    size: int
    exchanges: int
    rejects: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a run did. `formats` counts files, `reasons` counts rejects. Where it added to a folder: files that earlier
    runs had read (`unchanged`), those that have `changed` since, and exchanges of these that were `known`. `vanished`
    are files that were listed and then not there."""

    out: Path
    files: int
    formats: Mapping[str, int]
    exchanges: int
    rejects: int
    skipped: int
    reasons: Mapping[str, int]
    accounts: int
    seconds: float
    coverage: tuple[FieldCoverage, ...]
    notes: tuple[str, ...]
    unchanged: int = 0
    changed: tuple[str, ...] = ()
    known: int = 0
    vanished: tuple[str, ...] = ()


def log_formats() -> Formats:
    """All formats, ours and those of other packages, by name."""
    return scan(ingest, FormatSpec, group=ENTRY_POINTS)


def read_logs(
    paths: Iterable[str],
    *,
    out: Path,
    now: datetime,
    format: str = AUTO,  # noqa: A002 - the name of the option
    account: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    keep_text: bool = True,
    accounts: str | None = None,
    accounts_mapping: Mapping[str, Any] | None = None,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
    files: Files | None = None,
    add: bool = False,
) -> Ingested:
    """Read logs into the tables `exchanges`, `rejects` and `accounts` in the folder `out`.

    `paths` are files, folders, patterns or `-`, addresses of stores among them with `files`. `account` is the path in
    the record to the account id, where it is not the format's own. `mapping` and `accounts_mapping` are parsed TOML.
    Records later than `now` plus a day are rejected. With `add` what the folder holds stays, and only files are read
    that are new or changed since. Raises `InputError` if a file cannot be used and `ResourceError` if results cannot be
    written; then nothing in `out` has changed.
    """
    started = time.monotonic()
    settings = Settings(account, mapping)
    had = settings_digest(format=format, account=account, mapping=mapping, text=keep_text)
    earlier = _earlier(out, had, add, stdin)
    listed = expand(paths, stdin=stdin, files=files)
    sources, changed = earlier.news(listed) if earlier is not None else (listed, frozenset())
    sources = [source for source in sources if not source.empty] or ([] if earlier is not None else sources)
    formats = log_formats()  # above: a rotated log may be empty
    inputs, gone = _inputs(sources, formats, settings, format)
    people = read_accounts(expand([accounts], files=files)[0], accounts_mapping) if accounts else None
    with full_disk(out):
        out.mkdir(parents=True, exist_ok=True)
    latest = int((now + TOLERANCE).timestamp() * 1e6)
    with ExitStack() as stack:
        run = _Run(stack, out, latest, keep_text, progress, earlier, changed)
        run.gone += gone
        if inputs or people is not None or earlier is None:
            run.open()
            run.read(inputs)
        if people is not None:
            run.add_accounts(people)
        run.keep()
    if earlier is not None and run.wrote:
        whole = [one.source.listed() for one in inputs if one.source.path not in run.gone]
        write_added(out, earlier.after(whole, had))
    return run.report(inputs, people, time.monotonic() - started, len(listed) - len(sources))


def _earlier(out: Path, settings: str, add: bool, stdin: BinaryIO | None) -> Added | None:
    """What was read before, where the run adds to it; raises `UsageError` where that does not go together."""
    if add and stdin is not None:
        raise UsageError("standard input cannot be known again", where=STDIN, remedy="Leave --add or - out")
    if not add and (out / RECORD).exists():
        raise UsageError(
            "is a folder that runs with --add have filled",
            where=str(out),
            remedy="Give --add, or another folder",
        )
    return read_added(out, settings) if add else None


def _inputs(
    sources: list[Source], formats: Formats, settings: Settings, wanted: str
) -> tuple[list[_Input], list[str]]:
    """Sources with their readers, and the paths of those that have vanished since they were listed."""

    def look(source: Source) -> _Input | str:
        try:
            return _Input(source, *choose(source, formats, settings, wanted=wanted))
        except VanishedError:
            return source.path

    many = ASKED_AT_ONCE if any(source.found for source in sources) else 1
    found = list(ahead(look, sources, threads=many))
    return [one for one in found if isinstance(one, _Input)], [one for one in found if isinstance(one, str)]


@dataclass(frozen=True, slots=True)
class _Input:
    source: Source
    name: str
    reader: LogFormat


class _Run:
    """One run: writers, counters, and the ids seen so far."""

    def __init__(
        self,
        stack: ExitStack,
        out: Path,
        latest: int,
        keep_text: bool,
        progress: Progress | None,
        earlier: Added | None,
        changed: frozenset[str],
    ) -> None:
        self._out, self._latest, self._keep_text, self._progress = out, latest, keep_text, progress
        self._stack, self._earlier, self._changed = stack, earlier, changed
        self._tables: dict[str, TableWriter] = {}
        self._seen = Seen()
        self._before = Seen()  # ids of earlier runs, where changed files hold them again
        self._known = 0
        self.gone: list[str] = []
        self._coverage = Coverage()
        self._reasons: Counter[str] = Counter()
        self._skipped = 0

    def open(self) -> None:
        """Make the tables; where the run adds, know the ids that are there."""
        for hashes in known_ids(self._out) if self._earlier is not None else ():
            self._seen.add(hashes)
            if self._changed:
                self._before.add(hashes)
        for table in (REJECTS, EXCHANGES):
            place, name = self._out, table.name
            if self._earlier is not None:
                place, name = self._out / table.name, f"{self._earlier.runs + 1:09d}"
                with full_disk(place):
                    place.mkdir(exist_ok=True)
            self._tables[table.name] = self._stack.enter_context(TableWriter(place, name, table.schema))

    def read(self, inputs: list[_Input]) -> None:
        """Read all inputs; those that describe the same requests are joined."""
        present = {one.name for one in inputs}
        partners = {one.name: set(getattr(one.reader, "partners", ())) & present for one in inputs}
        together = {name for name, others in partners.items() if others} | set().union(*partners.values())
        join = Join(self._out) if together else None
        if join is not None:
            self._stack.callback(join.close)
        for one in inputs:
            try:
                for batch in one.reader.read(one.source):
                    if join is not None and one.name in together:
                        join.add(batch, path=one.source.path, access=bool(partners[one.name]))
                        batch = Batch(batch.exchanges.slice(0, 0), [], [], batch.rejects, batch.skipped)
                    self._take(batch, one.source, again=one.source.path in self._changed)
            except VanishedError:
                self.gone.append(one.source.path)
        for batch in join.batches() if join is not None else ():
            self._take(batch, inputs[-1].source, again=bool(self._changed))

    def add_accounts(self, people: Accounts) -> None:
        """Write the accounts, and what was wrong with their file."""
        self._write_rejects(people.rejects, people.path)
        table = self._stack.enter_context(TableWriter(self._out, ACCOUNTS.name, ACCOUNTS.schema))
        for batch in people.table.to_batches():
            table.write(batch)
        self._tables = {ACCOUNTS.name: table, **self._tables}

    def keep(self) -> None:
        """Give all tables their names, exchanges last: who finds them finds everything."""
        for table in self._tables.values():
            table.finish()
        for table in self._tables.values():
            table.keep()

    @property
    def wrote(self) -> bool:
        """Whether there was something to write."""
        return bool(self._tables)

    def _rows(self, name: str) -> int:
        return self._tables[name].rows if name in self._tables else 0

    def _take(self, batch: Batch, source: Source, *, again: bool) -> None:
        if again:
            batch, known = without_known(batch, self._before)
            self._known += known
        checked = check(batch, seen=self._seen, latest=self._latest)
        rows = checked.exchanges
        self._coverage.add(rows)
        self._skipped += batch.skipped
        self._write_rejects(checked.rejects, source.path)
        if len(rows):
            self._tables[EXCHANGES.name].write(rows if self._keep_text else _without_text(rows))
        if self._progress is not None:
            seen = Reading(
                source.path,
                source.consumed,
                source.size,
                self._rows(EXCHANGES.name),
                self._rows(REJECTS.name),
            )
            self._progress(seen)

    def _write_rejects(self, rejects: list[Reject], path: str) -> None:
        if not rejects:
            return
        self._reasons.update(reject.reason for reject in rejects)
        columns = [
            [reject.file or path for reject in rejects],
            [reject.line for reject in rejects],
            [reject.reason for reject in rejects],
            [reject.digest for reject in rejects],
        ]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, REJECTS.schema, strict=True)]
        self._tables[REJECTS.name].write(pa.record_batch(arrays, schema=REJECTS.schema))

    def report(
        self, inputs: list[_Input], people: Accounts | None, seconds: float, unchanged: int
    ) -> Ingested:
        """What was done."""
        notes = {note: None for one in inputs for note in getattr(one.reader, "notes", list)()}
        if people is not None and people.unknown:
            notes[f"account columns without a use: {', '.join(people.unknown)}"] = None
        return Ingested(
            out=self._out,
            files=len(inputs),
            formats=dict(sorted(Counter(one.name for one in inputs).items())),
            exchanges=self._rows(EXCHANGES.name),
            rejects=self._rows(REJECTS.name),
            skipped=self._skipped,
            reasons=dict(self._reasons.most_common()),
            accounts=people.table.num_rows if people is not None else 0,
            seconds=seconds,
            coverage=self._coverage.table(),
            notes=tuple(notes),
            unchanged=unchanged,
            changed=tuple(sorted(self._changed)),
            known=self._known,
            vanished=tuple(self.gone),
        )


def _without_text(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows with no prompt, system or answer text."""
    columns = [
        pa.nulls(len(rows), field.type) if field.name in TEXTS else rows[field.name] for field in rows.schema
    ]
    return pa.record_batch(columns, schema=rows.schema)
