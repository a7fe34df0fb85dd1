"""Tables `exchange_templates` and `public_frames`: frames that several accounts fill.

Two sketch keys belong to one frame when texts that hold the one mostly hold the other: a frame's own keys
come together in nearly all of its fillings, while a stock phrase ("think step by step") comes with many
different companions. So keys, not texts, are joined (union-find), and texts do not chain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.ahead import ahead
from stillwatch.model.engine import Apart, Tables
from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.components import components
from stillwatch.model.kernels.keytable import extremes, places
from stillwatch.model.kernels.twohit import TwoHitFilter
from stillwatch.signals.tables.spread_frames import SpreadSettings, spread_frames

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Columns = tuple[Ints, ...]

TEXT_KEYS = (
    "exact_key", "band_1", "band_2", "band_3", "head_key", "tail_key",
    "shingle_1", "shingle_2", "shingle_3", "shingle_4",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FrameSettings:
    """`min_together`: least share of the commoner key's texts that hold both; `max_ratio`: commoner to rarer;
    `min_keys`: keys that make a frame, and that a text must hold of it. `chunk` distinct texts are in memory at a time,
    and a filter of `slots` of four bytes, filled by `threads`; none of the three changes what is found."""

    min_together: float = 0.3
    max_ratio: float = 3.0
    min_keys: int = 2
    chunk: int = 2_000_000
    slots: int = 1 << 28
    threads: int = 1


def write_frames(t: Tables, *, reference: Collection[int], settings: FrameSettings | None = None) -> None:
    """Fill `exchange_templates` and `public_frames` from `keys`.

    `reference` holds sketch keys of public texts; a frame at least half of whose keys stand there is public.
    """
    s = settings or FrameSettings()
    _write_texts(t)
    if isinstance(t, Apart) and t.rows("text_accounts") > t.most_texts:
        spread_frames(t, TEXT_KEYS, reference, SpreadSettings(s.min_together, s.max_ratio, s.min_keys))
    else:
        frames = _frames(_Texts.read(t, s.chunk), s)
        t.put("frame_texts", pa.table({"exact_key": frames.exact, "template_id": frames.of_text}))
        _store_frames(t, frames, reference)
    t.define(
        "exchange_templates",
        """
        SELECT k.exchange_id, k.account_id, f.template_id
        FROM keys k JOIN frame_texts f ON f.exact_key = k.exact_key
        """,
    )
    t.drop("frame_texts")
    t.drop("text_accounts")


@dataclass(frozen=True, slots=True)
class _Frames:
    exact: Ints  # texts in a frame …
    of_text: Ints  # … and its id
    key: Ints  # every key in a frame …
    frame: Ints  # … and its frame


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some of the distinct texts: their keys (10, n), and the smallest and largest account that sent each."""

    keys: Ints
    low: Ints
    high: Ints


@dataclass(frozen=True, slots=True)
class _Texts:
    """Distinct texts, read in chunks; kept in memory where there is only one."""

    t: Tables
    count: int
    chunk: int
    only: Sequence[_Chunk] = ()

    @classmethod
    def read(cls, t: Tables, chunk: int) -> _Texts:
        """The rows of `text_accounts`."""
        texts = cls(t, t.rows("text_accounts"), chunk)
        return cls(t, texts.count, chunk, list(texts.chunks())) if texts.count <= chunk else texts

    def chunks(self) -> Iterator[_Chunk]:
        """The texts, chunk by chunk, in no order that counts."""
        if self.only:
            yield from self.only
            return
        wanted = f"SELECT low, high, {', '.join(TEXT_KEYS)} FROM text_accounts"
        for batch in self.t.batches(wanted, rows=self.chunk):
            low, high, *keys = (np.asarray(column, np.int64) for column in batch.columns)
            yield _Chunk(np.stack(keys), low, high)


def _write_texts(t: Tables) -> None:
    """Fill `text_accounts` from `keys`; with texts that may have a say in frames, if they are on other machines."""
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
    t.define("text_accounts", "SELECT a.* FROM text_accounts a JOIN shared_texts s ON s.text = a.exact_key")
    t.drop("shared_texts")


def _frames(texts: _Texts, s: FrameSettings) -> _Frames:
    shared = _shared_keys(texts, s)
    exact, codes, counts = _coded(texts, shared, s.min_keys, s.threads)
    left, right = _companions(codes, counts, s)
    root = components(len(shared), left, right)
    size = np.bincount(root, minlength=len(shared))
    smallest = np.full(len(shared), np.iinfo(np.int64).max)
    np.minimum.at(smallest, root, shared)
    real = size[root] >= s.min_keys
    frame, narrow = [np.empty(0, np.int64)], root.astype(np.int32)
    for own in codes:
        best = _best_frame(own, narrow, counts, s.min_keys)
        held = (best >= 0) & (size[best] >= s.min_keys)
        frame.append(np.where(held, smallest[best], 0))
    of = np.concatenate(frame)
    return _Frames(
        np.concatenate([np.empty(0, np.int64), *exact])[of != 0],
        of[of != 0],
        shared[real],
        smallest[root[real]],
    )


def _shared_keys(texts: _Texts, s: FrameSettings) -> Ints:
    """Sorted keys that two or more accounts used: first the filter, then exactly.

    Where a filter for all keys would be too large, some of the keys are looked at in each of several rounds.
    """
    if not texts.count:
        return np.empty(0, np.int64)
    slots = 2 * texts.count * len(TEXT_KEYS)
    rounds = max(-(-slots // s.slots), 1)
    found = [_shared_of(texts, part, rounds, min(slots, s.slots), s.threads) for part in range(rounds)]
    return np.sort(np.concatenate(found))


def _shared_of(texts: _Texts, part: int, rounds: int, slots: int, threads: int) -> Ints:
    hits, merged = TwoHitFilter(slots), partial(extremes, threads=threads)
    for chunk in texts.chunks():
        hits.fill(_own(chunk, part, rounds), chunk.low, chunk.high, threads=threads)
    kept: list[Columns] = []
    for chunk in texts.chunks():
        own = _own(chunk, part, rounds)
        masks = list(ahead(hits.shared, own, threads=threads))
        columns = (own, [chunk.low] * len(own), [chunk.high] * len(own))
        kept.append(merged(*(_picked(column, masks) for column in columns)))
        kept = _fewer(kept, merged)
    keys, least, most = _all_of(kept, merged)
    return np.asarray(keys[least != most], np.int64)


def _picked(columns: Sequence[Ints], masks: Sequence[NDArray[np.bool_]]) -> Ints:
    return np.concatenate([column[mask] for column, mask in zip(columns, masks, strict=True)])


def _all_of(parts: Sequence[Columns], merged: Callable[..., Columns]) -> Columns:
    """All parts as one, by a function that makes one of their joined columns."""
    if len(parts) == 1:
        return parts[0]
    return merged(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _fewer(parts: list[Columns], merged: Callable[..., Columns]) -> list[Columns]:
    """The parts, made one where those behind the first have become larger than it, so that memory stays small and no
    row is merged often."""
    behind = sum(len(part[0]) for part in parts[1:])
    return [_all_of(parts, merged)] if behind > len(parts[0][0]) else parts


def _own(chunk: _Chunk, part: int, rounds: int) -> list[Ints]:
    """The ten columns of keys, those of other rounds 0."""
    columns = list(chunk.keys)
    if rounds == 1:
        return columns
    others = [(one.view(np.uint64) >> np.uint64(8)) % np.uint64(rounds) != part for one in columns]
    return [np.where(other, 0, one) for one, other in zip(columns, others, strict=True)]


def _coded(texts: _Texts, shared: Ints, min_keys: int, threads: int) -> tuple[list[Ints], list[Codes], Ints]:
    """Exact keys and codes (n, 10) of the texts with shared keys enough to count, chunk by chunk, a code being the
    position among the shared keys or -1; and how many texts hold each shared key."""
    exact, kept = [], []
    counts = np.zeros(len(shared), np.int64)
    every = texts.chunks() if len(shared) else ()
    coded = ahead(lambda chunk: (chunk, _distinct(places(shared, chunk.keys))), every, threads=threads)
    for chunk, codes in coded:
        counts += np.bincount(codes[codes >= 0], minlength=len(shared))
        several = (codes >= 0).sum(axis=1) >= min(min_keys, 2)
        exact.append(chunk.keys[0, several])
        kept.append(codes[several])
    return exact, kept, counts


def _companions(codes: Sequence[Codes], counts: Ints, s: FrameSettings) -> tuple[Ints, Ints]:
    """Pairs of keys that mostly come together."""
    found: list[Columns] = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for own in codes:
        found.append(np.unique(_adjacent(own, counts, s.max_ratio), return_counts=True))
        found = _fewer(found, _summed)
    both, together = _all_of(found, _summed)
    left, right = both >> 32, both & 0xFFFFFFFF
    mostly = together >= s.min_together * np.maximum(counts[left], counts[right])
    return left[mostly], right[mostly]


def _summed(values: Ints, counts: Ints) -> Columns:
    """Sorted distinct values, with the sum of the counts of each."""
    flat, at = np.unique(values, return_inverse=True)
    return flat, np.bincount(at, weights=counts, minlength=len(flat)).astype(np.int64)


@kernel
def _distinct(codes: Codes) -> Codes:
    """The codes (10, n) text by text (n, 10), -1 where the text holds the key in an earlier column: the ends of a
    short text overlap."""
    width, n = codes.shape
    out = np.empty((n, width), np.int32)
    for i in range(n):
        for j in range(width):
            out[i, j] = codes[j, i]
            for k in range(j):
                if codes[k, i] == codes[j, i]:
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


def _store_frames(t: Tables, frames: _Frames, reference: Collection[int]) -> None:
    """Table `public_frames`: every frame, and whether at least half of its keys stand in the reference."""
    known = np.isin(frames.key, np.fromiter(reference, np.int64, len(reference)))
    ids, inverse = np.unique(frames.frame, return_inverse=True)
    size = np.bincount(inverse, minlength=len(ids))
    public = np.bincount(inverse, weights=known, minlength=len(ids)) * 2 >= size
    t.put("public_frames", pa.table({"template_id": ids, "public": public}))
