"""Start a new signal: its file, its cases, its reference and its page, to be filled in.

    python -m stillwatch.lab.skeleton prompt_length

What is written is well-formed and fails its conformance checks: they say, one by one, what is left to do.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from types import MappingProxyType

from stillwatch.model.errors import StillwatchError, UsageError

SIGNAL = '''"""$title."""

from __future__ import annotations

from stillwatch.model.engine import Relation, Tables, Window
from stillwatch.model.registry import signal
from stillwatch.signals.sql.spans import within


@signal(
    grain="account",
    reads=["keys"],
    unit="share",
    direction=+1,
    version=1,
    family="content",
)
def $name(t: Tables, *, window: Window) -> Relation:
    """…

    Why it points to distillation: …
    Innocent look-alikes: …
    Cost of evading it: …
    Source: docs/signals/$name.md
    """
    return Relation(
        "SELECT account_id AS subject, CAST(0 AS DOUBLE) AS value, COUNT(*) AS n "
        f"FROM keys WHERE {within(window, 'ts')} AND 1 = 0 GROUP BY account_id"
    )
'''

INPUT = """{
  "about": "…",
  "subject": "harvester",
  "tables": {
    "keys": [
      {"account_id": "harvester", "exact_key": "slot-#", "repeat": 5},
      {"account_id": "reader", "exact_key": "question-#", "repeat": 5}
    ]
  }
}
"""

PLANTED = """{
  "about": "…",
  "subject": "planter",
  "tables": {
    "keys": [
      {"account_id": "planter", "exact_key": "slot-#", "repeat": [0, 3, 6, 10]},
      {"account_id": "planter", "exact_key": "question-#", "repeat": [10, 7, 4, 0]}
    ]
  }
}
"""

LOOK_ALIKE = """{
  "about": "…",
  "subject": "reader",
  "at_most": 0.1,
  "tables": {
    "keys": [
      {"account_id": "reader", "exact_key": "question-#", "repeat": 20}
    ]
  }
}
"""

REFERENCE = '''"""Plain reference: $title."""

from __future__ import annotations


def reference(tables, window):
    """Value and count of each account."""
    return {}
'''

FILES: Mapping[str, str] = MappingProxyType(
    {
        "src/stillwatch/signals/$name.py": SIGNAL,
        "tests/cases/signals/$name/input.json": INPUT,
        "tests/cases/signals/$name/expected.json": "[\n]\n",
        "tests/cases/signals/$name/planted.json": PLANTED,
        "tests/cases/signals/$name/look_alike.json": LOOK_ALIKE,
        "tests/cases/signals/$name/reference.py": REFERENCE,
        "docs/signals/$name.md": "# $name\n",
    }
)

NEXT = """Wrote $count files for the signal $name. Its checks fail until it is filled in:

1. Write the statement and the docstring in src/stillwatch/signals/$name.py
2. Write the cases and the reference in tests/cases/signals/$name/
3. python -m stillwatch.lab.conformance              says what is still wrong
4. python -m stillwatch.lab.conformance --rewrite    writes expected.json; read the diff
5. python -m stillwatch.lab.conformance --docs       writes docs/signals/$name.md
"""


def write_skeleton(name: str, root: Path) -> tuple[Path, ...]:
    """Write the files of a new signal below the repository's root and return their paths.

    Raises `UsageError` if the name is no short lower-case Python name or if one of the files exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise UsageError(
            f"{name!r} cannot name a signal", remedy="Use lower-case words joined by underscores"
        )
    words = {"name": name, "title": name.replace("_", " ").capitalize()}
    planned = {root / Template(path).substitute(words): text for path, text in FILES.items()}
    for path in planned:
        if path.exists():
            raise UsageError("the file exists", where=str(path), remedy="Choose another name")
    for path, text in planned.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(text).substitute(words), encoding="utf-8")
    return tuple(planned)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the skeleton and say what to do next; 2 if the name cannot be used."""
    parser = argparse.ArgumentParser(description="Start a new signal.")
    parser.add_argument("name", help="name of the signal, such as prompt_length")
    parser.add_argument("--root", type=Path, default=Path(), help="root of the repository")
    chosen = parser.parse_args(arguments)
    try:
        written = write_skeleton(chosen.name, chosen.root)
    except StillwatchError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(Template(NEXT).substitute(name=chosen.name, count=len(written)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
