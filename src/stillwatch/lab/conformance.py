"""What every signal must do, whoever wrote it: `check_signal` runs all checks on one signal.

A signal brings a folder of cases: `input.json` and `expected.json` (the rows it must give),
`planted.json` (one account doing more and more of what the signal measures), `look_alike.json` (innocent
traffic on which it must stay quiet) and `reference.py` (`reference(tables, window)` in plain Python).
`lab.signal_cases` describes the files.

    python -m stillwatch.lab.conformance             check every signal found
    python -m stillwatch.lab.conformance --rewrite   write expected.json anew, for review as a diff
    python -m stillwatch.lab.conformance --docs      write the pages of the signals anew
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import stillwatch.signals
from stillwatch.lab.signal_checks import CHECKS, Subject, expected_rows
from stillwatch.lab.signal_pages import index_page, signal_page
from stillwatch.model.engine import Tables
from stillwatch.model.errors import StillwatchError
from stillwatch.model.registry import Entry, SignalSpec, scan
from stillwatch.store.duck import open_duck

Open: TypeAlias = Callable[[], AbstractContextManager[Tables]]


def check_signal(entry: Entry[SignalSpec], open_tables: Open, *, cases: Path) -> None:
    """Run every check on a signal; `cases` is the folder of its case files.

    Raises `ExtensionError` at the first check that fails, `InputError` if a case file cannot be used.
    """
    with open_tables() as engine:
        for check in CHECKS:
            check(Subject(entry, engine, cases))


def signals() -> Mapping[str, Entry[SignalSpec]]:
    """Every signal of this package and of packages that extend it."""
    return scan(stillwatch.signals, SignalSpec, group="stillwatch.signals")


@contextmanager
def _duck() -> Iterator[Tables]:
    with tempfile.TemporaryDirectory() as folder, open_duck(Path(folder), threads=2) as engine:
        yield engine


def _write_expected(root: Path) -> None:
    with _duck() as engine:
        for name, entry in signals().items():
            rows = expected_rows(Subject(entry, engine, root / name))
            lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
            (root / name / "expected.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _write_pages(root: Path, pages: Path) -> None:
    found = signals()
    for name, entry in found.items():
        (pages / f"{name}.md").write_text(signal_page(entry, root / name), encoding="utf-8")
    (pages / "index.md").write_text(index_page(found), encoding="utf-8")


def _report(root: Path) -> int:
    """Check every signal and say how it went; 1 if any check failed."""
    failed = 0
    for name, entry in signals().items():
        try:
            check_signal(entry, _duck, cases=root / name)
        except StillwatchError as error:
            failed += 1
            sys.stdout.write(f"{name}: {error}\n")
        else:
            sys.stdout.write(f"{name}: passes {len(CHECKS)} checks\n")
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks, or rewrite expected files or pages."""
    parser = argparse.ArgumentParser(description="Check signals against their cases.")
    parser.add_argument("--rewrite", action="store_true", help="write expected.json of every signal anew")
    parser.add_argument("--docs", action="store_true", help="write the page of every signal anew")
    parser.add_argument(
        "--cases", type=Path, default=Path("tests/cases/signals"), help="folder of case folders"
    )
    parser.add_argument("--pages", type=Path, default=Path("docs/signals"), help="folder of pages")
    chosen = parser.parse_args(arguments)
    if chosen.rewrite:
        _write_expected(chosen.cases)
    if chosen.docs:
        _write_pages(chosen.cases, chosen.pages)
    return 0 if chosen.rewrite or chosen.docs else _report(chosen.cases)


if __name__ == "__main__":
    sys.exit(main())
