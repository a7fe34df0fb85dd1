"""Column mappings: which source column fills which of our columns, how, and what stands in where one is
missing.

::

    [columns]
    request_id = "exchange_id"                              # source column = our column
    created = { to = "ts", transform = "epoch_ms" }
    mail = [ { to = "email_domain", transform = "email_domain" }, { to = "email_digest", transform =
    "digest" } ]

    [defaults]
    pathway = "api"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.ingest.transforms import TRANSFORMS
from stillwatch.model.errors import InputError
from stillwatch.model.table import Table


@dataclass(frozen=True, slots=True)
class Step:
    """Fill column `to` from column `source`, through a named transform (`""`: as it is)."""

    source: str
    to: str
    transform: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to fill a table: one step per column, and defaults for the rest."""

    steps: tuple[Step, ...]
    defaults: Mapping[str, Any]

    def missing(self, table: Table, columns: Iterable[str]) -> list[str]:
        """Required columns that nothing fills."""
        given = set(columns)
        filled = {s.to for s in self.steps if s.source in given} | set(self.defaults)
        return [name for name in table.required if name not in filled]

    def unknown(self, columns: Iterable[str]) -> list[str]:
        """Source columns that fill nothing."""
        used = {s.source for s in self.steps}
        return sorted(name for name in columns if name not in used)


def load(path: str) -> Mapping[str, Any]:
    """The TOML of a mapping file; raises `InputError` if it cannot be read."""
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=path, remedy="Check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not TOML: {error}", where=path, remedy="Correct that line") from error


def plan(mapping: Mapping[str, Any] | None, table: Table) -> Plan:
    """A plan for a table: columns of our own names fill themselves unless the mapping says otherwise.

    Raises `InputError` for a column or transform that does not exist.
    """
    given = dict(mapping or {})
    names = {column.name for column in table.columns}
    steps = [step for source, wish in _section(given, "columns").items() for step in _steps(source, wish)]
    defaults = _section(given, "defaults")
    for name in [*(s.to for s in steps), *defaults]:
        if name not in names:
            raise InputError(
                f"{table.name} has no column {name!r}", where="mapping", remedy="See the table reference"
            )
    for step in steps:
        if step.transform and step.transform not in TRANSFORMS:
            raise InputError(
                f"no transform is called {step.transform!r}",
                where="mapping",
                remedy=f"Choose one of {', '.join(sorted(TRANSFORMS))}",
            )
    taken = {s.to for s in steps}
    steps += [Step(name, name) for name in sorted(names - taken)]
    return Plan(tuple(steps), defaults)


def _section(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = mapping.get(name, {})
    if not isinstance(section, dict):
        raise InputError(f"{name} is not a table", where="mapping", remedy=f"Write it as [{name}]")
    return section


def _steps(source: str, wish: Any) -> list[Step]:
    if isinstance(wish, str):
        return [Step(source, wish)]
    if isinstance(wish, list):
        return [step for one in wish for step in _steps(source, one)]
    if isinstance(wish, dict) and isinstance(wish.get("to"), str):
        return [Step(source, wish["to"], str(wish.get("transform", "")))]
    raise InputError(
        f"cannot understand the entry for {source!r}",
        where="mapping",
        remedy='Write source = "column" or source = { to = "column", transform = "…" }',
    )
