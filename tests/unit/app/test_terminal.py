"""What the terminal shows, and what it keeps to itself."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from stillwatch.app.terminal import print_summary, progress


def shown(folder: Path, width: int = 100) -> str:
    """The summary as printed on a terminal of that width."""
    out = io.StringIO()
    print_summary(folder, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_the_summary_names_campaigns_with_their_weight(folder: Path) -> None:
    text = shown(folder)
    assert "Three distillation campaigns in 90 accounts" in text
    assert "c-5e1fa0b7" in text
    assert "+30.9 to +38.7" in text
    assert "undeclared relay" in text


def test_the_summary_tells_of_look_alikes_losses_and_files(folder: Path) -> None:
    text = shown(folder)
    assert "6 look-alikes left alone" in text
    assert "declared reseller" in text
    assert "62% of the exchanges carry no JA4." in text
    assert "campaigns.parquet" in text


def test_the_summary_fits_a_narrow_terminal(folder: Path) -> None:
    table = shown(folder, width=80).split("look-alikes")[0]
    assert max(map(len, table.splitlines())) <= 80


def test_no_control_character_reaches_the_terminal(hostile: Path) -> None:
    assert not set(shown(hostile)) & set("\x07\x1b\u202e\u2066\u200b")


def test_nothing_found_is_said(empty: Path) -> None:
    assert "No distillation campaign found" in shown(empty)


def test_progress_shows_stage_and_rate_on_a_terminal() -> None:
    out = io.StringIO()
    with progress(Console(file=out, force_terminal=True, width=80)) as steps:
        steps.stage("sketch", 100, unit="exchanges")
        steps.advance(40)
        steps.stage("link")
    assert "sketch" in out.getvalue()
    assert "link" in out.getvalue()


def test_progress_is_silent_elsewhere() -> None:
    out = io.StringIO()
    with progress(Console(file=out, force_terminal=False)) as steps:
        steps.stage("sketch", 100)
        steps.advance(100)
    assert out.getvalue() == ""
