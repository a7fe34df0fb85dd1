"""A family of evidence left out on request is left out everywhere, and the scan says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.datasets import Traffic, traffic
from tests.scenarios.commands import one_error, run

from stillwatch.model.families import FAMILIES, KINDS
from stillwatch.store.results import read_table


@pytest.fixture(scope="module")
def small() -> Traffic:
    return traffic(residents=40, campaign=12, pupils=8)


def scanned(folder: Path, given: Traffic, key: Path, *options: str) -> dict[str, Any]:
    """The summary of a scan with these options."""
    data = given.write(folder / "data")
    ran = run("scan", data, "--out", folder / "out", "--key-file", key, *options, "--json")
    assert (0, "") == (ran.code, ran.err)
    summary: dict[str, Any] = json.loads(ran.out)
    return summary


@pytest.mark.parametrize("family", FAMILIES)
def test_no_result_holds_a_family_that_was_left_out(
    tmp_path: Path, key: Path, small: Traffic, family: str
) -> None:
    summary = scanned(tmp_path, small, key, "--without", family)
    assert [family] == summary["without"]
    out = tmp_path / "out"
    assert family not in read_table(out, "measurements")["family"].to_pylist()
    assert family not in read_table(out, "evidence")["family"].to_pylist()
    kinds = set(read_table(out, "indicators")["kind"].to_pylist())
    assert not {k.name for k in KINDS.values() if k.family == family} & kinds


def test_several_with_commas_and_by_repeating(tmp_path: Path, key: Path, small: Traffic) -> None:
    summary = scanned(tmp_path, small, key, "--without", "payment,identity", "--without", "Text")
    assert ["identity", "payment", "text"] == summary["without"]


def test_without_text_no_text_is_read(tmp_path: Path, key: Path, small: Traffic) -> None:
    summary = scanned(tmp_path, small, key, "--without", "text")
    assert "prompt_text is missing" in " ".join(summary["lost"])
    known = read_table(tmp_path / "out", "measurements")["feature"].to_pylist()
    assert not {"novelty", "repeated", "harvest_intent", "private_frames"} & set(known)


def test_without_content_the_campaign_is_still_linked(tmp_path: Path, key: Path, small: Traffic) -> None:
    scanned(tmp_path, small, key, "--without", "content")
    members = set(read_table(tmp_path / "out", "members")["account_id"].to_pylist())
    assert small.planted <= members


def test_terminal_and_report_say_what_was_left_out(tmp_path: Path, key: Path, small: Traffic) -> None:
    data = small.write(tmp_path / "data")
    ran = run("scan", data, "--out", tmp_path / "out", "--key-file", key, "--without", "network,timing")
    assert "Left out on request: network and timing" in ran.out
    assert "Left out on request: network and timing" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_family_that_does_not_exist_is_refused(tmp_path: Path, key: Path, small: Traffic) -> None:
    data = small.write(tmp_path / "data")
    ran = run("scan", data, "--out", tmp_path / "out", "--key-file", key, "--without", "astrology")
    one_error(ran, "astrology", *FAMILIES, "text")
