"""The reference pages by file name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from stillwatch.lab.reference.commands import commands_page
from stillwatch.lab.reference.errors import errors_page
from stillwatch.lab.reference.formats import formats_page
from stillwatch.lab.reference.scenarios import scenarios_page
from stillwatch.lab.reference.signals import signals_page
from stillwatch.lab.reference.tables import tables_page

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "commands.md": commands_page,
        "errors.md": errors_page,
        "formats.md": formats_page,
        "scenarios.md": scenarios_page,
        "signals.md": signals_page,
        "tables.md": tables_page,
    }
)
