"""Readable signatures for the frames of reported groups: samples of text read again by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.engine import Tables
from stillwatch.signals.tables.signature import signature

Ints = NDArray[np.int64]

SAMPLES = 20  # accounts of each frame
FRAMES = 6  # frames of each group


class RowsAt(Protocol):
    """Reads exchanges by position."""

    def __call__(self, at: Ints, *, columns: Sequence[str]) -> pa.Table:
        """The rows at the sorted positions `at`, in their order."""
        ...


@contextmanager
def signatures_meanwhile(t: Tables, rows_at: RowsAt) -> Iterator[None]:
    """Fill `signatures` (template_id, signature) for the commonest frames of every group when the block ends.

    The text is read and compared beside the block. Samples are one exchange each of the accounts with the smallest
    keys, so row order does not matter.
    """
    wanted = _samples(t)
    with ThreadPoolExecutor(1) as pool:
        signatures = pool.submit(_signatures, wanted, rows_at)
        yield
        t.put("signatures", signatures.result())


def _samples(t: Tables) -> Mapping[str, Any]:
    """Position, frame and account of each exchange whose text is to be read, by position."""
    return t.numpy(
        f"""
        WITH frames AS (
            SELECT group_id, template_id, row_number() OVER (
                PARTITION BY group_id ORDER BY count(*) DESC, template_id) AS place
            FROM group_exchanges WHERE template_id IS NOT NULL GROUP BY group_id, template_id
        ), one_each AS (
            SELECT e.template_id, e.account_id, min(e.exchange_id) AS exchange_id
            FROM exchange_templates e
            JOIN (SELECT DISTINCT template_id FROM frames WHERE place <= {FRAMES}) f
              ON f.template_id = e.template_id
            GROUP BY e.template_id, e.account_id
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY template_id ORDER BY account_id) AS place FROM one_each
        )
        SELECT k.row, r.template_id, r.account_id FROM ranked r JOIN keys k ON k.exchange_id = r.exchange_id
        WHERE r.place <= {SAMPLES} ORDER BY k.row
        """
    )


def _signatures(wanted: Mapping[str, Any], rows_at: RowsAt) -> pa.Table:
    rows = np.asarray(wanted["row"], np.int64)
    texts = rows_at(rows, columns=["prompt_text"])["prompt_text"].to_pylist()
    samples: dict[int, list[tuple[int, str]]] = {}
    for template, account, text in zip(
        np.asarray(wanted["template_id"]).tolist(),
        np.asarray(wanted["account_id"]).tolist(),
        texts,
        strict=True,
    ):
        if text:
            samples.setdefault(template, []).append((account, text))
    return pa.table(
        {
            "template_id": pa.array(sorted(samples), pa.int64()),
            "signature": pa.array([signature(sorted(samples[k])) for k in sorted(samples)], pa.string()),
        }
    )
