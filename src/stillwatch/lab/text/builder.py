"""Builds a `Grammar`: frames with `{{slots}}`, vocabularies and word chains in, integer tables out."""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from stillwatch.lab.text.chains import Chains
from stillwatch.lab.text.programs import FIXED, PICK, PROSE, SUB, SYNONYM, Grammar
from stillwatch.model.errors import StillwatchError

SLOT = re.compile(r"\{\{([a-z0-9_]+(?:#\d+)?)\}\}")
WIDTH = 5  # numbers per element
WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Prose:
    """A slot of free text: `low` to `high` words of a chain."""

    chain: str
    low: int
    high: int


Filling: TypeAlias = Prose | tuple[str, ...]
Row: TypeAlias = tuple[int, int, int, int, int]


@dataclass(slots=True)
class Builder:
    """Collects programmes; `freeze` gives the tables.

    `fillings` says what a slot's name stands for: free text, or a choice of strings, which may hold slots
    themselves. `synonyms` gives the replacements of a word, the word itself left out.
    """

    chains: Chains
    fillings: Mapping[str, Filling]
    synonyms: Mapping[str, tuple[str, ...]]
    _pieces: dict[str, int] = field(default_factory=dict)
    _rows: array[int] = field(default_factory=lambda: array("q"))  # five numbers a row
    _skeletons: list[int] = field(default_factory=lambda: [0])
    _bounds: list[int] = field(default_factory=list)
    _programs: list[tuple[int, int]] = field(default_factory=list)
    _lists: list[Sequence[int]] = field(default_factory=list)
    _known: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)

    def add(self, plain: str, rewordable: Sequence[str] = ()) -> int:
        """A programme from its plain frame and the frames that rewording starts from; its id.

        Raises `StillwatchError` for a slot without a filling.
        """
        skeletons = [self._elements(plain, synonyms=False)]
        skeletons += [self._elements(text, synonyms=True) for text in rewordable]
        self._programs.append((len(self._bounds), len(skeletons)))
        for rows in skeletons:
            self._skeleton(rows)
        return len(self._programs) - 1

    def freeze(self) -> Grammar:
        """The tables of everything added so far."""
        sizes = [0, *(len(items) for items in self._lists)]
        return Grammar(
            pool=pa.array([*self.chains.pieces, *self._pieces], pa.large_string()),
            elements=np.array(self._rows, np.int64).reshape(-1, WIDTH),
            skeletons=np.array(self._skeletons, np.int64),
            bounds=np.array(self._bounds, np.int64),
            programs=np.array(self._programs, np.int64).reshape(-1, 2),
            vocabulary=np.array([item for items in self._lists for item in items], np.int32),
            vocabularies=np.cumsum(sizes, dtype=np.int64),
            successors=self.chains.successors,
            words=self.chains.words,
            closing=self.chains.closing,
            chains=self.chains.chains,
        )

    def _skeleton(self, rows: Sequence[Row]) -> int:
        self._rows.extend(chain.from_iterable(rows))
        self._skeletons.append(len(self._rows) // WIDTH)
        self._bounds.append(sum(self._most(row) for row in rows))
        return len(self._bounds) - 1

    def _most(self, row: Row) -> int:
        """Most pieces that an element adds."""
        if row[0] == PROSE:
            return row[4]
        if row[0] == SUB:
            return max(self._bounds[s] for s in self._lists[row[2]])
        return 1

    def _elements(self, text: str, *, synonyms: bool) -> list[Row]:
        rows: list[Row] = []
        for i, part in enumerate(SLOT.split(text)):
            if i % 2:
                rows.append(self._slot(part))
            elif part and synonyms:
                rows += self._words(part, len(rows))
            elif part:
                rows.append((FIXED, 0, self._piece(part), 0, 0))
        return rows

    def _slot(self, name: str) -> Row:
        filling = self.fillings.get(name.split("#")[0])
        if filling is None:
            raise StillwatchError(
                f"no filling is called {name!r}",
                where="lab/data/text/frames",
                remedy="Name one of lab/data/text/fillings.toml",
            )
        key = zlib.crc32(name.encode())
        if isinstance(filling, Prose):
            return (PROSE, key, self.chains.names.index(filling.chain), filling.low, filling.high)
        kind, vocabulary = self._vocabulary(filling)
        return (kind, key, vocabulary, 0, 0)

    def _vocabulary(self, items: tuple[str, ...]) -> tuple[int, int]:
        """Kind (PICK or SUB) and number of a vocabulary."""
        known = self._known.get(items)
        if known is None:
            nested = any(SLOT.search(item) for item in items)
            if nested:
                entries = [self._skeleton(self._elements(item, synonyms=False)) for item in items]
            else:
                entries = [self._piece(item) for item in items]
            known = (SUB if nested else PICK, len(self._lists))
            self._lists.append(entries)
            self._known[items] = known
        return known

    def _words(self, text: str, position: int) -> list[Row]:
        """Fixed text cut at the words that have synonyms."""
        rows: list[Row] = []
        at = 0
        for found in WORD.finditer(text):
            others = self.synonyms.get(found[0].lower())
            if others is None:
                continue
            if found.start() > at:
                rows.append((FIXED, 0, self._piece(text[at : found.start()]), 0, 0))
            choice = (found[0], *(cased(other, found[0]) for other in others))
            key = zlib.crc32(f"{position}.{found.start()}".encode())
            rows.append((SYNONYM, key, self._vocabulary(choice)[1], 0, 0))
            at = found.end()
        if at < len(text):
            rows.append((FIXED, 0, self._piece(text[at:]), 0, 0))
        return rows

    def _piece(self, text: str) -> int:
        return self._pieces.setdefault(text, len(self._pieces)) + len(self.chains.pieces)


def cased(word: str, like: str) -> str:
    """The word with the case of another: capitals, a capital first letter, or small letters."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word
