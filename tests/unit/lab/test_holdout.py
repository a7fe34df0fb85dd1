"""Leaving out: what was fitted without a cohort or campaign judges its groups."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.learn.expectations import Labelled
from stillwatch.lab.learn.holdout import (
    CAMPAIGN,
    COHORT,
    TOOL,
    Known,
    hold_out,
    known_groups,
    main,
    page_of,
    report,
)
from stillwatch.model.tables import TABLES
from stillwatch.store.results import write_json

HARVEST = {"novelty": 0.95, "private_frames": 0.95, "harvest_intent": 0.9, "flow_share": 0.95, "client_lift": 0.9,
           "shared_network": 0.9, "payment_lift": 0.8, "email_lift": 0.8}  # fmt: skip


def group(hypothesis: str, n: int, traits: dict[str, str], **values: float) -> list[Known]:
    measured = {name: (value, 200) for name, value in values.items()}
    return [Known(Labelled(f"run{i % 2}", f"c{i}", 40, hypothesis, measured), traits) for i in range(n)]


def quiet(**more: float) -> dict[str, float]:
    return dict.fromkeys(HARVEST, 0.03) | more


GROUPS = [
    *group("distillation", 8, {CAMPAIGN: "one", TOOL: "distiller"}, **HARVEST),
    *group("distillation", 8, {CAMPAIGN: "two", TOOL: "distiller"}, **HARVEST),
    *group("class_or_event", 8, {COHORT: "school_class"}, **quiet(one_exit=0.9)),
    *group("unrelated", 8, {COHORT: "chatters"}, **quiet()),
]


def test_a_campaign_like_others_is_found_without_itself() -> None:
    held = {(h.trait, h.name): h for h in hold_out(GROUPS)}
    assert 1.0 == held[CAMPAIGN, "one"].without.value
    assert 8 == held[CAMPAIGN, "one"].without.whole
    assert 0.0 == held[COHORT, "school_class"].without.value


def test_without_an_attack_to_learn_from_nothing_is_judged() -> None:
    held = {(h.trait, h.name): h for h in hold_out(GROUPS)}
    assert (None, 1.0) == (held[TOOL, "distiller"].without.value, held[TOOL, "distiller"].within.value)


def test_an_attack_unlike_those_that_are_left_is_lost() -> None:
    odd = group("distillation", 8, {CAMPAIGN: "odd"}, **quiet(crossed=0.95, hand_off=0.9))
    held = {(h.trait, h.name): h for h in hold_out([*GROUPS, *odd])}
    assert (0.0, 8) == (held[CAMPAIGN, "odd"].without.value, held[CAMPAIGN, "odd"].without.whole)


def test_the_report_has_attacks_and_cohorts_and_totals() -> None:
    text = report(hold_out(GROUPS))
    assert "| campaign | one | 100.00% |" in text
    assert "| campaign | all | 100.00% |" in text
    assert "| cohort | all | 0.00% |" in text
    assert text.index("Attacks left out") < text.index("Cohorts left out")


def written(folder: Path) -> Path:
    """One group of three hostile accounts and one of three pupils, as a scan leaves them."""
    write_json(folder, "summary.json", {})
    ids = {"c-1": ["h1", "h2", "h3"], "c-2": ["p1", "p2", "p3"]}
    members = [{"campaign_id": c, "account_id": a} for c, accounts in ids.items() for a in accounts]
    values = [{"campaign_id": c, "feature": "novelty", "value": 0.5, "n": 9} for c in ids]
    for name, rows in (("members", members), ("measurements", values)):
        schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")
    truth = {
        "account_id": [a for accounts in ids.values() for a in accounts],
        "cohort": ["campaign:raid"] * 3 + ["school_class"] * 3,
        "campaign": ["raid"] * 3 + [None] * 3,
        "tool": ["distiller"] * 3 + [None] * 3,
    }
    pq.write_table(pa.table(truth), folder / "accounts.parquet")
    return folder


def test_traits_come_from_the_truth(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert [{CAMPAIGN: "raid", TOOL: "distiller"}, {COHORT: "school_class"}] == [
        known.traits for known in known_groups(folder, folder)
    ]


def test_the_command_prints_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path)
    assert 0 == main([f"{folder}:{folder}"])
    assert "school_class" in capsys.readouterr().out


def test_the_command_without_pairs_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["results"])
    assert "RESULTS:TRUTH" in capsys.readouterr().err


def test_others_are_judged_and_teach_nothing() -> None:
    other = group("distillation", 4, {CAMPAIGN: "new", TOOL: "unseen"}, **HARVEST)
    held = {(h.trait, h.name): h for h in hold_out(GROUPS, others=other)}
    assert (1.0, 4) == (held[TOOL, "unseen"].without.value, held[TOOL, "unseen"].without.whole)
    assert held[TOOL, "unseen"].without == held[TOOL, "unseen"].within


def test_the_page_says_what_taught_and_what_was_judged() -> None:
    text = page_of(hold_out(GROUPS), {"training": ["a"], "test": ["b", "c"]}, "python x", "code1")
    assert "Training: a. Test: b, c." in text
    assert "measured by code code1" in text
    assert "Cohorts left out" in text
