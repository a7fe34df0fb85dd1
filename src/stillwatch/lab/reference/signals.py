"""The page of signals: what each measures, from its declaration and docstring."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType

from stillwatch import signals
from stillwatch.lab.reference.markdown import doc, page, table
from stillwatch.model.registry import Entry, SignalSpec, scan

DIRECTIONS: Mapping[int, str] = MappingProxyType(
    {1: "more points to distillation", -1: "less points to it", 0: "describes"}
)


def signals_page() -> str:
    """`docs/reference/signals.md`."""
    found = scan(signals, SignalSpec, group="stillwatch.signals")
    intro = (
        f"{len(found)} signals, one file each in `src/stillwatch/signals/`. A signal is one measured "
        "quantity per account; alone it decides nothing. [Write a signal](../how-to/write-a-signal.md) "
        "says how to add one."
    )
    rows = [
        [f"[`{name}`](#{name})", e.spec.family, e.spec.unit, DIRECTIONS[e.spec.direction], _first_line(e)]
        for name, e in found.items()
    ]
    overview = table(["signal", "family", "unit", "direction", "measures"], rows)
    return page("Signals", intro, overview, *(_section(e) for e in found.values()))


def _first_line(entry: Entry[SignalSpec]) -> str:
    return doc(entry.thing).splitlines()[0]


def _section(entry: Entry[SignalSpec]) -> str:
    spec = entry.spec
    reads = ", ".join(f"`{name}`" for name in spec.reads)
    settings = [
        f"`{p.name}` = {p.default}"
        for p in inspect.signature(entry.thing).parameters.values()
        if p.kind is p.KEYWORD_ONLY and p.default is not p.empty
    ]
    facts = (
        f"Per {spec.grain}, version {spec.version}. Reads {reads}. Settings: {', '.join(settings) or 'none'}."
    )
    text = doc(entry.thing).replace(
        f"docs/signals/{spec.name}.md", f"[{spec.name}](../signals/{spec.name}.md)"
    )
    return f"## {spec.name}\n\n{_lists(text)}\n\n{facts}"


def _lists(text: str) -> str:
    """Each of the five answers as an item of a list."""
    lines = []
    for line in text.splitlines():
        label, colon, rest = line.partition(":")
        answer = colon and label.split(" ")[0] in {"Why", "Innocent", "Cost", "Source"}
        lines.append(f"* **{label}:**{rest}" if answer else line)
    return "\n".join(lines)
