"""Reasoning blocks that are taken out of one account's answers and put into another account's requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.lab.population.frame import Array, Frame
from stillwatch.model.kernels.compiled import kernel

KEPT = 16  # blocks a router keeps at hand
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shelves:
    """The latest reasoning blocks behind each router that grafts; changed in place by `borrow`."""

    shelf: Ints  # per stream: number of the shelf, -1 = none
    blocks: Ints  # (shelves, KEPT): row of the block in the plan, -1 = none
    owners: Ints  # account that got it
    given: Ints  # blocks put on the shelf so far

    @classmethod
    def begin(cls, streams: Frame) -> Shelves:
        """Empty shelves for the routers of these streams."""
        grafting = np.unique(streams["router"][(streams["grafts"] > 0) & (streams["router"] >= 0)])
        place = np.searchsorted(grafting, streams["router"])
        known = np.isin(streams["router"], grafting)
        shape = (len(grafting), KEPT)
        return cls(
            np.where(known, place, -1),
            np.full(shape, -1),
            np.full(shape, -1),
            np.zeros(len(grafting), np.int64),
        )

    def borrow(self, stream: Array, account: Ints, thinks: Array, wants: Array, rows: Ints) -> Ints:
        """For each of n requests in order of time the row of the block it borrows, -1 = none.

        `thinks` says that the answer holds a block, which goes on the shelf; `wants` that the request carries
        one: the newest of another account.
        """
        out = np.full(len(stream), -1, np.int64)
        state = (self.blocks, self.owners, self.given)
        _borrow(self.shelf[stream], account, np.where(thinks, rows, -1), wants, state, out)
        return out


@kernel
def _borrow(shelf: Any, account: Any, block: Any, wants: Any, state: Any, out: Any) -> None:
    blocks, owners, given = state
    kept = blocks.shape[1]
    for i in range(len(shelf)):
        s = shelf[i]
        if s < 0:
            continue
        if wants[i]:
            for back in range(1, min(given[s], kept) + 1):
                at = (given[s] - back) % kept
                if owners[s, at] != account[i]:
                    out[i] = blocks[s, at]
                    break
        if block[i] >= 0:
            at = given[s] % kept
            blocks[s, at] = block[i]
            owners[s, at] = account[i]
            given[s] += 1
