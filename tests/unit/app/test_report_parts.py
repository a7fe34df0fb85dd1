"""Signatures, members and the overview."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures_results import DISTILLATION, OTHERS

from stillwatch.app.report.alike import cleared, closest_first
from stillwatch.app.report.campaign import campaign, purpose_sentence, verdict_sentence, why_left_alone
from stillwatch.app.report.members import PAGE, members_table, script_json
from stillwatch.app.report.overview import overview
from stillwatch.app.report.results import Results, read_results
from stillwatch.app.report.signature import pieces
from stillwatch.app.report.words import bits


def test_slots_of_a_signature_are_told_apart() -> None:
    found = [(p.text, p.slot) for p in pieces("Solve ⟨…⟩ in ⟨number⟩ steps")]
    assert found == [("Solve ", False), ("…", True), (" in ", False), ("number", True), (" steps", False)]


@pytest.mark.parametrize("text", [None, "", "withheld: fewer than five accounts in the sample"])
def test_a_withheld_signature_has_no_pieces(text: str | None) -> None:
    assert pieces(text) == ()


@given(st.text(max_size=900))
def test_a_signature_never_grows_without_bound(text: str) -> None:
    assert sum(len(p.text) for p in pieces(text)) <= 6 * 480 + 60


@given(st.recursive(st.text(max_size=30) | st.none() | st.integers(), st.lists, max_leaves=6))
def test_data_in_the_page_survives_and_cannot_end_its_element(value: object) -> None:
    written = str(script_json(value))
    assert not set("<>&") & set(written)
    assert json.loads(written) == value


def test_members_come_strongest_first(results: Results) -> None:
    table = members_table(results, DISTILLATION[0].name)
    weights = json.loads(str(table.data))["bits"]
    assert weights == sorted(weights, reverse=True)
    assert (table.total, len(table.first)) == (30, PAGE)


def test_an_account_in_two_campaigns_counts_once(results: Results) -> None:
    names = [p.name for p in DISTILLATION]
    rows = results.by_campaign["members"]
    shared = {**rows, names[1]: tuple({**m, "campaign_id": names[1]} for m in rows[names[0]])}
    twice = replace(results, by_campaign={**results.by_campaign, "members": shared})
    assert overview(twice).headline == "Three distillation campaigns in 60 accounts"


def test_a_scan_without_findings_says_so(empty: Path) -> None:
    assert overview(read_results(empty)).headline == "No distillation campaign found"


def test_hypotheses_stand_likeliest_first(results: Results) -> None:
    row = next(r for r in results.rows("campaigns") if r["campaign_id"] == OTHERS[0].name)
    shown = campaign(results, row).hypotheses
    assert [h.posterior for h in shown] == sorted((h.posterior for h in shown), reverse=True)


def test_look_alikes_are_counted_by_what_cleared_them() -> None:
    rows = [
        {"best_alternative": name, "accounts": 10, "exchanges": 100, "alternative_bits": gap}
        for name, gap in (
            ("evaluation", -3.0),
            ("unrelated", -1.0),
            ("evaluation", -9.5),
            ("evaluation", 0.4),
        )
    ]
    told = [(c.name, c.groups, c.accounts, c.better) for c in cleared(rows)]
    assert told == [("evaluation", 3, 30, "3.0 to 9.5"), ("unrelated", 1, 10, "1.0")]


def test_the_closest_call_comes_first() -> None:
    rows = [{"campaign_id": name, "p_distillation": p} for name, p in (("a", 0.01), ("b", 0.4), ("c", None))]
    assert [r["campaign_id"] for r in closest_first(rows)] == ["b", "a", "c"]


def test_what_speaks_against_comes_strongest_first(results: Results) -> None:
    row = next(r for r in results.rows("campaigns") if r["campaign_id"] == OTHERS[0].name)
    assert [i.bits for i in campaign(results, row).against] == [-9.4, -3.8]


def test_distillation_is_among_the_nearest_explanations(results: Results) -> None:
    row = next(r for r in results.rows("campaigns") if r["best_alternative"] == "declared_reseller")
    assert "distillation" in [h.code for h in campaign(results, row).nearest]


def test_the_capability_mix_adds_up(results: Results) -> None:
    row = next(r for r in results.rows("campaigns") if r["campaign_id"] == DISTILLATION[0].name)
    assert pytest.approx(sum(s.share for s in campaign(results, row).mix)) == 1.0


def test_a_verdict_without_a_stored_sentence_gets_one(results: Results) -> None:
    row = next(r for r in results.rows("campaigns") if r["campaign_id"] == DISTILLATION[1].name)
    said = verdict_sentence({**row, "statement": None})
    assert said.startswith("30 accounts, 21,900 exchanges, acting together, harvested rubric grading")
    assert "evaluation run, is 12.5 bits weaker" in said


def test_a_look_alike_names_what_explains_it(results: Results) -> None:
    row = next(r for r in results.rows("campaigns") if r["best_alternative"] == "classroom_or_event")
    assert why_left_alone(row) == "Classroom or event explains it 11.4 bits better than distillation."


def _judged(results: Results, **changed: object) -> dict[str, object]:
    """A campaign that passes everything but, perhaps, what is changed."""
    return {**next(r for r in results.rows("campaigns") if r["verdict"] == "distillation"), **changed}


def test_what_failed_by_its_purpose_alone_says_so(results: Results) -> None:
    """And does not blame the families, which are strong."""
    row = _judged(results, purpose_bits=-2.25, purpose_threshold_bits=-1.0)
    assert f"sums up to {bits(-2.25)} bits, below the {bits(-1.0)}" in why_left_alone(row)
    assert "two families" in why_left_alone({**row, "purpose_bits": 0.5})


@pytest.mark.parametrize(("accounts", "reason"), [(9, "Fewer than 10 accounts"), (10, "two families")])
def test_few_accounts_are_told_that_they_are_few(results: Results, accounts: int, reason: str) -> None:
    assert reason in why_left_alone(_judged(results, accounts=accounts, purpose_bits=4.0))


def test_the_purpose_stands_beside_the_weights_where_it_was_measured(results: Results) -> None:
    """With what it has to reach, or without if it was not asked for; cases frozen by earlier versions lack it."""
    row = _judged(results, purpose_bits=4.0, purpose_threshold_bits=-1.0)
    assert (
        f"sums up to +4.0 bits against ordinary traffic; distillation needs {bits(-1.0)} or more."
        in purpose_sentence(row)
    )
    assert purpose_sentence({**row, "purpose_threshold_bits": None}).endswith("against ordinary traffic.")
    assert "" == purpose_sentence({**row, "purpose_bits": None})
    assert "" == purpose_sentence({k: v for k, v in row.items() if not k.startswith("purpose")})
