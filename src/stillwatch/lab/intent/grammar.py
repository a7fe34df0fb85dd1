"""A grammar of requests: patterns with choices, of which each text is composed anew.

`[a|b|]` stands for one of its choices, `@name` for one entry of a part; both may hold one another. What is
left are frames with `{{slots}}`.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from stillwatch.lab.text.sources import Split
from stillwatch.model.errors import InputError

CHOICE = re.compile(r"\[([^\[\]]*)\]")
PART = re.compile(r"@([a-z]+)")
ROUNDS = 12  # how deep parts may hold parts
SPACES = re.compile(r" {2,}| +(?=[\n,.:]|$)")


@dataclass(frozen=True, slots=True)
class Requests:
    """Patterns by kind (a class, or a kind of ordinary traffic), the parts they name, and their source."""

    source: str
    parts: Mapping[str, tuple[str, ...]]
    patterns: Mapping[str, tuple[str, ...]]


def load_grammar(split: Split) -> Requests | None:
    """The grammar of a split, None where it has none.

    Raises `InputError` if a pattern names a part that does not exist, or its brackets do not match.
    """
    name = f"grammar_{split}.toml"
    file = files("stillwatch.lab").joinpath("data", "intent", name)
    return parse_grammar(file.read_text("utf-8"), where=f"lab/data/intent/{name}") if file.is_file() else None


def parse_grammar(text: str, *, where: str) -> Requests:
    """The grammar in a TOML document with `source`, `[parts]` and `[patterns]`.

    Raises `InputError` if it is not that, a part is unknown or endless, or brackets do not match.
    """
    try:
        document = tomllib.loads(text)
        parts = {name: tuple(entries) for name, entries in document["parts"].items()}
        patterns = {kind: tuple(entries) for kind, entries in document["patterns"].items()}
        found = Requests(document["source"], parts, patterns)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        remedy = "Give it `source`, [parts] and [patterns], lists of strings"
        raise InputError(f"the grammar cannot be read: {error!r}", where=where, remedy=remedy) from error
    for kind, entries in patterns.items():
        for number, pattern in enumerate(entries):
            _check(found, pattern, f"{where}, {kind} {number}")
    return found


def compose(requests: Requests, pattern: str, count: int) -> list[str]:
    """`count` frames from a pattern; equal arguments give equal frames."""
    seed = zlib.crc32(pattern.encode())
    return [_one(requests, pattern, np.random.default_rng([seed, i])) for i in range(count)]


def _one(requests: Requests, pattern: str, rng: np.random.Generator) -> str:
    def of_part(found: re.Match[str]) -> str:
        return _draw(requests.parts[found[1]], rng)

    def of_choice(found: re.Match[str]) -> str:
        return _draw(found[1].split("|"), rng)

    text = pattern
    while PART.search(text) or CHOICE.search(text):
        text = CHOICE.sub(of_choice, text)  # the innermost first: what is not chosen is never composed
        text = PART.sub(of_part, text) if not CHOICE.search(text) else text
    return SPACES.sub(" ", text).replace(" \n", "\n").replace(" ,", ",").replace(" .", ".").strip()


def _draw(entries: Sequence[str], rng: np.random.Generator) -> str:
    return entries[int(rng.integers(len(entries)))]


def _check(requests: Requests, pattern: str, where: str) -> None:
    """Follow every part that a pattern can reach."""
    texts, rounds = {pattern}, 0
    while texts:
        for text in sorted(texts):
            if "[" in (plain := _without_choices(text)) or "]" in plain:
                raise InputError("brackets do not match", where=where, remedy=f"Close each [ in {text!r}")
        names = {name for text in texts for name in PART.findall(text)}
        if unknown := sorted(names - requests.parts.keys()):
            remedy = "Name an entry of [parts]"
            raise InputError(f"there is no part {unknown[0]!r}", where=where, remedy=remedy)
        texts = {entry for name in names for entry in requests.parts[name]}
        rounds += 1
        if rounds > ROUNDS:
            remedy = f"Let no part lead to itself, nor more than {ROUNDS} to each other"
            raise InputError("parts hold each other without end", where=where, remedy=remedy)


def _without_choices(text: str) -> str:
    while CHOICE.search(text):
        text = CHOICE.sub("", text)
    return text
