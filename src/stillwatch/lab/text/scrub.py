"""Takes personal data out of public text before it becomes package data."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

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
NAMES = (
    "Arlen Bexley Corva Dellin Embry Faron Galdis Hestor Ilven Jorund Kelmar Lorvain Mirel Nordane Oskel Pellam "
    "Quill Rendal Sorrel Tamsin Ulmer Varrick Wenlow Yarrow Zelda Brisco Calder Dunmore Elstow Fenwick"
).split()
KEPT = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July August "
    "September October November December Python Java Javascript Rust Docker Linux Windows Excel English Spanish "
    "French German Chinese Japanese Russian Arabic Hindi Portuguese Korean Turkish Earth Mars Moon Internet Wikipedia "
    "Markdown Bash Git Latex Unicode Boolean Celsius Fahrenheit Python3 Christmas Easter Europe Asia Africa America".split()
)


def scrub(text: str) -> str:
    """The text with addresses, links, paths, handles, keys and long numbers replaced by plain words."""
    for pattern, word in RULES:
        text = pattern.sub(word, text)
    return text


def common_words(texts: Iterable[str]) -> frozenset[str]:
    """Words that occur somewhere in small letters: what is capitalised and not among them is taken for a name."""
    return frozenset(word for text in texts for word in SMALL.findall(text))


def rename(text: str, common: frozenset[str]) -> str:
    """The text with names of people, places and firms replaced by invented ones, the same for the same name."""

    def swap(found: re.Match[str]) -> str:
        word = found[0]
        if word in KEPT or word.lower() in common:
            return word
        return NAMES[zlib.crc32(word.encode()) % len(NAMES)]

    return CAPITALISED.sub(swap, text)
