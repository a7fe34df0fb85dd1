"""What holds of every result folder: evidence adds up, nobody is named without grounds, no text gets out."""

from __future__ import annotations

import base64
import json
import math
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.datasets import MARKER, files_of
from tests.scenarios.commands import run
from tests.scenarios.conftest import KEY, Scanned

from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.tables import TABLES

RESULTS = tuple(t.name for t in TABLES.values() if t.stage == "result")


def bits_by_family(scanned: Scanned) -> dict[str, dict[str, float]]:
    """Campaign → family → sum of the weights of its evidence."""
    out: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in scanned.table("evidence").to_pylist():
        out[row["campaign_id"]][row["family"]] += row["weight_bits"]
    return out


def everything(results: Path) -> str:
    """All that stands in a result folder, decoded."""
    parts = []
    for path in files_of(results):
        if path.suffix == ".parquet":
            rows = pq.read_table(path)
            parts += [str(rows.to_pylist()), str(rows.schema.metadata)]
        else:
            parts.append(path.read_text("utf-8"))
    return "\n".join(parts)


def test_prior_and_evidence_make_the_probability(scanned: Scanned) -> None:
    weights = bits_by_family(scanned)
    for row in scanned.table("campaigns").to_pylist():
        bits = row["prior_bits"] + sum(weights[row["campaign_id"]].values())
        assert row["prior_bits"] + row["weight_bits"] == pytest.approx(bits, abs=1e-9)
        posterior = bits + row["calibration_bits"]
        assert row["p_distillation"] == pytest.approx(1 / (1 + 2**-posterior), abs=1e-6)


def test_whoever_is_accused_has_the_purpose_that_is_asked_for(scanned: Scanned) -> None:
    """The sum that decides beside the weight is in the result, so that it can be checked."""
    guilty = [r for r in scanned.table("campaigns").to_pylist() if r["verdict"] == "distillation"]
    assert guilty
    assert all(r["purpose_bits"] >= r["purpose_threshold_bits"] for r in guilty)
    assert "Purpose of the answers" in (scanned.results / "report.html").read_text("utf-8")


def test_weights_lie_within_their_intervals(scanned: Scanned) -> None:
    for name, low, high in (
        ("campaigns", "weight_low", "weight_high"),
        ("evidence", "low", "high"),
        ("member_evidence", "low", "high"),
    ):
        for row in scanned.table(name).to_pylist():
            assert row[low] <= row["weight_bits"] <= row[high], (name, row)


def test_the_planted_campaign_and_the_class_are_found_whole(scanned: Scanned) -> None:
    members: dict[str, set[str]] = defaultdict(set)
    for row in scanned.table("members").to_pylist():
        members[row["campaign_id"]].add(row["account_id"])
    assert set(scanned.traffic.planted) in members.values()
    assert set(scanned.traffic.pupils) in members.values()


def test_pupils_are_not_accused(scanned: Scanned) -> None:
    guilty = verdicts(scanned, "distillation")
    accused = {r["account_id"] for r in scanned.table("members").to_pylist() if r["campaign_id"] in guilty}
    assert set() == accused - scanned.traffic.planted


def test_distillation_needs_two_families_one_beside_content(scanned: Scanned) -> None:
    weights = bits_by_family(scanned)
    for row in scanned.table("campaigns").to_pylist():
        strong = {f for f, bits in weights[row["campaign_id"]].items() if bits >= 3}
        enough = len(strong) >= 2 and bool(strong - {"content"}) and row["weight_low"] > row["threshold_bits"]
        assert row["verdict"] != "distillation" or enough, row["campaign_id"]


def test_the_campaign_looks_more_like_a_harvest_than_the_class(scanned: Scanned) -> None:
    members = {r["account_id"]: r["campaign_id"] for r in scanned.table("members").to_pylist()}
    weight = {r["campaign_id"]: r["weight_bits"] for r in scanned.table("campaigns").to_pylist()}
    planted, pupil = (members[min(names)] for names in (scanned.traffic.planted, scanned.traffic.pupils))
    assert weight[pupil] < 0 < weight[planted]


def test_only_probable_members_and_exchanges_stand_in_results(scanned: Scanned) -> None:
    assert 0.5 <= min(scanned.table("members")["p_member"].to_pylist())
    assert 0.5 <= min(scanned.table("campaign_exchanges")["p"].to_pylist(), default=1.0)


def test_innocent_groups_have_no_exchanges_and_no_indicators(scanned: Scanned) -> None:
    innocent = verdicts(scanned, "innocent")
    for name in ("campaign_exchanges", "indicators"):
        assert set() == innocent & set(scanned.table(name)["campaign_id"].to_pylist())


def test_probabilities_of_the_explanations_add_to_one(scanned: Scanned) -> None:
    sums: dict[str, float] = defaultdict(float)
    for row in scanned.table("hypotheses").to_pylist():
        sums[row["campaign_id"]] += row["posterior"]
    assert [1.0] * len(sums) == pytest.approx(list(sums.values()), abs=1e-4)


def test_every_row_belongs_to_a_campaign(scanned: Scanned) -> None:
    known = set(scanned.table("campaigns")["campaign_id"].to_pylist())
    for name in RESULTS:
        assert set() == set(scanned.table(name)["campaign_id"].to_pylist()) - known, name


@pytest.mark.parametrize("name", RESULTS)
def test_tables_have_their_schema_and_unique_sorted_keys(scanned: Scanned, name: str) -> None:
    table = TABLES[name]
    rows = pq.read_table(scanned.results / f"{name}.parquet")
    assert table.schema == rows.schema
    keys = [tuple(row.values()) for row in rows.select(list(table.key)).to_pylist()]
    assert sorted(set(keys)) == keys


def test_sizes_agree_between_tables(scanned: Scanned) -> None:
    members = scanned.table("members").to_pylist()
    for row in scanned.table("campaigns").to_pylist():
        own = [m for m in members if m["campaign_id"] == row["campaign_id"]]
        assert row["accounts"] == len(own)
        assert row["exchanges"] == sum(m["campaign_exchanges"] for m in own)
        assert all(m["campaign_exchanges"] <= m["exchanges"] for m in own)


def test_no_prompt_text_of_a_few_accounts_gets_out(scanned: Scanned, tmp_path: Path) -> None:
    prompts = scanned.traffic.tables["exchanges"]["prompt_text"].to_pylist()
    assert any(MARKER in prompt for prompt in prompts)
    ran = run("scan", scanned.data, "--out", tmp_path / "out", "--key-file", scanned.key)
    assert MARKER not in everything(tmp_path / "out") + ran.out + ran.err


def test_no_answers_and_no_facts_of_accounts_get_out(scanned: Scanned) -> None:
    held = everything(scanned.results)
    exchanges, accounts = (scanned.traffic.tables[n] for n in ("exchanges", "accounts"))
    for column in ("response_text", "client_address", "header_order", "ja4"):
        values = set(exchanges[column].drop_null().to_pylist())
        assert [] == [v for v in values if f"'{v}'" in held or (len(v) > 30 and v in held)], column
    for column in ("email_digest", "payment_fingerprint", "signup_address"):
        values = set(accounts[column].drop_null().to_pylist())
        assert [] == [v for v in values if f"'{v}'" in held], column


def test_the_key_does_not_get_out(scanned: Scanned) -> None:
    held = everything(scanned.results)
    key = HashKey.from_bytes(KEY)
    forms = (KEY.hex(), base64.b64encode(KEY).decode(), repr(KEY), str(key.k0), str(key.k1))
    assert [] == [form for form in forms if form in held]
    assert [] == [p.name for p in files_of(scanned.results) if KEY[:16] in p.read_bytes()]


def test_summary_agrees_with_the_tables(scanned: Scanned) -> None:
    summary = json.loads((scanned.results / "summary.json").read_text("utf-8"))
    verdict = scanned.table("campaigns")["verdict"].to_pylist()
    assert {v: verdict.count(v) for v in set(verdict)} == summary["counts"]["campaigns"]
    assert scanned.traffic.tables["exchanges"].num_rows == summary["input"]["exchanges"]
    assert all(math.isfinite(stage["seconds"]) for stage in summary["timings"])


def test_nothing_but_results_is_left(scanned: Scanned) -> None:
    names = {p.name for p in files_of(scanned.results)}
    assert {f"{name}.parquet" for name in RESULTS} | {"summary.json", "report.html"} == names


def verdicts(scanned: Scanned, verdict: str) -> set[str]:
    """Ids of the campaigns with this verdict."""
    rows = scanned.table("campaigns").to_pylist()
    return {r["campaign_id"] for r in rows if r["verdict"] == verdict}
