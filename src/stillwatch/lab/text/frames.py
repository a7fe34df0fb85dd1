"""Frames: prompts with slots, as package data in `lab/data/text/frames/<source>.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from stillwatch.lab.text.sources import Split, load_sources


@dataclass(frozen=True, slots=True)
class Frame:
    """A prompt with `{{slots}}`: what it is for, where it comes from, and the system text that goes with it."""

    kind: str
    source: str
    text: str
    system: str = ""
    rewordable: bool = False
    variant: bool = False


def load_frames(split: Split) -> list[Frame]:
    """The frames that traffic of a split may use, in a fixed order."""
    sources = load_sources()
    return [frame for frame in read_frames() if sources[frame.source].serves(split, frame.text)]


def read_frames() -> Iterator[Frame]:
    """All frames of the package, file by file in the order of their names."""
    folder = files("stillwatch.lab").joinpath("data", "text", "frames")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            document = tomllib.loads(file.read_text("utf-8"))
            for entry in document["frame"]:
                yield Frame(source=document["source"], **entry)
