"""Sign-up bursts: members whose accounts were opened hours apart, beyond the population's own rate at that time."""

from __future__ import annotations

import numpy as np

from stillwatch.attribute.measured.rows import Rows, members
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.crowding import accompanied, beyond

WIDTH_US = 3 * 3_600_000_000
MIN_ACCOUNTS = 4


def signups(t: Tables) -> Rows:
    """Rows `signup_burst` of groups with enough members of known age."""
    rows = t.numpy(
        """
        SELECT account_id, epoch_us(created_at) AS opened FROM facts
        WHERE created_at IS NOT NULL ORDER BY account_id
        """
    )
    ids, opened = np.asarray(rows["account_id"], np.int64), np.asarray(rows["opened"]).astype(np.int64)
    every = np.sort(opened)
    out: Rows = []
    for group, at in members(t, ids).items():
        if MIN_ACCOUNTS <= len(at) <= len(every) / 2:
            share, expected = accompanied(np.sort(opened[at]), every, WIDTH_US)
            out.append((group, "signup_burst", beyond(share, expected, len(at)), len(at)))
    return out
