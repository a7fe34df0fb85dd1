"""Fitted parameters: what `lab/data/traces/*.toml` hold, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.model.errors import UsageError

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Joint lengths of requests and answers in tokens, as quantiles.

    `inputs` (q,) at equal steps of probability; `outputs` (b, r): the same for the answers to the requests
    of each of b equally frequent bands of input length.
    """

    inputs: Reals
    outputs: Reals


@dataclass(frozen=True, slots=True)
class Clients:
    """How much clients differ in their lengths: shares of the variance of normal scores between clients."""

    asked: float
    answered: float  # among answers to requests of about the same length


@dataclass(frozen=True, slots=True)
class Turns:
    """Sessions: share with exactly one turn, and for the rest mean and shape of turns beyond the second."""

    single: float
    mean: float
    shape: float
    gap_seconds: float  # median pause between turns
    gap_spread: float  # standard deviation of its natural logarithm


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests of a client per day: log-normal, `spread` in natural logarithms."""

    median_per_day: float
    spread: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Burstiness and rhythm of clients, as quantiles over clients at equal steps of probability."""

    cv: Reals  # coefficient of variation of the times between requests, within ten minutes
    swing: Reals  # amplitude of the daily wave, 0 = flat, 1 = falls to nothing
    weekend: Reals  # weekend requests against weekday requests
    day: Reals  # (24,) intensity by hour of the median client, mean 1, hour 0 = its quietest


def lengths(kind: str) -> Lengths:
    """Lengths of a kind of request. Raises `UsageError` for a kind that is not known."""
    entry = _entry("lengths", kind)
    return Lengths(np.array(entry["inputs"], np.float64), np.array(entry["outputs"], np.float64))


def clients(kind: str) -> Clients:
    """How much clients of a kind of use differ. Raises `UsageError` for a kind that is not known."""
    return Clients(**_entry("clients", kind))


def turns(kind: str) -> Turns:
    """Session shape of a kind of use. Raises `UsageError` for a kind that is not known."""
    return Turns(**_entry("turns", kind))


def rates(kind: str) -> Rates:
    """Rates of a kind of client. Raises `UsageError` for a kind that is not known."""
    return Rates(**_entry("rates", kind))


def arrivals() -> Arrivals:
    """Burstiness and rhythm of clients."""
    entry = _entry("arrivals", "clients")
    return Arrivals(**{name: np.array(entry[name], np.float64) for name in ("cv", "swing", "weekend", "day")})


def kinds(table: str) -> tuple[str, ...]:
    """Kinds that a table (`lengths`, `clients`, `turns`, `rates`, `arrivals`) knows."""
    return tuple(_document(table))


def _entry(table: str, kind: str) -> Mapping[str, Any]:
    document = _document(table)
    if kind not in document:
        raise UsageError(f"no {table} are known for {kind!r}", remedy=f"Use one of {', '.join(document)}")
    entry: Mapping[str, Any] = document[kind]
    return entry


@cache
def _document(table: str) -> Mapping[str, Any]:
    text = files("stillwatch.lab").joinpath("data", "traces", f"{table}.toml").read_text("utf-8")
    return MappingProxyType({k: v for k, v in tomllib.loads(text).items() if isinstance(v, dict)})
