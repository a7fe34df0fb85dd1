"""Frames by statements alone are those that one machine finds in its memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stillwatch.model.engine import Tables
from stillwatch.signals.tables.frames import TEXT_KEYS, FrameSettings, write_frames
from stillwatch.store.duck import DuckTables, open_duck

MODEST = settings(
    max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip


class _Spread(DuckTables):
    """An engine whose tables are on other machines, with more texts than may come to this one."""

    most_texts = 0

    def on_driver(self, name: str) -> bool:
        return not name


def keyed(numbers: np.ndarray) -> np.ndarray:
    """Numbers spread over 64 bits, as hashes are; 0 stays 0."""
    x = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((x ^ (x >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)).view(np.int64)


REFERENCE = frozenset(keyed(np.arange(1, 30)).tolist())


@contextmanager
def engine(kind: type[DuckTables] = DuckTables) -> Iterator[DuckTables]:
    with TemporaryDirectory() as folder, open_duck(Path(folder), threads=1) as t:
        t.__class__ = kind
        yield t


def keys(seed: int, *, texts: int, words: int) -> pa.Table:
    """Exchanges whose texts hold keys of a few families, some of them everybody's; many counts are equal."""
    rng = np.random.default_rng(seed)
    family = rng.integers(0, max(words // 12, 1), texts)
    own = family[:, None] * 12 + rng.integers(0, 12, (texts, len(TEXT_KEYS) - 1))
    stock = rng.integers(1, 6, own.shape)
    values = np.where(rng.random(own.shape) < 0.15, stock, own + 6)
    values[rng.random(own.shape) < 0.1] = 0
    exact = rng.integers(1 << 40, 1 << 50, texts)
    columns = {
        name: pa.array(keyed(values[:, i]), mask=values[:, i] == 0) for i, name in enumerate(TEXT_KEYS[1:])
    }
    return pa.table(
        {
            "exchange_id": np.arange(texts),
            "account_id": keyed(rng.integers(1, 10, texts) + family * 5),
            "exact_key": pa.array(keyed(exact), mask=rng.random(texts) < 0.05),
            **columns,
        }
    )


def frames_in(t: Tables, setting: FrameSettings | None = None) -> tuple[list[dict[str, Any]], ...]:
    """Exchanges in frames, and the frames, of the table `keys`."""
    write_frames(t, reference=REFERENCE, settings=setting)
    texts = t.query("SELECT * FROM exchange_templates ORDER BY exchange_id, template_id").to_pylist()
    return texts, t.query("SELECT template_id, public FROM public_frames ORDER BY 1").to_pylist()


def found(kind: type[DuckTables], rows: pa.Table, setting: FrameSettings) -> tuple[list[dict[str, Any]], ...]:
    with engine(kind) as t:
        t.put("keys", rows)
        texts, frames = frames_in(t, setting)
        assert {"keys", "exchange_templates", "public_frames"} == set(
            t.query("SHOW TABLES")["name"].to_pylist()
        )
    return texts, frames


@MODEST
@given(
    st.integers(0, 10_000), st.sampled_from([30, 200, 700]), st.sampled_from([24, 90, 400]),
    st.sampled_from([FrameSettings(), FrameSettings(min_together=0.1, max_ratio=1.5), FrameSettings(min_keys=3)]),
)  # fmt: skip
def test_frames_are_those_of_one_machine(seed: int, texts: int, words: int, setting: FrameSettings) -> None:
    rows = keys(seed, texts=texts, words=words)
    assert found(DuckTables, rows, setting) == found(_Spread, rows, setting)


def test_there_are_frames_to_compare() -> None:
    """Some of them public, some not, and texts in none."""
    texts, frames = found(DuckTables, keys(7, texts=700, words=90), FrameSettings())
    assert {True, False} == {row["public"] for row in frames}
    assert 300 < len(texts) < 700
