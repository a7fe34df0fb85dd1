"""Which source of text may be used for what: `lab/sources.toml`, read and checked."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from stillwatch.model.errors import InputError

Split: TypeAlias = Literal["training", "calibration", "test"]
SPLITS: tuple[Split, ...] = ("training", "calibration", "test")
USES = (*SPLITS, "reference", "by_row")


@dataclass(frozen=True, slots=True)
class Source:
    """One source: `use` is a split, `reference`, or `by_row` where the rows are divided by their hash."""

    name: str
    use: str
    title: str
    licence: str
    origin: str
    commit: str

    def serves(self, split: Split, row: str) -> bool:
        """Whether a row of this source may appear in traffic of a split."""
        if self.use == "by_row":
            return row_split(row) == split
        return self.use in (split, "reference")


def load_sources() -> Mapping[str, Source]:
    """All sources by name.

    Raises `InputError` if one is named twice or its use is not known.
    """
    text = files("stillwatch.lab").joinpath("sources.toml").read_text("utf-8")
    found: dict[str, Source] = {}
    for entry in _entries(tomllib.loads(text)):
        if entry.use not in USES or entry.name in found:
            raise InputError(
                f"source {entry.name!r} is named twice, or its use {entry.use!r} is not known",
                where="lab/sources.toml",
                remedy=f"Name each source once, with one of {', '.join(USES)}",
            )
        found[entry.name] = entry
    return found


def row_split(row: str) -> Split:
    """The split a row belongs to, by a hash of its text."""
    return SPLITS[row_hash(row) % len(SPLITS)]


def row_hash(row: str) -> int:
    """A 32-bit number from the text of a row."""
    return int.from_bytes(hashlib.blake2b(row.encode(), digest_size=4).digest(), "little")


def rows_of(split: Split, rows: Sequence[str]) -> list[str]:
    """Those of the rows that belong to a split."""
    return [row for row in rows if row_split(row) == split]


def _entries(document: Mapping[str, Any]) -> Iterator[Source]:
    for entry in document["source"]:
        yield Source(**entry)
