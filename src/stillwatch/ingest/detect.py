"""Which format a file is in, by its content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.ingest.formats import LogFormat, Settings, Sniffs
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.registry import Entry, FormatSpec

Formats = Mapping[str, Entry[FormatSpec]]
AUTO = "auto"
_SURE = 0.5
_APART = 0.2


def choose(
    source: Source, formats: Formats, settings: Settings, *, wanted: str = AUTO
) -> tuple[str, LogFormat]:
    """Name and reader for a source.

    Raises `UsageError` for an unknown name, `InputError` if the content fits no format or more than one.
    """
    if wanted != AUTO:
        if wanted not in formats:
            raise UsageError(f"no log format is called {wanted!r}", remedy=f"Choose one of {_names(formats)}")
        return wanted, _make(formats[wanted], settings)
    head = source.head()
    if not head.strip():
        raise InputError(
            "the file is empty", where=source.path, remedy="Leave it out, or check how it was made"
        )
    made = {name: _make(entry, settings) for name, entry in formats.items()}
    sure = {name: reader.sniff(head) for name, reader in made.items() if isinstance(reader, Sniffs)}
    ranked = sorted(sure, key=lambda name: (-sure[name], name))
    best = [name for name in ranked if sure[name] >= _SURE and sure[name] > sure[ranked[0]] - _APART]
    if len(best) == 1:
        return best[0], made[best[0]]
    if best:
        raise InputError(
            f"could be {' or '.join(best)}", where=source.path, remedy=f"Say which with --format {best[0]}"
        )
    raise InputError(
        "no log format that is known here",
        where=source.path,
        remedy=f"Say what it is with --format ({_names(formats)}), and give canonical a mapping",
    )


def _make(entry: Entry[Any], settings: Settings) -> LogFormat:
    reader: LogFormat = entry.thing(settings)
    return reader


def _names(formats: Formats) -> str:
    return ", ".join(formats)
