"""What the commands print: one JSON object where asked, and no progress where nobody watches."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.scenarios.commands import run
from tests.scenarios.conftest import Scanned


def test_scan_prints_its_summary_as_one_object(scanned: Scanned, tmp_path: Path) -> None:
    ran = run("scan", scanned.data, "--out", tmp_path / "out", "--key-file", scanned.key, "--json")
    assert (0, "") == (ran.code, ran.err)
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8")) == json.loads(ran.out)


def test_scan_shows_no_progress_where_nobody_watches(scanned: Scanned, tmp_path: Path) -> None:
    ran = run("scan", scanned.data, "--out", tmp_path / "out", "--key-file", scanned.key)
    assert (0, "") == (ran.code, ran.err)
    assert "\r" not in ran.out
    assert "\x1b" not in ran.out
    assert "report.html" in ran.out


@pytest.mark.parametrize("command", ["report", "explain", "export", "evaluate"])
def test_other_commands_print_one_object(scanned: Scanned, tmp_path: Path, command: str) -> None:
    first = scanned.table("campaigns")["campaign_id"][0].as_py()
    arguments = {
        "report": (scanned.results,),
        "explain": (first, scanned.results),
        "export": (scanned.results, "--out", tmp_path / "csv"),
        "evaluate": (scanned.results, "--truth", scanned.truth),
    }
    ran = run(command, *arguments[command], "--json")
    assert (0, "") == (ran.code, ran.err)
    assert isinstance(json.loads(ran.out), dict)


def test_report_made_anew_is_the_same(scanned: Scanned) -> None:
    page = (scanned.results / "report.html").read_bytes()
    assert 0 == run("report", scanned.results).code
    assert page == (scanned.results / "report.html").read_bytes()
