"""The page of commands: what `--help` prints, as plain text of one width."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from stillwatch.lab.reference.markdown import code, page

LISTED = re.compile(r"^  ([a-z][a-z-]*)", re.MULTILINE)
PLAIN = (("TYPER_USE_RICH", "0"), ("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "100"))


def help_text(*arguments: str) -> str:
    """What `stillwatch ARGUMENTS --help` prints."""
    program = Path(sys.executable).with_name("stillwatch")
    answer = subprocess.run(  # noqa: S603 - our own program beside this interpreter
        [program, *arguments, "--help"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **dict(PLAIN)},
    )
    return answer.stdout


def command_names() -> tuple[str, ...]:
    """Commands that the command line offers, sorted; those of a group follow it, as in `case open`."""
    found = []
    for name in sorted(_listed()):
        found += [name, *(f"{name} {inner}" for inner in sorted(_listed(name)))]
    return tuple(found)


def _listed(*group: str) -> list[str]:
    """Names that a help text lists under Commands."""
    parts = help_text(*group).split("\nCommands:\n")
    return LISTED.findall(parts[1]) if len(parts) == 2 else []


def commands_page() -> str:
    """`docs/reference/commands.md`."""
    intro = (
        "Every command has `--json` for programs, and exits with 0 (done), 1 (ran, found or failed as "
        "documented here) or 2 (wrong usage or unreadable input; the message names file, line and remedy)."
    )
    parts = [f"## stillwatch {name}\n\n{code(help_text(*name.split()))}" for name in command_names()]
    return page("Commands", intro, code(help_text()), *parts)
