"""What profiles say at a glance: who, how many claims, which of them count, and what they may weigh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stillwatch.app.actors import read_profiles
from stillwatch.app.report.words import visible
from stillwatch.attribute.actors.admiralty import in_words
from stillwatch.attribute.actors.marks import Statement, statements
from stillwatch.model.kernels.hashing import HashKey

WIDE = 110  # columns of a terminal from which on words fit beside the figures


@dataclass(frozen=True, slots=True)
class Line:
    """One claim: where it stands, its family, whether it can be faked, most bits, grade, expiry, and in words."""

    claim: str
    kind: str
    family: str
    faking: str
    most_bits: float
    grade: str
    expires: str
    expired: bool
    alleged_by: str
    statement: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One profile and its claims."""

    name: str
    version: str
    role: str
    fictional: bool
    claims: tuple[Line, ...]


def overview(folder: Path, at: datetime | None) -> list[Overview]:
    """The profiles of a folder; with a time, which claims have expired then.

    Raises as `read_profiles` does.
    """
    key = HashKey(0, 0)  # only for counting: nothing is looked up
    return [
        Overview(p.name, p.version, p.role, p.fictional, tuple(_line(s, at) for s in statements(p, key, "")))
        for p in read_profiles(folder).values()
    ]


def _line(s: Statement, at: datetime | None) -> Line:
    claim = s.claim
    expired = at is not None and claim.expires < at.date()
    return Line(
        s.id, s.kind, s.family, s.faking, 0.0 if expired else s.cap_bits, claim.reliability,
        claim.expires.isoformat(), expired, claim.alleged_by, claim.statement,
    )  # fmt: skip


def _says(c: Line) -> str:
    by = f" (as alleged by {visible(c.alleged_by, 60)})" if c.alleged_by else ""
    return f"{visible(c.statement, 200)}{by}"


def print_overview(found: Sequence[Overview], out: Console) -> None:
    """Print each profile with its claims."""
    for p in found:
        out.print()
        kind = "fictional " if p.fictional else ""
        out.print(
            Text(f"{visible(p.name, 80)}  {kind}{p.role}, version {visible(p.version, 40)}", style="bold")
        )
        wide = out.width >= WIDE
        table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
        for head in (
            "  Claim",
            "Family",
            "To fake",
            "Most bits",
            "Grade",
            "Expires",
            *(("What it says",) * wide),
        ):
            table.add_column(head, no_wrap=head != "What it says")
        for c in p.claims:
            table.add_row(
                f"  {c.claim}", c.family, c.faking, f"{c.most_bits:g}", c.grade,
                f"{c.expires}{', expired' if c.expired else ''}", *((Text(_says(c)),) * wide),
            )  # fmt: skip
        out.print(table)
        if not wide:
            for c in p.claims:
                out.print(Padding(Text(f"{c.claim}: {_says(c)}"), (0, 0, 0, 2)))
    grades = sorted({c.grade for p in found for c in p.claims})
    out.print()
    out.print(Padding(Text("; ".join(in_words(g) for g in grades), style="dim"), (0, 0, 0, 2)))
    out.print()
