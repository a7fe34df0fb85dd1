"""What cannot be scanned is refused with one clear error, and nothing is left behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.datasets import Traffic, traffic
from tests.scenarios.commands import names_in, one_error, run

Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def few() -> Traffic:
    return traffic(residents=6, campaign=4, pupils=0)


@pytest.fixture
def data(tmp_path: Path, few: Traffic) -> Path:
    return few.write(tmp_path / "data")


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.read_table(path)), path)


def missing_column(data: Path) -> None:
    rewrite(data / "exchanges.parquet", lambda t: t.drop_columns(["account_id"]))


def wrong_type(data: Path) -> None:
    rewrite(
        data / "exchanges.parquet",
        lambda t: t.set_column(t.column_names.index("ts"), "ts", pa.array(["noon"] * t.num_rows)),
    )


def empty_required(data: Path) -> None:
    rewrite(
        data / "exchanges.parquet",
        lambda t: t.set_column(
            t.column_names.index("account_id"), "account_id", pa.nulls(t.num_rows, pa.string())
        ),
    )


def other_version(data: Path) -> None:
    rewrite(data / "exchanges.parquet", lambda t: t.replace_schema_metadata({"stillwatch.schema": "99"}))


def garbage(data: Path) -> None:
    (data / "exchanges.parquet").write_bytes(b"\x00\x01 not a table" * 40)


def cut_short(data: Path) -> None:
    path = data / "exchanges.parquet"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damaged_inside(data: Path) -> None:
    path = data / "exchanges.parquet"
    held = bytearray(path.read_bytes())
    held[100:4000] = b"\xff" * 3900
    path.write_bytes(bytes(held))


def of_other_format(data: Path) -> None:
    (data / "exchanges.parquet").write_text('{"request": "one"}\n', encoding="utf-8")


def no_exchanges(data: Path) -> None:
    (data / "exchanges.parquet").unlink()


def empty_parts(data: Path) -> None:
    (data / "exchanges.parquet").unlink()
    (data / "exchanges").mkdir()


def no_rows(data: Path) -> None:
    rewrite(data / "exchanges.parquet", lambda t: t.slice(0, 0))


def damaged_accounts(data: Path) -> None:
    (data / "accounts.parquet").write_bytes(b"PAR1 garbage PAR1")


def wrong_network(data: Path) -> None:
    pq.write_table(pa.table({"prefix": ["not a network"], "kind": ["hosting"]}), data / "networks.parquet")


SPOILT: tuple[tuple[Spoil, str, str], ...] = (
    (missing_column, "exchanges.parquet", "account_id"),
    (wrong_type, "exchanges", "ts"),
    (empty_required, "exchanges", "account_id"),
    (other_version, "exchanges.parquet", "version 99"),
    (garbage, "exchanges.parquet", "Parquet"),
    (cut_short, "exchanges.parquet", "Parquet"),
    (damaged_inside, "exchanges.parquet", "damaged"),
    (of_other_format, "exchanges.parquet", "Parquet"),
    (no_exchanges, "data", "exchanges.parquet"),
    (empty_parts, "exchanges", "no Parquet file"),
    (no_rows, "data", "no exchange"),
    (damaged_accounts, "accounts.parquet", "Parquet"),
    (wrong_network, "networks", "not a network"),
)


@pytest.mark.parametrize(("spoil", "where", "what"), SPOILT, ids=[s[0].__name__ for s in SPOILT])
def test_input_that_cannot_be_used(
    tmp_path: Path, data: Path, key: Path, spoil: Spoil, where: str, what: str
) -> None:
    spoil(data)
    before = names_in(tmp_path)
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", key), where, what)
    assert before == names_in(tmp_path)


def test_no_such_folder(tmp_path: Path, key: Path) -> None:
    one_error(
        run("scan", tmp_path / "gone", "--out", tmp_path / "out", "--key-file", key), "gone", "no such folder"
    )


def test_a_log_file_instead_of_a_dataset(tmp_path: Path, key: Path) -> None:
    log = tmp_path / "requests.jsonl"
    log.write_text("{}\n", encoding="utf-8")
    one_error(
        run("scan", log, "--out", tmp_path / "out", "--key-file", key), "requests.jsonl", "stillwatch ingest"
    )


def test_empty_folder(tmp_path: Path, key: Path) -> None:
    (tmp_path / "void").mkdir()
    one_error(
        run("scan", tmp_path / "void", "--out", tmp_path / "out", "--key-file", key),
        "void",
        "stillwatch ingest",
    )


def test_folder_that_is_no_dataset(tmp_path: Path, key: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"\xff\xd8")
    one_error(
        run("scan", tmp_path / "photos", "--out", tmp_path / "out", "--key-file", key),
        "photos",
        "exchanges.parquet",
    )


def test_results_do_not_replace_what_is_not_ours(tmp_path: Path, data: Path, key: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work", encoding="utf-8")
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", key), "out", "--out")
    assert ["thesis.txt"] == names_in(tmp_path / "out")


def test_results_do_not_replace_a_file(tmp_path: Path, data: Path, key: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", key), "out", "--out")
    assert "a file" == (tmp_path / "out").read_text(encoding="utf-8")


def test_results_do_not_replace_their_own_input(data: Path, key: Path) -> None:
    before = names_in(data)
    one_error(run("scan", data, "--out", data, "--key-file", key), "--out")
    assert before == names_in(data)


def test_parent_of_the_results_is_a_file(tmp_path: Path, data: Path, key: Path) -> None:
    (tmp_path / "wall").write_text("", encoding="utf-8")
    one_error(run("scan", data, "--out", tmp_path / "wall" / "out", "--key-file", key), "wall")


def test_key_of_the_wrong_size(tmp_path: Path, data: Path, key: Path) -> None:
    key.write_bytes(b"short")
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", key), "secret.key", "32 bytes", "5")


def test_key_that_others_may_read(tmp_path: Path, data: Path, key: Path) -> None:
    key.chmod(0o644)
    one_error(
        run("scan", data, "--out", tmp_path / "out", "--key-file", key), "secret.key", "0644", "chmod 600"
    )
    assert not (tmp_path / "out").exists()


def test_key_that_is_a_folder(tmp_path: Path, data: Path) -> None:
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", tmp_path), tmp_path.name)


def test_key_that_cannot_be_made(tmp_path: Path, data: Path) -> None:
    (tmp_path / "wall").write_text("", encoding="utf-8")
    one_error(
        run("scan", data, "--out", tmp_path / "out", "--key-file", tmp_path / "wall" / "k"),
        "wall",
        "--key-file",
    )


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--as-of", "yesterday", "--as-of"),
        ("--memory", "plenty", "--memory"),
        ("--memory", "1kB", "--memory"),
    ],
)
def test_setting_that_makes_no_sense(
    tmp_path: Path, data: Path, key: Path, option: str, value: str, said: str
) -> None:
    before = names_in(tmp_path)
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", key, option, value), said)
    assert before == names_in(tmp_path)


def test_window_without_an_exchange(tmp_path: Path, data: Path, key: Path) -> None:
    before = names_in(tmp_path)
    one_error(
        run("scan", data, "--out", tmp_path / "out", "--key-file", key, "--as-of", "2001-01-01"), "--as-of"
    )
    assert before == names_in(tmp_path)


def test_unreadable_file(tmp_path: Path, data: Path, key: Path) -> None:
    """Root reads everything, so there the file is a folder without tables."""
    path = data / "exchanges.parquet"
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.unlink()
        path.mkdir()
    one_error(run("scan", data, "--out", tmp_path / "out", "--key-file", key), "exchanges.parquet")


def test_error_as_json_is_one_object(tmp_path: Path, key: Path) -> None:
    ran = run("scan", tmp_path / "gone", "--out", tmp_path / "out", "--key-file", key, "--json")
    assert (2, "") == (ran.code, ran.err)
    assert 1 == len(ran.out.strip().splitlines())


@pytest.mark.parametrize("command", [("report",), ("explain", "c-1"), ("export",)])
def test_readers_refuse_a_folder_without_results(tmp_path: Path, command: tuple[str, ...]) -> None:
    one_error(run(*command, tmp_path), tmp_path.name, "scan")


def test_evaluate_refuses_a_folder_without_results(tmp_path: Path) -> None:
    one_error(run("evaluate", tmp_path, "--truth", tmp_path), tmp_path.name)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--engine", "flink"), "--engine 'flink' is not known"),
        (("--master", "local[2]"), "are for Spark"),
        (("--driver-rows", "9"), "are for Spark"),
        (("--driver-pairs", "9"), "are for Spark"),
        (("--engine", "spark", "--spark-conf", "executor.memory=8g"), "no setting of Spark"),
    ],
)
def test_an_engine_that_cannot_be_meant(
    data: Path, key: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    ran = run("scan", data, "--out", tmp_path / "out", "--key-file", key, *options)
    one_error(ran, said)
    assert not (tmp_path / "out").exists()
