"""Numbers, dates and names as a reader wants them; hostile text made visible."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

MINUS = "\u2212"
DASH = "\u2013"
NOTHING = DASH
SMALL = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "distillation": "Distillation",
        "coordinated_other": "Coordinated, not distillation",
        "innocent": "Innocent look-alike",
    }
)
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "reasoning": "reasoning elicitation",
        "rubric": "rubric grading and judging",
        "generation": "task and instruction generation",
        "evolution": "evolving of prompts",
        "agentic": "tool-use and agent trajectories",
        "solutions": "problems with worked solutions",
        "sensitive": "rewriting of sensitive queries",
        "shared_exit": "shared network exit",
        "general": "nothing in particular",
    }
)
FAMILY_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "network": "addresses and networks",
        "client": "client software",
        "identity": "sign-up and identity",
        "payment": "payment instruments",
        "content": "prompt frames and what they ask for",
        "protocol": "conversations and reasoning passed on",
        "timing": "times of activity",
    }
)


def visible(text: object, limit: int = 160) -> str:
    """`text` with control, format and direction characters spelled out, cut to about `limit` characters.

    >>> visible("a\\u202eb")
    'a\\\\u202eb'
    >>> visible("x" * 30, 12)
    'xxxxxxxx…(30 characters)'
    """
    whole = str(text)
    if len(whole) > limit:
        return f"{_spell(whole[: max(limit * 2 // 3, 1)])}…({len(whole):,} characters)"
    return _spell(whole)


def _spell(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(c) if unicodedata.category(c) in HIDDEN else c for c in text)


def _spelled(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


def title(code: object) -> str:
    """A code such as `shared_exit` in words."""
    text = str(code or "")
    return visible(VERDICTS.get(text) or TITLES.get(text) or text.replace("_", " "), 80)


def sentence(text: object) -> str:
    """Hostile-safe text with a capital first letter and a full stop."""
    clean = visible(text or "", 600).strip()
    if not clean:
        return ""
    stop = "" if clean[-1] in ".!?…)" else "."
    return clean[0].upper() + clean[1:] + stop


def count(n: float | None) -> str:
    """A whole number with separators."""
    return NOTHING if n is None else f"{int(n):,}"


def short(n: float | None) -> str:
    """A number in three figures.

    >>> [short(n) for n in (950, 15_234, 16_550_000)]
    ['950', '15.2 k', '16.6 M']
    """
    if n is None:
        return NOTHING
    for size, name in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if abs(n) >= size:
            value = n / (1e3 if name == "k" else size)
            return f"{value:.0f} {name}" if value >= 100 else f"{value:.1f} {name}"
    return f"{int(n):,}"


def plural(n: float | None, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def bits(value: float | None, *, sign: bool = True) -> str:
    """Bits with one decimal and a true minus sign.

    >>> bits(-3.14159)
    '−3.1'
    """
    if value is None or math.isnan(value):
        return NOTHING
    rounded = round(value, 1) + 0.0
    if rounded < 0:
        return f"{MINUS}{-rounded:.1f}"
    return f"+{rounded:.1f}" if sign else f"{rounded:.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval, in bits."""
    if low is None or high is None:
        return ""
    return f"{bits(low)} to {bits(high)}"


def share(p: float | None) -> str:
    """A probability or share as a percentage that never rounds to certainty.

    >>> [share(p) for p in (0.5, 0.99991, 1e-6)]
    ['50%', '>99.9%', '<0.1%']
    """
    if p is None or math.isnan(p):
        return NOTHING
    if 0 < p < 0.001:
        return "<0.1%"
    if 0.999 < p < 1:
        return ">99.9%"
    return f"{p * 100:.1f}".removesuffix(".0") + "%"


def chance(p: float | None) -> str:
    """A probability as a percentage; estimates are never certain, so neither end is reached.

    >>> chance(1.0), chance(0.0), chance(0.12)
    ('>99.9%', '<0.1%', '12%')
    """
    return share(p if p is None else min(max(p, 0.0005), 0.9995))


def odds(value: float | None) -> str:
    """Bits as odds in words, kept coarse.

    >>> odds(10.0), odds(-3.0), odds(40.0)
    ('about 1,000 to 1 for', 'about 8 to 1 against', 'more than a billion to 1 for')
    """
    if value is None:
        return ""
    side = "for" if value >= 0 else "against"
    if abs(value) >= 30:
        return f"more than a billion to 1 {side}"
    ratio = 2.0 ** abs(value)
    if ratio < 1.5:
        return "even odds"
    digits = len(str(int(ratio)))
    step = 10 ** max(digits - 2, 0) if digits < 4 else 10 ** (digits - 1)
    return f"about {int(round(ratio / step) * step):,} to 1 {side}"


def day(at: datetime | None) -> str:
    """A date, as in `3 Feb 2026`."""
    return NOTHING if at is None else f"{at.day} {at:%b %Y}"


def moment(at: datetime | None) -> str:
    """A date and time in UTC."""
    return NOTHING if at is None else f"{day(at)} {at:%H:%M}"


def span(first: datetime | None, last: datetime | None) -> str:
    """Two dates, shortened where they share month or year."""
    if first is None or last is None:
        return NOTHING
    if first.date() == last.date():
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{DASH}{day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%b} {DASH} {day(last)}"
    return f"{day(first)} {DASH} {day(last)}"


def parsed(text: object) -> datetime | None:
    """A time written as ISO 8601, or nothing."""
    if isinstance(text, datetime):
        return text
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None


def clipped(text: object, limit: int) -> str:
    """Hostile-safe text cut to `limit` characters, for labels."""
    whole = visible(str(text)[: limit + 1], limit + 1)
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def spelled(n: int) -> str:
    """A small whole number in words.

    >>> spelled(3), spelled(40)
    ('three', '40')
    """
    return SMALL[n] if 0 <= n < len(SMALL) else count(n)


def listed(names: list[str]) -> str:
    """Names joined as in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
