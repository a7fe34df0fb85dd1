"""Published detectors and ours on the same data: tuned on training scenarios, measured on others."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stillwatch.lab.compare.choices import Accused, Choice, Data, accuse, cannot, choices
from stillwatch.lab.compare.peer import PeerSpec, Settings, chosen_peers
from stillwatch.lab.compare.process import Bounds, Missing
from stillwatch.lab.evaluate import Evaluation, evaluate
from stillwatch.lab.intervals import Figure
from stillwatch.model.errors import ResourceError, UsageError


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


def compare(
    data: Sequence[Data],
    train: Sequence[Data],
    names: Sequence[str] = (),
    *,
    known: Mapping[str, Sequence[Choice]] | None = None,
    bounds: Bounds | None = None,
    keep: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Row]:
    """A row per detector and choice of settings, by name; scores and accusations go to `keep` if given.

    `names` chooses detectors, all without it; those in `known` are not tuned again. Raises `UsageError` for a name
    that is not known, and if a folder is used both for training and for measuring.
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
                chosen, place = (known or {}).get(name), (keep or Path(scratch)) / name
                rows += _peer(entry.spec, data, train, chosen, bounds or Bounds(), place)
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
    spec: PeerSpec,
    data: Sequence[Data],
    train: Sequence[Data],
    known: Sequence[Choice] | None,
    bounds: Bounds,
    keep: Path,
) -> list[Row]:
    why = cannot(spec, trained=bool(train), settled=known is not None)
    if why:
        return [_not_run(spec, why)]
    chosen = choices(spec, train, bounds) if known is None else known
    if isinstance(chosen, Missing):
        return [_not_run(spec, chosen.reason)]
    return _measured(spec, chosen, data, train[0] if train else None, bounds, keep)


def _not_run(spec: PeerSpec, note: str) -> Row:
    return Row(spec.name, spec.title, "not run", note=note)


def _measured(
    spec: PeerSpec,
    chosen: Sequence[Choice],
    data: Sequence[Data],
    benign: Data | None,
    bounds: Bounds,
    keep: Path,
) -> list[Row]:
    """A row per choice, over all folders."""
    runs: list[list[Accused]] = []
    for number, where in enumerate(data):
        folders = [keep / choice.name / str(number) for choice in chosen]
        found = accuse(spec, chosen, where, benign, bounds, folders)
        if isinstance(found, Missing):
            return [_not_run(spec, found.reason)]
        runs.append(found)
    return [_row(spec, choice, own) for choice, *own in zip(chosen, *runs, strict=True)]


def _row(spec: PeerSpec, choice: Choice, runs: Sequence[Accused]) -> Row:
    row = Row(
        spec.name,
        spec.title,
        choice.name,
        settings=choice.settings,
        threshold=choice.threshold,
        accounts=sum(r.accounts for r in runs),
        whole=sum(r.whole for r in runs),
        training_recall=choice.training_recall,
        training_false_positives=choice.training_false_positives,
        training_seconds=choice.training_seconds,
        note=choice.note,
    )
    found = evaluate([r.results for r in runs], [r.truth for r in runs])
    return _filled(row, found, sum(r.seconds for r in runs), max(r.peak_memory_bytes for r in runs))


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
