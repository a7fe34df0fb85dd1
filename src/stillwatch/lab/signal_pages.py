"""The page of each signal, made from its docstring, its declaration and the words of its cases."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

from stillwatch.lab.signal_cases import read_case, read_series
from stillwatch.model.registry import Entry, SignalSpec

QUESTIONS = ("Why it ", "Innocent look-alikes:", "Cost of evading it:", "Source:")
UNANSWERED = "…"
DIRECTIONS = (
    "describes, speaks neither way",
    "more speaks for distillation",
    "more speaks against distillation",
)


def signal_page(entry: Entry[SignalSpec], cases: Path) -> str:
    """Markdown of one signal: what it measures, how to read it, what its cases show."""
    spec, text = entry.spec, inspect.getdoc(entry.thing) or ""
    settings = _settings(entry)
    return "\n".join(
        [
            f"# {spec.name}",
            "",
            *_paragraphs(text),
            "| | |",
            "|---|---|",
            f"| unit | {spec.unit} |",
            f"| direction | {DIRECTIONS[spec.direction]} |",
            f"| evidence family | {spec.family} |",
            f"| one value for each | {spec.grain} |",
            f"| reads | {', '.join(f'`{name}`' for name in spec.reads)} |",
            f"| settings | {settings or 'none'} |",
            f"| version | {spec.version} |",
            "",
            "## Shown by its cases",
            "",
            f"* Example: {read_case(cases / 'input.json').about}",
            f"* Planted: {read_series(cases / 'planted.json')[0].about}",
            f"* Look-alike: {read_case(cases / 'look_alike.json').about}",
            "",
            f"The files are in `tests/cases/signals/{spec.name}/`, with a reference in plain Python.",
            "",
        ]
    )


def index_page(found: Mapping[str, Entry[SignalSpec]]) -> str:
    """Markdown of the list of signals."""
    head = [
        "# Signals",
        "",
        "A signal is one measured quantity of an account: a recipe. Its values are scores. None of them",
        "accuses anybody: each has innocent look-alikes, named on its page, and weighs only in a group that",
        "is linked otherwise.",
        "",
        "| signal | family | unit | direction | what it is |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| [{name}]({name}.md) | {entry.spec.family} | {entry.spec.unit} | {entry.spec.direction:+d} "
        f"| {(inspect.getdoc(entry.thing) or '').splitlines()[0]} |"
        for name, entry in found.items()
    ]
    return "\n".join([*head, *rows, ""])


def _settings(entry: Entry[SignalSpec]) -> str:
    given = inspect.signature(entry.thing).parameters.values()
    named = [p for p in given if p.kind is p.KEYWORD_ONLY and p.name != "window"]
    return ", ".join(f"`{p.name}` = {p.default}" for p in named)


def _paragraphs(text: str) -> list[str]:
    """The docstring as paragraphs: one for each answer, the pointer to this page left out."""
    starts = re.compile(rf"^(?={'|'.join(QUESTIONS)})", re.MULTILINE)
    parts = [" ".join(part.split()) for block in text.split("\n\n") for part in starts.split(block)]
    out: list[str] = []
    for part in parts:
        if part and not part.startswith("Source:"):
            out += [
                re.sub(r"^(Why it [^:]+:|Innocent look-alikes:|Cost of evading it:)", r"**\1**", part),
                "",
            ]
    return out
