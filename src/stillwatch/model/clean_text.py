"""Text of others made safe to show: in a terminal, a note or a report."""

from __future__ import annotations

import unicodedata

LONGEST = 10_000  # characters


def clean(text: object, *, longest: int = LONGEST) -> str:
    """Text without control and direction marks, which hide what is written, and cut at `longest` characters.

    >>> clean("red\\x1b[31m") == "red\\N{REPLACEMENT CHARACTER}[31m"
    True
    """
    kept = "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"
