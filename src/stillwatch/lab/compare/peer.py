"""What a published detector declares about itself, and where the detectors are found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stillwatch.lab import peers
from stillwatch.lab.compare.traffic import Traffic
from stillwatch.model.errors import ExtensionError, UsageError
from stillwatch.model.registry import SPEC, Entry, scan

Floats: TypeAlias = npt.NDArray[np.float64]
Setting: TypeAlias = str | int | float
Settings: TypeAlias = Mapping[str, Setting]
Score: TypeAlias = Callable[..., Floats]  # (traffic, **settings) or (traffic, reference, **settings)
GROUP = "stillwatch.peers"


@dataclass(frozen=True, slots=True)
class PeerSpec:
    """A published detector.

    Its function gives each account of a `Traffic` a score, in their order: the higher, the more suspicious, NaN
    where the statistic is not defined. An account is accused if its score reaches a threshold.
    """

    name: str
    title: str
    source: str
    reads: tuple[str, ...]  # columns of exchanges, or `accounts.column`; it does not run where all are empty
    grid: Mapping[str, tuple[Setting, ...]]  # settings tried in training
    published: Settings | None  # the settings its authors print
    threshold: float | None  # the threshold they print
    most_accounts: int  # more are sampled
    reference: bool  # calibrated on benign traffic
    library: str  # an optional package it needs
    extra: str = field(default="peers")  # which extra of ours installs the package

    def settings(self) -> Iterator[dict[str, Setting]]:
        """Every combination of the grid, in order."""
        for values in itertools.product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


def peer(
    *,
    title: str,
    source: str,
    reads: Sequence[str],
    grid: Mapping[str, tuple[Setting, ...]] | None = None,
    published: Settings | None = None,
    threshold: float | None = None,
    most_accounts: int = 50_000,
    reference: bool = False,
    library: str = "",
) -> Callable[[Score], Score]:
    """File a frozen `PeerSpec` on the function and return it unchanged.

    Raises `ExtensionError` if a published setting is not part of the grid's names.
    """

    def file(function: Score) -> Score:
        known = MappingProxyType(dict(grid or {}))
        if set(published or ()) != (set(known) if published is not None else set()):
            raise ExtensionError(
                f"peer {function.__name__} publishes {sorted(published or ())}, its grid has {sorted(known)}",
                where=function.__module__,
                remedy="Name every setting in both",
            )
        fixed = None if published is None else MappingProxyType(dict(published))
        spec = PeerSpec(
            function.__name__,
            title,
            source,
            tuple(reads),
            known,
            fixed,
            threshold,
            most_accounts,
            reference,
            library,
        )
        setattr(function, SPEC, spec)
        return function

    return file


def known_peers() -> Mapping[str, Entry[PeerSpec]]:
    """All detectors by name: those of `lab/peers` and those that other packages announce."""
    return scan(peers, PeerSpec, group=GROUP)


def chosen_peers(names: Sequence[str]) -> Mapping[str, Entry[PeerSpec]]:
    """The named detectors, or all of them.

    Raises `UsageError` for a name that is not known.
    """
    known = known_peers()
    for name in names:
        if name not in known:
            raise UsageError(f"no peer is called {name!r}", remedy=f"Choose from {', '.join(known)}")
    return MappingProxyType({name: known[name] for name in names or known})


def score(entry: Entry[PeerSpec], traffic: Traffic, reference: Traffic | None, settings: Settings) -> Floats:
    """Scores of all accounts of the traffic.

    Raises `ExtensionError` if the detector does not return one score per account.
    """
    arguments: dict[str, Any] = dict(settings)
    if entry.spec.reference:
        arguments["reference"] = reference
    found = np.asarray(entry.thing(traffic, **arguments), np.float64)
    if found.shape != (len(traffic.accounts),):
        raise ExtensionError(
            f"peer {entry.spec.name} returned {found.shape} scores for {len(traffic.accounts)} accounts",
            where=entry.thing.__module__,
            remedy="Return one number per account, NaN where there is none",
        )
    return found
