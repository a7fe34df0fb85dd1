"""Probabilities in words, and as the numbers that exchange formats give those words.

Words and ranges are those of ICD 203 (Analytic Standards, 2 January 2015); the numbers are those that STIX 2.1,
appendix A.6, gives the same words ("DNI scale"). So a reader who turns the number back into a word gets ours.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A step of the scale: words, the STIX confidence, the value in MISP's `estimative-language` taxonomy."""

    below: float
    words: str
    confidence: int
    tag: str


SCALE = (
    Likelihood(0.05, "almost no chance", 5, "almost-no-chance"),
    Likelihood(0.20, "very unlikely", 15, "very-unlikely"),
    Likelihood(0.45, "unlikely", 30, "unlikely"),
    Likelihood(0.55, "roughly even chance", 50, "roughly-even-chance"),
    Likelihood(0.80, "likely", 70, "likely"),
    Likelihood(0.95, "very likely", 85, "very-likely"),
    Likelihood(2.0, "almost certain", 95, "almost-certain"),
)


def likelihood(p: float) -> Likelihood:
    """The step that a probability stands on.

    >>> likelihood(0.93).words, likelihood(0.93).confidence
    ('very likely', 85)
    """
    return next(step for step in SCALE if p < step.below)
