"""The page of commands: what `--help` prints, as plain text of one width."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from stillwatch.lab.reference.markdown import code, page

LISTED = re.compile(r"^  ([a-z][a-z-]*)", re.MULTILINE)
PLAIN = (("TYPER_USE_RICH", "0"), ("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "100"))
_PROGRAM = """
import io, json, sys
from contextlib import redirect_stdout, suppress
from stillwatch.app.cli import main

names, sys.argv[:], texts = sys.argv[1:], ["stillwatch"], {}
for name in names:
    with redirect_stdout(io.StringIO()) as out, suppress(SystemExit):
        main([*name.split(), "--help"])
    texts[name] = out.getvalue()
print(json.dumps(texts))
"""


def help_texts() -> Mapping[str, str]:
    """What `stillwatch NAME --help` prints, by name: "" is the program, commands follow sorted, those of a group behind
    it, as in `case open`."""
    whole = _printed([""])
    outer = _printed(_listed(whole[""]))
    inner = _printed(f"{name} {one}" for name, text in outer.items() for one in _listed(text))
    return {**whole, **dict(sorted({**outer, **inner}.items()))}


def command_names(texts: Mapping[str, str]) -> tuple[str, ...]:
    """Commands that the command line offers, by their help texts."""
    return tuple(name for name in texts if name)


def _printed(names: Iterable[str]) -> Mapping[str, str]:
    """Help texts of commands, all by one process: what makes them plain counts when it starts, and a start is dear."""
    answer = subprocess.run(  # noqa: S603 - our own program in this interpreter
        [sys.executable, "-c", _PROGRAM, *names],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **dict(PLAIN)},
    )
    texts: dict[str, str] = json.loads(answer.stdout)
    return texts


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
