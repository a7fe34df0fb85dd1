"""Published detectors in a suite: their settings are chosen once, on training simulations, and kept; each simulation
that is measured is then seen by every one of them. What they depend on is our simulator and theirs, not our detector.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from stillwatch.lab.compare.choices import (
    Accused,
    Choice,
    Data,
    Settings,
    accuse,
    cannot,
    choices,
    read_settings,
)
from stillwatch.lab.compare.peer import PeerSpec, chosen_peers, known_peers
from stillwatch.lab.compare.process import Bounds, Missing
from stillwatch.lab.figures.cell import code_digest, keep, read_kept, reason_of
from stillwatch.lab.figures.site import Run, Site, simulate_arguments
from stillwatch.lab.figures.suite import Source, Suite
from stillwatch.lab.observe import Observation, observe
from stillwatch.model.errors import ResourceError

PARTS = (
    "lab/attacks", "lab/cohorts", "lab/compare", "lab/data", "lab/intervals.py", "lab/observe.py", "lab/peers",
    "lab/population", "lab/scenarios", "lab/simulate.py", "lab/sources.toml", "lab/text", "model/conversation.py",
    "model/kernels/compiled.py", "model/kernels/components.py", "model/kernels/hashing.py",
    "model/input_tables.py", "model/kernels/text.py", "model/kernels/xxhash.py", "model/other_tables.py",
    "model/table.py", "model/tables.py", "store/dataset.py",
)  # fmt: skip
APART = (
    "lab/data/aims.toml", "lab/data/intent", "lab/data/redteam", "lab/data/redteam_prices.toml",
    "lab/data/reliability.toml", "lab/data/suite.toml",
)  # fmt: skip
FORMAT = 1  # of the files that are kept
BROKEN = (
    ValueError,
    ArithmeticError,
    LookupError,
    duckdb.Error,
)  # of a detector that cannot cope with the data
TOO_SLOW = "not run: the suite says that it takes too long on this traffic"
MEMORY = "2GB"  # of the engine that each of them reads the tables with


@dataclass(frozen=True, slots=True)
class Rival:
    """What a detector with one choice of settings found in one simulation; without an observation it was not run, and
    `note` says why."""

    source: Source
    peer: str
    title: str
    choice: Choice
    observation: Observation | None = None
    accounts: int = 0  # looked at
    whole: int = 0  # in the data
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rivals:
    """The detectors with their settings. `benign` is the training simulation that shows them innocent customers;
    `too_slow` names by scenario those that are not run on it."""

    work: Path
    code: str
    benign: Data
    bounds: Bounds
    settings: Settings
    too_slow: Mapping[str, Sequence[str]]

    def kept(self, source: Source) -> list[Rival]:
        """What was found before in this simulation, with the same code and settings, and who is not asked."""
        names, spec = self.settings.peers, known_peers()
        found = [r for name in names for r in read_kept(self._file(source, name), list[Rival]) or ()]
        spared = [name for name in self.too_slow.get(source.scenario, ()) if name in names]
        return found + [
            Rival(source, name, spec[name].spec.title, choice, note=TOO_SLOW)
            for name in spared
            for choice in names[name]
        ]

    def missing(self, source: Source) -> list[str]:
        """The detectors that have not seen this simulation."""
        asked = self.settings.peers.keys() - self.too_slow.get(source.scenario, ())
        return [
            name for name in self.settings.peers if name in asked and not self._file(source, name).exists()
        ]

    def measure(self, name: str, at: Site) -> list[Rival]:
        """Run a detector on the data of a site and keep what it found, one for each choice; that it broke is told and
        not kept."""
        chosen, spec = self.settings.peers[name], known_peers()[name].spec
        where = Data(at.data, at.data / "truth")
        folders = [at.folder / "peers" / name / c.name for c in chosen]
        try:
            found = accuse(spec, chosen, where, self.benign, self.bounds, folders)
        except ResourceError as error:
            found = Missing(f"{error.what}. {error.remedy}")
        except BROKEN as error:
            return [Rival(at.source, name, spec.title, c, note=f"failed: {error!r}") for c in chosen]
        blank = [Rival(at.source, name, spec.title, choice) for choice in chosen]
        if isinstance(found, Missing):
            out = [replace(rival, note=found.reason) for rival in blank]
        else:
            out = [_filled(rival, accused) for rival, accused in zip(blank, found, strict=True)]
        keep(out, self._file(at.source, name))
        return out

    def _file(self, source: Source, name: str) -> Path:
        what = [
            FORMAT,
            self.code,
            asdict(source),
            asdict(self.bounds),
            [asdict(c) for c in self.settings.peers[name]],
        ]
        key = hashlib.blake2b(json.dumps(what, sort_keys=True).encode(), digest_size=8).hexdigest()
        return self.work / "peers" / "cells" / f"{name}-{key}.json"


def _filled(rival: Rival, accused: Accused) -> Rival:
    seen = replace(observe(accused.results, accused.truth), run=f"seed {rival.source.seed}")
    return replace(
        rival,
        observation=seen,
        accounts=accused.accounts,
        whole=accused.whole,
        seconds=accused.seconds,
        peak_memory_bytes=accused.peak_memory_bytes,
    )


def settle(
    suite: Suite,
    work: Path,
    file: Path,
    run: Run,
    say: Callable[[str], None],
    *,
    workers: int = 1,
    names: Sequence[str] = (),
) -> Rivals | None:
    """All detectors, or the named ones, with their settings; None if the suite has no training simulations.

    Settings that `file` holds are taken if they were chosen on the suite's training simulations; others are chosen, and
    the file is written. Raises `ResourceError` if a simulation fails, `InputError` if the file is damaged.
    """
    if not suite.training:
        return None
    code = code_digest(apart=APART, only=PARTS)
    bounds = Bounds(memory=MEMORY, threads=1, sample=suite.sample)
    training = tuple(f"{c.scenario}, scale {c.scale:g}, seed {c.seed}" for c in suite.training)
    settings = read_settings(file) if file.exists() else None
    if settings is None or (settings.training, settings.sample) != (training, suite.sample):
        settings = Settings(code, training, suite.sample, {})
    entries = chosen_peers(names)
    unsettled = [name for name in entries if name not in settings.peers]
    home = work / "peers" / "training" / code
    able = [name for name in unsettled if not cannot(entries[name].spec, trained=True)]
    needed = suite.training if able else suite.training[:1]
    train = [_training(source, home, run, say) for source in needed]

    def choose(name: str) -> list[Choice] | Missing:
        say(f"settings of {name}")
        return _choices(entries[name].spec, train, bounds)

    with ThreadPoolExecutor(workers) as pool:
        for name, found in zip(unsettled, pool.map(choose, unsettled), strict=True):
            settings = _with(settings, name, found)
            keep(settings, file)
    shown = {name: settings.peers[name] for name in entries if name in settings.peers}
    return Rivals(work, code, train[0], bounds, replace(settings, peers=shown), suite.too_slow)


def _with(settings: Settings, name: str, found: list[Choice] | Missing) -> Settings:
    if isinstance(found, Missing):
        return replace(settings, notes={**settings.notes, name: found.reason})
    notes = {other: note for other, note in settings.notes.items() if other != name}
    return replace(settings, peers={**settings.peers, name: tuple(found)}, notes=notes)


def _choices(spec: PeerSpec, train: Sequence[Data], bounds: Bounds) -> list[Choice] | Missing:
    why = cannot(spec, trained=True)
    if why:
        return Missing(why)
    try:
        return choices(spec, train, bounds)
    except ResourceError as error:
        return Missing(f"{error.what}. {error.remedy}")
    except BROKEN as error:
        return Missing(f"failed: {error!r}")


def _training(source: Source, home: Path, run: Run, say: Callable[[str], None]) -> Data:
    """A training simulation, kept as long as the simulator is the same."""
    folder = home / f"{source.scenario}-{source.scale:g}-{source.seed}"
    if not folder.exists():
        say(f"training simulation {folder.name}")
        try:
            run(simulate_arguments(source, folder))
        except subprocess.CalledProcessError as error:
            raise ResourceError(reason_of(error), where=folder.name, remedy="Mend it, run again") from error
    return Data(folder, folder / "truth")
