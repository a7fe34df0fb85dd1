"""Split a template signature into fixed text and slots, so that the slots can be marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stillwatch.app.report.words import visible

SLOT = re.compile(r"⟨[^⟩\n]{0,40}⟩")
WITHHELD = "withheld:"
LIMIT = 480


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a signature."""

    text: str
    slot: bool


def pieces(signature: str | None) -> tuple[Piece, ...]:
    """Fixed text and slots in turn; empty if the signature was withheld.

    >>> [p.slot for p in pieces("Solve ⟨…⟩ step by step")]
    [False, True, False]
    """
    if (signature or "").startswith(WITHHELD):
        return ()
    text = (signature or "")[:LIMIT]
    found: list[Piece] = []
    at = 0
    for match in SLOT.finditer(text):
        found.append(Piece(visible(text[at : match.start()], LIMIT), slot=False))
        found.append(Piece(_label(match.group()), slot=True))
        at = match.end()
    found.append(Piece(visible(text[at:], LIMIT), slot=False))
    if len(signature or "") > LIMIT:
        found.append(Piece(f" … ({len(signature or ''):,} characters)", slot=False))
    return tuple(p for p in found if p.text)


def _label(slot: str) -> str:
    inner = slot.strip("⟨⟩").strip()
    return visible(inner, 40) or "…"
