"""Rewording of frames: private variants of a frame, and the starting points for rewording each exchange
afresh.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np

from stillwatch.lab.text.builder import WORD, cased
from stillwatch.lab.text.frames import Frame

SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z{])")
ITEM = re.compile(r"^(\s*)(\d+[.)]|[-*])(\s+)")
SLOT = re.compile(r"(\{\{[^}]*\}\})")
ORDERS = 4  # starting points per frame
MARKS = ((" - ", " -- "), (":\n", "\n"), (":\n", ":\n\n"), ("\n\n", "\n"), (". ", ".  "), ("; ", ". "))


@dataclass(frozen=True, slots=True)
class Rewording:
    """Synonyms by word, and the parts that openings and closings of private frames are made of.

    `mild` has content words only; `synonyms` also the small words, which rewording each exchange replaces
    too.
    """

    mild: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, tuple[str, ...]]
    openings: tuple[tuple[str, ...], ...]
    closings: tuple[tuple[str, ...], ...]


def load_rewording() -> Rewording:
    """The rewording of the package, from `lab/data/text/rewording.toml`."""
    text = files("stillwatch.lab").joinpath("data", "text", "rewording.toml").read_text("utf-8")
    document = tomllib.loads(text)
    mild: dict[str, tuple[str, ...]] = {}
    for group in document["groups"]:
        for word in group:
            if " " not in word:
                others = tuple(other for other in group if other != word)
                mild[word] = tuple(dict.fromkeys(mild.get(word, ()) + others))
    small = {word: tuple(others) for word, others in document["one_way"].items()}
    openings = tuple(tuple(part) for part in document["openings"])
    closings = tuple(tuple(part) for part in document["closings"])
    return Rewording(mild, {**small, **mild}, openings, closings)


def orders(text: str) -> tuple[str, ...]:
    """A few orders of a frame's sentences and list items, the frame's own first."""
    found = [text]
    for j in range(1, ORDERS):
        rng = np.random.default_rng([zlib.crc32(text.encode()), j])
        found.append(_reorder(text, rng))
    return tuple(dict.fromkeys(found))


def vary(frame: Frame, rewording: Rewording, *, seed: int) -> Frame:
    """A private variant: other words, order, marks, opening and closing; the same slots."""
    rng = np.random.default_rng([seed, zlib.crc32(frame.text.encode())])
    share = rng.uniform(0.15, 0.4)
    text = _reorder(frame.text, rng) if rng.random() < 0.7 else frame.text
    text = _replace_words(text, rewording.mild, share, rng)
    for old, new in MARKS:
        if rng.random() < 0.15:
            text = text.replace(old, new)
    system = _replace_words(frame.system, rewording.mild, share, rng)
    if rng.random() < 0.6:
        opening = _phrase(rewording.openings, rng)
        if frame.system and rng.random() < 0.5:
            system = f"{opening} {system}"
        else:
            text = f"{opening}{chr(10) if rng.random() < 0.5 else ' '}{text}"
    if rng.random() < 0.4:
        text = f"{text}{chr(10) * int(rng.integers(1, 3))}{_phrase(rewording.closings, rng)}"
    return replace(frame, text=text, system=system, variant=True)


def _phrase(parts: tuple[tuple[str, ...], ...], rng: np.random.Generator) -> str:
    return "".join(part[int(rng.integers(len(part)))] for part in parts)


def _replace_words(
    text: str, synonyms: Mapping[str, tuple[str, ...]], share: float, rng: np.random.Generator
) -> str:
    """Replace a share of the words that have synonyms, each word alike throughout; slots are left alone."""
    chosen: dict[str, str] = {}

    def swap(found: re.Match[str]) -> str:
        word = found[0].lower()
        if word not in chosen:
            others = synonyms.get(word, ())
            change = bool(others) and rng.random() < share
            chosen[word] = others[int(rng.integers(len(others)))] if change else ""
        return cased(chosen[word], found[0]) if chosen[word] else found[0]

    return "".join(part if i % 2 else WORD.sub(swap, part) for i, part in enumerate(SLOT.split(text)))


def _reorder(text: str, rng: np.random.Generator) -> str:
    """Shuffle sentences inside a line, the first one kept, and runs of list items, renumbered."""
    lines: list[str] = []
    items: list[str] = []
    for line in [*text.split("\n"), ""]:
        if ITEM.match(line):
            items.append(line)
            continue
        lines += _shuffle_items(items, rng)
        items = []
        lines.append(_shuffle_sentences(line, rng))
    return "\n".join(lines[:-1])


def _shuffle_items(items: list[str], rng: np.random.Generator) -> list[str]:
    """Other order of the contents, the marks staying where they are."""
    if len(items) < 2 or any("{{" in item for item in items):
        return items
    marks = [ITEM.match(item) for item in items]
    heads = [mark[0] if mark else "" for mark in marks]
    bodies = [item[len(head) :] for item, head in zip(items, heads, strict=True)]
    return [head + bodies[j] for head, j in zip(heads, rng.permutation(len(items)), strict=True)]


def _shuffle_sentences(line: str, rng: np.random.Generator) -> str:
    sentences = SENTENCE.split(line)
    if len(sentences) < 3:
        return line
    rest = sentences[1:]
    return " ".join([sentences[0], *(rest[j] for j in rng.permutation(len(rest)))])
