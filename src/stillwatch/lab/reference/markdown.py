"""The few pieces of Markdown that the reference pages are made of."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence

NOTE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->"


def page(title: str, *parts: str) -> str:
    """A page: title, note that it is generated, parts separated by empty lines."""
    return "\n\n".join([f"# {title}", NOTE, *parts]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars inside a cell are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


def code(text: str, language: str = "text") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def doc(thing: object) -> str:
    """A docstring without its indentation; `::` before an indented block becomes a plain colon."""
    return inspect.cleandoc(thing.__doc__ or "").strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
