"""Each conformance check notices the fault it is for: signals with one fault each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stillwatch.lab import signal_checks as checks
from stillwatch.lab.conformance import check_signal, signals
from stillwatch.lab.signal_checks import Subject
from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.errors import ExtensionError
from stillwatch.model.registry import SPEC, Entry, SignalSpec, signal
from stillwatch.store.duck import open_duck

CASES = Path(__file__).parents[2] / "cases/signals/stateless"
GOOD = "SUM(CASE WHEN turn = 0 THEN 1.0 ELSE 0.0 END) / COUNT(*)"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Tables]:
    with open_duck(tmp_path, threads=1) as tables:
        yield tables


def made(sql: str, **declared: Any) -> Entry[SignalSpec]:
    """An entry for a signal that returns this statement."""
    spec = {"grain": "account", "reads": ["keys"], "unit": "share", "direction": 1, "version": 1}

    @signal(**{**spec, "family": "content", **declared})
    def faulty(t: Tables, *, window: Window) -> Relation:
        return Relation(sql)

    return Entry(getattr(faulty, SPEC), faulty)


def valued(value: str, *, by: str = "account_id", table: str = "keys") -> str:
    return (
        f"SELECT account_id AS subject, CAST({value} AS DOUBLE) AS value, COUNT(*) AS n "
        f"FROM {table} GROUP BY {by}"
    )


FAULTS: list[tuple[Callable[[Subject], None], Entry[SignalSpec]]] = [
    (checks.answers_its_questions, made(valued(GOOD))),
    (checks.declares_what_it_reads, made(valued("0", table="holdings"))),
    (checks.declares_what_it_reads, made(valued("0"), reads=["exchanges"])),
    (checks.speaks_the_small_dialect, made(valued("COUNT(*) FILTER (WHERE turn = 0)"))),
    (checks.gives_the_expected_rows, made(valued("0.5"))),
    (checks.agrees_with_its_reference, made(valued(f"1 - {GOOD}"))),
    (checks.repeats_itself, made(valued("RANDOM()"))),
    (checks.ignores_row_order, made(valued("MIN(rowid) % 2"))),
    (checks.ignores_names, made(valued("account_id % 2"))),
    (checks.survives_little, made("SELECT CAST(1 AS BIGINT) AS subject, 0.5 AS value, 1 AS n")),
    (checks.survives_little, made(valued("MIN(turn)"))),
    (checks.ignores_time_zones, made(valued("AVG(EXTRACT(HOUR FROM ts)) / 24"))),
    (checks.adds_up_partials, made(valued("1.0 / COUNT(*)", table="activity"), reads=["activity"])),
    (checks.stays_in_its_unit, made(valued("1.5"))),
    (checks.stays_in_its_unit, made(valued("0.5").replace("DOUBLE", "REAL"))),
    (checks.follows_intensity, made(valued(GOOD), direction=-1)),
    (checks.follows_intensity, made(valued("0.5"))),
    (checks.stays_quiet_on_its_look_alike, made(valued("1"))),
    (checks.gives_no_more_rows_than_accounts, made(valued("0.5", by="account_id, turn"))),
    (
        checks.gives_no_more_rows_than_accounts,
        made(valued("0.5", by="exchange_id").replace("account_id", "exchange_id")),
    ),
]


@pytest.mark.parametrize(("check", "faulty"), FAULTS)
def test_fault_is_noticed(
    check: Callable[[Subject], None], faulty: Entry[SignalSpec], engine: Tables
) -> None:
    with pytest.raises(ExtensionError):
        check(Subject(faulty, engine, CASES))


def test_every_check_but_one_has_a_fault_that_it_notices() -> None:
    """Duplicates are removed when keys are made: `test_cases` covers that."""
    assert set(checks.CHECKS) - {check for check, _ in FAULTS} == {checks.counts_duplicates_once}


def test_check_signal_accepts_a_good_signal(tmp_path: Path) -> None:
    check_signal(signals()["stateless"], lambda: open_duck(tmp_path, threads=1), cases=CASES)


def test_check_signal_names_the_module_at_fault(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match="test_checks: faulty does not answer"):
        check_signal(made(valued(GOOD)), lambda: open_duck(tmp_path, threads=1), cases=CASES)
