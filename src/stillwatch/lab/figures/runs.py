"""The cells of a suite within a time: those that share a simulation together, several simulations at a time."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from stillwatch.lab.figures.cell import Done, Failed, kept, key_of, reason_of, run_cell
from stillwatch.lab.figures.rivals import Rival, Rivals
from stillwatch.lab.figures.site import Run, site
from stillwatch.lab.figures.suite import Cell, Family, Source

Outcome = Done | Failed


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each cell, and what published detectors found in each simulation; what time ran out for is
    missing."""

    cells: dict[Cell, Outcome] = field(default_factory=dict)
    rivals: dict[Source, list[Rival]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A simulation, the cells that scan it, and whether published detectors look at it."""

    source: Source
    cells: tuple[Cell, ...]
    rivals: bool


@dataclass(frozen=True, slots=True)
class Errand:
    """How jobs are run: `command(seconds)` runs `stillwatch` for at most so long; a scan gets `threads`, 0 for all."""

    work: Path
    code: str
    command: Callable[[float], Run]
    end: float  # monotonic; nothing is started later
    threads: int = 0
    rivals: Rivals | None = None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.end - time.monotonic()


def run_suite(
    families: Sequence[Family],
    errand: Errand,
    *,
    workers: int = 1,
    say: Callable[[str], None],
) -> Outcomes:
    """Run what was not kept, `workers` simulations at a time; first seeds first, so that an interrupted run has
    something of every scenario. A cell that fails is told and does not end the run."""
    jobs = jobs_of(families)
    found, lock = Outcomes(), threading.Lock()

    def run(numbered: tuple[int, Job]) -> None:
        number, job = numbered
        for what, outcome in _job(job, errand, lambda: say(f"{number} of {len(jobs)}: {_told(job, errand)}")):
            if isinstance(outcome, Failed):
                say(f"  failed: {label(outcome.cell)}: {outcome.reason}")
            with lock:
                if isinstance(outcome, Rival):
                    found.rivals.setdefault(job.source, []).append(outcome)
                elif isinstance(what, Cell):
                    found.cells[what] = outcome

    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(run, enumerate(jobs, 1)):
            pass
    return found


def _told(job: Job, errand: Errand) -> str:
    also = ", published detectors" if job.rivals else ""
    return f"{label(job.source)}, {len(job.cells)} scans{also}, {errand.left / 60:.0f} minutes left"


def _job(
    job: Job, errand: Errand, begin: Callable[[], None]
) -> Iterator[tuple[Cell | Source, Outcome | Rival]]:
    """What was kept, and then what has to be run."""
    todo = []
    for cell in job.cells:
        known = kept(cell, errand.code, errand.work)
        if known is None:
            todo.append(cell)
        else:
            yield cell, known
    rivals = errand.rivals if job.rivals else None
    missing: Sequence[str] = ()
    if rivals is not None:
        for rival in rivals.kept(job.source):
            yield job.source, rival
        missing = rivals.missing(job.source)
    if not (todo or missing) or errand.left <= 0:
        return
    begin()
    scratch = errand.work / "scratch" / key_of(job.cells[0], errand.code)
    with site(job.source, scratch, errand.command(errand.left), errand.threads) as at:
        try:
            at.simulate()
        except subprocess.CalledProcessError as error:
            yield from ((cell, Failed(cell, reason_of(error))) for cell in todo)
            return
        for cell in todo:
            if errand.left > 0:
                yield cell, run_cell(cell, errand.code, errand.work, at)
        for name in missing:
            if rivals is not None and errand.left > 0:
                yield from ((job.source, rival) for rival in rivals.measure(name, at))


def jobs_of(families: Sequence[Family]) -> list[Job]:
    """The cells by simulation, first seeds first, in the order of the families."""
    cells: dict[Source, list[Cell]] = {}
    for cell in ordered(families):
        cells.setdefault(cell.source, []).append(cell)
    shown = {c.source for f in families for v in f.variants if not v.changed for c in v.cells[: f.peers]}
    return [Job(source, tuple(own), source in shown) for source, own in cells.items()]


def ordered(families: Iterable[Family]) -> list[Cell]:
    """Every cell once, first seeds first."""
    ranked = [(i, c) for f in families for v in f.variants for i, c in enumerate(v.cells)]
    return list(dict.fromkeys(cell for _, cell in sorted(ranked, key=lambda pair: pair[0])))


def label(cell: Cell | Source) -> str:
    """The cell, or a simulation, in words."""
    chosen = (*cell.simulate, *cell.scan) if isinstance(cell, Cell) else cell.simulate
    options = "".join(f" {option}" for option in chosen)
    return f"{cell.scenario}, scale {cell.scale:g}, seed {cell.seed}{options}"


def by_variant(families: Sequence[Family], found: Outcomes) -> Mapping[str, list[Rival]]:
    """What published detectors found, by scenario."""
    out: dict[str, list[Rival]] = {}
    sources = dict.fromkeys(c.source for f in families if f.peers for v in f.variants for c in v.cells)
    for source in sources:
        out.setdefault(source.scenario, []).extend(found.rivals.get(source, []))
    return out
