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
from stillwatch.ingest.check import check
from stillwatch.ingest.coverage import Coverage, FieldCoverage
from stillwatch.ingest.detect import AUTO, Formats, choose
from stillwatch.ingest.formats import LogFormat, Settings
from stillwatch.ingest.join import Join
from stillwatch.ingest.rows import Batch, Reject
from stillwatch.ingest.seen import Seen
from stillwatch.ingest.source import Source, expand
from stillwatch.ingest.write import TableWriter, full_disk
from stillwatch.model.registry import FormatSpec, scan
from stillwatch.model.tables import ACCOUNTS, EXCHANGES, REJECTS

TOLERANCE = timedelta(days=1)  # clocks differ; what lies further ahead is absurd
TEXTS = ("system_text", "prompt_text", "response_text")
ENTRY_POINTS = "stillwatch.ingest"

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
    """What a run did. `formats` counts files, `reasons` counts rejects."""

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
) -> Ingested:
    """Read logs into `exchanges.parquet`, `rejects.parquet` and `accounts.parquet` in the folder `out`.

    `paths` are files, folders, patterns or `-`. `account` is the path in the record to the account id,
    where it is not the format's own. `mapping` and `accounts_mapping` are parsed TOML. Records later than
    `now` plus a day are rejected. Raises `InputError` if a file cannot be used and `ResourceError` if
    results cannot be written; then nothing in `out` has changed.
    """
    started = time.monotonic()
    settings = Settings(account, mapping)
    found = expand(paths, stdin=stdin)
    sources = [source for source in found if not source.empty] or found  # a rotated log may be empty
    formats = log_formats()
    inputs = [_Input(source, *choose(source, formats, settings, wanted=format)) for source in sources]
    people = read_accounts(accounts, accounts_mapping) if accounts else None
    with full_disk(out):
        out.mkdir(parents=True, exist_ok=True)
    latest = int((now + TOLERANCE).timestamp() * 1e6)
    with ExitStack() as stack:
        run = _Run(stack, out, latest, keep_text, progress)
        run.read(inputs)
        if people is not None:
            run.add_accounts(people)
        run.keep()
    return run.report(inputs, people, time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Input:
    source: Source
    name: str
    reader: LogFormat


class _Run:
    """One run: writers, counters, and the ids seen so far."""

    def __init__(
        self, stack: ExitStack, out: Path, latest: int, keep_text: bool, progress: Progress | None
    ) -> None:
        self._out, self._latest, self._keep_text, self._progress = out, latest, keep_text, progress
        self._stack = stack
        self._exchanges = stack.enter_context(TableWriter(out, EXCHANGES.name, EXCHANGES.schema))
        self._rejects = stack.enter_context(TableWriter(out, REJECTS.name, REJECTS.schema))
        self._accounts: TableWriter | None = None
        self._seen = Seen()
        self._coverage = Coverage()
        self._reasons: Counter[str] = Counter()
        self._skipped = 0

    def read(self, inputs: list[_Input]) -> None:
        """Read all inputs; those that describe the same requests are joined."""
        present = {one.name for one in inputs}
        partners = {one.name: set(getattr(one.reader, "partners", ())) & present for one in inputs}
        together = {name for name, others in partners.items() if others} | set().union(*partners.values())
        join = Join(self._out) if together else None
        if join is not None:
            self._stack.callback(join.close)
        for one in inputs:
            for batch in one.reader.read(one.source):
                if join is not None and one.name in together:
                    join.add(batch, path=one.source.path, access=bool(partners[one.name]))
                    batch = Batch(batch.exchanges.slice(0, 0), [], [], batch.rejects, batch.skipped)
                self._take(batch, one.source)
        for batch in join.batches() if join is not None else ():
            self._take(batch, inputs[-1].source)

    def add_accounts(self, people: Accounts) -> None:
        """Write the accounts, and what was wrong with their file."""
        self._write_rejects(people.rejects, people.path)
        self._accounts = self._stack.enter_context(TableWriter(self._out, ACCOUNTS.name, ACCOUNTS.schema))
        for batch in people.table.to_batches():
            self._accounts.write(batch)

    def keep(self) -> None:
        """Give all tables their names, exchanges last: who finds them finds everything."""
        tables = [self._rejects, *filter(None, [self._accounts]), self._exchanges]
        for table in tables:
            table.finish()
        for table in tables:
            table.keep()

    def _take(self, batch: Batch, source: Source) -> None:
        checked = check(batch, seen=self._seen, latest=self._latest)
        rows = checked.exchanges
        self._coverage.add(rows)
        self._skipped += batch.skipped
        self._write_rejects(checked.rejects, source.path)
        if len(rows):
            self._exchanges.write(rows if self._keep_text else _without_text(rows))
        if self._progress is not None:
            seen = Reading(
                source.path, source.consumed, source.size, self._exchanges.rows, self._rejects.rows
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
        self._rejects.write(pa.record_batch(arrays, schema=REJECTS.schema))

    def report(self, inputs: list[_Input], people: Accounts | None, seconds: float) -> Ingested:
        """What was done."""
        notes = {note: None for one in inputs for note in getattr(one.reader, "notes", list)()}
        if people is not None and people.unknown:
            notes[f"account columns without a use: {', '.join(people.unknown)}"] = None
        return Ingested(
            out=self._out,
            files=len(inputs),
            formats=dict(sorted(Counter(one.name for one in inputs).items())),
            exchanges=self._exchanges.rows,
            rejects=self._rejects.rows,
            skipped=self._skipped,
            reasons=dict(self._reasons.most_common()),
            accounts=people.table.num_rows if people is not None else 0,
            seconds=seconds,
            coverage=self._coverage.table(),
            notes=tuple(notes),
        )


def _without_text(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows with no prompt, system or answer text."""
    columns = [
        pa.nulls(len(rows), field.type) if field.name in TEXTS else rows[field.name] for field in rows.schema
    ]
    return pa.record_batch(columns, schema=rows.schema)
