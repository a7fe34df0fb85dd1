"""Which scenarios a run of figures covers, with which seeds, scales and options."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from stillwatch import lab
from stillwatch.model.errors import InputError


@dataclass(frozen=True, slots=True)
class Source:
    """A simulation; several cells may scan it."""

    scenario: str
    scale: float
    seed: int
    simulate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One simulation and its scan; `simulate` and `scan` are further options of the two commands.

    With `before_days`, a scan of the first days with `--state` comes first, and the whole is scanned with that state.
    With `replay`, a time such as "6h", the log is replayed as well.
    """

    scenario: str
    scale: float
    seed: int
    simulate: tuple[str, ...] = ()
    scan: tuple[str, ...] = ()
    before_days: float = 0.0
    replay: str = ""

    @property
    def source(self) -> Source:
        """What it scans."""
        return Source(self.scenario, self.scale, self.seed, self.simulate)


@dataclass(frozen=True, slots=True)
class Variant:
    """A row of figures: one scenario under one set of options, over all seeds."""

    name: str
    scenario: str
    cells: tuple[Cell, ...]
    changed: bool  # with other options than ours; no aim applies to it


@dataclass(frozen=True, slots=True)
class Family:
    """A page: variants that belong together."""

    name: str
    title: str
    text: str
    curve: bool  # its scenarios form a ladder of cost
    variants: tuple[Variant, ...]
    peers: int = 0  # so many of its seeds are looked at by published detectors, too


@dataclass(frozen=True, slots=True)
class Suite:
    """All families, and the simulations that published detectors are tuned on, the first of which also shows them
    benign traffic; `sample` is the largest number of accounts that one looks at, 0 for its own; `too_slow` names the
    detectors that are not run on a scenario."""

    families: tuple[Family, ...]
    training: tuple[Source, ...] = ()
    sample: int = 0
    too_slow: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class _Options(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    simulate: tuple[str, ...] = ()
    scan: tuple[str, ...] = ()


class _Family(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    title: str
    scenarios: list[str]
    text: str = ""
    curve: bool = False
    seeds: list[int] | None = None
    scale: float | None = None
    scales: Mapping[str, float] = {}
    before_days: Mapping[str, float] = {}
    replay: Mapping[str, str] = {}
    peers: bool = False
    variants: tuple[_Options, ...] = ()


class _Training(msgspec.Struct, forbid_unknown_fields=True):
    scenario: str
    scale: float
    seed: int


class _Peers(msgspec.Struct, forbid_unknown_fields=True):
    sample: int = 0
    seeds: int = 0
    too_slow: Mapping[str, tuple[str, ...]] = {}
    training: tuple[_Training, ...] = ()


class _Suite(msgspec.Struct, forbid_unknown_fields=True):
    seeds: list[int]
    scale: float
    families: list[_Family]
    peers: _Peers | None = None


def read_suite(path: Path | None, *, factor: float = 1.0) -> Suite:
    """What a suite file says, or the one that ships without a path; `factor` multiplies every scale that is measured.

    Raises `InputError` if the file is missing or says something that is not known.
    """
    where = str(path or "lab/data/suite.toml")
    try:
        text = path.read_text("utf-8") if path else _shipped()
        found = msgspec.convert(tomllib.loads(text), _Suite)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"no suite: {error}", where=where, remedy="See docs/how-to/evaluate.md") from error
    peers = found.peers or _Peers()
    seeds = {c.seed for f in found.families for c in peers.training if c.seed in (f.seeds or found.seeds)}
    if seeds:
        raise InputError(
            f"seed {min(seeds)} is measured and trained on", where=where, remedy="Use disjoint seeds"
        )
    training = tuple(Source(c.scenario, c.scale, c.seed, ("--split", "training")) for c in peers.training)
    families = tuple(_family(row, found, factor) for row in found.families)
    return Suite(families, training, peers.sample, peers.too_slow)


def _shipped() -> str:
    return (resources.files(lab) / "data" / "suite.toml").read_text("utf-8")


def _family(row: _Family, suite: _Suite, factor: float) -> Family:
    seeds = suite.seeds if row.seeds is None else row.seeds
    looked = (suite.peers.seeds if suite.peers else 0) or len(seeds) if row.peers else 0
    variants = [_variant(row, suite, seeds, scenario, None, factor) for scenario in row.scenarios]
    variants += [
        _variant(row, suite, seeds, scenario, options, factor)
        for scenario in row.scenarios
        for options in row.variants
    ]
    return Family(row.name, row.title, row.text.strip(), row.curve, tuple(variants), looked)


def _variant(
    row: _Family, suite: _Suite, seeds: Sequence[int], scenario: str, options: _Options | None, factor: float
) -> Variant:
    scale = factor * row.scales.get(scenario, suite.scale if row.scale is None else row.scale)
    name = f"{scenario}, {options.name}" if options else scenario
    more: Mapping[str, Any] = {
        "before_days": row.before_days.get(scenario, 0.0),
        "replay": row.replay.get(scenario, ""),
    }
    if options:
        more = {"simulate": options.simulate, "scan": options.scan}
    cells = tuple(Cell(scenario, scale, seed, **more) for seed in seeds)
    return Variant(name, scenario, cells, options is not None)
