"""Takes personal data out of public text before it becomes package data."""

from __future__ import annotations

import re
import tomllib
import zlib
from collections import Counter
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
WORD = re.compile(r"\b[A-Z]?[a-z]{2,}\b")
INSIDE = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b")
COMMON = 3  # a word is no name if it stands so often in small letters, and at least in these shares of its
INSIDE_SHARE = 0.5  # capitalised uses inside sentences
COMMON_SHARE = 0.05  # and of all its capitalised uses
SMALL = re.compile(r"\b[a-z]{3,}\b")


def scrub(text: str) -> str:
    """The text with addresses, links, paths, handles, keys and long numbers replaced by plain words."""
    for pattern, word in RULES:
        text = pattern.sub(word, text)
    return text


def find_names(texts: Iterable[str]) -> frozenset[str]:
    """Words (in small letters) taken for names: rare in small letters against their capitalised uses.

    Uses inside a sentence count more than others, since every word is capitalised where a sentence begins.
    """
    inside: Counter[str] = Counter()
    large: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for text in texts:
        inside.update(word.lower() for word in INSIDE.findall(text))
        large.update(word.lower() for word in CAPITALISED.findall(text))
        small.update(SMALL.findall(text))
    return frozenset(
        word
        for word, n in large.items()
        if small[word] < max(COMMON, inside[word] * INSIDE_SHARE, n * COMMON_SHARE)
    )


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


def rename(text: str, names: Names, found_names: frozenset[str]) -> str:
    """The text with names of people, places and firms replaced by invented ones, equal names alike."""

    def swap(found: re.Match[str]) -> str:
        word = found[0]
        if word in names.kept or word.lower() not in found_names:
            return word
        invented = names.invented[zlib.crc32(word.lower().encode()) % len(names.invented)]
        return invented if word[0].isupper() else invented.lower()

    return WORD.sub(swap, text)
