"""Retention: what is due, what a hold keeps, and what can no longer be read afterwards."""

from __future__ import annotations

import pytest
from tests.casebook import START, stamp
from tests.unit.cases.test_work import case_file, decided, opened

from stillwatch.cases.file import DELETED
from stillwatch.cases.retain import Policy, apply, plan, read_policy
from stillwatch.cases.snapshot import Snapshot
from stillwatch.cases.work import add_note, place_hold
from stillwatch.model.errors import InputError
from stillwatch.model.records import Stamp
from stillwatch.store.casebook.database import Database

POLICY = Policy(cases_days=100, text_days=20, innocent_days=10)


def due(database: Database, days: float, policy: Policy = POLICY) -> list[tuple[str, int]]:
    with database.reading() as r:
        return [(d.what, len(d.keys)) for d in plan(r, policy, stamp(days).at)]


def applied(database: Database, days: float) -> int:
    with database.writing(stamp(days)) as w:
        return apply(w, plan(w, POLICY, w.stamp.at))


def test_open_case_is_kept(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "confirm")
    assert [] == due(database, 10_000)


def test_accounts_of_a_dismissed_case_go_first_then_text_then_all(
    database: Database, snapshot: Snapshot
) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "dismiss", "close", days=0)
    assert [] == due(database, 9.9)
    assert [("accounts", 12)] == due(database, 10)
    assert [("text", 1), ("accounts", 12)] == due(database, 21)
    assert [("case", 14)] == due(database, 101)


def test_accused_account_of_a_dismissed_case_is_kept(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "accuse", account_id=next(iter(snapshot.accounts)))
    decided(database, case_id, "dismiss", days=2)
    assert [("accounts", 11)] == due(database, 50)


def test_cleared_account_of_a_confirmed_case_goes_alone(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "confirm", days=0)
    account = next(iter(snapshot.accounts))
    decided(database, case_id, "clear", days=5, account_id=account)
    assert [] == due(database, 14)
    assert 1 == applied(database, 15)
    case = case_file(database, case_id)
    assert account not in {a["account_id"] for a in case.exhibits[0].accounts.values()}
    assert (11, 1) == (len(case.exhibits[0].accounts), case.exhibits[0].accounts_deleted)
    assert [] == due(database, 16)


def test_period_that_is_not_given_never_ends(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "dismiss", "close")
    assert [] == due(database, 100_000, Policy())


def test_hold_keeps_everything(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "dismiss", "close")
    with database.writing(stamp(5)) as w:
        place_hold(w, case_id, placed=True, reason="court")
    with database.reading() as r:
        assert [True] == [d.held for d in plan(r, POLICY, stamp(200).at)]
    assert 0 == applied(database, 200)
    assert "Twelve" == case_file(database, case_id).title


def test_deleted_case_is_still_on_record(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    with database.writing(Stamp("ann", "analyst", START)) as w:
        add_note(w, case_id, "to be forgotten")
    decided(database, case_id, "dismiss", "close", days=0)
    assert 14 == applied(database, 200)
    case = case_file(database, case_id)
    assert [DELETED] * 4 == [case.title, case.notes[0].text, *(d.text for d in case.decisions)]
    assert ["dismiss", "close"] == [d.row["kind"] for d in case.decisions]
    found = database.verify()
    assert (True, 14) == (found.sound, found.destroyed_keys)


def test_policy_is_read() -> None:
    assert Policy(text_days=90) == read_policy("[retain]\ntext_days = 90\n", where="p.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("retain", "is no TOML"),
        ("", "has no table"),
        ("[retain]\ncase_days = 1\n", "'case_days' is no part"),
        ("[retain]\n[other]\n", "'other' is no part"),
        ("retain = 3\n", "has no table"),
        ("[retain]\ntext_days = -1\n", "is no number of days"),
        ("[retain]\ntext_days = true\n", "is no number of days"),
        ('[retain]\ntext_days = "9"\n', "is no number of days"),
    ],
)
def test_bad_policy(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_policy(text, where="p.toml")
