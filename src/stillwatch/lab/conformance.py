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
import re
import runpy
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa

import stillwatch.signals
from stillwatch.lab.signal_cases import SCHEMAS, SignalCase, read_case, read_json, read_series
from stillwatch.lab.signal_pages import QUESTIONS, index_page, signal_page
from stillwatch.lab.signal_samples import sample_case
from stillwatch.lab.signal_variants import abroad, of_account, renamed, turned, without_values
from stillwatch.model.engine import Tables
from stillwatch.model.errors import ExtensionError, StillwatchError
from stillwatch.model.registry import Entry, SignalSpec, scan
from stillwatch.store.duck import open_duck

Open: TypeAlias = Callable[[], AbstractContextManager[Tables]]
Scores: TypeAlias = Mapping[int, tuple[float, int]]

SEEDS = (1, 2, 3)
TOLERANCE = 2e-6
ROW_TYPES = pa.schema([("subject", pa.int64()), ("value", pa.float64()), ("n", pa.int64())])
UNITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "share": (0.0, 1.0),
        "bits": (0.0, 64.0),
        "count": (0.0, float("inf")),
        "hours": (0.0, float("inf")),
        "ratio": (0.0, float("inf")),
    }
)
FOREIGN = re.compile(
    r"\b(FILTER|QUALIFY|LIST_?\w*|ARRAY_?\w*|UNNEST|EXPLODE|HASH|MD5|RANDOM|RAND|TABLESAMPLE|REGEXP\w*|LIKE|SUBSTR\w*"
    r"|CONCAT\w*|EPOCH\w*|STRFTIME|APPROX\w*|MEDIAN|PERCENTILE\w*|ARG_M\w*|ANY_VALUE|FIRST|LAST)\b|::|//|\|\|",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """One signal under test, an engine that is open, and the folder of its cases."""

    entry: Entry[SignalSpec]
    engine: Tables
    cases: Path

    def rows(self, case: SignalCase) -> pa.Table:
        """The signal's rows on a case, by subject."""
        case.load(self.engine)
        relation = self.entry.thing(self.engine, window=case.window)
        return self.engine.query(f"SELECT subject, value, n FROM ({relation.sql}) scores ORDER BY subject")

    def scores(self, case: SignalCase) -> Scores:
        """Value and count of each subject. Raises `ExtensionError` if a subject has two rows."""
        rows = self.rows(case)
        found = {row["subject"]: (row["value"], row["n"]) for row in rows.to_pylist()}
        if len(found) != rows.num_rows:
            raise self.fault("gives an account two rows", "Group by account, or rank and keep the first")
        return found

    def fault(self, what: str, remedy: str) -> ExtensionError:
        """The error that a failed check raises."""
        return ExtensionError(
            f"{self.entry.spec.name} {what}", where=self.entry.thing.__module__, remedy=remedy
        )


def answers_its_questions(s: Subject) -> None:
    """The docstring says what, why, look-alikes, cost of evading and source."""
    text = s.entry.thing.__doc__ or ""
    missing = [question for question in QUESTIONS if not re.search(rf"^ *{question}", text, re.MULTILINE)]
    if missing:
        raise s.fault(f"does not answer {missing[0]!r} in its docstring", "Answer the five questions")


def declares_what_it_reads(s: Subject) -> None:
    """With only the tables it declares, it still runs."""
    case = sample_case(seed=1)
    whole = s.scores(case)
    for name in set(SCHEMAS) - set(s.entry.spec.reads):
        s.engine.drop(name)
    relation = s.entry.thing(s.engine, window=case.window)
    if s.engine.query(relation.sql).num_rows != len(whole):
        raise s.fault("reads more than it declares", "Add the table to `reads`")


def speaks_the_small_dialect(s: Subject) -> None:
    """No statement uses what only one engine knows."""
    foreign = FOREIGN.search(s.entry.thing(s.engine, window=sample_case(seed=1).window).sql)
    if foreign:
        raise s.fault(f"uses {foreign.group()!r}", "Keep to the dialect described in model.engine.Tables")


def gives_the_expected_rows(s: Subject) -> None:
    """`input.json` gives `expected.json`."""
    expected = read_json(s.cases / "expected.json")
    if not expected or _expected_rows(s) != expected:
        raise s.fault("does not give expected.json", "Correct it, or run `make golden` and review the diff")


def agrees_with_its_reference(s: Subject) -> None:
    """The plain Python version gives the same rows on cases and on random tables."""
    plain = runpy.run_path(str(s.cases / "reference.py"))["reference"]
    cases = [read_case(s.cases / name) for name in ("input.json", "look_alike.json")]
    for case in [*cases, *(sample_case(seed=seed) for seed in SEEDS)]:
        tables = {name: case.tables[name].to_pylist() if name in case.tables else [] for name in SCHEMAS}
        if not _close(s.scores(case), plain(tables, case.window)):
            raise s.fault(
                f"and its reference disagree on: {case.about}", "Find out which of the two is right"
            )
    if not s.scores(sample_case(seed=SEEDS[0])):
        raise s.fault("gives no row on random tables", "Lower a threshold that is too high")


def repeats_itself(s: Subject) -> None:
    """The same tables twice give the same rows, to the last bit."""
    case = sample_case(seed=1)
    if s.rows(case) != s.rows(case):
        raise s.fault("gives two results for one input", "Break ties by a key, and round")


def ignores_row_order(s: Subject) -> None:
    """Rows in another order give the same rows, to the last bit."""
    case = sample_case(seed=2)
    back = replace(case, tables={name: turned(table) for name, table in case.tables.items()})
    if s.rows(case) != s.rows(back):
        raise s.fault("depends on the order of rows", "Break ties by a key, add up integers, and round")


def ignores_names(s: Subject) -> None:
    """Other account ids give the same values under those ids."""
    case = sample_case(seed=2)
    other = replace(case, tables={name: renamed(table) for name, table in case.tables.items()})
    if s.scores(other) != {~account: score for account, score in s.scores(case).items()}:
        raise s.fault("depends on account ids", "Break ties by what the account did, not by its id")


def survives_little(s: Subject) -> None:
    """No rows, one row of each table, one account, nothing but nulls: no error, values in the unit."""
    whole = sample_case(seed=3)
    empty = replace(whole, tables={})
    one_row = replace(whole, tables={name: table.slice(0, 1) for name, table in whole.tables.items()})
    only = next(iter(whole.names))
    one = replace(whole, tables={name: of_account(table, only) for name, table in whole.tables.items()})
    nulls = replace(whole, tables={name: without_values(name, table) for name, table in whole.tables.items()})
    if s.scores(empty):
        raise s.fault("gives rows without input", "Start from a table of accounts or exchanges")
    for case in (one_row, one, nulls):
        _in_unit(s, case)


def counts_duplicates_once(s: Subject) -> None:
    """Every log line written twice changes nothing."""
    path = s.cases / "input.json"
    if s.scores(read_case(path, duplicated=True)) != s.scores(read_case(path)):
        raise s.fault("counts repeated log lines", "Count exchanges, each id once")


def ignores_time_zones(s: Subject) -> None:
    """The same instants written in another time zone change nothing."""
    case = sample_case(seed=1)
    moved = replace(case, tables={name: abroad(table) for name, table in case.tables.items()})
    if s.scores(moved) != s.scores(case):
        raise s.fault("depends on the time zone a time stamp is written in", "Compare instants")


def stays_in_its_unit(s: Subject) -> None:
    """Values lie in the range of the unit; columns have the agreed types and no nulls."""
    for seed in SEEDS:
        _in_unit(s, sample_case(seed=seed))


def follows_intensity(s: Subject) -> None:
    """In `planted.json` the value moves in the declared direction at no step backwards, and moves overall."""
    sign = -1 if s.entry.spec.direction < 0 else 1
    values = [sign * value for value in planted_values(s) if value is not None]
    if len(values) < 3 or values != sorted(values) or values[0] == values[-1]:
        raise s.fault(
            f"does not follow planted.json: {values}", "Correct the direction, the signal or the case"
        )


def stays_quiet_on_its_look_alike(s: Subject) -> None:
    """In `look_alike.json` the value keeps to the bound in the file; the planted account passes it."""
    case = read_case(s.cases / "look_alike.json")
    found = s.scores(case)
    value = next((found[i][0] for i, name in case.names.items() if name == case.subject and i in found), None)
    last = planted_values(s)[-1]
    high = case.at_most if case.at_most is not None else float("inf")
    low = case.at_least if case.at_least is not None else float("-inf")
    if (high, low) == (float("inf"), float("-inf")) or last is None or low <= last <= high:
        raise s.fault("has a look-alike without a bound that tells it apart", "Set `at_most` or `at_least`")
    if value is not None and not low <= value <= high:
        raise s.fault(
            f"fires on its look-alike: {value}", "Correct the signal, or choose an honest look-alike"
        )


def gives_no_more_rows_than_accounts(s: Subject) -> None:
    """Ten times the exchanges of the same accounts give no further rows."""
    for exchanges in (600, 6000):
        case = sample_case(seed=1, exchanges=exchanges)
        if not set(s.scores(case)) <= set(case.names):
            raise s.fault("gives rows that are no accounts", "Return one row for each account at most")


CHECKS: tuple[Callable[[Subject], None], ...] = (
    answers_its_questions,
    declares_what_it_reads,
    speaks_the_small_dialect,
    gives_the_expected_rows,
    agrees_with_its_reference,
    repeats_itself,
    ignores_row_order,
    ignores_names,
    survives_little,
    counts_duplicates_once,
    ignores_time_zones,
    stays_in_its_unit,
    follows_intensity,
    stays_quiet_on_its_look_alike,
    gives_no_more_rows_than_accounts,
)


def check_signal(entry: Entry[SignalSpec], open_tables: Open, *, cases: Path) -> None:
    """Run every check on a signal; `cases` is the folder of its case files.

    Raises `ExtensionError` at the first check that fails, `InputError` if a case file cannot be used.
    """
    with open_tables() as engine:
        for check in CHECKS:
            check(Subject(entry, engine, cases))


def planted_values(s: Subject) -> list[float | None]:
    """Values of the planted account, step by step; None where it has no row."""
    values: list[float | None] = []
    for case in read_series(s.cases / "planted.json"):
        ids = {word: account for account, word in case.names.items()}
        found = s.scores(case)
        values.append(found[ids[case.subject]][0] if ids.get(case.subject) in found else None)
    return values


def signals() -> Mapping[str, Entry[SignalSpec]]:
    """Every signal of this package and of packages that extend it."""
    return scan(stillwatch.signals, SignalSpec, group="stillwatch.signals")


def _expected_rows(s: Subject) -> list[dict[str, Any]]:
    case = read_case(s.cases / "input.json")
    rows = [{"subject": case.names[i], "value": value, "n": n} for i, (value, n) in s.scores(case).items()]
    return sorted(rows, key=lambda row: str(row["subject"]))


def _close(found: Scores, plain: Scores) -> bool:
    return set(found) == set(plain) and all(
        abs(found[i][0] - plain[i][0]) <= TOLERANCE and found[i][1] == plain[i][1] for i in found
    )


def _in_unit(s: Subject, case: SignalCase) -> None:
    rows = s.rows(case)
    low, high = UNITS[s.entry.spec.unit]
    if rows.schema.names != ROW_TYPES.names or rows.schema.types != ROW_TYPES.types:
        raise s.fault(f"returns {rows.schema.types}", f"Return {ROW_TYPES.types}, with CAST where needed")
    for row in rows.to_pylist():
        if None in row.values() or not low <= row["value"] <= high or row["n"] < 0:
            raise s.fault(f"leaves its unit: {row}", "Leave out subjects with nothing to say; bound the rest")


@contextmanager
def _duck() -> Any:
    with tempfile.TemporaryDirectory() as folder, open_duck(Path(folder), threads=2) as engine:
        yield engine


def _write_expected(root: Path) -> None:
    with _duck() as engine:
        for name, entry in signals().items():
            rows = _expected_rows(Subject(entry, engine, root / name))
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
