"""`stillwatch ingest` and `stillwatch enrich` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.ingest.records import litellm, table, write_lines

from stillwatch.app.cli import main


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_ingest_prints_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write_lines(tmp_path / "log", [litellm(1), litellm(1)])
    code, out, err = _run(capsys, "ingest", log, "--out", tmp_path / "out", "--json")
    done = json.loads(out)
    assert (0, 1, {"duplicate exchange_id": 1}, "") == (code, done["exchanges"], done["reasons"], err)


def test_ingest_prints_a_summary_with_rejects_and_costs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = write_lines(tmp_path / "log", [litellm(1), litellm(2, metadata={})])
    code, out, _ = _run(capsys, "ingest", log, "--out", tmp_path / "out")
    assert code == 0
    assert "no account: choose its field with --account" in out
    assert "no shared networks" in out


def test_one_mapping_file_can_serve_records_and_accounts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.csv").write_text("id,ts,who\nr-1,1795450000,k-1\n")
    (tmp_path / "people.csv").write_text("who,plan\nk-1,pro\n")
    (tmp_path / "map.toml").write_text(
        '[exchanges]\ncolumns = { id = "exchange_id", who = "account_id" }\ndefaults = { model = "m-1" }\n'
        '[accounts]\ncolumns = { who = "account_id" }\n'
    )
    files = ("log.csv", "--accounts", tmp_path / "people.csv", "--map", tmp_path / "map.toml")
    code, out, _ = _run(capsys, "ingest", tmp_path / files[0], *files[1:], "--out", tmp_path, "--json")
    assert (0, 1, 1) == (code, json.loads(out)["exchanges"], json.loads(out)["accounts"])


def test_text_can_be_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write_lines(tmp_path / "log", [litellm(1)])
    _run(capsys, "ingest", log, "--out", tmp_path, "--text", "drop", "--json")
    (row,) = table(tmp_path, "exchanges")
    assert row["prompt_text"] is row["response_text"] is None
    assert row["next_prefix_key"] is not None


@pytest.mark.parametrize("content", ["", "plain words\n"])
def test_a_foreign_file_ends_with_one_error_and_exit_code_2(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text(content)
    code, out, err = _run(capsys, "ingest", tmp_path / "file", "--out", tmp_path / "out")
    assert (2, "") == (code, out)
    assert 1 == err.count("Error")
    assert not (tmp_path / "out").exists()


def test_enrich_prints_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write_lines(tmp_path / "log", [litellm(1, requester_ip_address="192.0.2.9")])
    _run(capsys, "ingest", log, "--out", tmp_path, "--json")
    (tmp_path / "list.csv").write_text("prefix,kind\n192.0.2.0/24,vpn\n")
    code, out, _ = _run(capsys, "enrich", tmp_path, "--networks", tmp_path / "list.csv", "--json")
    assert (0, {"vpn": 1}) == (code, json.loads(out)["kinds"])
