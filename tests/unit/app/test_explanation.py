"""`explain`, `report` and `export` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.app.cli import main
from stillwatch.app.explanation import find
from stillwatch.app.report.results import Results
from stillwatch.model.errors import InputError


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command prints; it must end well."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0
    return capsys.readouterr().out


def test_a_campaign_is_explained_step_by_step(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "explain", "c-5e1fa0b7", str(folder))
    for part in ("Prior", "Posterior", "Explanations compared", "What speaks against it", "What is missing"):
        assert part in text


def test_an_explanation_as_json_adds_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(told(capsys, "explain", "c-5e1fa0b7", str(folder), "--json"))
    steps = record["waterfall"]
    assert pytest.approx(steps[-1]["end"]) == sum(step["bits"] for step in steps[:-1])


def test_an_account_is_explained_by_family(
    results: Results, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    member = results.of("members", "c-91c4d2e8")[0]["account_id"]
    text = told(capsys, "explain", member, str(folder))
    assert "in c-91c4d2e8 (Distillation)" in text
    record = json.loads(told(capsys, "explain", member, str(folder), "--json"))
    assert record["campaigns"][0]["evidence"]


def test_the_beginning_of_an_id_is_enough(results: Results) -> None:
    found = find(results, "c-5e1")
    assert found.campaign is not None
    assert found.campaign["campaign_id"] == "c-5e1fa0b7"


def test_an_unknown_id_names_the_nearest(results: Results) -> None:
    with pytest.raises(InputError, match="nearest ids are c-5e1fa0b7"):
        find(results, "c-5e1fa0b8")


def test_an_ambiguous_beginning_asks_for_more(results: Results) -> None:
    with pytest.raises(InputError, match=r"ids begin with 'acct_'.*Write more of it"):
        find(results, "acct_")


def test_report_says_where_it_wrote(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(told(capsys, "report", str(folder), "--json"))
    assert Path(record["report"]).stat().st_size == record["bytes"]


def test_export_lists_its_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(told(capsys, "export", str(folder), "--json"))
    assert str(folder / "csv" / "campaigns.csv") in record["files"]


@pytest.mark.parametrize("arguments", [("report",), ("explain", "c-1"), ("export",)])
def test_a_folder_without_results_ends_with_two(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main((*arguments, str(tmp_path)))
    assert end.value.code == 2
    assert "no campaigns.parquet" in capsys.readouterr().err


def test_an_unknown_form_of_export_ends_with_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(("export", str(folder), "--to", "xlsx"))
    assert end.value.code == 2
    assert "--to csv" in capsys.readouterr().err
