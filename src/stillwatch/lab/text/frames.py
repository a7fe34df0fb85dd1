"""Frames: prompts with slots, as package data in `lab/data/text/frames/<source>.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab.text.sources import SPLITS, Split, load_sources, row_hash


@dataclass(frozen=True, slots=True)
class Frame:
    """A prompt with `{{slots}}`: what it is for, where it comes from, and the system text that goes with
    it.
    """

    kind: str
    source: str
    text: str
    system: str = ""
    rewordable: bool = False
    variant: bool = False


def load_frames(split: Split) -> list[Frame]:
    """The frames that traffic of a split may use, in a fixed order.

    Those of a source that is divided by rows go to the splits in turn, kind by kind, in the order of their
    hashes.
    """
    sources = load_sources()
    turns: Counter[tuple[str, str]] = Counter()
    chosen: list[Frame] = []
    for frame in sorted(
        {*read_frames(), *_personas()}, key=lambda f: (f.kind, f.source, row_hash(f.text), f.system)
    ):
        source = sources[frame.source]
        turn = SPLITS[turns[frame.kind, frame.source] % len(SPLITS)]
        turns[frame.kind, frame.source] += 1
        if turn == split if source.use == "by_row" else source.use in (split, "reference"):
            chosen.append(frame)
    return chosen


def _personas() -> Iterator[Frame]:
    """Public persona prompts of the reference corpus, word for word."""
    for text, source in zip(
        *(load_reference()[name].to_pylist() for name in ("text", "source")), strict=True
    ):
        if source == "awesome_reference":
            yield Frame("persona", source, text.replace("{{", "{ {"))


def load_reference() -> pa.Table:
    """The reference corpus: columns text, source, licence. Public text whose sharing proves nothing."""
    with files("stillwatch.lab").joinpath("data", "text", "reference.parquet").open("rb") as stream:
        return pq.read_table(stream)


def read_frames() -> Iterator[Frame]:
    """All frames of the package, file by file in the order of their names."""
    folder = files("stillwatch.lab").joinpath("data", "text", "frames")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            document = tomllib.loads(file.read_text("utf-8"))
            for entry in document["frame"]:
                yield Frame(source=document["source"], **entry)
