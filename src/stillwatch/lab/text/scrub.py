"""Takes personal data out of public text before it becomes package data."""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

RULES = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "mail"),
    (re.compile(r"(?:https?|ftp|hf)://\S+|\bwww\.\S+"), "link"),
    (re.compile(r"(?<![\w/])(?:~|/home|/Users|/root|/tmp|/var|/mnt|[A-Z]:)[\\/][\w./\\-]+"), "path"),
    (re.compile(r"(?<!\w)@[A-Za-z]\w+"), "someone"),
    (re.compile(r"\b(?:sk|pk|ghp|gho|xox[bp])[-_][\w-]{8,}"), "key"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "address"),
    (re.compile(r"(?<!\w)\+?\d[\d ()-]{8,}\d(?!\w)"), "12345"),
)
CAPITALISED = re.compile(r"\b[A-Z][a-z]{2,}\b")
SMALL = re.compile(r"\b[a-z]{3,}\b")


def scrub(text: str) -> str:
    """The text with addresses, links, paths, handles, keys and long numbers replaced by plain words."""
    for pattern, word in RULES:
        text = pattern.sub(word, text)
    return text


def common_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that occur somewhere in small letters: what is capitalised and not among them is taken for a
    name.
    """
    return frozenset(word for text in texts for word in SMALL.findall(text))


@dataclass(frozen=True, slots=True)
class Names:
    """Invented names that replace others, and capitalised words that are left alone."""

    invented: tuple[str, ...]
    kept: frozenset[str]


def load_names() -> Names:
    """The names of the package, from `lab/data/text/names.toml`."""
    text = files("stillwatch.lab").joinpath("data", "text", "names.toml").read_text("utf-8")
    document = tomllib.loads(text)
    return Names(tuple(document["invented"]), frozenset(document["kept"]))


def rename(text: str, names: Names, common: frozenset[str]) -> str:
    """The text with names of people, places and firms replaced by invented ones, equal names alike."""

    def swap(found: re.Match[str]) -> str:
        word = found[0]
        if word in names.kept or word.lower() in common:
            return word
        return names.invented[zlib.crc32(word.encode()) % len(names.invented)]

    return CAPITALISED.sub(swap, text)
