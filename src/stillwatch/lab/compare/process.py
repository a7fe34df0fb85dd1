"""One detector in a process of its own, so that its time and its memory are its own."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np
import numpy.typing as npt

from stillwatch.lab.compare.accusations import hostile_accounts
from stillwatch.lab.compare.peer import PeerSpec, Settings, chosen_peers, score
from stillwatch.lab.compare.traffic import Traffic, open_traffic
from stillwatch.model.errors import ResourceError
from stillwatch.model.memory import peak_memory
from stillwatch.model.registry import Entry

Floats = npt.NDArray[np.float64]
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What every detector gets alike."""

    memory: str = ""  # of the engine, such as 4GB; empty: the engine's default
    threads: int = 0  # of the engine; 0: what there is
    sample: int = 0  # most accounts, if fewer than the detector's own number; 0: its own
    seed: int = 1  # of the sample


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of one folder under one or several settings, and what they cost."""

    accounts: tuple[str, ...]
    whole: int
    scores: tuple[Floats, ...]
    seconds: tuple[float, ...]  # of each of the settings; reading the tables is in the first
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a detector cannot run on this data."""

    reason: str


def in_own_process(work: Callable[..., R], *arguments: object) -> R:
    """The result of a function that runs in a fresh process.

    Raises `ResourceError` if the process is killed, most likely for want of memory.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        try:
            return pool.submit(work, *arguments).result()
        except BrokenProcessPool as error:
            raise ResourceError(
                "the process was killed, most likely for want of memory",
                remedy="Use a smaller --sample, or more memory",
            ) from error


def run_peer(
    name: str, folder: Path, tried: Sequence[Settings], train: Path | None, truth: Path | None, bounds: Bounds
) -> Scored | Missing:
    """Scores of the accounts of a folder under each of the settings; `train` and its truth give benign traffic.

    Raises `ResourceError` if memory runs out.
    """
    try:
        return _run(name, folder, tried, train, truth, bounds)
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise ResourceError(
            "memory ran out", remedy="Use a smaller --sample, or a larger --memory"
        ) from error


def _run(
    name: str, folder: Path, tried: Sequence[Settings], train: Path | None, truth: Path | None, bounds: Bounds
) -> Scored | Missing:
    entry = chosen_peers([name])[name]
    started = time.perf_counter()
    with ExitStack() as stack:
        traffic = stack.enter_context(_open(entry.spec, folder, bounds))
        empty = [column for column in entry.spec.reads if not traffic.filled(column)]
        if len(empty) == len(entry.spec.reads):
            return Missing(f"the data holds no {' or '.join(empty)}")
        reference = None
        if entry.spec.reference and train is not None and truth is not None:
            benign = {a for a, hostile in hostile_accounts(truth).items() if not hostile}
            reference = stack.enter_context(_open(entry.spec, train, bounds, only=benign))
        return _scored(entry, traffic, reference, tried, started)


def _open(
    spec: PeerSpec, folder: Path, bounds: Bounds, only: set[str] | None = None
) -> AbstractContextManager[Traffic]:
    most = min(spec.most_accounts, bounds.sample) if bounds.sample else spec.most_accounts
    return open_traffic(
        folder,
        columns=[c for c in spec.reads if "." not in c],
        most=most,
        seed=bounds.seed,
        only=only,
        memory=bounds.memory,
        threads=bounds.threads,
    )


def _scored(
    entry: Entry[PeerSpec],
    traffic: Traffic,
    reference: Traffic | None,
    tried: Sequence[Settings],
    started: float,
) -> Scored:
    scores, seconds = [], []
    for settings in tried:
        scores.append(score(entry, traffic, reference, settings))
        now = time.perf_counter()
        seconds.append(now - started)
        started = now
    return Scored(traffic.accounts, traffic.whole, tuple(scores), tuple(seconds), peak_memory())
