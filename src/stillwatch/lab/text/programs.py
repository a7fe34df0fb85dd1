"""Prompt programmes as integer tables, and the kernel that expands them into lists of pieces.

A programme has one or more skeletons; a skeleton is a run of elements. What an element adds depends on the
filling index alone (and the slot's name), so that one index gives one text wherever the slot stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.lab.text.assemble import assemble
from stillwatch.model.kernels.compiled import kernel

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F32 = npt.NDArray[np.float32]

FIXED, PICK, PROSE, SYNONYM, SUB = 0, 1, 2, 3, 4
DEPTH = 5
JUMPS = 12  # sixteenths: how often a chain jumps to any word after a word with one known successor; after one
# with n successors 1/n as often. Small corpora would otherwise repeat their own long runs.


@dataclass(frozen=True, slots=True)
class Grammar:
    """Programmes in integer tables.

    `elements` has one row per element: kind, slot key, and three arguments:

    * FIXED: piece.
    * PICK: vocabulary. One of its pieces, by the filling.
    * PROSE: chain, least words, most words. Free text from a word chain.
    * SYNONYM: vocabulary. Its first piece, or another with the exchange's rewording strength.
    * SUB: vocabulary of skeletons. One of them, by the filling; at most `DEPTH` - 1 levels deep.
    """

    pool: pa.LargeStringArray
    elements: npt.NDArray[np.int64]  # (e, 5)
    skeletons: I64  # (s + 1,) element offsets
    bounds: I64  # (s,) most pieces a skeleton expands to
    programs: I64  # (p, 2) first skeleton, which is the plain one, and number of skeletons
    vocabulary: I32  # items of all vocabularies
    vocabularies: I64  # (v + 1,) offsets into `vocabulary`
    successors: I32  # word that follows, one entry per occurrence
    words: I64  # (w + 1,) offsets into `successors`; a chain's last word stands for the start of a text
    closing: npt.NDArray[np.bool_]  # (w,) the word ends a sentence
    chains: I64  # (c, 3): first word, start word, share of typing errors in 1/65536; word w is the pieces
    # 3 w (after a space), 3 w + 1 (first in the text), 3 w + 2 (after a space, misspelt)


def render(
    grammar: Grammar, program: I32, filling: U64, *, reword: F32 | None = None, seed: int = 0
) -> pa.LargeStringArray:
    """Text i fills programme `program[i]` with filling `filling[i]`; all of length n.

    `reword[i]` in 0..1 is the share of the frame's replaceable words that are replaced, afresh for each
    filling; 0 leaves the frame as it stands. Equal arguments give equal text.
    """
    strength = np.zeros(len(program), np.float32) if reword is None else reword
    tables = (grammar.elements, grammar.skeletons, grammar.programs)
    picks = (grammar.vocabulary, grammar.vocabularies)
    room = _room(grammar.programs, grammar.bounds, program, strength)
    ids, offsets = _expand(
        tables, picks, _prose_tables(grammar), (program, filling, strength), np.uint64(seed), room
    )
    return assemble(grammar.pool, ids[: offsets[-1]], offsets)


def render_prose(grammar: Grammar, chain: int, words: I64, seeds: U64) -> pa.LargeStringArray:
    """Text i is free text of at most `words[i]` words from one chain; equal seeds give equal text."""
    ids, offsets = _ramble(_prose_tables(grammar), chain, words, seeds)
    return assemble(grammar.pool, ids[: offsets[-1]], offsets)


def _prose_tables(grammar: Grammar) -> tuple[Any, ...]:
    return grammar.successors, grammar.words, grammar.closing, grammar.chains


@kernel
def _mix(a: Any, b: Any) -> Any:
    """Two 64-bit values into one (splitmix64 finaliser over their combination)."""
    z = (np.uint64(a) + np.uint64(b) * np.uint64(0x9E3779B97F4A7C15)) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def _below(h: Any, n: Any) -> Any:
    """A number below n from a 64-bit hash."""
    return np.int64(((h >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@kernel
def _skeleton(programs: Any, program: Any, strength: Any, h: Any) -> Any:
    """The plain skeleton, or one of the rewordable ones where the exchange is reworded."""
    first = programs[program, 0]
    others = programs[program, 1] - 1
    if strength <= 0.0 or others == 0:
        return first
    return first + 1 + _below(_mix(h, np.uint64(71)), others)


@kernel
def _room(programs: Any, bounds: Any, program: Any, strength: Any) -> Any:
    """Most pieces that the exchanges may need."""
    total = 0
    for i in range(len(program)):
        first, skeletons = programs[program[i]]
        most = bounds[first]
        if strength[i] > 0.0:
            for s in range(first + 1, first + skeletons):
                most = max(most, bounds[s])
        total += most
    return total


@kernel
def _prose(prose: Any, chain: Any, low: Any, high: Any, h: Any, ids: Any, at: Any) -> Any:
    """Write a text of `low` to `high` words into `ids` from `at`; it ends with a sentence if it can."""
    successors, words, closing, chains = prose
    base, start, typos = chains[chain]
    state = h
    word = start
    for n in range(high):
        state = _mix(state, np.uint64(n))
        choices = words[word + 1] - words[word]
        if choices * np.int64((state >> np.uint64(16)) & np.uint64(15)) < JUMPS and word != start:
            word = base + _below(_mix(state, np.uint64(5)), start - base)
        else:
            word = np.int64(successors[words[word] + _below(state, choices)])
        form = 1 if n == 0 else 2 if np.int64(state & np.uint64(0xFFFF)) < typos else 0
        ids[at] = 3 * word + form
        at += 1
        if n + 1 >= low and closing[word]:
            break
    return at


@kernel
def _choice(kind: Any, size: Any, h: Any, draw: Any, strength: Any) -> Any:
    """Which item of a vocabulary: by the filling, or for synonyms by the exchange's own draw."""
    if kind != SYNONYM:
        return _below(h, size)
    if np.float32(draw & np.uint64(0xFFFF)) < strength * np.float32(65536):
        return 1 + _below(draw, size - 1)
    return np.int64(0)


@kernel
def _expand(tables: Any, picks: Any, prose: Any, asked: Any, seed: Any, room: Any) -> Any:
    """Piece ids of all texts, and their offsets. Cells are read one by one: views of rows cost more than the
    work.
    """
    elements, skeletons, programs = tables
    vocabulary, vocabularies = picks
    program, filling, strength = asked
    ids = np.empty(room, np.int32)
    offsets = np.zeros(len(program) + 1, np.int64)
    cursor, end, hashes = np.zeros(DEPTH, np.int64), np.zeros(DEPTH, np.int64), np.zeros(DEPTH, np.uint64)
    at = 0
    for i in range(len(program)):
        hashes[0] = _mix(filling[i], seed)
        fresh = _mix(hashes[0], np.uint64(program[i]))
        skeleton = _skeleton(programs, program[i], strength[i], fresh)
        cursor[0], end[0] = skeletons[skeleton], skeletons[skeleton + 1]
        level = 0
        while level >= 0:
            e = cursor[level]
            if e == end[level]:
                level -= 1
                continue
            cursor[level] = e + 1
            kind, slot, argument = elements[e, 0], np.uint64(elements[e, 1]), elements[e, 2]
            if kind == FIXED:
                ids[at] = argument
                at += 1
                continue
            h = _mix(hashes[level], slot)
            if kind == PROSE:
                at = _prose(prose, argument, elements[e, 3], elements[e, 4], h, ids, at)
                continue
            first = vocabularies[argument]
            size = vocabularies[argument + 1] - first
            item = vocabulary[first + _choice(kind, size, h, _mix(fresh, slot), strength[i])]
            if kind == SUB:
                level += 1
                cursor[level], end[level], hashes[level] = skeletons[item], skeletons[item + 1], h
                continue
            ids[at] = item
            at += 1
        offsets[i + 1] = at
    return ids, offsets


@kernel
def _ramble(prose: Any, chain: Any, lengths: Any, seeds: Any) -> Any:
    """Piece ids of free texts of given lengths, and their offsets."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    ids = np.empty(lengths.sum(), np.int32)
    at = 0
    for i in range(len(lengths)):
        at = _prose(prose, chain, lengths[i] * 3 // 4, lengths[i], seeds[i], ids, at)
        offsets[i + 1] = at
    return ids, offsets
