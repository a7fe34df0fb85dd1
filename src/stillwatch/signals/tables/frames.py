"""Tables `exchange_templates` and `public_frames`: frames that several accounts fill.

Two sketch keys belong to one frame when texts that hold the one mostly hold the other: a frame's own keys
come together in nearly all of its fillings, while a stock phrase ("think step by step") comes with many
different companions. So keys, not texts, are joined (union-find), and texts do not chain.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.engine import Apart, Tables
from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.twohit import TwoHitFilter

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

TEXT_KEYS = (
    "exact_key", "band_1", "band_2", "band_3", "head_key", "tail_key",
    "shingle_1", "shingle_2", "shingle_3", "shingle_4",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """`min_together`: least share of the commoner key's texts that hold both; `max_ratio`: commoner to rarer;
    `min_keys`: keys that make a frame, and that a text must hold of it."""

    min_together: float = 0.3
    max_ratio: float = 3.0
    min_keys: int = 2


def write_frames(t: Tables, *, reference: Collection[int], settings: FrameSettings | None = None) -> None:
    """Fill `exchange_templates` and `public_frames` from `keys`.

    `reference` holds sketch keys of public texts; a frame at least half of whose keys stand there is public.
    """
    s = settings or FrameSettings()
    texts = _texts(t)
    frames = _frames(texts["keys"], texts["low"], texts["high"], s)
    _store_texts(t, texts["exact"], frames.of_text)
    _store_frames(t, frames, reference)
    t.drop("frame_texts")
    t.drop("text_accounts")


@dataclass(frozen=True, slots=True)
class _Frames:
    of_text: Ints  # frame id of each text, 0 for none
    key: Ints  # every key in a frame …
    frame: Ints  # … and its frame


def _texts(t: Tables) -> dict[str, Ints]:
    """Distinct texts: `exact`, `keys` (n, 10), and the smallest and largest account that sent them."""
    columns = ", ".join(f"coalesce(min({c}), 0) AS {c}" for c in TEXT_KEYS[1:])
    t.define(
        "text_accounts",
        f"""
        SELECT exact_key, min(account_id) AS low, max(account_id) AS high, {columns}
        FROM keys WHERE exact_key IS NOT NULL GROUP BY exact_key
        """,
    )
    if isinstance(t, Apart) and not t.on_driver("text_accounts"):
        _narrow(t)
    rows = t.numpy(f"SELECT low, high, {', '.join(TEXT_KEYS)} FROM text_accounts ORDER BY exact_key")
    keys = np.stack([np.asarray(rows[c], np.int64) for c in TEXT_KEYS], axis=1)
    return {
        "exact": keys[:, 0],
        "keys": keys,
        "low": np.asarray(rows["low"]),
        "high": np.asarray(rows["high"]),
    }


def _narrow(t: Tables) -> None:
    """Keep the texts with a key that two or more accounts used: no other text has a say in frames."""
    by_key = " UNION ALL ".join(
        f"SELECT exact_key AS text, {c} AS text_key, low, high FROM text_accounts WHERE {c} <> 0"
        for c in TEXT_KEYS
    )
    t.define(
        "shared_texts",
        f"""
        SELECT DISTINCT x.text FROM ({by_key}) x
        JOIN (SELECT text_key FROM ({by_key}) y GROUP BY text_key HAVING min(low) <> max(high)) s
          ON s.text_key = x.text_key
        """,
    )
    t.define(
        "text_accounts",
        "SELECT a.* FROM text_accounts a JOIN shared_texts s ON s.text = a.exact_key",
    )
    t.drop("shared_texts")


def _frames(keys: Ints, low: Ints, high: Ints, s: FrameSettings) -> _Frames:
    shared = _shared_keys(keys, low, high)
    none = np.zeros(len(keys), np.int64)
    if len(shared) == 0:
        return _Frames(none, shared, shared)
    found = np.searchsorted(shared, keys)
    found[found == len(shared)] = 0
    codes = _distinct(np.asarray(np.where(shared[found] == keys, found, -1), np.int32))
    counts = np.bincount(codes[codes >= 0], minlength=len(shared))
    left, right = _companions(codes, counts, s)
    root = components(len(shared), left, right)
    size = np.bincount(root, minlength=len(shared))
    best = _best_frame(codes, root.astype(np.int32), counts, s.min_keys)
    smallest = np.full(len(shared), np.iinfo(np.int64).max)
    np.minimum.at(smallest, root, shared)
    of_text = np.where(best >= 0, smallest[np.maximum(best, 0)], 0)
    real = size[root] >= s.min_keys
    return _Frames(
        np.where(np.isin(of_text, smallest[root[real]]), of_text, 0), shared[real], smallest[root[real]]
    )


def _shared_keys(keys: Ints, low: Ints, high: Ints) -> Ints:
    """Sorted keys that two or more accounts used: first the filter, then exactly."""
    hits = TwoHitFilter(2 * keys.size)
    for column in range(keys.shape[1]):
        one = np.ascontiguousarray(keys[:, column])
        hits.add(one, low)
        hits.add(one, high)
    kept, lows, highs = [], [], []
    for column in range(keys.shape[1]):
        one = np.ascontiguousarray(keys[:, column])
        mask = hits.shared(one)
        kept.append(one[mask])
        lows.append(low[mask])
        highs.append(high[mask])
    flat, inverse = np.unique(np.concatenate(kept), return_inverse=True)
    least = np.full(len(flat), np.iinfo(np.int64).max)
    most = np.full(len(flat), np.iinfo(np.int64).min)
    np.minimum.at(least, inverse, np.concatenate(lows))
    np.maximum.at(most, inverse, np.concatenate(highs))
    return np.asarray(flat[least != most], np.int64)


def _companions(codes: NDArray[np.int32], counts: Ints, s: FrameSettings) -> tuple[Ints, Ints]:
    """Pairs of keys that mostly come together."""
    pairs = _adjacent(codes, counts, s.max_ratio)
    both, together = np.unique(pairs, return_counts=True)
    left, right = both >> 32, both & 0xFFFFFFFF
    mostly = together >= s.min_together * np.maximum(counts[left], counts[right])
    return left[mostly], right[mostly]


@kernel
def _distinct(codes: Codes) -> Codes:
    """The codes, -1 where the text holds the key in an earlier column: the ends of a short text overlap."""
    out = codes.copy()
    for i in range(codes.shape[0]):
        for j in range(1, codes.shape[1]):
            for k in range(j):
                if codes[i, k] == codes[i, j]:
                    out[i, j] = -1
                    break
    return out


@kernel
def _adjacent(codes: Codes, counts: Ints, max_ratio: float) -> Ints:
    """Neighbours among each text's keys in order of how common they are, as code pairs in one int64."""
    n, width = codes.shape
    out = np.empty(n * (width - 1), dtype=np.int64)
    used = 0
    held = np.empty(width, dtype=np.int64)
    for i in range(n):
        m = 0
        for j in range(width):
            c = codes[i, j]
            if c < 0:
                continue
            k = m
            while k > 0 and (
                counts[held[k - 1]] < counts[c] or (counts[held[k - 1]] == counts[c] and held[k - 1] > c)
            ):
                held[k] = held[k - 1]
                k -= 1
            held[k] = c
            m += 1
        for k in range(m - 1):
            a, b = held[k], held[k + 1]
            if counts[a] <= max_ratio * counts[b]:
                low, high = min(a, b), max(a, b)
                out[used] = (low << 32) | high
                used += 1
    return out[:used]


@kernel
def _best_frame(codes: Codes, root: Codes, counts: Ints, min_keys: int) -> Ints:
    """For each text the component that holds most of its keys (ties: the commoner key, then the smaller)."""
    n, width = codes.shape
    out = np.full(n, -1, dtype=np.int64)
    seen = np.empty(width, dtype=np.int64)
    votes = np.empty(width, dtype=np.int64)
    top = np.empty(width, dtype=np.int64)
    for i in range(n):
        m = 0
        for j in range(width):
            c = codes[i, j]
            if c < 0:
                continue
            at = -1
            for k in range(m):
                if seen[k] == root[c]:
                    at = k
                    break
            if at < 0:
                at = m
                seen[m], votes[m], top[m] = root[c], 0, 0
                m += 1
            votes[at] += 1
            top[at] = max(top[at], counts[c])
        best = -1
        for k in range(m):
            if votes[k] < min_keys:
                continue
            if (
                best < 0
                or votes[k] > votes[best]
                or (votes[k] == votes[best] and top[k] > top[best])
                or (votes[k] == votes[best] and top[k] == top[best] and seen[k] < seen[best])
            ):
                best = k
        if best >= 0:
            out[i] = seen[best]
    return out


def _store_texts(t: Tables, exact: Ints, frame: Ints) -> None:
    held = frame != 0
    t.put("frame_texts", pa.table({"exact_key": exact[held], "template_id": frame[held]}))
    t.define(
        "exchange_templates",
        """
        SELECT k.exchange_id, k.account_id, f.template_id
        FROM keys k JOIN frame_texts f ON f.exact_key = k.exact_key
        """,
    )


def _store_frames(t: Tables, frames: _Frames, reference: Collection[int]) -> None:
    """Table `public_frames`: every frame, and whether at least half of its keys stand in the reference."""
    known = np.isin(frames.key, np.fromiter(reference, np.int64, len(reference)))
    ids, inverse = np.unique(frames.frame, return_inverse=True)
    size = np.bincount(inverse, minlength=len(ids))
    public = np.bincount(inverse, weights=known, minlength=len(ids)) * 2 >= size
    t.put("public_frames", pa.table({"template_id": ids, "public": public}))
