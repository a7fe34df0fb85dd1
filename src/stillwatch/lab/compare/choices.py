"""Settings and threshold of each published detector: the tuned ones and the published ones, and what they accuse."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from stillwatch.lab.compare.accusations import hostile_accounts, write_accusations, write_truth
from stillwatch.lab.compare.peer import PeerSpec, Setting, known_peers
from stillwatch.lab.compare.process import Bounds, Missing, Scored, in_own_process, run_peer
from stillwatch.lab.compare.tune import MOST_FALSE, tune
from stillwatch.model.errors import InputError

NO_THRESHOLD = (
    f"no threshold finds a hostile account and accuses at most {MOST_FALSE:.0%} of the benign ones in training, "
    "so nobody is accused"
)


@dataclass(frozen=True, slots=True)
class Data:
    """A data folder and the truth about it."""

    folder: Path
    truth: Path


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to run a detector; `threshold` is None where no threshold is good enough, so that nobody is accused."""

    name: str  # `tuned` or `published`
    settings: Mapping[str, Setting] = field(default_factory=dict)
    threshold: float | None = None
    training_recall: float | None = None
    training_false_positives: float | None = None
    training_seconds: float | None = None

    @property
    def note(self) -> str:
        """What has to be said about it."""
        return NO_THRESHOLD if self.threshold is None else ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices by detector, as published: made with simulator and detectors of `code` on the `training` simulations,
    of which each looked at so many accounts at most. `notes` say why one has no choice."""

    code: str
    training: tuple[str, ...]
    sample: int
    peers: Mapping[str, tuple[Choice, ...]]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accused:
    """Accusations in one data folder, written as results of a scan are, beside the truth about who was looked at."""

    results: Path
    truth: Path
    accounts: int
    whole: int
    seconds: float
    peak_memory_bytes: int


def read_settings(path: Path) -> Settings:
    """What `make evaluate` chose and wrote.

    Raises `InputError` if it cannot be read or does not fit the detectors that are known.
    """
    remedy = "Give a file that `make evaluate` wrote, such as docs/benchmarks/peer-settings.json"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"no settings: {error}", where=str(path), remedy=remedy) from error
    known = known_peers()
    for name, chosen in found.peers.items():
        fits = name in known and all(set(c.settings) == set(known[name].spec.grid) for c in chosen)
        if not fits:
            raise InputError(f"settings of {name!r} fit no peer", where=str(path), remedy=remedy)
    return found


def cannot(spec: PeerSpec, *, trained: bool, settled: bool = False) -> str:
    """Why a detector cannot run whatever the data; empty if it can. `settled`: its settings are known."""
    if spec.library and importlib.util.find_spec(spec.library) is None:
        return f"needs the package {spec.library}. Install it with: pip install 'stillwatch[{spec.extra}]'"
    if spec.reference and not trained:
        return "is calibrated on benign traffic. Give --train"
    if spec.threshold is None and not trained and not settled:
        return "has no published threshold. Give --train"
    return ""


def choices(spec: PeerSpec, train: Sequence[Data], bounds: Bounds) -> list[Choice] | Missing:
    """The tuned choice, if there is training data, and the published one, if there is one.

    The first training folder is also the benign traffic on which a detector is calibrated that needs some.
    """
    found = []
    if train:
        tuned = _tuned(spec, train, bounds)
        if isinstance(tuned, Missing):
            return tuned
        found.append(tuned)
    if spec.published is not None and spec.threshold is not None:
        found.append(Choice("published", dict(spec.published), spec.threshold))
    return found


def _tuned(spec: PeerSpec, train: Sequence[Data], bounds: Bounds) -> Choice | Missing:
    grid = list(spec.settings())
    scored = []
    for where in train:
        run = _run(spec, where, grid, train[0], bounds)
        if isinstance(run, Missing):
            return run
        scored.append(run)
    pooled = [np.concatenate([run.scores[i] for run in scored]) for i in range(len(grid))]
    known = [hostile_accounts(d.truth) for d in train]
    hostile = np.array([k.get(a, False) for k, r in zip(known, scored, strict=True) for a in r.accounts])
    best = tune(list(zip(grid, pooled, strict=True)), hostile)
    seconds = sum(s for r in scored for s in r.seconds)
    limit = best.threshold if np.isfinite(best.threshold) else None
    return Choice("tuned", dict(best.settings), limit, best.recall, best.false_positives, seconds)


def accuse(
    spec: PeerSpec,
    chosen: Sequence[Choice],
    where: Data,
    benign: Data | None,
    bounds: Bounds,
    keep: Sequence[Path],
) -> list[Accused] | Missing:
    """What each choice accuses, written to the folder of the same place in `keep`; one process runs them all."""
    tried: list[dict[str, Setting]] = []
    for choice in chosen:
        if choice.settings not in tried:  # two choices may differ in the threshold alone
            tried.append(dict(choice.settings))
    run = _run(spec, where, tried, benign, bounds)
    if isinstance(run, Missing):
        return run
    out = []
    for choice, folder in zip(chosen, keep, strict=True):
        number = tried.index(dict(choice.settings))
        limit = np.inf if choice.threshold is None else choice.threshold
        accused = np.nan_to_num(run.scores[number], nan=-np.inf) >= limit
        results = write_accusations(folder, run.accounts, run.scores[number], accused)
        truth = write_truth(folder / "truth", where.truth, run.accounts)
        seconds = run.seconds[number]
        out.append(Accused(results, truth, len(run.accounts), run.whole, seconds, run.peak_memory_bytes))
    return out


def _run(
    spec: PeerSpec,
    where: Data,
    tried: Sequence[Mapping[str, Setting]],
    benign: Data | None,
    bounds: Bounds,
) -> Scored | Missing:
    train, truth = (benign.folder, benign.truth) if benign else (None, None)
    plain = [dict(settings) for settings in tried]
    return in_own_process(run_peer, spec.name, where.folder, plain, train, truth, bounds)
