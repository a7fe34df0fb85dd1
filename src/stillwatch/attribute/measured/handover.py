"""Hand-over: a refused request sent again by another member, a place that another member takes within minutes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.attribute.measured.rows import Rows, put_rows
from stillwatch.model.engine import Tables
from stillwatch.model.kernels.crowding import beyond

Ints = NDArray[np.int64]

AGAIN_US = 60_000_000  # within which a request is sent again
TAKEN_US = 600_000_000  # within which a place is taken
SILENT_US = 21_600_000_000  # of silence after which a member begins anew
DAY_US = 86_400_000_000
SHIFTS = (-3, -2, -1, 1, 2, 3)  # days by which losses are moved to see what chance gives
MIN_LOSSES = 3


def handover(t: Tables) -> list[str]:
    """Statements with rows `failed_over` and `taken_over`, from `group_moments`."""
    rows = _taken_over(t)
    return [_failed_over(), put_rows(t, "group_takeovers", rows)]


def _failed_over() -> str:
    """Refused requests that another member sent within a minute after, less those sent in the minute before."""
    after = f"b.ts > a.ts AND b.ts <= a.ts + {AGAIN_US}"
    before = f"b.ts < a.ts AND b.ts >= a.ts - {AGAIN_US}"
    return f"""
        SELECT group_id, 'failed_over' AS feature,
               CAST(sum(after) - sum(before) AS DOUBLE) / count(*) AS value, count(*) AS n
        FROM (SELECT a.group_id, a.account_id, a.exact_key, a.ts,
                     max(CASE WHEN {after} THEN 1 ELSE 0 END) AS after,
                     max(CASE WHEN {before} THEN 1 ELSE 0 END) AS before
              FROM group_moments a LEFT JOIN group_moments b
                ON b.group_id = a.group_id AND b.exact_key = a.exact_key AND b.account_id <> a.account_id
               AND b.ts >= a.ts - {AGAIN_US} AND b.ts <= a.ts + {AGAIN_US}
              WHERE a.refused AND a.exact_key IS NOT NULL
              GROUP BY a.group_id, a.account_id, a.exact_key, a.ts) AS r
        GROUP BY group_id HAVING count(*) >= {MIN_LOSSES}
        """


def _taken_over(t: Tables) -> Rows:
    """Losses (a ban, or a refusal and then silence) that another member's beginning with the same frame follows."""
    t.define(
        "group_pauses",
        f"""
        SELECT group_id, account_id, template_id, ts, begun, lost
        FROM (SELECT group_id, account_id, template_id, ts,
                     earlier IS NULL OR ts - earlier >= {SILENT_US} AS begun,
                     refused AND (later IS NULL OR later - ts >= {SILENT_US}) AS lost
              FROM (SELECT group_id, account_id, template_id, ts, refused,
                           lag(ts) OVER (PARTITION BY group_id, account_id ORDER BY ts, template_id, refused)
                             AS earlier,
                           lead(ts) OVER (PARTITION BY group_id, account_id ORDER BY ts, template_id, refused)
                             AS later
                    FROM group_moments) AS m) AS p
        WHERE begun OR lost
        """,
    )
    begun = t.numpy(
        "SELECT group_id, template_id, ts, account_id FROM group_pauses WHERE begun ORDER BY 1, 2, 3, 4"
    )
    lost = t.numpy(
        """
        SELECT group_id, template_id, ts, account_id FROM group_pauses WHERE lost
        UNION
        SELECT g.group_id, g.template_id, b.ts, b.account_id FROM (
            SELECT account_id, epoch_us("at") AS ts FROM ban_times) b
        JOIN (SELECT DISTINCT m.group_id, m.account_id, m.template_id FROM group_moments m
              JOIN (SELECT DISTINCT account_id FROM ban_times) x ON x.account_id = m.account_id) g
          ON g.account_id = b.account_id
        ORDER BY 1, 2, 3, 4
        """
    )
    t.drop("group_pauses")
    frames = _frames(begun, lost)
    return _followed(*frames)


def _frames(*tables: object) -> list[tuple[Ints, Ints, Ints]]:
    """Group, number of group and frame, moment of each row; the numbers agree over the tables."""
    columns = [
        [np.asarray(rows[c]).astype(np.int64) for c in ("group_id", "template_id", "ts")]  # type: ignore[index]
        for rows in tables
    ]
    both = np.concatenate([np.stack(c[:2], axis=1) for c in columns])
    number = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
    ends = np.cumsum([len(c[0]) for c in columns])[:-1]
    return [(c[0], k.astype(np.int64), c[2]) for c, k in zip(columns, np.split(number, ends), strict=True)]


def _followed(begun: tuple[Ints, Ints, Ints], lost: tuple[Ints, Ints, Ints]) -> Rows:
    """Share of each group's losses followed within minutes, beyond the share when they are moved by whole days."""
    groups, frame, moment = lost
    if len(groups) == 0 or len(begun[0]) == 0:
        return []
    low, high = int(begun[2].min()), int(begun[2].max()) + 1
    span = high - low + 8 * DAY_US  # wide enough that no moved loss reaches another frame
    axis = begun[1] * span + (begun[2] - low)
    order = np.sort(axis)

    def hits(shift: int) -> NDArray[np.bool_]:
        at = frame * span + np.clip(
            moment - low + shift * DAY_US, -4 * DAY_US, span - 4 * DAY_US - TAKEN_US - 1
        )
        return np.searchsorted(order, at + TAKEN_US, side="right") > np.searchsorted(order, at, side="right")

    seen = hits(0)
    chance = np.mean([hits(shift) for shift in SHIFTS], axis=0)
    ids, at, n = np.unique(groups, return_inverse=True, return_counts=True)
    share, expected = np.bincount(at, weights=seen) / n, np.bincount(at, weights=chance) / n
    return [
        (int(g), "taken_over", beyond(float(s), float(e), int(k)), int(k))
        for g, s, e, k in zip(ids, share, expected, n, strict=True)
        if k >= MIN_LOSSES
    ]
