"""Who of a group knows little of what it sends."""

from __future__ import annotations

import numpy as np
import pytest
from tests.incidences import block, drawn, put_holdings

from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.link.repertoire import RepertoireSettings, strangers
from stillwatch.store.duck import DuckTables

POOL = list(range(100, 130))
GUESTS = list(range(200, 210))
FRAMES = 80


def world(t: DuckTables, frames: int = FRAMES) -> Incidence:
    """A pool that sends many frames, each account three in four of them; guests send three of these, all the same."""
    rng = np.random.default_rng(3)
    rows = drawn(rng, accounts=600, kinds={"email_domain": (60, 1), "client": (40, 1), "template": (9000, 1)})
    for value in range(frames):
        senders = [a for i, a in enumerate(POOL) if (i + value) % 4]
        rows += block(senders + (GUESTS if value < 3 else []), ["template"], value=value + 1)
    put_holdings(t, rows, accounts=600)
    return read_incidence(t)


def codes(held: Incidence, accounts: list[int]) -> np.ndarray:
    return np.searchsorted(held.accounts, np.array(accounts)).astype(np.int64)


def test_guests_that_know_a_few_frames_are_told_from_the_pool(t: DuckTables) -> None:
    held = world(t)
    found = strangers(held, codes(held, POOL + GUESTS), ())
    assert codes(held, GUESTS).tolist() == found.tolist()


def test_a_small_repertoire_tells_nothing(t: DuckTables) -> None:
    held = world(t, frames=RepertoireSettings().least - 1)
    assert [] == strangers(held, codes(held, POOL + GUESTS), ()).tolist()


def test_frames_that_anybody_may_send_are_no_repertoire(t: DuckTables) -> None:
    held = world(t)
    public = held.key[held.of_kind("template")]
    assert [] == strangers(held, codes(held, POOL + GUESTS), public).tolist()


@pytest.mark.parametrize("known", [0.02, 0.99])
def test_how_much_is_enough(t: DuckTables, known: float) -> None:
    """Guests know 3 of 80 frames, members 60 of them: 0.05 of what a member knows."""
    held = world(t)
    found = strangers(held, codes(held, POOL + GUESTS), (), RepertoireSettings(known=known))
    assert (len(GUESTS) if known > 0.05 else 0) == np.isin(found, codes(held, GUESTS)).sum()
