"""The state is read as it was written, by who wrote it, and is whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from tests.campaigns import MARKS, Pool, earlier

from stillwatch.model.errors import ResourceError, StateError
from stillwatch.store.state import NAMES, commit_state, read_state, stage_state

KEY = "00ff00ff00ff00ff"


def tables(name: str = "c-old") -> dict[str, pa.Table]:
    found = earlier({name: Pool(range(5), MARKS)})
    return dict(zip(NAMES, (found.campaigns, found.members, found.values), strict=True))


def rows_of(found: Mapping[str, pa.Table]) -> dict[str, list[str]]:
    return {name: sorted(map(str, table.to_pylist())) for name, table in found.items()}


def write(folder: Path, rows: dict[str, pa.Table]) -> str:
    digest = stage_state(folder, rows)
    commit_state(folder, digest, key=KEY)
    return digest


def test_what_is_written_is_read(tmp_path: Path) -> None:
    digest = write(tmp_path / "state", tables())
    found = read_state(tmp_path / "state", key=KEY)
    assert digest == found.digest
    assert rows_of(tables()) == rows_of(found.tables)


@pytest.mark.parametrize("made", [False, True])
def test_no_state_yet(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "state").mkdir()
    found = read_state(tmp_path / "state", key=KEY)
    assert ("", 0) == (found.digest, sum(t.num_rows for t in found.tables.values()))


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "one", tables()) == write(tmp_path / "other", tables())
    assert write(tmp_path / "one", tables()) != write(tmp_path / "one", tables("c-new"))


def test_only_the_latest_is_kept(tmp_path: Path) -> None:
    write(tmp_path, tables())
    digest = write(tmp_path, tables("c-new"))
    assert sorted([digest, "state.json"]) == sorted(p.name for p in tmp_path.iterdir())


def test_staged_tables_are_not_the_state(tmp_path: Path) -> None:
    """As after a kill between the two: the old state stands, or none."""
    stage_state(tmp_path, tables("c-new"))
    assert "" == read_state(tmp_path, key=KEY).digest
    digest = write(tmp_path, tables())
    stage_state(tmp_path, tables("c-new"))
    assert digest == read_state(tmp_path, key=KEY).digest


def test_half_written_tables_are_not_the_state(tmp_path: Path) -> None:
    digest = write(tmp_path, tables())
    (tmp_path / ".fresh").mkdir()
    (tmp_path / ".fresh" / "state_members.parquet").write_bytes(b"PAR1")
    (tmp_path / ".state.json").write_text("{", "utf-8")
    assert digest == read_state(tmp_path, key=KEY).digest
    assert digest == write(tmp_path, tables())


def test_another_key(tmp_path: Path) -> None:
    write(tmp_path, tables())
    with pytest.raises(StateError, match="another key") as error:
        read_state(tmp_path, key="1111111111111111")
    assert "a new key starts a new state" in error.value.remedy


def test_a_newer_version(tmp_path: Path) -> None:
    write(tmp_path, tables())
    header = json.loads((tmp_path / "state.json").read_text("utf-8"))
    (tmp_path / "state.json").write_text(json.dumps({**header, "version": 2}), "utf-8")
    with pytest.raises(StateError, match="version 2, this program reads version 1"):
        read_state(tmp_path, key=KEY)


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense"])
def test_a_damaged_header(tmp_path: Path, text: str) -> None:
    write(tmp_path, tables())
    (tmp_path / "state.json").write_text(text, "utf-8")
    with pytest.raises(StateError, match="cannot be read"):
        read_state(tmp_path, key=KEY)


def test_a_missing_table(tmp_path: Path) -> None:
    digest = write(tmp_path, tables())
    (tmp_path / digest / "state_members.parquet").unlink()
    with pytest.raises(StateError, match="cannot be read"):
        read_state(tmp_path, key=KEY)


@pytest.mark.parametrize("name", ["file", "photos/holiday.jpg"])
def test_something_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("not ours", "utf-8")
    with pytest.raises(StateError, match="no state folder"):
        read_state(tmp_path / name.split("/")[0], key=KEY)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ResourceError, match="the state cannot be written"):
        stage_state(tmp_path / "file", tables())
