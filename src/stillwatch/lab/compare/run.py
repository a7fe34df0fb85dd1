"""Published detectors and ours on the same data: tuned on training scenarios, measured on others."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stillwatch.lab.compare.accusations import hostile_accounts, write_accusations, write_truth
from stillwatch.lab.compare.peer import PeerSpec, Settings, chosen_peers
from stillwatch.lab.compare.process import Bounds, Missing, Scored, in_own_process, run_peer
from stillwatch.lab.compare.tune import MOST_FALSE, Tuned, tune
from stillwatch.lab.evaluate import Evaluation, evaluate
from stillwatch.lab.intervals import Figure
from stillwatch.model.errors import ResourceError, UsageError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Data:
    """A data folder and the truth about it."""

    folder: Path
    truth: Path


@dataclass(frozen=True, slots=True)
class Row:
    """One detector with one choice of settings; without figures it was not run, and `note` says why."""

    peer: str
    title: str
    choice: str  # `tuned`, `published`, `ours`, `not run`
    settings: Settings = field(default_factory=dict)
    threshold: float | None = None
    accounts: int = 0  # looked at
    whole: int = 0  # in the data
    recall: Figure | None = None
    precision: Figure | None = None
    false_positives: Figure | None = None
    cohorts: Mapping[str, Figure] = field(default_factory=dict)
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    training_recall: float | None = None
    training_false_positives: float | None = None
    training_seconds: float | None = None
    note: str = ""

    @property
    def worst_cohort(self) -> tuple[str, Figure] | None:
        """The benign cohort of which the largest share is accused; None if nobody is."""
        shares = [(f.value or 0.0, f.part, name, f) for name, f in self.cohorts.items() if f.part]
        if not shares:
            return None
        _, _, name, figure = max(shares, key=lambda s: s[:3])
        return name, figure


@dataclass(frozen=True, slots=True)
class _Choice:
    name: str
    settings: Settings
    threshold: float
    tuned: Tuned | None
    training_seconds: float | None


def compare(
    data: Sequence[Data],
    train: Sequence[Data],
    names: Sequence[str] = (),
    *,
    bounds: Bounds | None = None,
    keep: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """A row per detector and choice of settings, by name; scores and accusations go to `keep` if given.

    `names` chooses detectors, all without it. Raises `UsageError` for a name that is not known, and if a folder is
    used both for training and for measuring.
    """
    both = {d.folder.resolve() for d in data} & {t.folder.resolve() for t in train}
    if both:
        raise UsageError(
            f"{min(both)} is used for training and for measuring",
            remedy="Simulate the training data with another seed and --split training",
        )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="stillwatch-compare-") as scratch:
        for name, entry in chosen_peers(names).items():
            progress(entry.spec.title)
            try:
                rows += _peer(entry.spec, data, train, bounds or Bounds(), (keep or Path(scratch)) / name)
            except ResourceError as error:
                rows.append(_not_run(entry.spec, f"{error.what}. {error.remedy}"))
    return rows


def ours(results: Sequence[Path], data: Sequence[Data], summaries: Sequence[Mapping[str, object]]) -> Row:
    """The same figures for results of `stillwatch scan`, with the time and memory that it wrote down."""
    found = evaluate(results, [d.truth for d in data])
    times = [s for summary in summaries for s in _timings(summary)]
    peaks = [int(str(s["peak_memory_bytes"])) for s in summaries if s.get("peak_memory_bytes")]
    n = found.recall.whole + found.false_positives.whole
    return _filled(
        Row("stillwatch", "Stillwatch", "ours", accounts=n, whole=n),
        found,
        sum(times) if times else None,
        max(peaks, default=None),
    )


def _timings(summary: Mapping[str, object]) -> list[float]:
    stages = summary.get("timings")
    found = [s.get("seconds") for s in stages if isinstance(s, dict)] if isinstance(stages, list) else []
    return [float(s) for s in found if isinstance(s, int | float)]


def _peer(
    spec: PeerSpec, data: Sequence[Data], train: Sequence[Data], bounds: Bounds, keep: Path
) -> list[Row]:
    why = _cannot(spec, train)
    if why:
        return [_not_run(spec, why)]
    choices = _choices(spec, train, bounds)
    if isinstance(choices, Missing):
        return [_not_run(spec, choices.reason)]
    rows = []
    for choice in choices:
        row = _measure(spec, choice, data, train, bounds, keep / choice.name)
        rows.append(_not_run(spec, row.reason) if isinstance(row, Missing) else row)
    return rows


def _cannot(spec: PeerSpec, train: Sequence[Data]) -> str:
    """Why a detector cannot run whatever the data; empty if it can."""
    if spec.library and importlib.util.find_spec(spec.library) is None:
        return f"needs the package {spec.library}. Install it with: pip install 'stillwatch[{spec.extra}]'"
    if spec.reference and not train:
        return "is calibrated on benign traffic. Give --train"
    if spec.threshold is None and not train:
        return "has no published threshold. Give --train"
    return ""


def _not_run(spec: PeerSpec, note: str) -> Row:
    return Row(spec.name, spec.title, "not run", note=note)


def _choices(spec: PeerSpec, train: Sequence[Data], bounds: Bounds) -> list[_Choice] | Missing:
    """The tuned choice, if there is training data, and the published one, if there is one."""
    choices = []
    if train:
        grid = list(spec.settings())
        runs = [_run(spec, d, grid, train[0], bounds) for d in train]
        for run in runs:
            if isinstance(run, Missing):
                return run
        scored = [r for r in runs if isinstance(r, Scored)]
        pooled = [np.concatenate([r.scores[i] for r in scored]) for i in range(len(grid))]
        known = [hostile_accounts(d.truth) for d in train]
        hostile = np.array([k.get(a, False) for k, r in zip(known, scored, strict=True) for a in r.accounts])
        best = tune(list(zip(grid, pooled, strict=True)), hostile)
        seconds = sum(s for r in scored for s in r.seconds)
        choices.append(_Choice("tuned", best.settings, best.threshold, best, seconds))
    if spec.published is not None and spec.threshold is not None:
        choices.append(_Choice("published", spec.published, spec.threshold, None, None))
    return choices


def _run(
    spec: PeerSpec, where: Data, tried: Sequence[Settings], benign: Data | None, bounds: Bounds
) -> Scored | Missing:
    plain = [dict(settings) for settings in tried]
    train, truth = (benign.folder, benign.truth) if benign else (None, None)
    return in_own_process(run_peer, spec.name, where.folder, plain, train, truth, bounds)


def _measure(
    spec: PeerSpec, choice: _Choice, data: Sequence[Data], train: Sequence[Data], bounds: Bounds, keep: Path
) -> Row | Missing:
    results, truths, runs = [], [], []
    for number, where in enumerate(data):
        run = _run(spec, where, [choice.settings], train[0] if train else None, bounds)
        if isinstance(run, Missing):
            return run
        accused = np.nan_to_num(run.scores[0], nan=-np.inf) >= choice.threshold
        results.append(write_accusations(keep / str(number), run.accounts, run.scores[0], accused))
        truths.append(write_truth(keep / str(number) / "truth", where.truth, run.accounts))
        runs.append(run)
    row = Row(
        spec.name,
        spec.title,
        choice.name,
        settings=dict(choice.settings),
        threshold=choice.threshold if np.isfinite(choice.threshold) else None,
        accounts=sum(len(r.accounts) for r in runs),
        whole=sum(r.whole for r in runs),
        training_recall=choice.tuned.recall if choice.tuned else None,
        training_false_positives=choice.tuned.false_positives if choice.tuned else None,
        training_seconds=choice.training_seconds,
        note="" if np.isfinite(choice.threshold) else _NO_THRESHOLD,
    )
    seconds = sum(r.seconds[0] for r in runs)
    return _filled(row, evaluate(results, truths), seconds, max(r.peak_memory_bytes for r in runs))


_NO_THRESHOLD = (
    f"no threshold finds a hostile account and accuses at most {MOST_FALSE:.0%} of the benign ones in training, "
    "so nobody is accused"
)


def _filled(row: Row, found: Evaluation, seconds: float | None, peak: int | None) -> Row:
    return replace(
        row,
        recall=found.recall,
        precision=found.precision,
        false_positives=found.false_positives,
        cohorts=found.cohorts,
        seconds=seconds,
        peak_memory_bytes=peak,
    )
