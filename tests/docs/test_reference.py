"""The reference names everything and equals what the code says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.expect import expect_none

from stillwatch import ingest, signals
from stillwatch.lab.reference.commands import command_names
from stillwatch.lab.reference.pages import PAGES
from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.registry import FormatSpec, SignalSpec, scan
from stillwatch.model.tables import TABLES


@pytest.fixture(scope="module")
def reference(root: Path) -> str:
    """All reference pages as one text."""
    return "\n".join(p.read_text(encoding="utf-8") for p in sorted((root / "docs/reference").glob("*.md")))


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str, root: Path) -> None:
    """`make docs` would change nothing."""
    known = (root / "docs/reference" / name).read_text(encoding="utf-8")
    assert PAGES[name]() == known, f"docs/reference/{name} is out of date; run `make docs`"


def test_pages_are_the_same_each_time() -> None:
    """Making a page twice gives the same text."""
    assert PAGES["signals.md"]() == PAGES["signals.md"]()
    assert PAGES["errors.md"]() == PAGES["errors.md"]()


def test_commands_that_messages_and_pages_advise_exist(root: Path, helps: Mapping[str, str]) -> None:
    """A remedy that names `stillwatch share psi` helps nobody if there is no such command."""
    known = set(command_names(helps))
    groups = "|".join(sorted({name.split()[0] for name in known if " " in name}))
    advised = re.compile(rf"stillwatch ({groups}) ([a-z][a-z-]+)")
    files = [*(root / "src/stillwatch").rglob("*.py"), *(root / "docs").rglob("*.md"), root / "README.md"]
    found = {
        (f"{group} {command}", file.name)
        for file in files
        for group, command in advised.findall(file.read_text("utf-8"))
    }
    assert ("share overlap", "indicators.py") in found
    inside = {("case store", "chain.py"), ("case store", "vault.py")}  # labels of digests and keys, no advice
    expect_none(f"{command} in {file}" for command, file in found - inside if command not in known)


def test_every_command_and_option_is_named(reference: str, helps: Mapping[str, str]) -> None:
    """The help text of each command stands in the reference in full."""
    expect_none(name for name in command_names(helps) if helps[name].rstrip() not in reference)


def test_every_table_and_column_is_named(reference: str) -> None:
    """Each table has a heading, each of its columns a row in that section."""
    for table in (*TABLES.values(), *CASE_TABLES.values()):
        section = reference.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        expect_none(f"{table.name}.{c.name}" for c in table.columns if f"| `{c.name}` |" not in section)


def test_every_signal_has_its_page(reference: str, root: Path) -> None:
    """Each signal stands in the reference and has a page of its own with its sources."""
    for name in scan(signals, SignalSpec, group="stillwatch.signals"):
        assert f"| [`{name}`](../signals/{name}.md) |" in reference
        assert (root / "docs/signals" / f"{name}.md").is_file(), name


def test_every_format_is_named(reference: str) -> None:
    """Each log format stands in the reference with its account field."""
    for name, entry in scan(ingest, FormatSpec, group="stillwatch.ingest").items():
        assert f"\n## {name}\n" in reference
        assert entry.spec.account in reference
