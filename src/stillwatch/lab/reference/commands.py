"""The page of commands: what `--help` prints, as plain text of one width."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress

from stillwatch.app.cli import main
from stillwatch.lab.reference.markdown import code, page

LISTED = re.compile(r"^  ([a-z][a-z-]*)", re.MULTILINE)
PLAIN = (("TYPER_USE_RICH", "0"), ("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "100"))
_PROGRAM = f"from {__name__} import write_help_texts; write_help_texts()"


def help_texts() -> Mapping[str, str]:
    """What `stillwatch NAME --help` prints, by name: "" is the program, commands follow in order, those of a group
    behind it, as in `case open`.

    One process of its own makes them all: settings that make them plain count when it starts, and a start is dear.
    """
    answer = subprocess.run(  # noqa: S603 - our own program in this interpreter
        [sys.executable, "-c", _PROGRAM],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **dict(PLAIN)},
    )
    texts: dict[str, str] = json.loads(answer.stdout)
    return texts


def command_names(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Commands that the command line offers, by their help texts."""
    return tuple(name for name in texts if name)


def write_help_texts() -> None:
    """Write what `help_texts` gives as JSON."""
    sys.argv[0] = "stillwatch"
    texts = {"": _help_text()}
    for name in _listed(texts[""]):
        texts[name] = _help_text(name)
        for inner in _listed(texts[name]):
            texts[f"{name} {inner}"] = _help_text(name, inner)
    sys.stdout.write(json.dumps(texts))


def _help_text(*arguments: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out), suppress(SystemExit):
        main([*arguments, "--help"])
    return out.getvalue()


def _listed(text: str) -> Sequence[str]:
    """Names that a help text lists under Commands, sorted."""
    parts = text.split("\nCommands:\n")
    return sorted(LISTED.findall(parts[1])) if len(parts) == 2 else []


def commands_page() -> str:
    """`docs/reference/commands.md`."""
    intro = (
        "Every command has `--json` for programs, and exits with 0 (done), 1 (ran, found or failed as "
        "documented here) or 2 (wrong usage or unreadable input; the message names file, line and remedy)."
    )
    texts = help_texts()
    parts = [f"## stillwatch {name}\n\n{code(texts[name])}" for name in command_names(texts)]
    return page("Commands", intro, code(texts[""]), *parts)
