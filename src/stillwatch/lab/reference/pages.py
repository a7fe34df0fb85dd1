"""The reference pages by file name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from stillwatch.attribute.actors.profile import profile_schema
from stillwatch.lab.reference.commands import commands_page
from stillwatch.lab.reference.errors import errors_page
from stillwatch.lab.reference.formats import formats_page
from stillwatch.lab.reference.scenarios import scenarios_page
from stillwatch.lab.reference.signals import signals_page
from stillwatch.lab.reference.tables import tables_page


def actor_profile_schema() -> str:
    """`docs/reference/actor-profile.schema.json`: the JSON Schema of actor profiles."""
    return json.dumps(profile_schema(), indent=2, sort_keys=True) + "\n"


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "actor-profile.schema.json": actor_profile_schema,
        "commands.md": commands_page,
        "errors.md": errors_page,
        "formats.md": formats_page,
        "scenarios.md": scenarios_page,
        "signals.md": signals_page,
        "tables.md": tables_page,
    }
)
