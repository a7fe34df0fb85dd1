"""All that can be added without editing a list stands here, so that a reviewer sees a new name in the diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

from stillwatch import attribute, ingest, signals
from stillwatch.lab.reference.commands import command_names
from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.families import KINDS
from stillwatch.model.registry import FormatSpec, SignalSpec, scan
from stillwatch.model.tables import TABLES

PROFILES = Path(str(resources.files(attribute))) / "profiles"


def _lines(helps: Mapping[str, str]) -> list[str]:
    found = scan(signals, SignalSpec, group="stillwatch.signals")
    measured = [f"signal {n} v{e.spec.version} {e.spec.family} {e.spec.unit}" for n, e in found.items()]
    formats = [f"format {name}" for name in scan(ingest, FormatSpec, group="stillwatch.ingest")]
    actors = [f"profile {f.stem}" for f in sorted(PROFILES.glob("*.toml"))]
    tables = [
        f"table {t.name} {t.stage} {len(t.columns)} columns"
        for t in (*TABLES.values(), *CASE_TABLES.values())
    ]
    kinds = [f"kind {k.code} {k.family}/{k.name}" for k in KINDS.values()]
    return [
        *(f"command {name}" for name in command_names(helps)),
        *formats,
        *kinds,
        *actors,
        *measured,
        *tables,
    ]


def test_registry_is_as_listed(
    root: Path, golden: Callable[[Path, str], None], helps: Mapping[str, str]
) -> None:
    """Commands, formats, kinds of value, actor profiles, signals and tables."""
    golden(root / "tests/golden/registry.txt", "\n".join(_lines(helps)) + "\n")
