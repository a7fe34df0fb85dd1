"""The frames of `signals/tables/frames.py` by statements alone, for texts that are too many for one machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.model.engine import Tables
from stillwatch.model.table_components import write_components

_USED = (
    "_text_keys", "_shared", "_held", "_pairs", "_companions", "_key_components", "_frame_keys", "_frame_votes",
    "_reference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpreadSettings:
    """What `FrameSettings` says of frames; memory is not among it."""

    min_together: float
    max_ratio: float
    min_keys: int


def spread_frames(t: Tables, text_keys: Sequence[str], reference: Collection[int], s: SpreadSettings) -> None:
    """Fill `frame_texts` (exact_key, template_id) and `public_frames` from `text_accounts`."""
    _write_shared(t, text_keys)
    _write_companions(t, s)
    write_components(t, "_key_components", "_companions")
    _write_frame_keys(t, s.min_keys)
    _write_frame_texts(t, s.min_keys)
    _write_public(t, reference)
    for name in _USED:
        t.drop(name)


def _write_shared(t: Tables, text_keys: Sequence[str]) -> None:
    """Keys that two or more accounts used, with how many texts hold each; and which of them a text holds."""
    every = " UNION ".join(
        f"SELECT exact_key AS text, {c} AS text_key, low, high FROM text_accounts WHERE {c} <> 0"
        for c in text_keys
    )
    t.define("_text_keys", every)
    t.define(
        "_shared",
        "SELECT text_key, count(*) AS n FROM _text_keys GROUP BY text_key HAVING min(low) <> max(high)",
    )
    t.define(
        "_held", "SELECT k.text, k.text_key, s.n FROM _text_keys k JOIN _shared s ON s.text_key = k.text_key"
    )


def _write_companions(t: Tables, s: SpreadSettings) -> None:
    """Pairs of keys that mostly come together, of those that are neighbours in a text's order by commonness."""
    t.define(
        "_pairs",
        f"""
        SELECT least(a, b) AS left_key, greatest(a, b) AS right_key, count(*) AS together, max(n) AS most FROM (
            SELECT text_key AS a, n,
                   lead(text_key) OVER (PARTITION BY text ORDER BY n DESC, text_key) AS b,
                   lead(n) OVER (PARTITION BY text ORDER BY n DESC, text_key) AS fewer
            FROM _held
        ) x WHERE n <= CAST({s.max_ratio} AS DOUBLE) * fewer GROUP BY 1, 2
        """,
    )
    t.define(
        "_companions",
        f"SELECT left_key, right_key FROM _pairs WHERE together >= CAST({s.min_together} AS DOUBLE) * most",
    )


def _write_frame_keys(t: Tables, min_keys: int) -> None:
    t.define(
        "_frame_keys",
        f"""
        SELECT c.node AS text_key, c.root AS template_id FROM _key_components c
        JOIN (SELECT root FROM _key_components GROUP BY root HAVING count(*) >= {min_keys}) r ON r.root = c.root
        """,
    )


def _write_frame_texts(t: Tables, min_keys: int) -> None:
    """The frame that holds most of a text's keys; of several the one with the commoner key, then the smaller."""
    t.define(
        "_frame_votes",
        f"""
        SELECT h.text, f.template_id, count(*) AS votes, max(h.n) AS most
        FROM _held h JOIN _frame_keys f ON f.text_key = h.text_key
        GROUP BY h.text, f.template_id HAVING count(*) >= {min_keys}
        """,
    )
    t.define(
        "frame_texts",
        """
        SELECT text AS exact_key, template_id FROM (
            SELECT text, template_id,
                   row_number() OVER (PARTITION BY text ORDER BY votes DESC, most DESC, template_id) AS place
            FROM _frame_votes
        ) x WHERE place = 1
        """,
    )


def _write_public(t: Tables, reference: Collection[int]) -> None:
    """Every frame, and whether at least half of its keys stand in the reference."""
    t.put("_reference", pa.table({"text_key": np.unique(np.fromiter(reference, np.int64, len(reference)))}))
    t.define(
        "public_frames",
        """
        SELECT f.template_id, 2 * count(r.text_key) >= count(*) AS public
        FROM _frame_keys f LEFT JOIN _reference r ON r.text_key = f.text_key GROUP BY f.template_id
        """,
    )
