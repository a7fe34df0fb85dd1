"""A file is replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.model.errors import ResourceError
from stillwatch.store.files import replace_text


def test_the_text_takes_the_place_of_the_old_one_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.json"
    assert path == replace_text(path, "old")
    replace_text(path, "new ä ö")
    assert path.read_text("utf-8") == "new ä ö"
    assert [path] == list(path.parent.iterdir())


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(ResourceError, match="cannot be written"):
        replace_text(tmp_path / "folder", "text")
    assert [tmp_path / "folder"] == list(tmp_path.iterdir())
