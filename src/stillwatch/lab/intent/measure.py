"""How well the intent model does on texts it has not seen, as the tables of its card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stillwatch.lab.intent.corpus import Corpus
from stillwatch.model.errors import InputError
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.kernels.intent import CLASSES, IntentWeights
from stillwatch.model.kernels.intervals import bootstrap_share
from stillwatch.model.kernels.sketch import INTENT_COLUMNS, sketch_text

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CALLED = 2.0  # bits from which a text counts as asking for a class
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class on one corpus: weighted shares with 95% intervals, bootstrapped over wordings."""

    name: str
    wordings: int
    recall: tuple[float, float, float]
    precision: tuple[float, float, float]
    false_alarms: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of ordinary text: the highest score over the classes, in bits, and how often it is called."""

    kind: str
    texts: int
    median: float
    high: float
    called: float
    commonest: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the card shows."""

    training: dict[str, int]
    classes: tuple[ClassFigures, ...]
    kinds: tuple[KindFigures, ...]


def figures(weights: IntentWeights, calibration: Corpus, training: Corpus) -> Figures:
    """Figures on the calibration texts; of the training texts only the number of wordings per class."""
    bits = score(weights, calibration)
    return Figures(
        {name: training.kinds.count(name) for name in CLASSES},
        tuple(_of_class(calibration, bits[:, lane], name) for lane, name in enumerate(CLASSES)),
        tuple(_of_kind(calibration, bits, kind) for kind in sorted(set(calibration.kinds) - set(CLASSES))),
    )


def score(weights: IntentWeights, corpus: Corpus) -> Floats:
    """Bits of each text and class, float64[n, 7], as the sketch gives them."""
    batch = sketch_text(corpus.text, HashKey(0, 0), intent=weights)
    columns = [batch.column(name).fill_null(0).to_numpy() for name in INTENT_COLUMNS]
    return np.asarray(np.stack(columns, axis=1) / 100.0)


def _of_class(corpus: Corpus, bits: Floats, name: str) -> ClassFigures:
    labels, called = corpus.labels(name), bits >= CALLED
    right = labels == 1
    ordinary = corpus.ordinary & (labels == 0)
    known = called & (labels >= 0)
    return ClassFigures(
        name,
        len(np.unique(corpus.wording[right])),
        _share(called, right, corpus),
        _share(right, known, corpus),
        _share(called, ordinary, corpus),
    )


def _of_kind(corpus: Corpus, bits: Floats, kind: str) -> KindFigures:
    inside = np.array([k == kind for k in corpus.kinds])[corpus.wording]
    top, best = bits[inside].max(axis=1), bits[inside].argmax(axis=1)
    commonest = CLASSES[int(np.bincount(best[top >= CALLED]).argmax())] if (top >= CALLED).any() else "-"
    median, high = np.quantile(top, [0.5, 0.99])
    return KindFigures(
        kind, int(inside.sum()), float(median), float(high), float((top >= CALLED).mean()), commonest
    )


def _share(part: Flags, whole: Flags, corpus: Corpus) -> tuple[float, float, float]:
    """Weighted share of `whole` that is also `part`, and its interval; (nan, 0, 1) for an empty whole."""
    if not whole.any():
        return float("nan"), 0.0, 1.0
    weight = corpus.weight[whole]
    low, high = bootstrap_share(part[whole] * weight, weight, corpus.wording[whole])
    return float((part[whole] * weight).sum() / weight.sum()), low, high


def write_card(path: Path, found: Figures) -> None:
    """Put the tables between the marks of the model card.

    Raises `InputError` if the card lacks the marks.
    """
    text = path.read_text("utf-8")
    if BEGIN not in text or END not in text:
        remedy = f"Add the lines {BEGIN} and {END}"
        raise InputError("the model card has no place for its figures", where=str(path), remedy=remedy)
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{head}{BEGIN}\n\n{_tables(found)}\n\n{END}{tail}", "utf-8")


def _tables(found: Figures) -> str:
    lines = [
        f"Called from {CALLED:g} bits on. Kinds of text weigh as the root of their number of wordings.",
        "Intervals: 95%, bootstrap over wordings.",
        "",
        "| class | training wordings | calibration wordings | recall | precision | ordinary texts called |",
        "|---|---|---|---|---|---|",
    ]
    for c in found.classes:
        shares = " | ".join(_percent(share) for share in (c.recall, c.precision, c.false_alarms))
        lines.append(f"| {c.name} | {found.training[c.name]} | {c.wordings} | {shares} |")
    lines += [
        "",
        "Ordinary calibration texts: the highest of the seven scores.",
        "",
        "| kind | texts | median bits | 99th percentile | called | mostly as |",
        "|---|---|---|---|---|---|",
    ]
    for k in found.kinds:
        called = f"{100 * k.called:.1f}%"
        cells = (k.kind, k.texts, f"{k.median:.1f}", f"{k.high:.1f}", called, k.commonest)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _percent(share: tuple[float, float, float]) -> str:
    middle, low, high = (100 * x for x in share)
    return "-" if np.isnan(middle) else f"{middle:.1f}% ({low:.1f}-{high:.1f})"
