"""Cases on the command line, from opening to the report and to deletion, and what goes wrong on the way."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_results import DISTILLATION, write_empty, write_results
from tests.postgres import server
from tests.scenarios.commands import Ran, names_in, one_error, run

CAMPAIGN = DISTILLATION[0].name


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_results(tmp_path_factory.mktemp("results"), plans=[DISTILLATION[0].sized(12)])


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server() as running:
        yield running.database()


class Office:
    """Commands against one case store."""

    def __init__(self, folder: Path, store: str = "") -> None:
        self.folder, self.store = folder, store or str(folder / "cases.db")

    def ran(self, *arguments: str | Path) -> Ran:
        """Run a command."""
        return run(*arguments, "--store", self.store, "--case-key", self.folder / "cases.key")

    def done(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command that must end well; what it printed."""
        ran = self.ran(*arguments, "--json")
        assert 0 == ran.code, ran
        found: dict[str, Any] = json.loads(ran.out)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def worked(office: Office, results: Path) -> str:
    """A case that was opened, added to, decided and closed; its id."""
    case_id: str = office.done("case", "open", CAMPAIGN, results, "--title", "Twelve", "--by", "ann")[
        "case_id"
    ]
    letter = office.folder / "letter.txt"
    letter.write_text("We are a school.")
    office.done("case", "note", case_id, "They called twice", "--by", "ann")
    office.done("case", "exhibit", case_id, letter, "--grade", "C4", "--by", "ann")
    office.done("case", "exhibit", case_id, results, "--title", "Again", "--by", "ann")
    account = office.done("case", "show", case_id)["accounts"][0]["account_id"]
    office.done(
        "case", "decide", CAMPAIGN, "confirm", "--reason", "Two families", "--by", "bob", "--role", "reviewer"
    )
    office.done(
        "case", "decide", case_id, "clear", "--account", account, "--reason", "A contract", "--by", "bob"
    )
    office.done("case", "close", case_id, "--reason", "No appeal", "--by", "bob")
    return case_id


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_case_from_opening_to_deletion(
    kind: str, tmp_path: Path, results: Path, request: pytest.FixtureRequest
) -> None:
    office = Office(tmp_path, request.getfixturevalue("postgres") if kind == "postgres" else "")
    case_id = worked(office, results)
    shown = office.done("case", "show", case_id)
    assert ("closed", "confirm") == (shown["state"], shown["finding"])
    assert ["confirm", "clear", "close"] == [d["kind"] for d in shown["decisions"]]
    graded = [(e["kind"], e["grade"]) for e in shown["exhibits"]]
    assert [("scan", "A3"), ("document", "C4"), ("rescan", "A3")] == graded
    office.done("audit", "anchor", "--out", tmp_path / "anchor.json")
    policy = tmp_path / "retention.toml"
    policy.write_text("[retain]\ntext_days = 0\ninnocent_days = 0\n")
    dry = office.done("retain", "--policy", policy)
    assert (False, 0, ["text", "accounts"]) == (
        dry["applied"],
        dry["keys_destroyed"],
        [d["what"] for d in dry["due"]],
    )
    assert 2 == office.done("retain", "--policy", policy, "--apply")["keys_destroyed"]
    assert "deleted under the retention policy" == office.done("case", "show", case_id)["notes"][0]["text"]
    assert office.done("audit", "verify", "--anchor", tmp_path / "anchor.json")["sound"]


def test_hold_is_respected(office: Office, results: Path) -> None:
    case_id = worked(office, results)
    office.done("case", "hold", case_id, "--reason", "Court order")
    policy = office.folder / "retention.toml"
    policy.write_text("[retain]\ncases_days = 0\n")
    assert 0 == office.done("retain", "--policy", policy, "--apply")["keys_destroyed"]
    assert "kept: legal hold" in office.ran("retain", "--policy", policy).out
    office.done("case", "hold", case_id, "--release", "--reason", "Order lifted")
    assert 14 == office.done("retain", "--policy", policy, "--apply")["keys_destroyed"]
    ran = office.ran("case", "export", case_id, "--out", office.folder / "out")
    assert 0 == ran.code
    assert "The evidence of this case was deleted" in (office.folder / "out" / f"{case_id}.html").read_text()


def test_export_writes_report_accounts_and_documents(office: Office, results: Path) -> None:
    case_id = worked(office, results)
    out = office.folder / "out"
    files = office.done("case", "export", case_id, "--out", out, "--by", "carol")["files"]
    assert [f"{case_id}.html", f"{case_id}.pdf", "accounts.csv", "exhibits"] == sorted(
        names_in(out), key=lambda n: (n == "exhibits", n == "accounts.csv", n)
    )
    assert "We are a school." == (out / "exhibits" / "02-letter.txt").read_text()
    audit = office.done("case", "show", case_id)["audit"]
    assert len(files) == len(
        [e for e in audit if e["action"].startswith("export ") and e["person"] == "carol"]
    )
    assert 0o600 == (out / "accounts.csv").stat().st_mode & 0o777


def test_report_about_one_account_names_no_other(office: Office, results: Path) -> None:
    case_id = worked(office, results)
    accounts = [a["account_id"] for a in office.done("case", "show", case_id)["accounts"]]
    out = office.folder / "out"
    office.done("case", "export", case_id, "--out", out, "--account", accounts[1])
    text = (out / f"{case_id}.html").read_text() + (out / "accounts.csv").read_text()
    assert [accounts[1]] == [a for a in accounts if a in text]
    assert not (out / "exhibits").exists()


def test_tampering_ends_with_1_and_names_the_entry(office: Office, results: Path) -> None:
    case_id = worked(office, results)
    with sqlite3.connect(office.store) as link:
        link.execute("DROP TRIGGER notes_no_update")
        (entry,) = link.execute("SELECT entry FROM notes").fetchone()
        link.execute("UPDATE notes SET person = 'mallory'")
    ran = office.ran("audit", "verify")
    assert 1 == ran.code
    assert f"entry {entry} (" in ran.out
    assert "its row in notes was altered" in ran.out
    assert 1 == office.ran("case", "export", case_id, "--out", office.folder / "out").code
    assert "NOT WHOLE" in (office.folder / "out" / f"{case_id}.html").read_text()


def test_people_see_tables(office: Office, results: Path) -> None:
    case_id = worked(office, results)
    assert case_id in office.ran("case", "list").out
    shown = office.ran("case", "show", case_id).out
    assert all(
        word in shown for word in ("Exhibits", "Decisions", "Notes", "Accounts (12)", "They called twice")
    )


def test_hostile_names_are_spelled_out(office: Office) -> None:
    results = write_results(office.folder / "r", plans=[DISTILLATION[0].sized(9)], hostile=True)
    case_id = office.done("case", "open", CAMPAIGN, results)["case_id"]
    assert "\u202e" not in office.ran("case", "show", case_id).out
    office.done("case", "export", case_id, "--out", office.folder / "out")
    page = (office.folder / "out" / f"{case_id}.html").read_text()
    assert "<script" not in page
    assert "\u202e" not in page


def test_evaluation_becomes_error_rates(office: Office, results: Path) -> None:
    case_id = worked(office, results)
    office.done("case", "decide", case_id, "reopen", "--reason", "Error rates")
    figure = {"part": 9, "whole": 10, "low": 0.6, "high": 0.99, "groups": 4}
    names = ("recall", "precision", "false_positives", "exchange_recall", "exchange_precision")
    figures = office.folder / "figures.json"
    measured = {"runs": ["run-1"], "cohorts": {"school_class": figure}, **dict.fromkeys(names, figure)}
    figures.write_text(json.dumps(measured))
    office.done("case", "exhibit", case_id, figures, "--evaluation", "--grade", "B2")
    office.done("case", "export", case_id, "--out", office.folder / "out", "--form", "html")
    page = (office.folder / "out" / f"{case_id}.html").read_text()
    assert "90.00%" in page
    assert "school class" in page
    assert not (office.folder / "out" / f"{case_id}.pdf").exists()


def test_store_or_key_that_is_not_there(office: Office, results: Path) -> None:
    one_error(office.ran("case", "list"), "there is no case store", "case open")
    assert [] == names_in(office.folder)
    worked(office, results)
    (office.folder / "cases.key").rename(office.folder / "elsewhere")
    one_error(office.ran("case", "list"), "the key file of the case store is missing", "backup")
    (office.folder / "cases.key").write_bytes(b"x" * 32)
    (office.folder / "cases.key").chmod(0o600)
    one_error(office.ran("case", "list"), "made with another key")
    (office.folder / "cases.key").chmod(0o644)
    one_error(office.ran("case", "list"), "others may read the key")
    (office.folder / "cases.key").write_bytes(b"short")
    one_error(office.ran("case", "list"), "holds 32 bytes")


def test_bad_input_is_named(office: Office, results: Path) -> None:
    folder = office.folder
    one_error(office.ran("case", "open", CAMPAIGN, folder), "not the result folder of a scan")
    write_empty(folder / "empty")
    (folder / "empty" / "summary.json").write_text("{}")
    one_error(office.ran("case", "open", CAMPAIGN, folder / "empty"), "found no campaign")
    one_error(office.ran("case", "open", "c-nothing", results), "no campaign 'c-nothing'")
    one_error(
        office.ran("case", "open", CAMPAIGN, results, "--grade", "Z9"), "no grade of the Admiralty code"
    )
    one_error(office.ran("case", "open", CAMPAIGN, results, "--role", "king"), "'king' is no role")
    assert "cases.db" not in names_in(folder)
    case_id = worked(office, results)
    one_error(office.ran("case", "show", "zzz"), "no case 'zzz'")
    one_error(office.ran("case", "note", case_id, " "), "the note is empty")
    one_error(office.ran("case", "exhibit", case_id, folder / "none"), "cannot be read")
    one_error(office.ran("case", "exhibit", case_id, results, "--evaluation"), "--evaluation is for a file")
    one_error(
        office.ran("case", "exhibit", case_id, folder / "letter.txt", "--evaluation"), "evaluate --json"
    )
    one_error(
        office.ran("case", "export", case_id, "--out", folder, "--form", "docx"), "cannot write a report"
    )
    one_error(office.ran("case", "export", case_id, "--out", folder / "letter.txt"), "cannot be written")
    one_error(
        office.ran("case", "export", case_id, "--out", folder, "--account", "nobody"),
        "about account 'nobody'",
    )
    one_error(office.ran("retain", "--policy", folder / "none.toml"), "cannot be read")
    one_error(office.ran("audit", "verify", "--anchor", folder / "letter.txt"), "is no anchor")
