"""Texts with known intent: frames of real tools, phrasings and a grammar of our own, ordinary prompts, one split at a
time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.lab.intent.grammar import compose, load_grammar
from stillwatch.lab.text.builder import Builder
from stillwatch.lab.text.fillings import load_chains, load_fillings, load_prompts
from stillwatch.lab.text.frames import load_frames
from stillwatch.lab.text.programs import render
from stillwatch.lab.text.reword import load_rewording, orders
from stillwatch.lab.text.sources import Split, load_sources
from stillwatch.model.kernels.intent import CLASSES

Ints = npt.NDArray[np.int64]

FILLINGS = 12  # texts a frame
COMPOSED = 24  # texts a pattern of the grammar, each of its own wording
REWORDED = 0.35  # share of replaceable words that is replaced in half of the texts
LEAST, MOST = 8, 12_000  # letters of a prompt that stands for itself

# Kinds of ordinary frames whose words are those of a class: they say nothing about what is asked for.
_AMBIGUOUS = frozenset(
    {
        ("judge", "rubric"),
        ("feedback", "rubric"),
        ("agent", "rubric"),
        ("retrieval", "rubric"),
        ("teaching", "rubric"),
        ("teaching", "solutions"),
        ("evaluation", "solutions"),
        ("assignment", "solutions"),
        ("lessons", "solutions"),
    }
)
_NEIGHBOURS = frozenset({("reasoning", "solutions"), ("solutions", "reasoning"), ("generation", "evolution")})


@dataclass(frozen=True, slots=True)
class Wording:
    """A frame, phrasing or pattern: its kind (a class or a kind of ordinary traffic), where it comes from,
    its text, or the texts that were composed from it."""

    kind: str
    source: str
    texts: tuple[str, ...]
    rewordable: bool


@dataclass(frozen=True, slots=True)
class Corpus:
    """n texts; `wording[i]` is the number of the wording behind text i, whose kind and source are listed."""

    text: pa.LargeStringArray
    wording: Ints
    kinds: tuple[str, ...]
    sources: tuple[str, ...]

    def labels(self, name: str) -> npt.NDArray[np.int8]:
        """1 where the class is asked for, 0 where not, -1 where one cannot say; int8[n]."""
        of_kind = np.array([_label(kind, name) for kind in self.kinds], np.int8)
        return of_kind[self.wording]

    @property
    def weight(self) -> npt.NDArray[np.float64]:
        """float64[n]: wordings of a kind weigh the same, kinds as the root of their number of wordings."""
        names, kind = np.unique(np.array(self.kinds), return_inverse=True)
        of_wording = 1.0 / np.sqrt(np.bincount(kind, minlength=len(names)))[kind]
        texts = np.bincount(self.wording, minlength=len(self.kinds))
        return np.asarray(of_wording[self.wording] / texts[self.wording])

    @property
    def ordinary(self) -> npt.NDArray[np.bool_]:
        """bool[n]: none of the classes is asked for."""
        return np.array([kind not in CLASSES for kind in self.kinds])[self.wording]


def load_corpus(split: Split) -> Corpus:
    """The texts of a split, from package data alone.

    Reference sources serve every split of the simulation, so the model is not trained on them.
    """
    wordings = [*_frames(split), *_phrasings(split), *_patterns(split)]
    rewording = load_rewording()
    builder = Builder(load_chains(split), load_fillings(split), rewording.synonyms)
    programs: list[int] = []
    wording_of: list[int] = []
    fillings: list[int] = []
    for number, wording in enumerate(wordings):
        count = FILLINGS if len(wording.texts) == 1 else len(wording.texts)
        added = [builder.add(text, orders(text) if wording.rewordable else ()) for text in wording.texts]
        programs += [added[i % len(added)] for i in range(count)]
        wording_of += [number] * count
        fillings += range(count)
    filling = np.array(fillings, np.uint64)
    reword = np.where(filling % 2 == 1, REWORDED, 0.0).astype(np.float32)
    rendered = render(builder.freeze(), np.array(programs, np.int32), filling, reword=reword)
    prompts = list(_prompts(split))
    kinds = [w.kind for w in wordings] + [kind for kind, _, _ in prompts]
    sources = [w.source for w in wordings] + [source for _, source, _ in prompts]
    text = pa.concat_arrays([rendered, pa.array([text for _, _, text in prompts], pa.large_string())])
    numbers = np.concatenate([np.array(wording_of, np.int64), np.arange(len(wordings), len(kinds))])
    return Corpus(text, numbers, tuple(kinds), tuple(sources))


def _frames(split: Split) -> Iterator[Wording]:
    sources = load_sources()
    for frame in load_frames(split):
        if split == "training" and sources[frame.source].use == "reference":
            continue
        text = f"{frame.system}\n\n{frame.text}" if frame.system else frame.text
        yield Wording(frame.kind, frame.source, (text,), frame.rewordable)


def _phrasings(split: Split) -> Iterator[Wording]:
    file = files("stillwatch.lab").joinpath("data", "intent", f"phrasings_{split}.toml")
    if not file.is_file():
        return
    document = tomllib.loads(file.read_text("utf-8"))
    for kind in (*CLASSES, "ordinary"):
        for text in document[kind]:
            yield Wording(kind, document["source"], (text,), rewordable=True)


def _patterns(split: Split) -> Iterator[Wording]:
    grammar = load_grammar(split)
    if grammar is None:
        return
    for kind, patterns in grammar.patterns.items():
        for pattern in patterns:
            texts = tuple(compose(grammar, pattern, COMPOSED))
            yield Wording(kind, grammar.source, texts, rewordable=True)


def _prompts(split: Split) -> Iterator[tuple[str, str, str]]:
    """Kind, source and text of prompts that people wrote."""
    sources = load_sources()
    for row in load_prompts():
        usable = row["chain"] != "answer" and LEAST <= len(row["text"]) <= MOST
        if usable and sources[row["source"]].serves(split, row["text"]):
            yield row["chain"], row["source"], row["text"]


def _label(kind: str, name: str) -> int:
    if kind == name:
        return 1
    return -1 if (kind, name) in _AMBIGUOUS or (kind, name) in _NEIGHBOURS else 0
