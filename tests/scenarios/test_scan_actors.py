"""A scan with actor profiles: drafted from one campaign, recognised in the next, and faulty ones refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.commands import one_error, run
from tests.scenarios.conftest import Scanned
from tests.unit.attribute.actors.test_profile import GOOD

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.store.results import read_table

NOBODYS = GOOD.split("[[campaigns]]")[0].replace('"Amber"', '"Nobody here"')


@pytest.fixture(scope="module")
def with_actors(scanned: Scanned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The standard dataset scanned with a profile drafted from its campaign and one of somebody else."""
    folder = tmp_path_factory.mktemp("actors")
    campaign = _accused(scanned.results)
    said = run("actors", "--from", campaign, "--results", scanned.results, "--name", "Cluster 7",
               "--out", folder / "profiles" / "seven.toml")  # fmt: skip
    assert (0, "") == (said.code, said.err), said
    (folder / "profiles" / "nobody.toml").write_text(NOBODYS, "utf-8")
    settings = ScanSettings(key_file=scanned.key, quiet=True, actors=folder / "profiles")
    return scan(scanned.data, folder / "results", settings)


def _accused(results: Path) -> str:
    rows = read_table(results, "campaigns").to_pylist()
    return next(r["campaign_id"] for r in rows if r["verdict"] == "distillation")


def rows(results: Path, name: str) -> list[dict[str, Any]]:
    return list(read_table(results, name).to_pylist())


def test_a_drafted_profile_is_recognised_and_ungraded_claims_name_nobody(with_actors: Path) -> None:
    of = {r["actor"]: r for r in rows(with_actors, "attributions")}
    assert {"Cluster 7", "Nobody here", "unknown actor", "relay only", "false flag"} == set(of)
    assert of["Cluster 7"]["posterior"] > of["Nobody here"]["posterior"]
    assert 1.0 == pytest.approx(sum(r["posterior"] for r in of.values()), abs=1e-5)
    assert {"activity cluster"} == {r["ladder"] for r in of.values()}
    assert of["Cluster 7"]["unmet"]


def test_every_claim_is_listed_with_what_is_shown(with_actors: Path) -> None:
    found = rows(with_actors, "attribution_evidence")
    assert {"Cluster 7", "Nobody here"} == {r["actor"] for r in found}
    shown = [r for r in found if r["state"] == "shown"]
    assert shown
    assert all(r["rows"] for r in shown if r["claim"].startswith("campaigns"))
    assert {"Nobody here"} >= {r["actor"] for r in found if r["state"] == "expired"}


def test_explain_and_report_show_it(with_actors: Path) -> None:
    ran = run("explain", _accused(with_actors), with_actors)
    assert 0 == ran.code
    for said in ("Who may be behind it", "Cluster 7", "Against:", "Gaps:", "Would change it:"):
        assert said in ran.out, said
    record = json.loads(run("explain", _accused(with_actors), with_actors, "--json").out)
    assert record["attributions"]
    assert record["attribution_evidence"]
    assert "Cluster 7" in (with_actors / "report.html").read_text("utf-8")


def test_profiles_change_nothing_but_attribution(scanned: Scanned, with_actors: Path) -> None:
    for name in ("campaigns", "members", "evidence", "hypotheses", "indicators"):
        assert (scanned.results / f"{name}.parquet").read_bytes() == (
            with_actors / f"{name}.parquet"
        ).read_bytes()


def test_without_profiles_nobody_is_named(scanned: Scanned) -> None:
    (row,) = rows(scanned.results, "attributions")
    assert ("unknown actor", 1.0, "activity cluster") == (row["actor"], row["posterior"], row["ladder"])
    assert "no actor profile was given" in row["statement"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema = ", "x.toml:1"),
        (GOOD.replace('"B2"', '"Q7"', 1), "x.toml:13"),
        (GOOD.replace("198.51.100.0/24", "0.0.0.0/0"), "too wide"),
    ],
)
def test_a_faulty_profile_stops_the_scan_before_it_begins(
    scanned: Scanned, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "x.toml").write_text(text, "utf-8")
    out = tmp_path / "out"
    one_error(run("scan", scanned.data, "--out", out, "--key-file", scanned.key, "--actors", tmp_path), said)
    assert not out.exists()


def test_what_is_no_profile_folder(scanned: Scanned, tmp_path: Path) -> None:
    one_error(run("actors", tmp_path), "holds no actor profile")
    one_error(run("actors", tmp_path / "missing"), "no such folder")
    one_error(run("actors", "--from", "c-1"), "--from needs")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    one_error(run("actors", tmp_path), "cannot be read")
    away = ["--results", scanned.results, "--out", tmp_path / "y.toml"]
    one_error(run("actors", "--from", "c-nowhere", *away), "no campaign or account")


def test_profiles_are_listed(root: Path) -> None:
    folder = root / "src/stillwatch/attribute/profiles"
    ran = run("actors", folder, "--as-of", "2028-01-01")
    assert 0 == ran.code
    assert "Amber Kestrel" in ran.out
    assert "expired" in ran.out
    found = json.loads(run("actors", folder, "--json").out)
    hours = next(c for p in found for c in p["claims"] if c["kind"] == "working_hours")
    assert 0 == hours["most_bits"]
    assert 0 == run("actors", root / "examples/actors").code


def test_without_a_folder_the_shipped_profiles_are_listed_and_all_are_fictional() -> None:
    """Nobody real is among what ships; no folder of the source has to be known."""
    found = json.loads(run("actors", "--json").out)
    assert ["Amber Kestrel", "Brass Relay", "Slate Heron"] == [p["name"] for p in found]
    assert all(p["fictional"] for p in found)
    assert "Amber Kestrel  fictional distiller" in run("actors").out
