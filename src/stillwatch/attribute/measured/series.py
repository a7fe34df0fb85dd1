"""Load balancing and synchrony: what the members' series of requests share beyond each one's own rhythm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.rows import Rows
from stillwatch.model.ahead import ahead
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.crowding import DRAWS
from stillwatch.model.kernels.series import coincidences, dispersion
from stillwatch.model.kernels.surrogates import turns

Ints = NDArray[np.int64]

SLOT_US = 600_000_000
SLOTS = 144  # of ten minutes a day
HOURS = 24
ALIKE = 4  # days of about the same amount that may stand for one another
LEAST = 0.01  # a dispersion below it is as good as none: nothing is read into who is how far below


@dataclass(frozen=True, slots=True)
class SeriesSettings:
    """`sample`: members looked at, evenly spaced; `min_accounts`; `min_freedom` of a dispersion that says anything;
    a bout ends with `pause` slots of silence; `min_days` of activity that can be turned round; `most_bits` of
    synchrony that count as 1."""

    sample: int = 256
    min_accounts: int = 4
    min_freedom: int = 30
    pause: int = 3
    min_days: int = 3
    most_bits: float = 3.0


@dataclass(frozen=True, slots=True)
class _Timed:
    """Of a group the sampled account, slot of time and number of each of its counts; int64[n] each, sorted."""

    group: int
    account: Ints
    slot: Ints
    n: Ints


def series(t: Tables, settings: SeriesSettings | None = None, *, threads: int = 1) -> Rows:
    """Rows `balanced` and `synchrony` of each group whose demixed exchanges allow them."""
    s = settings or SeriesSettings()
    return [row for rows in ahead(partial(_rows, s), _groups(t, s), threads=threads) for row in rows]


def _rows(s: SeriesSettings, timed: _Timed) -> Rows:
    accounts, counts = _counts(timed)
    rows: Rows = []
    even = balance(counts, accounts, s)
    if even is not None:
        rows.append((timed.group, "balanced", even, len(accounts)))
    long = (counts.sum(axis=2) > 0).sum(axis=1) >= s.min_days
    if long.sum() >= max(s.min_accounts, len(long) / 2):
        rows.append((timed.group, "synchrony", synchrony(counts[long], accounts[long], s), int(long.sum())))
    return rows


def _counts(timed: _Timed) -> tuple[Ints, Ints]:
    """Account ids, and `counts[account, day, slot]` from the group's first day to its last."""
    accounts, row = np.unique(timed.account, return_inverse=True)
    start = int(timed.slot.min()) // SLOTS
    days = int(timed.slot.max()) // SLOTS - start + 1
    counts = np.zeros((len(accounts), days * SLOTS), np.int64)
    counts[row, timed.slot - start * SLOTS] = timed.n
    return accounts, counts.reshape(len(accounts), days, SLOTS)


def balance(counts: Ints, accounts: Ints, s: SeriesSettings) -> float | None:
    """How much more evenly `counts[account, day, slot]` are split than chance and each one's own rhythm explain; None
    if they are too few.

    The yardstick is a random split of each window's total over the accounts that live then or, where it varies less,
    what the members' own series give when turned round: habits and clocks are even by themselves, but one account's
    do not fill the gaps of another's. Requests are looked at by hour and by day, and by day the bouts that work
    comes in; the largest counts.
    """
    hours = counts.reshape(*counts.shape[:2], HOURS, -1).sum(axis=3)
    found = [
        _lack(hours, accounts, s),
        _lack(counts.sum(axis=2, keepdims=True), accounts, s),
        _lack(bouts(counts, s.pause).sum(axis=2, keepdims=True), accounts, s),
    ]
    known = [value for value in found if value is not None]
    return max(known) if known else None


def _lack(counts: Ints, accounts: Ints, s: SeriesSettings) -> float | None:
    """The part by which a dispersion falls short of chance, and of its surrogates less one standard deviation."""
    ratio, freedom = dispersion(counts.reshape(len(counts), -1))
    if freedom < s.min_freedom:
        return None
    if ratio >= 1.0:
        return 0.0
    chance = turns(counts, accounts).dispersions(counts, DRAWS)
    usual = min(1.0, float(chance.mean() - chance.std()))
    return float(max(0.0, 1.0 - (ratio + LEAST) / (max(usual, 0.0) + LEAST)))


def bouts(counts: Ints, pause: int) -> Ints:
    """Beginnings of bouts, of which each ends with `pause` slots of silence, as `counts[account, day, slot]`."""
    active = (counts > 0).reshape(len(counts), -1)
    recent = np.zeros_like(active)
    for back in range(1, pause + 1):
        recent[:, back:] |= active[:, :-back]
    return np.asarray((active & ~recent).astype(np.int64).reshape(counts.shape), np.int64)


def synchrony(slots: Ints, accounts: Ints, s: SeriesSettings) -> float:
    """How many more pairs are active in the same ten minutes of `slots[account, day, slot]` than in surrogates, in
    bits over `most_bits`; two standard deviations of the surrogates count as chance.

    Days and hours in common are in the surrogates too. A few days on which everybody is busy are not wholly.
    """
    active = slots > 0
    seen = coincidences(active.reshape(len(slots), -1))
    chance = turns(slots, accounts, alike=ALIKE).coincidences(active, DRAWS).astype(np.float64)
    bits = np.log2((seen + 1.0) / (chance.mean() + 2.0 * chance.std() + 1.0))
    return float(np.clip(bits / s.most_bits, 0.0, 1.0))


def _groups(t: Tables, s: SeriesSettings) -> Iterator[_Timed]:
    """Each group with enough members."""
    t.define(
        "timed_members",
        f"""
        SELECT group_id, account_id FROM (
            SELECT group_id, account_id, row_number() OVER (PARTITION BY group_id ORDER BY account_id) - 1 AS place,
                   count(*) OVER (PARTITION BY group_id) AS members
            FROM (SELECT DISTINCT group_id, account_id FROM group_exchanges) AS e) AS m
        WHERE members >= {s.min_accounts} AND place % ((members + {s.sample - 1}) // {s.sample}) = 0
        """,
    )
    rows = t.numpy(
        f"""
        SELECT g.group_id, g.account_id, g.ts // {SLOT_US} AS slot, count(*) AS n FROM group_moments g
        JOIN timed_members m ON m.group_id = g.group_id AND m.account_id = g.account_id
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """
    )
    t.drop("timed_members")
    group, account, slot, n = (
        np.asarray(rows[c]).astype(np.int64) for c in ("group_id", "account_id", "slot", "n")
    )
    ids, first = np.unique(group, return_index=True)
    for i, begin, end in zip(ids.tolist(), first, np.searchsorted(group, ids, side="right"), strict=True):
        yield _Timed(i, account[begin:end], slot[begin:end], n[begin:end])
