"""Learning what explanations expect: labels by majority, moments with shrinkage, a file that reads back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.attribute.hypotheses import read_hypotheses
from stillwatch.lab.learn.expectations import FitSettings, Labelled, fit, labelled_groups
from stillwatch.lab.learn.write import hypotheses_toml
from stillwatch.model.tables import TABLES
from stillwatch.store.results import write_json


def group(hypothesis: str, **values: float) -> Labelled:
    return Labelled("run", "c", 10, hypothesis, {name: (value, 10) for name, value in values.items()})


def labels(folder: Path, members: Sequence[str]) -> str | None:
    """The label of one group with these members, whose letter says what they are; none if it is left out."""
    truth = {"h": ("raid", "raid"), "c": ("school_class", None), "r": ("chatters", None)}
    write_json(folder, "summary.json", {})
    ids = [f"{m}{i}" for i, m in enumerate(members)]
    rows = [{"campaign_id": "c-1", "account_id": i} for i in ids]
    _write(folder, "members", rows)
    _write(folder, "measurements", [{"campaign_id": "c-1", "feature": "novelty", "value": 0.5, "n": 9}])
    columns = {
        "account_id": pa.array(ids, pa.string()),
        "cohort": [truth[m][0] for m in members],
        "campaign": pa.array([truth[m][1] for m in members], pa.string()),
    }
    pq.write_table(pa.table(columns), folder / "accounts.parquet")
    found = labelled_groups(folder, folder)
    assert [{"novelty": (0.5, 9)}] * len(found) == [group.measured for group in found]
    return found[0].hypothesis if found else None


def _write(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    schema = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), folder / f"{name}.parquet")


@pytest.mark.parametrize(
    ("members", "label"),
    [
        ("hhhh", "distillation"),
        ("cccc", "class_or_event"),
        ("cccrr", "class_or_event"),
        ("ccrr", "unrelated"),
    ],
)
def test_a_group_is_what_most_of_it_is(tmp_path: Path, members: str, label: str) -> None:
    assert label == labels(tmp_path, members)


def test_a_group_with_many_hostile_members_and_no_majority_teaches_nothing(tmp_path: Path) -> None:
    assert None is labels(tmp_path, "hhcc")


def test_means_shrink_towards_everybody() -> None:
    own = [group("distillation", novelty=0.9)] * 4
    rest = [group("unrelated", novelty=0.1)] * 4
    mean, _ = fit(own + rest)["distillation"]["novelty"]
    assert 0.7 < mean < 0.9
    strong, _ = fit(own + rest, FitSettings(prior=20.0))["distillation"]["novelty"]
    assert strong < mean


def test_scattered_measurements_are_expected_less_firmly() -> None:
    firm = [group("distillation", novelty=0.7)] * 10
    loose = [group("unrelated", novelty=v) for v in (0.1, 0.95) * 5]
    found = fit(firm + loose, FitSettings(concentration=(0.1, 100)))
    assert found["unrelated"]["novelty"][1] < found["distillation"]["novelty"][1]


def test_what_the_intent_model_says_is_learned_from_texts_unseen_by_it() -> None:
    seen = [group("distillation", harvest_intent=0.98, clock=0.9)] * 5 + [
        group("unrelated", harvest_intent=0.02)
    ] * 5
    new = [group("distillation", harvest_intent=0.5, clock=0.2)] * 5 + [
        group("unrelated", harvest_intent=0.04)
    ] * 2
    found, before = fit(seen, unseen=new), fit(seen)
    assert fit(new)["distillation"]["harvest_intent"] == found["distillation"]["harvest_intent"]
    assert before["distillation"]["clock"] == found["distillation"]["clock"]
    assert before["unrelated"] == found["unrelated"]  # two groups teach nothing


def test_too_few_groups_expect_nothing() -> None:
    rows = [group("distillation", novelty=0.7)] * 2 + [group("unrelated", novelty=0.2)] * 5
    assert {} == fit(rows)["distillation"]


def test_order_of_the_groups_does_not_matter() -> None:
    rows = [group("distillation", novelty=0.1 * i, clock=0.05 * i) for i in range(8)]
    assert fit(rows) == fit(rows[::-1])


def test_bounds_hold() -> None:
    rows = [group("distillation", novelty=1.0)] * 50 + [group("unrelated", novelty=1.0)] * 50
    mean, concentration = fit(rows)["distillation"]["novelty"]
    assert mean <= 0.98
    assert FitSettings().concentration[0] <= concentration <= FitSettings().concentration[1]


def test_the_written_file_reads_back() -> None:
    expects = fit([group("distillation", novelty=0.9)] * 4 + [group("unrelated", novelty=0.1)] * 4)
    found = {h.name: h for h in read_hypotheses(hypotheses_toml(expects, {"distillation": 4}), where="x")}
    assert expects["distillation"] == found["distillation"].expects
    assert {} == found["spam_ring"].expects
    assert ("distillation", "coordinated") == (found["distillation"].kind, found["spam_ring"].kind)


def test_half_a_joint_explanation_is_left_out() -> None:
    known = [
        group(h, novelty=0.5) for h in ("distillation", "unrelated", "undeclared_relay") for _ in range(4)
    ]
    found = {h.name for h in read_hypotheses(hypotheses_toml(fit(known), {}), where="x")}
    assert "prepared_relay" in found
    unknown = {"unrelated_behind_exit", "prompt_behind_exit", "grading_relay", "tool_relay"}
    assert not unknown & found  # nothing is known of exits, prompts, batches or tools


def test_accounts_that_name_no_firm_are_one_firm_s_where_their_own_network_shows() -> None:
    known = [group(h, novelty=0.5, one_domain=v) for h, v in (("own_gateway", 0.9), ("unrelated", 0.1))] * 4
    found = {h.name: h for h in read_hypotheses(hypotheses_toml(fit(known), {}), where="x")}
    unnamed = found["unnamed_gateway"]
    assert found["unrelated"].expects["one_domain"] == unnamed.expects["one_domain"]
    assert found["own_gateway"].expects["novelty"] == unnamed.expects["novelty"]
    assert (True, False) == tuple(unnamed.shows({"shared_network": share}) for share in (0.6, 0.4))
