"""The files that ship with `attribute`, as `lab` reads them."""

from __future__ import annotations

from importlib import resources

from stillwatch import attribute
from stillwatch.attribute.calibration import Calibration, read_calibration
from stillwatch.attribute.hypotheses import Hypothesis, read_hypotheses


def shipped_hypotheses() -> tuple[Hypothesis, ...]:
    """The explanations that ship, with what they expect."""
    text = (resources.files(attribute) / "hypotheses.toml").read_text("utf-8")
    return read_hypotheses(text, where="attribute/hypotheses.toml")


def shipped_calibration() -> Calibration:
    """The calibration that ships."""
    text = (resources.files(attribute) / "calibration.json").read_bytes()
    return read_calibration(text, where="attribute/calibration.json")
