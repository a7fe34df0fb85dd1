"""`explain`, `report` and `export` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.app.cli import main
from stillwatch.app.explanation import find
from stillwatch.app.report import render
from stillwatch.app.report.results import Results
from stillwatch.model.errors import InputError
from stillwatch.store.results import read_table, write_table


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


def test_what_is_given_the_wrong_way_round_is_told_the_right_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(("explain", str(tmp_path), "c-1"))
    assert end.value.code == 2
    assert "Try `stillwatch explain c-1" in words(capsys.readouterr().err)


def test_an_unknown_form_of_export_ends_with_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(("export", str(folder), "--to", "xlsx"))
    assert end.value.code == 2
    assert "--to csv" in capsys.readouterr().err


def words(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())


@pytest.fixture
def joined(results: Results, folder: Path) -> str:
    """The first member of a campaign, which joined it for three mail domains; the results say so."""
    account = results.of("members", "c-5e1fa0b7")[0]["account_id"]
    rows = read_table(folder, "evidence")
    tie = {
        **rows.slice(0, 1).to_pylist()[0], "campaign_id": "c-5e1fa0b7", "subject_kind": "pair",
        "subject": "c-5e1fa0b7/1", "family": "identity", "kind": "email_domain", "weight_bits": 9.5,
        "statement": "12 accounts that joined share 3 values with the others (e-mail domain); chance gives 0.1",
        "rows": [f"accounts/{account}"], "counter": False,
    }  # fmt: skip
    write_table(folder, "evidence", pa.concat_tables([rows, pa.Table.from_pylist([tie], schema=rows.schema)]))
    return str(account)


def test_who_joined_a_campaign_is_told_with_the_campaign_and_with_the_account(
    joined: str, results: Results, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for subject in ("c-5e1fa0b7", joined):
        assert "12 accounts that joined share 3 values" in " ".join(
            told(capsys, "explain", subject, str(folder)).split()
        )
    stranger = results.of("members", "c-5e1fa0b7")[1]["account_id"]
    assert "that joined share" not in " ".join(told(capsys, "explain", stranger, str(folder)).split())
    record = json.loads(told(capsys, "explain", joined, str(folder), "--json"))
    assert [9.5] == [e["weight_bits"] for e in record["campaigns"][0]["joined_for"]]


def test_a_tie_is_no_part_of_the_sum(joined: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(told(capsys, "explain", "c-5e1fa0b7", str(folder), "--json"))
    steps = record["waterfall"]
    assert pytest.approx(steps[-1]["end"]) == sum(step["bits"] for step in steps[:-1])
    assert [9.5] == [item["bits"] for item in record["joined"]]


def test_the_report_lists_who_joined(joined: str, folder: Path) -> None:
    render(folder)
    page = (folder / "report.html").read_text("utf-8")
    assert "Who joined it" in page
    assert "12 accounts that joined share 3 values" in page
