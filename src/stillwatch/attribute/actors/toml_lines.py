"""On which line of a TOML text a value stands: the parser does not say, and an error without a line is no help.

Only what profiles use is understood: tables and arrays of tables under bare names, keys at the start of a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")


def steps(path: str) -> tuple[str | int, ...]:
    """A path of msgspec, such as `$.metadata[1].values[0]`, as names and numbers.

    >>> steps("$.metadata[1].values[0]")
    ('metadata', 1, 'values', 0)
    """
    return tuple(name or int(number) for name, number in _STEP.findall(path))


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line, from 1, where the value stands, or the table that should hold it; 1 where nothing does.

    >>> line_of('a = 1\\n[[b]]\\nc = 2\\n[[b]]\\nd = 3', ["b", 1, "d"])
    5
    """
    here: list[str | int] = []
    counts: dict[str, int] = {}
    best, line = 0, 1
    for number, row in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(row)
        if header:
            here = _opened(header.group(1) == "[[", header.group(2), counts)
            found = here
        else:
            key = re.match(r'^\s*"?([A-Za-z0-9_-]+)"?\s*=', row)
            found = [*here, key.group(1)] if key else []
        depth = len(found)
        if found and depth > best and list(path[:depth]) == found:
            best, line = depth, number
    return line


def _opened(many: bool, name: str, counts: dict[str, int]) -> list[str | int]:
    """The path of the table that a header opens."""
    path: list[str | int] = []
    parts = name.split(".")
    for i in range(len(parts)):
        dotted = ".".join(parts[: i + 1])
        path.append(parts[i])
        last = i == len(parts) - 1
        if last and many:
            counts[dotted] = counts.get(dotted, -1) + 1
            for below in [k for k in counts if k.startswith(f"{dotted}.")]:
                del counts[below]
        if dotted in counts:
            path.append(counts[dotted])
    return path
