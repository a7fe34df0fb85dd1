"""Admiralty grades: a letter for the source, a digit for the information, and the trust they stand for.

The probabilities are a convention of ours, not a measurement: the scale itself has none. Both halves count, so an
unconfirmed rumour from a good source stays a rumour. Source of the scale: NATO AJP-2.1, annex on grading.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SOURCES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "A": ("completely reliable", 0.98),
        "B": ("usually reliable", 0.9),
        "C": ("fairly reliable", 0.75),
        "D": ("not usually reliable", 0.5),
        "E": ("unreliable", 0.2),
        "F": ("reliability cannot be judged", 0.5),
    }
)
INFORMATION: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "1": ("confirmed by other sources", 0.98),
        "2": ("probably true", 0.9),
        "3": ("possibly true", 0.7),
        "4": ("doubtful", 0.4),
        "5": ("improbable", 0.1),
        "6": ("truth cannot be judged", 0.5),
    }
)
PATTERN = "^[A-F][1-6]$"


def trust(grade: str) -> float:
    """Probability that a claim of this grade is true.

    >>> round(trust("B2"), 2)
    0.81
    """
    return SOURCES[grade[0]][1] * INFORMATION[grade[1]][1]


def in_words(grade: str) -> str:
    """The grade spelled out.

    >>> in_words("B2")
    'B2: usually reliable source, probably true'
    """
    source = SOURCES[grade[0]][0]
    said = f"{source} source" if grade[0] != "F" else f"source whose {source}"
    return f"{grade}: {said}, {INFORMATION[grade[1]][0]}"


def good(grade: str) -> bool:
    """Whether a statement of this grade may carry a name: a usually reliable source, and probably true."""
    return grade[0] in "AB" and grade[1] in "12"
