"""The checks of `lab.conformance`, one function each: what every signal must do."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import pyarrow as pa

from stillwatch.lab.signal_cases import SCHEMAS, SignalCase, read_case, read_json, read_series
from stillwatch.lab.signal_pages import QUESTIONS, UNANSWERED
from stillwatch.lab.signal_samples import sample_case
from stillwatch.lab.signal_variants import (
    abroad,
    later,
    later_window,
    of_account,
    partials,
    renamed,
    turned,
    without_values,
)
from stillwatch.model.engine import Tables
from stillwatch.model.errors import ExtensionError, StillwatchError
from stillwatch.model.registry import Entry, SignalSpec

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
        case.load(self.engine, reads=self.entry.spec.reads)
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
    if missing or UNANSWERED in text:
        what = missing[0] if missing else next(line for line in text.splitlines() if UNANSWERED in line)
        raise s.fault(f"does not answer {what.strip()!r} in its docstring", "Answer the five questions")


def declares_what_it_reads(s: Subject) -> None:
    """With only the tables it declares, it still runs."""
    unknown = set(s.entry.spec.reads) - set(SCHEMAS)
    if unknown:
        raise s.fault(f"reads {min(unknown)!r}", f"Signals may read {', '.join(SCHEMAS)}")
    for name in set(SCHEMAS) - set(s.entry.spec.reads):
        s.engine.drop(name)
    try:
        s.rows(sample_case(seed=1))
    except StillwatchError as error:
        raise s.fault(
            f"fails with only the tables it declares: {error}", "Add the table to `reads`"
        ) from error


def speaks_the_small_dialect(s: Subject) -> None:
    """No statement uses what only one engine knows."""
    foreign = FOREIGN.search(s.entry.thing(s.engine, window=sample_case(seed=1).window).sql)
    if foreign:
        raise s.fault(f"uses {foreign.group()!r}", "Keep to the dialect described in model.engine.Tables")


def gives_the_expected_rows(s: Subject) -> None:
    """`input.json` gives `expected.json`."""
    expected = read_json(s.cases / "expected.json")
    if not expected or expected_rows(s) != expected:
        raise s.fault("does not give expected.json", "Correct it, or run `make golden` and review the diff")


def agrees_with_its_reference(s: Subject) -> None:
    """The plain Python version gives the same rows on cases and on random tables."""
    plain = runpy.run_path(str(s.cases / "reference.py"))["reference"]
    cases = [read_case(s.cases / name) for name in ("input.json", "look_alike.json")]
    for case in [*cases, *(sample_case(seed=seed) for seed in SEEDS)]:
        tables = {name: case.table(name).to_pylist() for name in s.entry.spec.reads}
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
    """Instants written in another zone change nothing, nor does everybody living nine hours later."""
    case = sample_case(seed=1)
    written = replace(case, tables={name: abroad(table) for name, table in case.tables.items()})
    tables = {name: later(table, hours=9) for name, table in case.tables.items()}
    lived = replace(case, tables=tables, window=later_window(case.window, hours=9))
    if not s.scores(case) == s.scores(written) == s.scores(lived):
        raise s.fault("depends on a time zone", "Compare instants; no hour of the day means anything")


def adds_up_partials(s: Subject) -> None:
    """Counts that arrive in several rows for one key, as from daily partials, give the same rows."""
    case = sample_case(seed=2)
    split = replace(case, tables={name: partials(name, table) for name, table in case.tables.items()})
    if s.scores(split) != s.scores(case):
        raise s.fault(
            "takes a row of holdings or activity for a total", "Group by the key first, with SUM(n)"
        )


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
    for exchanges in (300, 3000):
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
    adds_up_partials,
    stays_in_its_unit,
    follows_intensity,
    stays_quiet_on_its_look_alike,
    gives_no_more_rows_than_accounts,
)


def planted_values(s: Subject) -> list[float | None]:
    """Values of the planted account, step by step; None where it has no row."""
    values: list[float | None] = []
    for case in read_series(s.cases / "planted.json"):
        ids = {word: account for account, word in case.names.items()}
        found = s.scores(case)
        values.append(found[ids[case.subject]][0] if ids.get(case.subject) in found else None)
    return values


def expected_rows(s: Subject) -> list[dict[str, Any]]:
    """What `expected.json` should say: subject, value and n, by subject."""
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
