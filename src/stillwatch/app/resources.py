"""Package data that the pipeline needs: intent weights, reference texts, hypotheses, disposable domains."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from disposable_email_domains import blocklist

from stillwatch import attribute, lab
from stillwatch.attribute.calibration import Calibration, read_calibration
from stillwatch.attribute.hypotheses import Hypothesis, read_hypotheses
from stillwatch.model.kernels.intent import IntentWeights, read_weights


@cache
def intent_weights() -> IntentWeights:
    """The shipped intent model."""
    file = resources.files(lab) / "data" / "intent" / "weights.json"
    return read_weights(file.read_bytes(), where="intent weights")


def reference_texts() -> pa.ChunkedArray:
    """Public texts whose sharing proves nothing: framework prompts, SDK defaults, benchmarks."""
    file = resources.files(lab) / "data" / "text" / "reference.parquet"
    with resources.as_file(file) as path:
        return pq.read_table(path, columns=["text"])["text"].cast(pa.large_string())


@cache
def hypotheses() -> tuple[Hypothesis, ...]:
    """The shipped explanations and what they expect."""
    text = (resources.files(attribute) / "hypotheses.toml").read_text("utf-8")
    return read_hypotheses(text, where="attribute/hypotheses.toml")


def shipped_profiles() -> AbstractContextManager[Path]:
    """The folder of actor profiles that ship; all are fictional, and no scan uses them unless it is told to."""
    return resources.as_file(resources.files(attribute) / "profiles")


def shipped_calibration() -> Calibration:
    """The calibration that ships: made from simulated traffic, so it calibrates probabilities and supports no claim."""
    text = (resources.files(attribute) / "calibration.json").read_bytes()
    return read_calibration(text, where="attribute/calibration.json")


def disposable_domains() -> frozenset[str]:
    """E-mail domains that anybody can use once."""
    return frozenset(blocklist)
