"""Published detectors in a suite: their settings are chosen once, on training simulations, and kept; each simulation
that is measured is then seen by every one of them. What they depend on is our simulator and theirs, not our detector.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stillwatch.lab.compare.choices import Accused, Choice, Data, accuse, cannot, choices
from stillwatch.lab.compare.peer import chosen_peers, known_peers
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
    "model/kernels/text.py", "model/kernels/xxhash.py", "model/tables.py", "store/dataset.py",
)  # fmt: skip
APART = (
    "lab/data/aims.toml", "lab/data/intent", "lab/data/redteam", "lab/data/redteam_prices.toml",
    "lab/data/reliability.toml", "lab/data/suite.toml",
)  # fmt: skip
FORMAT = 1  # of the files that are kept
MEMORY = "2GB"  # of the engine that each of them reads the tables with


@dataclass(frozen=True, slots=True)
class Settled:
    """How a detector is run: its choices, or the reason why it cannot be."""

    peer: str
    title: str
    source: str
    choices: tuple[Choice, ...] = ()
    note: str = ""


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
    """The detectors with their settings. `benign` is the training simulation that shows them innocent customers."""

    work: Path
    code: str
    benign: Data
    bounds: Bounds
    settled: Mapping[str, Settled]

    def kept(self, source: Source) -> list[Rival]:
        """What was found before in this simulation, with the same code and settings."""
        return [r for name in self.settled for r in read_kept(self._file(source, name), list[Rival]) or ()]

    def missing(self, source: Source) -> list[str]:
        """The detectors that have not seen this simulation."""
        able = [name for name, s in self.settled.items() if s.choices]
        return [name for name in able if not self._file(source, name).exists()]

    def measure(self, name: str, at: Site) -> list[Rival]:
        """Run a detector on the data of a site and keep what it found, one for each choice."""
        settled, entry = self.settled[name], known_peers()[name]
        where = Data(at.data, at.data / "truth")
        folders = [at.folder / "peers" / name / c.name for c in settled.choices]
        try:
            found = accuse(entry.spec, settled.choices, where, self.benign, self.bounds, folders)
        except ResourceError as error:
            found = Missing(f"{error.what}. {error.remedy}")
        blank = [Rival(at.source, name, settled.title, choice) for choice in settled.choices]
        if isinstance(found, Missing):
            out = [replace(rival, note=found.reason) for rival in blank]
        else:
            out = [_filled(rival, accused) for rival, accused in zip(blank, found, strict=True)]
        keep(out, self._file(at.source, name))
        return out

    def _file(self, source: Source, name: str) -> Path:
        what = [FORMAT, self.code, asdict(source), asdict(self.bounds), asdict(self.settled[name])]
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
    suite: Suite, work: Path, run: Run, say: Callable[[str], None], names: Sequence[str] = ()
) -> Rivals | None:
    """All detectors, or the named ones, with settings chosen on the suite's training simulations; None if it has
    none. What was chosen before with the same code and simulations is chosen.

    Raises `ResourceError` if a simulation fails.
    """
    if not suite.training:
        return None
    code = code_digest(apart=APART, only=PARTS)
    bounds = Bounds(memory=MEMORY, threads=1, sample=suite.sample)
    home = work / "peers" / _digest(code, suite)
    entries = chosen_peers(names)
    files = {name: home / f"{name}.json" for name in entries}
    settled = {name: read_kept(file, Settled) for name, file in files.items()}
    needed = suite.training if None in settled.values() else suite.training[:1]
    train = [_training(source, work / "peers" / "training" / code, run, say) for source in needed]
    for name, entry in entries.items():
        if settled[name] is None:
            say(f"settings of {name}")
            why = cannot(entry.spec, trained=True)
            found = Missing(why) if why else _choices(name, train, bounds)
            blank = Settled(name, entry.spec.title, entry.spec.source)
            fresh = (
                replace(blank, note=found.reason)
                if isinstance(found, Missing)
                else replace(blank, choices=tuple(found))
            )
            keep(fresh, files[name])
            settled[name] = fresh
    known = {name: s for name, s in settled.items() if s is not None}
    return Rivals(work, code, train[0], bounds, known)


def _choices(name: str, train: Sequence[Data], bounds: Bounds) -> list[Choice] | Missing:
    try:
        return choices(known_peers()[name].spec, train, bounds)
    except ResourceError as error:
        return Missing(f"{error.what}. {error.remedy}")


def _digest(code: str, suite: Suite) -> str:
    what = [FORMAT, code, suite.sample, [asdict(source) for source in suite.training]]
    return hashlib.blake2b(json.dumps(what, sort_keys=True).encode(), digest_size=8).hexdigest()


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
