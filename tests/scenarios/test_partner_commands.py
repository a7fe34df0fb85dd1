"""Exports under agreements, bundles of partners and exhibits of their messages, by command, without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_results import DISTILLATION, write_results
from tests.scenarios.commands import one_error, run

TERMS = """
purpose = "campaigns"
starts = 2026-01-01
ends = 2035-01-01
messages = ["finding", "opinion", "psi_request", "summary"]
fields = ["accounts", "exchanges", "capabilities", "timing", "templates", "plain_template"]
tlp = "green"
pap = "green"
private_kinds = ["payment"]
smallest_set = 5
approver = "legal"
"""


class Lab:
    """One deployment: keys and store in a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder / name
        self.folder.mkdir()

    @property
    def options(self) -> tuple[str | Path, ...]:
        """Where its store and keys are."""
        return "--store", self.folder / "cases.db", "--case-key", self.folder / "cases.key", "--by", "dana"

    @property
    def keys(self) -> tuple[str | Path, ...]:
        """Where its keys towards partners are."""
        return "--identity", self.folder / "identity.key"

    def done(self, *arguments: str | Path) -> Mapping[str, Any]:
        """What a command prints with --json."""
        bare = arguments[:2] in (("partner", "init"), ("partner", "card"))
        ran = run(*arguments, *(() if bare else self.options), "--json")
        assert 0 == ran.code, ran
        return dict(json.loads(ran.out))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a scan left."""
    plans = [plan.sized(12) for plan in DISTILLATION]
    return write_results(tmp_path_factory.mktemp("scan") / "results", plans=plans)


@pytest.fixture
def place(tmp_path: Path, results: Path) -> tuple[Lab, Lab, str, Path]:
    """Two labs with an agreement, and results of one of them."""
    folder = tmp_path / "labs"
    folder.mkdir()
    a, b = Lab("aurora", folder), Lab("borealis", folder)
    for lab in (a, b):
        card = lab.done("partner", "init", "--name", lab.name, *lab.keys)
        (lab.folder / "card.json").write_text(json.dumps(card))
    for lab, other in ((a, b), (b, a)):
        mark = other.done("partner", "card", "--name", other.name, *other.keys)["fingerprint"]
        card = ("partner", "add", other.folder / "card.json", "--fingerprint", mark, "--reliability", "B")
        lab.done(*card, *lab.keys)
    (folder / "terms.toml").write_text(TERMS)
    sent = ("--to", b.name, "--out", folder / "terms.frame")
    terms = str(a.done("partner", "propose", folder / "terms.toml", *sent, *a.keys)["agreement"])
    b.done("share", "take", folder / "terms.frame", *b.keys)
    for lab in (a, b):
        lab.done("partner", "accept", terms, "--role", "legal", *lab.keys)
    return a, b, terms, results


def _export(a: Lab, results: Path, out: Path, *more: str) -> tuple[str | Path, ...]:
    place = ("--out", out, "--key-file", a.folder / "hash.key", "--publisher", "aurora")
    return ("export", results, "--to", "stix", *place, *more)


def test_an_export_takes_its_settings_from_the_agreement(
    place: tuple[Lab, Lab, str, Path], tmp_path: Path
) -> None:
    """TLP, PAP and fields; pseudonyms are those for this partner; the ledger has a row for each campaign."""
    a, _, terms, results = place
    agreement = ("--agreement", terms[:12])
    a.done(*_export(a, results, tmp_path / "one", *agreement, "--role", "legal"))
    objects = json.loads((tmp_path / "one" / "bundle.json").read_text())["objects"]
    assert ["TLP:GREEN"] == [o["name"] for o in objects if o["type"] == "marking-definition"]
    assert [["PAP:GREEN"]] == [o["labels"] for o in objects if o["type"] == "report"]
    assert any("\nFrames:\n" in o["content"] for o in objects if o["type"] == "note")
    run(*_export(a, results, tmp_path / "two", "--audience", "somebody else"))
    other = json.loads((tmp_path / "two" / "bundle.json").read_text())["objects"]
    assert not {o["id"] for o in objects if o["type"] == "user-account"} & {o["id"] for o in other}
    ledger = a.done("share", "ledger", *a.keys)["messages"]
    assert 3 == len([m for m in ledger if m["kind"] == "finding"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--role", "analyst"), "nobody in the role legal"),
        (("--role", "legal", "--fields", "account"), "plain_account not in the agreement"),
        (("--role", "legal", "--tlp", "amber"), "closed more tightly"),
        (("--role", "legal", "--pap", "red"), "closed more tightly"),
        (("--role", "legal", "--audience", "x"), "says whom it is for"),
        (("--role", "legal", "--to", "csv"), "go to nobody"),
    ],
)
def test_what_the_agreement_does_not_allow_is_not_written(
    place: tuple[Lab, Lab, str, Path], tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    """Neither a file nor a row."""
    a, _, terms, results = place
    later = ("--at", "2026-05-05") if "analyst" in more else ()  # content that was never approved
    before = a.done("share", "ledger", *a.keys)["messages"]
    one_error(
        run(*_export(a, results, tmp_path / "out", "--agreement", terms, *later), *more, *a.options), said
    )
    assert not (tmp_path / "out").exists()
    assert before == a.done("share", "ledger", *a.keys)["messages"]


def test_other_forms_are_in_the_ledger_as_files(place: tuple[Lab, Lab, str, Path], tmp_path: Path) -> None:
    """MISP events and OCSF lines too are something that left."""
    a, _, terms, results = place
    place_ = ("--out", tmp_path, "--key-file", a.folder / "hash.key", "--agreement", terms, "--role", "legal")
    a.done("export", results, "--to", "ocsf", *place_)
    ledger = a.done("share", "ledger", *a.keys)["messages"]
    assert 1 == len([m for m in ledger if m["message_id"].startswith("file-")])


def test_an_exhibited_message_carries_its_retraction_to_the_decision(
    place: tuple[Lab, Lab, str, Path], tmp_path: Path
) -> None:
    """Without any corroboration, in a case about another campaign."""
    a, b, terms, results = place
    one = ("--campaign", DISTILLATION[0].name, "--agreement", terms, "--role", "legal")
    a.done(*_export(a, results, tmp_path / "out", *one))
    taken = b.done("share", "take-bundle", tmp_path / "out" / "bundle.json", "--from", "aurora", *b.keys)
    (finding,) = taken["new"]
    b.done("case", "open", DISTILLATION[1].name, results)
    one_error(run("case", "exhibit", DISTILLATION[1].name, *b.options), "an exhibit is a file")
    one_error(run("case", "exhibit", DISTILLATION[1].name, "--message", "x", *b.options), "0 messages")
    assert 2 == b.done("case", "exhibit", DISTILLATION[1].name, "--message", finding)["number"]
    ran = run("case", "show", DISTILLATION[1].name, *b.options[:4], "--json")
    shown = json.loads(ran.out)
    assert "partner" == shown["exhibits"][1]["kind"]
    b.done("case", "decide", DISTILLATION[1].name, "confirm", "--reason", "r", "--role", "reviewer")
    gone = ("share", "revoke", finding.partition("@")[0], "--to", "borealis", "--out", tmp_path / "gone.json")
    a.done(*gone, *a.keys)
    told = b.done("share", "take-bundle", tmp_path / "gone.json", "--from", "aurora", *b.keys)
    assert 1 == len(told["to_review"])
    (review,) = b.done("share", "reviews", *b.keys)["reviews"]
    assert "→ exhibit" in review["path"]
    one_error(run("case", "exhibit", DISTILLATION[1].name, "--message", finding, *b.options), "taken back")
    assert 0 == run("audit", "verify", *b.options[:4]).code


def test_a_refused_bundle_is_recorded_and_exits_with_one(
    place: tuple[Lab, Lab, str, Path], tmp_path: Path
) -> None:
    """With its reason."""
    _, b, _, _ = place
    (tmp_path / "bad.json").write_text("{")
    ran = run(
        "share", "take-bundle", tmp_path / "bad.json", "--from", "aurora", *b.keys, *b.options, "--json"
    )
    assert (1, "malformed") == (ran.code, json.loads(ran.out)["reason"])
    ledger = b.done("share", "ledger", *b.keys)["messages"]
    assert "malformed" == ledger[-1]["state"]


def _told(lab: Lab, *arguments: str | Path) -> tuple[int, str]:
    """Exit code and what a command prints for people."""
    ran = run(*arguments, *lab.options, *lab.keys)
    return ran.code, ran.out


def test_the_ledger_names_partners_and_a_refusal_says_what_was_wrong(
    place: tuple[Lab, Lab, str, Path], tmp_path: Path
) -> None:
    """In columns with names; the same message again is replayed."""
    _, b, _, _ = place
    code, said = _told(b, "share", "take", tmp_path / "labs" / "terms.frame")
    assert 1 == code and "reason: replayed" in said and "what: number 1 of this series, after 1" in said
    _, ledger = _told(b, "share", "ledger")
    head, first, second = ledger.splitlines()[1:4]
    at = head.index("partner ")
    assert ["aurora", "aurora"] == [line[at:].split()[0] for line in (first, second)]
    assert head.split()[:3] == ["at", "way", "state"] and "replayed" in second


def test_noise_is_paid_from_a_budget_that_is_shown(place: tuple[Lab, Lab, str, Path], tmp_path: Path) -> None:
    """Two of epsilon by default: what is left is said, and a question too many is refused."""
    a, b, _, results = place
    ask = ("share", "summary", results, DISTILLATION[0].name, "--to", b.name, "--epsilon", "0.8")
    sent = [a.done(*ask, "--out", tmp_path / f"{n}.frame", *a.keys)["epsilon_left"] for n in range(2)]
    assert [1.2, 0.4] == sent
    refused = run(*ask, "--out", tmp_path / "2.frame", *a.options, *a.keys)
    one_error(refused, "costs epsilon 0.8, and 0.4 is left")
    assert not (tmp_path / "2.frame").exists()


def test_taking_in_an_answer_says_how_many_values_are_common(
    place: tuple[Lab, Lab, str, Path], tmp_path: Path
) -> None:
    """On both sides, without a server; the question itself says nothing."""
    a, b, _, _ = place
    for lab, numbers in ((a, range(20)), (b, range(12, 60))):
        (lab.folder / "cards.txt").write_text("".join(f"card-{n:012}\n" for n in numbers))
    asked, cards = tmp_path / "asked", ("--values", f"payment={b.folder / 'cards.txt'}")
    a.done("share", "overlap", a.folder / "cards.txt", "--to", b.name, "--out", asked, *a.keys)
    replied = b.done("share", "take", asked, *cards, "--role", "legal", *b.keys)
    counted = a.done("share", "take", replied["answer"], "--role", "legal", *a.keys)
    told = b.done("share", "take", counted["answer"], *b.keys)
    assert [None, 8, 8] == [taken["common"] for taken in (replied, counted, told)]


@pytest.mark.parametrize(
    ("length", "wrong", "said"),
    [
        (16, True, "is not that of the card"),
        (64, True, "is not that of the card"),
        (15, False, "at least 16"),
    ],
)
def test_a_fingerprint_that_does_not_do_is_not_answered_with_the_right_one(
    tmp_path: Path, length: int, wrong: bool, said: str
) -> None:
    """Whoever slipped a false card in would be told by it what to say; nobody is added."""
    lab = Lab("aurora", tmp_path)
    card = lab.done("partner", "init", "--name", "borealis", *lab.keys)
    (tmp_path / "card.json").write_text(json.dumps(card))
    mark = str(lab.done("partner", "card", *lab.keys)["fingerprint"])
    given = ("0" if mark[0] != "0" else "1") * wrong + mark[wrong:length]
    ran = run("partner", "add", tmp_path / "card.json", "--fingerprint", given, *lab.keys, *lab.options)
    one_error(ran, said, "Ask the partner" if not wrong else "by telephone")
    assert mark[wrong : wrong + 8] not in ran.err
    assert [] == lab.done("partner", "list", *lab.keys)["partners"]
