"""Scans that probabilities are learned and judged on: simulated, scanned, kept as results and truth.

A kept scan is used again as long as the code is the same; expectations and calibration may change, since what is read
from the results are measurements. (Which of two nested groups stands depends on the expectations a little; to
follow that as well, delete the folder.)
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec

import stillwatch
from stillwatch import lab
from stillwatch.lab.figures.cell import reason_of
from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.site import Run
from stillwatch.lab.text.sources import SPLITS
from stillwatch.model.errors import InputError, ResourceError
from stillwatch.store.results import MARK

APART = ("hypotheses.toml", "calibration.json", "suite.toml", "aims.toml", "reliability.toml")
UNREAD = (
    "app/report", "app/commands", "app/terminal", "app/explanation", "app/calibrat",
    "attribute/assess", "attribute/calibration", "attribute/conformal", "attribute/curve", "attribute/findings",
    "lab/figures", "lab/learn", "lab/redteam", "lab/reliability", "lab/compare", "lab/peers", "lab/reference",
    "lab/refusing", "share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One scan of a set; the set is the split of the simulation."""

    split: str
    scenario: str
    scale: float
    seed: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.split}-{self.scenario}-{self.scale:g}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Kept:
    """Folders of a scan's results and of the truth; those of training traffic also of the scan with pieces `apart`."""

    results: Path
    truth: Path
    apart: Path | None = None


class _Scans(msgspec.Struct, forbid_unknown_fields=True):
    scenario: str
    scale: float
    seeds: list[int]


def read_plan(path: Path | None) -> tuple[Planned, ...]:
    """The scans of a plan file; of the one that ships without a path.

    Raises `InputError` if the file cannot be read, names an unknown set, or uses a seed in two sets.
    """
    where = str(path or "lab/data/reliability.toml")
    try:
        text = (
            path.read_text("utf-8")
            if path
            else (resources.files(lab) / "data" / "reliability.toml").read_text("utf-8")
        )
        found = msgspec.convert(tomllib.loads(text), dict[str, list[_Scans]])
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(f"no plan: {error}", where=where, remedy="See lab/data/reliability.toml") from error
    seeds = {split: {s for scans in sets for s in scans.seeds} for split, sets in found.items()}
    if set(found) != set(SPLITS) or sum(map(len, seeds.values())) != len(set().union(*seeds.values())):
        raise InputError(
            "a set is missing or unknown, or two sets have a seed in common",
            where=where,
            remedy=f"Name {', '.join(SPLITS)}, each with seeds of its own",
        )
    return tuple(
        Planned(split, scans.scenario, scans.scale, seed)
        for split, sets in found.items()
        for scans in sets
        for seed in scans.seeds
    )


def make_runs(
    plan: Sequence[Planned], work: Path, run: Run, say: Callable[[str], None]
) -> dict[Planned, Kept]:
    """Folders of each scan; what is not there with this code is made.

    Raises `ResourceError` if a simulation or a scan fails.
    """
    place = work / measuring_digest()
    out = {}
    for number, planned in enumerate(plan, 1):
        home = place / planned.name
        if not (home / "results" / MARK).exists():
            say(f"{number} of {len(plan)}: {planned.name}")
            _make(planned, home, run)
        apart = home / "apart" if planned.split == "training" else None
        out[planned] = Kept(home / "results", home / "truth", apart)
    return out


def _make(planned: Planned, home: Path, run: Run) -> None:
    fresh = home.with_name(f".{home.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    data, seed = fresh / "data", str(planned.seed)
    try:
        fresh.mkdir(parents=True)
        made = ["simulate", planned.scenario, "--scale", f"{planned.scale:g}", "--seed", seed]
        run([*made, "--split", planned.split, "--out", str(data), "--json"])
        key = str(measuring_key(fresh, planned.seed))
        run(["scan", str(data), "--out", str(fresh / "results"), "--key-file", key, "--json"])
        if planned.split == "training":
            run(["scan", str(data), "--out", str(fresh / "apart"), "--key-file", key, "--apart", "--json"])
        (data / "truth").rename(fresh / "truth")
        shutil.rmtree(data)
        shutil.rmtree(home, ignore_errors=True)
        fresh.rename(home)
    except subprocess.CalledProcessError as error:
        raise ResourceError(reason_of(error), where=planned.name, remedy="Mend it and run again") from error
    except OSError as error:
        raise ResourceError(f"cannot write: {error}", where=str(home), remedy="Free space") from error


def measuring_digest() -> str:
    """Digest of all that measurements depend on: our program without expectations, reports and figures."""
    root = Path(stillwatch.__file__).parent
    total = hashlib.blake2b(digest_size=8)
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root).as_posix()
        counted = file.suffix in (".py", ".toml", ".json", ".parquet") and file.name not in APART
        if counted and not name.startswith(UNREAD):
            total.update(name.encode() + b"\0" + hashlib.blake2b(file.read_bytes()).digest())
    return total.hexdigest()
