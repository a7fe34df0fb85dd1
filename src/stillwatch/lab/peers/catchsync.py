"""CatchSync: are an account's objects alike among themselves, and unlike everybody's?"""

from __future__ import annotations

import numpy as np

from stillwatch.lab.compare.coaction import READS, Ints, actions
from stillwatch.lab.compare.peer import Floats, peer
from stillwatch.lab.compare.traffic import Traffic

ROUNDS = 30  # of the power iteration


@peer(
    title="CatchSync",
    source="Jiang, Cui, Beutel, Faloutsos, Yang: CatchSync, KDD 2014",
    reads=READS,
    grid={"what": ("opening", "prompt", "system", "network"), "least": (1, 3)},
    threshold=3.0,
    published={"what": "opening", "least": 1},
)
def catchsync(traffic: Traffic, *, what: str, least: int) -> Floats:
    """Standard deviations by which an account's synchronicity is above what its normality forces.

    Published: each object (followee) is a point of in-degree and authority; points fall into a grid; synchronicity
    is the mean closeness (same cell or not) of an account's objects to each other, normality that to all objects;
    accounts more than three standard deviations above the parabola of least synchronicity are suspicious.
    Changed: objects are those of our data (`what`; that it is the opening of a prompt is our choice); cells are
    powers of two; accounts with fewer than `least` objects are left out.
    """
    done = actions(traffic, what)
    pair = np.unique(np.stack([done.account, done.thing], axis=1), axis=0)
    scores = np.full(len(traffic.accounts), np.nan)
    if len(pair) == 0:
        return scores
    who, source = np.unique(pair[:, 0], return_inverse=True)
    _, target = np.unique(pair[:, 1], return_inverse=True)
    above = residues(source, target, cells(source, target))
    fits = np.bincount(source) >= least
    spread = above[fits].std() if fits.any() else 0.0
    if spread > 0:
        scores[who[fits]] = (above[fits] - above[fits].mean()) / spread
    return scores


def cells(source: Ints, target: Ints) -> Ints:
    """The grid cell of each target: powers of two of its in-degree and of its authority (HITS)."""
    hub: Floats = np.ones(int(source.max()) + 1)
    authority: Floats = np.ones(int(target.max()) + 1)
    for _ in range(ROUNDS):
        authority = np.bincount(target, hub[source], len(authority)).astype(np.float64)
        hub = np.bincount(source, authority[target], len(hub)).astype(np.float64)
        hub /= float(np.linalg.norm(hub))
    authority /= authority.max()
    degree = np.log2(np.bincount(target)).astype(np.int64)
    rank = np.floor(np.log2(np.maximum(authority, 2.0**-40))).astype(np.int64)
    _, cell = np.unique(np.stack([degree, rank], axis=1), axis=0, return_inverse=True)
    return cell.reshape(-1)


def residues(source: Ints, target: Ints, cell: Ints) -> Floats:
    """Synchronicity of each source less the least that its normality allows (theorem 1 of the paper)."""
    m = int(cell.max()) + 1
    everybody = np.bincount(cell, minlength=m) / len(cell)
    code, n = np.unique(source * m + cell[target], return_counts=True)
    mine, inside = code // m, code % m
    share = n / np.bincount(source)[mine]
    synchronicity = np.bincount(mine, share**2)
    normality = np.bincount(mine, share * everybody[inside])
    squared = float((everybody**2).sum())
    if 1 - m * squared > -1e-12:  # one cell, or cells of one size: nothing forces synchronicity above 1 / m
        return np.asarray(synchronicity - 1 / m, np.float64)
    least = (-m * normality**2 + 2 * normality - squared) / (1 - m * squared)
    return np.asarray(synchronicity - least, np.float64)
