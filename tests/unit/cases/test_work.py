"""Work on a case: evidence is frozen, decisions add up and are never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.casebook import stamp

from stillwatch.cases.file import CaseFile, deciding_scan, find_case, latest_scan, read_case
from stillwatch.cases.grade import Grade, read_grade
from stillwatch.cases.snapshot import Snapshot
from stillwatch.cases.work import (
    LARGEST_FILE,
    Document,
    add_document,
    add_note,
    add_scan,
    decide,
    evidence_digest,
    open_case,
    place_hold,
    scan_grade,
    state,
)
from stillwatch.model.errors import InputError, UsageError
from stillwatch.store.casebook.database import Database

GRADE = Grade("A", 3)
LETTER = Document("document", "letter.txt", b"We are a school.")


def opened(database: Database, snapshot: Snapshot) -> str:
    with database.writing(stamp()) as w:
        return open_case(w, snapshot, title="Twelve", grade=GRADE)


def decided(database: Database, case_id: str, *kinds: str, days: float = 1.0, account_id: str = "") -> None:
    for i, kind in enumerate(kinds):
        with database.writing(stamp(days + i, "bob", "reviewer")) as w:
            decide(w, case_id, kind, reason=f"because {kind}", account_id=account_id)


def case_file(database: Database, case_id: str) -> CaseFile:
    with database.reading() as r:
        return read_case(r, case_id)


def test_opening_freezes_what_the_scan_knew(database: Database, snapshot: Snapshot) -> None:
    case = case_file(database, opened(database, snapshot))
    (exhibit,) = case.exhibits
    assert exhibit.payload is not None
    assert dict(snapshot.tables) == exhibit.payload["tables"]
    assert set(snapshot.accounts) == {a["account_id"] for a in exhibit.accounts.values()}
    assert snapshot.templates == exhibit.templates
    assert dict(snapshot.files) == exhibit.payload["files"]
    assert ("Twelve", "open", "A3") == (case.title, case.state.word, str(exhibit.grade))


def test_case_level_evidence_names_no_account(database: Database, snapshot: Snapshot) -> None:
    """What stands under the key of the case must not name accounts: those have keys of their own."""
    case = case_file(database, opened(database, snapshot))
    text = str(case.exhibits[0].payload)
    assert [] == [account for account in snapshot.accounts if account in text]


def test_second_case_on_a_campaign_is_refused_while_one_is_open(
    database: Database, snapshot: Snapshot
) -> None:
    case_id = opened(database, snapshot)
    with pytest.raises(InputError, match=f"case {case_id} .* is open already"):
        opened(database, snapshot)
    decided(database, case_id, "dismiss", "close")
    assert case_id != opened(database, snapshot)


def test_later_scan_is_another_exhibit_and_alters_nothing(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    before = case_file(database, case_id).exhibits[0]
    grown = replace(
        snapshot, accounts={**snapshot.accounts, "acct-new": next(iter(snapshot.accounts.values()))}
    )
    with database.writing(stamp(3)) as w:
        assert 2 == add_scan(w, case_id, grown, title="again", grade=GRADE)
    first, second = case_file(database, case_id).exhibits
    assert (before.payload, before.accounts) == (first.payload, first.accounts)
    assert (12, 13) == (len(first.accounts), len(second.accounts))


def test_decision_carries_the_evidence_of_its_day(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "confirm")
    with database.writing(stamp(3)) as w:
        add_document(w, case_id, LETTER, title="Letter", grade=read_grade("C4"))
    decided(database, case_id, "dismiss", days=4)
    with database.reading() as r:
        first, second = r.rows("decisions", case_id=case_id)
        assert (1, 2) == (first["exhibits"], second["exhibits"])
        assert first["evidence"] == evidence_digest(r, case_id, last=1)
        assert second["evidence"] == evidence_digest(r, case_id)
    assert first["evidence"] != second["evidence"]


def test_later_decision_supersedes_and_the_earlier_stays(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "confirm", "dismiss")
    case = case_file(database, case_id)
    assert [2, None] == [d.superseded_by for d in case.decisions]
    assert ["because confirm", "because dismiss"] == [d.text for d in case.decisions]
    assert "dismissed" == case.state.word


def test_account_is_judged_by_itself(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    account = next(iter(snapshot.accounts))
    decided(database, case_id, "clear", "accuse", "clear", account_id=account)
    case = case_file(database, case_id)
    (standing,) = case.state.accounts.values()
    assert ("clear", account) == (standing["kind"], case.account_id(standing["account_key"]))
    assert [2, 3, None] == [d.superseded_by for d in case.decisions]


def test_reopening_takes_closing_and_finding_back(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "confirm", "close", "reopen")
    case = case_file(database, case_id)
    assert ("open", "", False) == (case.state.word, case.state.finding_kind, case.state.closed)


@pytest.mark.parametrize(
    ("before", "kind", "account", "said"),
    [
        ((), "close", "", "has no finding yet"),
        ((), "reopen", "", "is open"),
        ((), "ban", "", "'ban' is no decision"),
        ((), "clear", "", "is about one account"),
        ((), "confirm", "acct", "is about the whole case"),
        ((), "clear", "nobody", "holds anything about account 'nobody'"),
        (("confirm", "close"), "dismiss", "", "is closed"),
    ],
)
def test_decisions_that_make_no_sense(
    database: Database, snapshot: Snapshot, before: tuple[str, ...], kind: str, account: str, said: str
) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, *before)
    with pytest.raises((UsageError, InputError), match=said):
        decided(database, case_id, kind, days=9, account_id=account)


def test_reason_is_asked_for(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    with pytest.raises(UsageError, match="needs a reason"), database.writing(stamp(1)) as w:
        decide(w, case_id, "confirm", reason="  ")


def test_nothing_is_added_to_a_closed_case(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "dismiss", "close")
    for add in (
        lambda w: add_document(w, case_id, LETTER, title="x", grade=GRADE),
        lambda w: add_scan(w, case_id, snapshot, title="x", grade=GRADE),
    ):
        with pytest.raises(UsageError, match="is closed"), database.writing(stamp(9)) as w:
            add(w)


def test_document_comes_back_as_it_was(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    with database.writing(stamp(1)) as w:
        add_document(w, case_id, LETTER, title="Letter", grade=read_grade("C4"))
    exhibit = case_file(database, case_id).exhibits[1]
    assert LETTER.content == exhibit.content()
    assert "source fairly reliable; information doubtful" == exhibit.grade.words


def test_large_document_is_refused(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    large = Document("document", "video", bytes(LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="an exhibit at most"), database.writing(stamp(1)) as w:
        add_document(w, case_id, large, title="x", grade=GRADE)


def test_report_rests_on_what_was_known_when_it_was_decided(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    decided(database, case_id, "confirm")
    with database.writing(stamp(3)) as w:
        add_scan(w, case_id, snapshot, title="again", grade=GRADE)
    case = case_file(database, case_id)
    numbers = [e.row["number"] for e in (deciding_scan(case), latest_scan(case)) if e]
    assert [1, 2] == numbers


def test_hold_is_placed_and_released_once(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    with database.writing(stamp(1)) as w:
        place_hold(w, case_id, placed=True, reason="court")
        assert state(w, case_id).held
        with pytest.raises(UsageError, match="is under a hold already"):
            place_hold(w, case_id, placed=True, reason="court")
        place_hold(w, case_id, placed=False, reason="court")
        assert not state(w, case_id).held


def test_scan_is_probably_true_only_with_a_q_value(snapshot: Snapshot) -> None:
    row = snapshot.tables["campaigns"][0]
    sure = replace(snapshot, tables={**snapshot.tables, "campaigns": [{**row, "q_value": 0.01}]})
    assert ("A3", "A2") == (str(scan_grade(snapshot)), str(scan_grade(sure)))


def test_case_is_found_by_campaign_and_beginning(database: Database, snapshot: Snapshot) -> None:
    case_id = opened(database, snapshot)
    with database.writing(stamp(1)) as w:
        add_note(w, case_id, "x")
    with database.reading() as r:
        for wanted in (case_id, case_id[:8], case_id.removeprefix("case-")[:4], snapshot.campaign_id):
            assert case_id == find_case(r, wanted)
        with pytest.raises(InputError, match="no case 'zzz'"):
            find_case(r, "zzz")


@pytest.mark.parametrize("text", ["", "A", "A7", "G1", "1A", "A0", "AA"])
def test_no_grade(text: str) -> None:
    with pytest.raises(UsageError, match="no grade of the Admiralty code"):
        read_grade(text)
