"""What every log format must do, whoever wrote it: `check_format` runs all checks on one format.

A format brings a folder of cases: files `input*` (records as the log holds them), `damaged.jsonl` (lines
that must become rejects, among them a repeated one and one without an account) and `expected.json`: for
each input file the rows it must give (columns that are null left out), and for the damaged file its rejects
as line and reason.

    python -m stillwatch.lab.format_checks             check every format found
    python -m stillwatch.lab.format_checks --rewrite   write expected.json anew, for review as a diff
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ingest.detect import choose
from stillwatch.ingest.formats import Settings
from stillwatch.ingest.logs import TEXTS, log_formats, read_logs
from stillwatch.ingest.source import Source
from stillwatch.model.errors import ExtensionError, StillwatchError

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CASES = Path("tests/cases/ingest")
DAMAGED = "damaged.jsonl"
EXPECTED = "expected.json"
ABSENT = "no.such.field"


@dataclass(frozen=True, slots=True)
class FormatCase:
    """A format by name, its folder of cases, and a folder to write in."""

    name: str
    cases: Path
    scratch: Path

    @property
    def inputs(self) -> list[Path]:
        """The files with good records."""
        return sorted(self.cases.glob("input*"))

    def tables(self, file: Path, **settings: Any) -> tuple[pa.Table, pa.Table]:
        """Exchanges and rejects of one file."""
        read_logs([str(file)], out=self.scratch, now=NOW, format=self.name, **settings)
        return tuple(pq.read_table(self.scratch / f"{t}.parquet") for t in ("exchanges", "rejects"))

    def rows(self, file: Path, **settings: Any) -> list[dict[str, Any]]:
        """Exchanges of one file as plain values, in order of their ids."""
        return sorted(
            map(_plain, self.tables(file, **settings)[0].to_pylist()), key=lambda r: r["exchange_id"]
        )

    def rejects(self, file: Path) -> list[list[Any]]:
        """Line and reason of each reject of one file."""
        return [[r["line"], r["reason"]] for r in self.tables(file)[1].to_pylist()]

    def expected(self) -> dict[str, Any]:
        """What `expected.json` should hold."""
        found: dict[str, Any] = {file.name: self.rows(file) for file in self.inputs}
        found[DAMAGED] = self.rejects(self.cases / DAMAGED)
        return found


def gives_the_expected_rows(case: FormatCase) -> None:
    """Each input file gives the rows that `expected.json` lists."""
    wanted = json.loads((case.cases / EXPECTED).read_text("utf-8"))
    for file in case.inputs:
        _same(case, wanted.get(file.name), case.rows(file), f"rows of {file.name} are not as expected")


def rejects_what_is_damaged(case: FormatCase) -> None:
    """Damaged lines become rejects with their reasons and never stop the run."""
    wanted = json.loads((case.cases / EXPECTED).read_text("utf-8"))[DAMAGED]
    _same(case, wanted, case.rejects(case.cases / DAMAGED), "rejects are not as expected")
    _hold(case, bool(case.rows(case.cases / DAMAGED)), "no good record of the damaged file was read")


def counts_duplicates_once(case: FormatCase) -> None:
    """A file whose lines stand there twice gives the same rows, and a reject for each repeated one."""
    for file in _line_files(case):
        twice = _written(case, file.read_bytes().rstrip(b"\n") + b"\n" + file.read_bytes(), file.suffix)
        rows, rejects = case.tables(twice)
        _same(case, case.rows(file), _ordered(rows), f"{file.name} twice gives other rows")
        reasons = set(rejects["reason"].to_pylist())
        _same(case, {"duplicate exchange_id"}, reasons, "repeated records are not called duplicates")


def gives_the_same_twice(case: FormatCase) -> None:
    """Reading a file again gives the same rows in the same order."""
    for file in case.inputs:
        _hold(
            case,
            case.tables(file)[0] == case.tables(file)[0],
            f"{file.name} gives other rows when read again",
        )


def ignores_the_order_of_lines(case: FormatCase) -> None:
    """Lines in reverse give the same rows."""
    for file in _line_files(case):
        lines = file.read_bytes().splitlines()
        turned = _written(case, b"\n".join(reversed(lines)), file.suffix)
        _same(case, case.rows(file), case.rows(turned), f"{file.name} in reverse gives other rows")


def reads_gzip_like_plain(case: FormatCase) -> None:
    """A compressed file gives the same rows."""
    for file in case.inputs:
        packed = _written(case, gzip.compress(file.read_bytes()), f"{file.suffix}.gz")
        _same(case, case.rows(file), case.rows(packed), f"{file.name} compressed gives other rows")


def rejects_without_account(case: FormatCase) -> None:
    """Where the chosen field is absent every record is a reject: no account is guessed."""
    for file in case.inputs:
        rows, rejects = case.tables(file, account=ABSENT)
        reasons = {str(reason).partition(":")[0] for reason in rejects["reason"].to_pylist()}
        _hold(case, not len(rows) and reasons == {"no account"}, f"{file.name} has rows without an account")


def keeps_no_text_when_dropped(case: FormatCase) -> None:
    """With `--text drop` no text column holds anything, and the keys made from text stay."""
    for file in case.inputs:
        kept, dropped = case.tables(file)[0], case.tables(file, keep_text=False)[0]
        _hold(case, all(dropped[n].null_count == len(dropped) for n in TEXTS), f"{file.name}: text is kept")
        for name in ("prefix_key", "next_prefix_key", "tools_key"):
            _same(case, kept[name], dropped[name], f"{file.name}: {name} changes when text is dropped")


def is_recognised(case: FormatCase) -> None:
    """`--format auto` finds the format of each input file."""
    for file in case.inputs:
        found, _ = choose(Source(str(file)), log_formats(), Settings())
        _same(case, case.name, found, f"{file.name} is taken for another format")


Check = Callable[[FormatCase], None]
CHECKS: tuple[Check, ...] = (
    gives_the_expected_rows,
    rejects_what_is_damaged,
    counts_duplicates_once,
    gives_the_same_twice,
    ignores_the_order_of_lines,
    reads_gzip_like_plain,
    rejects_without_account,
    keeps_no_text_when_dropped,
    is_recognised,
)


def check_format(name: str, *, cases: Path) -> None:
    """Run every check on the format called `name`; `cases` is the folder of its case files.

    Raises `ExtensionError` at the first check that fails, `InputError` if a case file cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        for check in CHECKS:
            check(FormatCase(name, cases, Path(folder)))


def _line_files(case: FormatCase) -> list[Path]:
    return [file for file in case.inputs if file.suffix == ".jsonl"]


def _written(case: FormatCase, content: bytes, suffix: str) -> Path:
    file = case.scratch / f"variant{suffix}"
    file.write_bytes(content)
    return file


def _ordered(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(map(_plain, table.to_pylist()), key=lambda row: row["exchange_id"])


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON values, without nulls and without the name of the file."""
    return {name: _value(item) for name, item in row.items() if item is not None and name != "source"}


def _value(item: Any) -> Any:
    if isinstance(item, datetime):
        return item.isoformat()
    if isinstance(item, float):
        return round(item, 6)
    if isinstance(item, list):
        return [list(part) if isinstance(part, tuple) else part for part in item]
    return item


def _same(case: FormatCase, wanted: Any, found: Any, what: str) -> None:
    if wanted != found:
        raise ExtensionError(
            f"{what}: {_first_difference(wanted, found)}", where=str(case.cases), remedy="Correct the format"
        )


def _hold(case: FormatCase, holds: bool, what: str) -> None:
    if not holds:
        raise ExtensionError(what, where=str(case.cases), remedy="Correct the format")


def _first_difference(wanted: Any, found: Any) -> str:
    if isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return f"{len(wanted)} wanted, {len(found)} found"
        pairs = ((w, f) for w, f in zip(wanted, found, strict=True) if w != f)
        return next((_first_difference(w, f) for w, f in pairs), "equal")
    if isinstance(wanted, dict) and isinstance(found, dict):
        names = [n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n)]
        return ", ".join(f"{n}: {wanted.get(n)!r} wanted, {found.get(n)!r} found" for n in sorted(names))
    return f"{wanted!r} wanted, {found!r} found"


def _rewrite(root: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in log_formats():
            case = FormatCase(name, root / name, Path(folder))
            content = json.dumps(case.expected(), ensure_ascii=False, indent=1)
            (case.cases / EXPECTED).write_text(content + "\n", encoding="utf-8")


def _report(root: Path) -> int:
    failed = 0
    for name in log_formats():
        try:
            check_format(name, cases=root / name)
        except StillwatchError as error:
            failed += 1
            sys.stdout.write(f"{name}: {error}\n")
        else:
            sys.stdout.write(f"{name}: passes {len(CHECKS)} checks\n")
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks, or rewrite the expected files."""
    parser = argparse.ArgumentParser(description="Check log formats against their cases.")
    parser.add_argument("--rewrite", action="store_true", help="write expected.json of every format anew")
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of case folders")
    chosen = parser.parse_args(arguments)
    if chosen.rewrite:
        _rewrite(chosen.cases)
        return 0
    return _report(chosen.cases)


if __name__ == "__main__":
    sys.exit(main())
