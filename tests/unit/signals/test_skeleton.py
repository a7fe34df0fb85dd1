"""The skeleton of a new signal is well-formed, and unfinished."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from stillwatch.lab.conformance import check_signal
from stillwatch.lab.skeleton import main, write_skeleton
from stillwatch.model.errors import ExtensionError, UsageError
from stillwatch.model.registry import SPEC, Entry
from stillwatch.store.duck import open_duck


def test_it_writes_the_signal_its_cases_and_its_page(tmp_path: Path) -> None:
    written = {str(path.relative_to(tmp_path)) for path in write_skeleton("prompt_length", tmp_path)}
    cases = {
        f"tests/cases/signals/prompt_length/{n}.json" for n in ("input", "expected", "planted", "look_alike")
    }
    assert written == cases | {
        "src/stillwatch/signals/prompt_length.py",
        "tests/cases/signals/prompt_length/reference.py",
        "docs/signals/prompt_length.md",
    }


def test_it_passes_the_linter_and_the_formatter(tmp_path: Path) -> None:
    files = [str(path) for path in write_skeleton("prompt_length", tmp_path) if path.suffix == ".py"]
    config = str(Path(__file__).parents[3] / "pyproject.toml")
    for command in (["check", "--ignore", "ARG001"], ["format", "--check"]):
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--config", config, *files],
            check=True,
            capture_output=True,
        )


def test_it_fails_its_checks_until_it_is_filled_in(tmp_path: Path) -> None:
    path = write_skeleton("prompt_length", tmp_path)[0]
    spec = importlib.util.spec_from_file_location("prompt_length", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    entry = Entry(getattr(module.prompt_length, SPEC), module.prompt_length)
    with pytest.raises(ExtensionError, match="prompt_length does not answer"):
        check_signal(entry, lambda: open_duck(tmp_path, threads=1), cases=tmp_path)


@pytest.mark.parametrize("name", ["PromptLength", "2nd", "prompt-length", "", "_x", "class.x"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a signal"):
        write_skeleton(name, tmp_path)


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "docs/signals/prompt_length.md"
    page.parent.mkdir(parents=True)
    page.write_text("mine", encoding="utf-8")
    assert main(["prompt_length", "--root", str(tmp_path)]) == 2
    assert "the file exists" in capsys.readouterr().err
    assert [page] == [path for path in tmp_path.rglob("*") if path.is_file()]


def test_it_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prompt_length", "--root", str(tmp_path)]) == 0
    assert "Wrote 7 files for the signal prompt_length" in capsys.readouterr().out
