"""From one's own history to q-values, and every refusal on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.datasets import START, nulled, traffic
from tests.scenarios.commands import Ran, names_in, one_error, run
from tests.scenarios.conftest import Scanned, write_key

from stillwatch.app.calibrate import CalibrateSettings, calibrate
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.attribute.calibration import OPEN, RELATION, calibration_json, read_calibration
from stillwatch.model.tables import TABLES
from stillwatch.store.results import read_table


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and three stretches of quiet traffic, each with a class that its exit explains."""
    folder = tmp_path_factory.mktemp("history")
    write_key(folder / "key")
    for seed in (2, 3, 4):
        traffic(seed=seed + 2, campaign=0, residents=90).write(folder / f"quiet-{seed}")
    return folder


@pytest.fixture(scope="module")
def own(place: Path) -> Path:
    """A calibration on two of them."""
    ran = calibrated(place, "own.json", "quiet-2", "quiet-3")
    assert 0 == ran.code, ran
    return place / "own.json"


def calibrated(place: Path, out: str, *arguments: str, json_: bool = True) -> Ran:
    """`stillwatch calibrate` on folders of the place."""
    folders = [str(place / a) if a.startswith("quiet") else a for a in arguments]
    more = ["--json"] if json_ else []
    return run(
        "calibrate", *folders, "--out", place / out, "--key-file", place / "key", "--threads", "1", *more
    )


def campaigns(
    place: Path, data: Path, out: Path, calibration: Path, level: float = 0.05
) -> list[dict[str, Any]]:
    """Rows of a scan with a calibration."""
    key = place / "key"
    settings = ScanSettings(key_file=key, quiet=True, calibration=calibration, level=level, report=False)
    return read_table(scan(data, out, settings), "campaigns").to_pylist()


def test_a_calibration_holds_scores_and_counts_and_no_id(own: Path) -> None:
    found = read_calibration(own.read_bytes(), where="own")
    assert ("own", 2, 0) == (found.source, len(found.scores[RELATION]), len(found.scores[OPEN]))
    assert [1, 1] == [span.groups for span in found.spans]
    assert "acct-" not in own.read_text("utf-8")


def test_nothing_of_the_scans_stays(own: Path, place: Path) -> None:
    assert not [name for name in names_in(place) if name.startswith(".")]


def test_quiet_traffic_gets_q_values_from_ones_own_history(own: Path, place: Path, tmp_path: Path) -> None:
    (row,) = campaigns(place, place / "quiet-4", tmp_path / "out", own, level=0.4)
    assert RELATION == row["traffic_class"]
    assert row["p_value"] in (pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0)
    assert row["p_value"] == row["q_value"]
    assert "2 groups of your own history" in row["q_reason"]


def test_a_campaign_is_not_judged_by_groups_of_another_class(
    own: Path, scanned: Scanned, tmp_path: Path
) -> None:
    rows = campaigns(own.parent, scanned.data, tmp_path / "out", own, level=0.9)
    (accused,) = [r for r in rows if r["verdict"] == "distillation"]
    assert (OPEN, None, None) == (accused["traffic_class"], accused["p_value"], accused["q_value"])
    assert "no benign group that no visible relation explains" in accused["q_reason"]


def test_a_set_too_small_for_the_level_is_refused(own: Path, place: Path, tmp_path: Path) -> None:
    ran = run(
        "scan",
        place / "quiet-4",
        "--out",
        tmp_path / "out",
        "--calibration",
        own,
        "--key-file",
        place / "key",
    )
    assert 0 == ran.code, ran
    (row,) = read_table(tmp_path / "out", "campaigns").to_pylist()
    assert row["q_value"] is None
    said = "too small: 2 benign groups best explained by a visible relation cannot express"
    assert said in row["q_reason"]
    assert "q-values: the calibration is too small" in " ".join(ran.out.split())
    assert said in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_verdict_does_not_hang_on_the_calibration(own: Path, scanned: Scanned, tmp_path: Path) -> None:
    kept = ("campaign_id", "verdict", "p_distillation", "weight_bits")
    rows = campaigns(own.parent, scanned.data, tmp_path / "out", own)
    assert [[r[k] for k in kept] for r in scanned.table("campaigns").to_pylist()] == [
        [r[k] for k in kept] for r in rows
    ]


def test_the_shipped_calibration_gives_no_q_value_and_says_so(scanned: Scanned) -> None:
    rows = scanned.table("campaigns").to_pylist()
    assert {None} == {r["q_value"] for r in rows} == {r["p_value"] for r in rows}
    assert all("simulated, so no false-discovery rate is claimed" in r["q_reason"] for r in rows)
    summary = json.loads((scanned.results / "summary.json").read_text("utf-8"))["calibration"]
    assert ("simulated", 0) == (summary["kind"], summary["with_q_value"])
    assert "is simulated" in (scanned.results / "report.html").read_text("utf-8")


def changed(own: Path, path: Path, **fields: object) -> Path:
    """A calibration with other fields."""
    path.write_text(calibration_json(replace(read_calibration(own.read_bytes(), where="own"), **fields)))
    return path


def test_a_campaign_far_above_a_long_history_has_a_small_q_value(
    own: Path, scanned: Scanned, tmp_path: Path
) -> None:
    low = tuple(range(-90_000, -85_000, 10))
    long = changed(own, tmp_path / "long.json", scores={OPEN: low, RELATION: low})
    ran = run(
        "scan", scanned.data, "--out", tmp_path / "out", "--calibration", long, "--key-file", scanned.key
    )
    assert 0 == ran.code, ran
    rows = {r["verdict"]: r for r in read_table(tmp_path / "out", "campaigns").to_pylist()}
    assert pytest.approx(1 / 501) == rows["distillation"]["p_value"]
    assert pytest.approx(1 / 501) == rows["distillation"]["q_value"]  # both groups rank first: 2 of 2
    assert "q 0.2%" in ran.out
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "False-discovery rate (q)" in report
    assert "rank among 500 groups of your own history" in report


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"program": "0.0.1"}, "made by Stillwatch 0.0.1"),
        ({"expectations": "0" * 16}, "made with other expectations"),
    ],
)
def test_a_calibration_of_another_pipeline_stops_the_scan(
    own: Path, place: Path, tmp_path: Path, fields: Mapping[str, object], said: str
) -> None:
    other = changed(own, tmp_path / "other.json", **fields)
    ran = run("scan", place / "quiet-4", "--out", tmp_path / "out", "--calibration", other)
    one_error(ran, said, "Run `stillwatch calibrate` again")
    assert not (tmp_path / "out").exists()


def test_a_file_marked_simulated_gives_none_either(own: Path, place: Path, tmp_path: Path) -> None:
    other = changed(own, tmp_path / "other.json", source="simulated")
    (row,) = campaigns(place, place / "quiet-4", tmp_path / "out", other, level=0.9)
    assert (None, None) == (row["p_value"], row["q_value"])
    assert "is simulated" in row["q_reason"]


def test_traffic_without_text_is_not_ranked_among_traffic_with_text(
    own: Path, place: Path, tmp_path: Path
) -> None:
    quiet = traffic(seed=4, campaign=0, residents=90)
    bare = nulled(quiet.tables["exchanges"], ["prompt_text", "system_text", "response_text"])
    data = quiet.but(exchanges=bare).write(tmp_path / "data")
    rows = campaigns(place, data, tmp_path / "out", own, level=0.9)
    assert all("had text, this one has none" in r["q_reason"] for r in rows)
    ran = run("calibrate", data, place / "quiet-2", "--out", tmp_path / "c.json", "--key-file", place / "key")
    one_error(ran, "some of the folders hold text and others none")


def test_groups_with_banned_accounts_are_left_out_and_counted(place: Path, tmp_path: Path) -> None:
    quiet = traffic(seed=4, campaign=0, residents=90)
    ban = [{"account_id": min(quiet.pupils), "at": START, "action": "ban"}]
    quiet.but(enforcement=pa.Table.from_pylist(ban, schema=TABLES["enforcement"].schema)).write(
        tmp_path / "data"
    )
    arguments = ("calibrate", tmp_path / "data", place / "quiet-3", "--out", tmp_path / "c.json")
    told = json.loads(run(*arguments, "--key-file", place / "key", "--json").out)
    assert [{"with a banned account": 1}, {}] == [span["left_out"] for span in told["spans"]]
    assert {OPEN: 0, RELATION: 1} == told["groups"]
    told = json.loads(run(*arguments, "--keep-banned", "--key-file", place / "key", "--json").out)
    assert {OPEN: 0, RELATION: 2} == told["groups"]


def listed(path: Path, ids: Sequence[str]) -> Path:
    path.write_text("\n".join(["# known to us", "", *ids]) + "\n")
    return path


def test_only_groups_of_listed_accounts_count(place: Path, tmp_path: Path) -> None:
    pupils = sorted(traffic(seed=2, campaign=0, residents=90).pupils)
    whole, part = listed(tmp_path / "whole", pupils), listed(tmp_path / "part", pupils[1:])
    told = json.loads(calibrated(place, "c.json", "quiet-2", "--assume-benign", str(whole)).out)
    assert {OPEN: 0, RELATION: 1} == told["groups"]
    ran = run(
        "calibrate",
        place / "quiet-2",
        "--assume-benign",
        part,
        "--out",
        tmp_path / "c",
        "--key-file",
        place / "key",
    )
    one_error(ran, "no group of benign accounts was formed", "longer list")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("text", ["", "# nobody\n"])
def test_a_list_of_nobody_is_refused(place: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "list").write_text(text)
    ran = run("calibrate", place / "quiet-2", "--assume-benign", tmp_path / "list", "--out", tmp_path / "c")
    one_error(ran, "names no account", "one account id a line")


def test_what_is_no_dataset_or_no_file_is_refused(place: Path, tmp_path: Path) -> None:
    one_error(run("calibrate", tmp_path / "none", "--out", tmp_path / "c"), "no such folder")
    one_error(run("calibrate", place / "quiet-2", "--out", tmp_path), "is a folder")
    ran = run("scan", place / "quiet-2", "--out", tmp_path / "out", "--calibration", tmp_path / "none.json")
    one_error(ran, "cannot be read", "stillwatch calibrate")
    one_error(run("scan", place / "quiet-2", "--out", tmp_path / "o", "--level", "2"), "--level 2 is no rate")


def test_a_history_with_a_campaign_in_it_is_pointed_out(scanned: Scanned, tmp_path: Path) -> None:
    ran = run(
        "calibrate", scanned.data, "--out", tmp_path / "c.json", "--key-file", scanned.key, "--threads", "1"
    )
    assert 0 == ran.code, ran
    assert "1 group would be called distillation" in ran.out
    assert "2 benign groups of 1 folder" in ran.out


@pytest.mark.long
def test_simulated_history_covers_other_simulated_traffic(tmp_path: Path) -> None:
    """Four quiet fortnights calibrate a fifth, one with campaigns, and a month; the sets are small, so the level is
    high."""
    key = write_key(tmp_path / "key")

    def simulated(name: str, seed: int, scale: str = "0.002") -> Path:
        out = tmp_path / f"{name}-{seed}"
        made = run(
            "simulate", name, "--scale", scale, "--seed", str(seed), "--split", "training", "--out", out
        )
        assert 0 == made.code, made
        return out

    own = tmp_path / "own.json"
    history = [simulated("benign", seed) for seed in (61, 62, 63, 64)]
    calibrate(history, own, CalibrateSettings(scan=ScanSettings(key_file=key, quiet=True)))
    quiet = campaigns(tmp_path, simulated("benign", 65), tmp_path / "quiet", own, level=0.5)
    p = [r["p_value"] for r in quiet]
    assert len(p) > 100
    for a in (0.05, 0.1, 0.25):  # groups of one scan are not independent: 5 deviations of independent ones
        assert sum(x <= a for x in p) <= len(p) * a + 5 * (len(p) * a * (1 - a)) ** 0.5
    known = [r["q_value"] for r in quiet if r["q_value"] is not None]
    assert known
    assert min(known) > 0.05
    loud = campaigns(tmp_path, simulated("drill", 65, "0.02"), tmp_path / "loud", own, level=0.9)
    accused = [r["p_value"] for r in loud if r["verdict"] == "distillation"]
    assert sorted(accused)[len(accused) // 2] <= 0.05
    month = campaigns(tmp_path, simulated("disclosure-2026-02", 65), tmp_path / "month", own, level=0.9)
    assert all(r["q_value"] is None and "this scan of 30 days" in r["q_reason"] for r in month)
