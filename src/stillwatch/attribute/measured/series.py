"""Load balancing and synchrony: what the members' series of requests share beyond each one's own rhythm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.rows import Rows
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.crowding import DRAWS
from stillwatch.model.kernels.series import coincidences, dispersion, lives, surrogate

Ints = NDArray[np.int64]

SLOT_US = 600_000_000
LEAST = 0.01  # a dispersion below it is as good as none: nothing is read into who is how far below
SLOTS = 144  # of ten minutes a day
PER_HOUR = 6


@dataclass(frozen=True, slots=True)
class SeriesSettings:
    """`sample`: members looked at, evenly spaced; `min_accounts`; `min_freedom` of a dispersion that says anything;
    `min_days` an account's life must span to be turned round; `most_bits` of synchrony that count as 1."""

    sample: int = 256
    min_accounts: int = 4
    min_freedom: int = 30
    min_days: int = 3
    most_bits: float = 3.0


def series(t: Tables, settings: SeriesSettings | None = None) -> Rows:
    """Rows `balanced` and `synchrony` of each group whose demixed exchanges allow them."""
    s = settings or SeriesSettings()
    rows: Rows = []
    for group, accounts, counts in _groups(t, s):
        hours = counts.reshape(*counts.shape[:2], -1, PER_HOUR).sum(axis=3)
        even = balance(hours, accounts, s)
        if even is not None:
            rows.append((group, "balanced", even, len(accounts)))
        first, last = lives(counts.sum(axis=2))
        long = last - first + 1 >= s.min_days
        if long.sum() >= max(s.min_accounts, len(long) / 2):
            rows.append((group, "synchrony", synchrony(counts[long], accounts[long], s), int(long.sum())))
    return rows


def balance(hours: Ints, accounts: Ints, s: SeriesSettings) -> float | None:
    """Share of chance variance that `hours[account, day, hour]` lack, by the hour or by the day, whichever is more.

    The yardstick is a random split of every window's total or, where it varies less, what the members' own series
    give when turned round: what each does by the clock is no balancing.
    """
    found = [_lack(hours, accounts, by_day, s) for by_day in (False, True)]
    known = [value for value in found if value is not None]
    return max(known) if known else None


def _lack(hours: Ints, accounts: Ints, by_day: bool, s: SeriesSettings) -> float | None:
    ratio, freedom = dispersion(_windows(hours, by_day))
    if freedom < s.min_freedom:
        return None
    upper = ratio * (1.0 + 2.0 * (2.0 / freedom) ** 0.5)
    if upper >= 1.0:
        return 0.0
    turned = [dispersion(_windows(surrogate(hours, accounts, b), by_day))[0] for b in range(1, DRAWS + 1)]
    return float(max(0.0, 1.0 - (upper + LEAST) / (min(1.0, *turned) + LEAST)))


def _windows(hours: Ints, by_day: bool) -> Ints:
    return np.asarray(hours.sum(axis=2) if by_day else hours.reshape(len(hours), -1), np.int64)


def synchrony(slots: Ints, accounts: Ints, s: SeriesSettings) -> float:
    """How many more pairs are active in the same ten minutes of `slots[account, day, slot]` than in surrogates, in
    bits over `most_bits`; two standard deviations of the surrogates count as chance."""
    seen = coincidences(slots.reshape(len(slots), -1) > 0)
    turned = [surrogate(slots, accounts, b).reshape(len(slots), -1) > 0 for b in range(1, DRAWS + 1)]
    chance = np.array([coincidences(active) for active in turned], np.float64)
    bits = np.log2((seen + 1.0) / (chance.mean() + 2.0 * chance.std() + 1.0))
    return float(np.clip(bits / s.most_bits, 0.0, 1.0))


def _groups(t: Tables, s: SeriesSettings) -> Iterator[tuple[int, Ints, Ints]]:
    """Each group with enough members: its number, sampled account ids, counts[account, day, slot]."""
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
        SELECT g.group_id, g.account_id, epoch_us(k.ts) // {SLOT_US} AS slot, count(*) AS n
        FROM group_exchanges g
        JOIN timed_members m ON m.group_id = g.group_id AND m.account_id = g.account_id
        JOIN keys k ON k.exchange_id = g.exchange_id
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """
    )
    t.drop("timed_members")
    group, account, slot, n = (
        np.asarray(rows[c]).astype(np.int64) for c in ("group_id", "account_id", "slot", "n")
    )
    ids, first = np.unique(group, return_index=True)
    for i, at in enumerate(np.split(np.arange(len(group)), first[1:]) if len(ids) else []):
        accounts, row = np.unique(account[at], return_inverse=True)
        start = int(slot[at].min()) // SLOTS
        days = int(slot[at].max()) // SLOTS - start + 1
        counts = np.zeros((len(accounts), days * SLOTS), np.int64)
        counts[row, slot[at] - start * SLOTS] = n[at]
        yield int(ids[i]), accounts, counts.reshape(len(accounts), days, SLOTS)
