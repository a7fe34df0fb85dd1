"""The Admiralty code: how reliable a source is, and how credible what it says, judged apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stillwatch.model.errors import UsageError

RELIABILITY: Mapping[str, str] = MappingProxyType(
    {
        "A": "completely reliable",
        "B": "usually reliable",
        "C": "fairly reliable",
        "D": "not usually reliable",
        "E": "unreliable",
        "F": "reliability cannot be judged",
    }
)
CREDIBILITY: Mapping[int, str] = MappingProxyType(
    {
        1: "confirmed by other sources",
        2: "probably true",
        3: "possibly true",
        4: "doubtful",
        5: "improbable",
        6: "truth cannot be judged",
    }
)


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade such as B2."""

    reliability: str
    credibility: int

    def __str__(self) -> str:
        return f"{self.reliability}{self.credibility}"

    @property
    def words(self) -> str:
        """The grade in words."""
        return f"source {RELIABILITY[self.reliability]}; information {CREDIBILITY[self.credibility]}"


def read_grade(text: str) -> Grade:
    """The grade a text names. Raises `UsageError` for anything but A1 to F6.

    >>> read_grade("b2").words
    'source usually reliable; information probably true'
    """
    wanted = text.strip().upper()
    if len(wanted) == 2 and wanted[0] in RELIABILITY and wanted[1] in "123456":
        return Grade(wanted[0], int(wanted[1]))
    raise UsageError(
        f"{text!r} is no grade of the Admiralty code",
        remedy="Write the reliability of the source (A to F) and the credibility of the information (1 to 6), "
        "such as B2; F6 says that neither can be judged",
    )
