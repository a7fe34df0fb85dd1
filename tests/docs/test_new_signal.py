"""The skeleton of a signal works as it stands."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from stillwatch.lab.conformance import check_signal
from stillwatch.model.registry import SPEC, Entry
from stillwatch.store.duck import open_duck

write = runpy.run_path(str(Path(__file__).parents[2] / "scripts/new_signal.py"))["write"]


def test_the_skeleton_passes_every_check(tmp_path: Path) -> None:
    """Written under a name, with the rows it gives as the expected ones, it is a signal."""
    write("empty_answers", tmp_path)
    function = runpy.run_path(str(tmp_path / "src/stillwatch/signals/empty_answers.py"))["empty_answers"]
    cases = tmp_path / "tests/cases/signals/empty_answers"
    rows = '[{"subject": "harvester", "value": 0.75, "n": 4}, {"subject": "reader", "value": 0.0, "n": 4}]'
    (cases / "expected.json").write_text(rows)
    entry = Entry(getattr(function, SPEC), function)
    check_signal(entry, lambda: open_duck(tmp_path, threads=1), cases=cases)
    assert "empty_answers" == entry.spec.name


@pytest.mark.parametrize("name", ["", "Answer", "a b", "x/y"])
def test_bad_names_are_refused(name: str, tmp_path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(SystemExit, match="2"):
        write(name, tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_signal_is_not_overwritten(tmp_path: Path) -> None:
    """A name that is taken is refused."""
    write("twice", tmp_path)
    with pytest.raises(SystemExit, match="2"):
        write("twice", tmp_path)
