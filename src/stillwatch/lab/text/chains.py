"""Word chains: free text with the word pairs of a corpus, and otherwise new.

A chain draws each word from those that followed the last one in its corpus (a first-order Markov chain), so
that three-word runs are natural and longer ones hardly ever repeat. It makes no sense and is not meant to be
read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
END = (".", "?", "!", '."', '?"', "。", "\uff1f")


@dataclass(frozen=True, slots=True)
class Chains:
    """Tables of all chains, in the form `programs.Grammar` holds them; `pieces` has three entries per
    word.
    """

    names: tuple[str, ...]
    successors: npt.NDArray[np.int32]
    words: I64
    closing: npt.NDArray[np.bool_]
    chains: I64
    pieces: tuple[str, ...]


def build_chains(corpora: Mapping[str, Sequence[str]], *, typos: Mapping[str, float]) -> Chains:
    """One chain per corpus (a list of texts); `typos` gives the share of misspelt words, by name."""
    successors, counts, closing, table, pieces = [], [], [], [], []
    base = 0
    for name, texts in corpora.items():
        words, following, count = _transitions(texts)
        successors.append(following + base)
        counts.append(count)
        closing.append(np.array([w.endswith(END) for w in words] + [False]))
        table.append((base, base + len(words), int(typos.get(name, 0.0) * 65536)))
        for word in words:
            pieces += [f" {word}", word, f" {misspell(word)}"]
        pieces += ["", "", ""]
        base += len(words) + 1
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return Chains(
        tuple(corpora),
        np.concatenate(successors).astype(np.int32),
        offsets,
        np.concatenate(closing),
        np.array(table, np.int64),
        tuple(pieces),
    )


def misspell(word: str) -> str:
    """The word with two inner letters swapped, or one dropped; short ones stay as they are."""
    if len(word) < 4 or not word.isalpha():
        return word
    at = 1 + (sum(map(ord, word)) % (len(word) - 2))
    if len(word) % 3 == 0:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _transitions(texts: Sequence[str]) -> tuple[list[str], I64, I64]:
    """Words of a corpus, what follows each (word by word; last, what begins a text), and how many follow
    each.
    """
    index: dict[str, int] = {}
    pairs: list[int] = []
    for text in texts:
        pairs.append(-1)
        pairs += [index.setdefault(word, len(index)) for word in text.split()]
    flat = np.array(pairs, np.int64)
    start = len(index)
    flat[flat < 0] = start
    now, following = flat, np.roll(flat, -1)
    inside = following != start
    now, following = now[inside], following[inside]
    count = np.bincount(now, minlength=start + 1)
    dead = np.flatnonzero(
        count[:start] == 0
    )  # words that only end texts: any word that begins one may follow
    begins = following[now == start]
    now = np.concatenate([now, dead])
    following = np.concatenate([following, begins[dead % len(begins)]])
    order = np.argsort(now, kind="stable")
    return list(index), following[order], np.bincount(now, minlength=start + 1)
