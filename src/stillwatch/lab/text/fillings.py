"""What slots are filled with: vocabularies and free text, cut to one split."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq

from stillwatch.lab.text.builder import Filling, Prose
from stillwatch.lab.text.chains import Chains, build_chains
from stillwatch.lab.text.sources import Split, load_sources, rows_of

DIVIDED = 30  # vocabularies of at least so many plain entries are divided among the splits
# share of misspelt words, by chain
TYPOS: Mapping[str, float] = MappingProxyType({"chat": 1 / 50, "coding": 1 / 120})


def load_fillings(split: Split) -> Mapping[str, Filling]:
    """What each slot name stands for, from `fillings.toml` and `fillings_*.toml`."""
    fillings: dict[str, Filling] = {}
    folder = files("stillwatch.lab").joinpath("data", "text")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.startswith("fillings") and file.name.endswith(".toml"):
            document = tomllib.loads(file.read_text("utf-8"))
            for name, entry in document["filling"].items():
                fillings[name] = _filling(entry, split)
    return fillings


def load_chains(split: Split) -> Chains:
    """Word chains over those rows of `prompts.parquet` that belong to a split."""
    sources = load_sources()
    corpora: dict[str, list[str]] = {}
    for row in load_prompts():
        if sources[row["source"]].serves(split, row["text"]):
            corpora.setdefault(row["chain"], []).append(row["text"])
    return build_chains(dict(sorted(corpora.items())), typos=TYPOS)


def load_prompts() -> list[dict[str, str]]:
    """Rows of public prompts: source, chain, text."""
    with files("stillwatch.lab").joinpath("data", "text", "prompts.parquet").open("rb") as stream:
        rows: list[dict[str, str]] = pq.read_table(stream).to_pylist()
    return rows


def _filling(entry: Any, split: Split) -> Filling:
    if isinstance(entry, dict):
        if "from" in entry:
            return tuple(str(number) for number in range(entry["from"], entry["to"]))
        return Prose(entry["chain"], entry["low"], entry["high"])
    plain = not any("{{" in item for item in entry)
    chosen = rows_of(split, entry) if plain and len(entry) >= DIVIDED else entry
    return tuple(chosen)
