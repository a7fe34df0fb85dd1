"""The page of signals: what each declares, with the way to its own page."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType

from stillwatch import signals
from stillwatch.lab.reference.markdown import doc, page, table
from stillwatch.model.registry import Entry, SignalSpec, scan

DIRECTIONS: Mapping[int, str] = MappingProxyType({1: "for", -1: "against", 0: "describes"})


def signals_page() -> str:
    """`docs/reference/signals.md`."""
    found = scan(signals, SignalSpec, group="stillwatch.signals")
    intro = (
        f"{len(found)} signals, one file each in `src/stillwatch/signals/`. A signal is one measured "
        "quantity per account; alone it decides nothing. `direction` says whether more of it speaks for or "
        "against distillation. The page of each has its look-alikes, the cost of evading it and its cases. "
        "[Write a signal](../how-to/write-a-signal.md) says how to add one."
    )
    head = ["signal", "measures", "unit", "direction", "family", "reads", "settings", "version"]
    return page("Signals", intro, table(head, (_row(entry) for entry in found.values())))


def _row(entry: Entry[SignalSpec]) -> list[str]:
    spec = entry.spec
    return [
        f"[`{spec.name}`](../signals/{spec.name}.md)",
        doc(entry.thing).splitlines()[0],
        spec.unit,
        DIRECTIONS[spec.direction],
        spec.family,
        ", ".join(f"`{name}`" for name in spec.reads),
        ", ".join(_settings(entry)) or "none",
        str(spec.version),
    ]


def _settings(entry: Entry[SignalSpec]) -> list[str]:
    parameters = inspect.signature(entry.thing).parameters.values()
    return [f"`{p.name}` = {p.default}" for p in parameters if p.default is not p.empty]
