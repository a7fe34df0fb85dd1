"""Readable signature of a frame: the words its fillings share, with slots where they differ.

After Botnet Judo (Pitsillidis et al., NDSS 2010): anchors and slots are inferred from samples. Only words that
at least `min_accounts` accounts used are shown; e-mail addresses, numbers and names are masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.kernels.matching import in_common

SLOT = "⟨…⟩"
WITHHELD = "withheld: fewer than five accounts in the sample"
_WORD = r"[\w.+-]+@[\w-]+\.[\w.]+|\w+(?:'\w+)?|[^\w\s]"
_TOKEN, _TOKENS = re.compile(rf"(\s*)({_WORD})"), re.compile(_WORD)  # with the space before it, and without
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_ENDS = frozenset('.!?:\n#*-"“”')
MAX_TOKENS = 220


def signature(samples: Sequence[tuple[int, str]], *, min_accounts: int = 5, min_run: int = 2) -> str:
    """Signature of a frame from (account, text) samples; `WITHHELD` with too few accounts."""
    if len({account for account, _ in samples}) < min_accounts:
        return WITHHELD
    rows = sorted(((account, _words(text), text) for account, text in samples), key=_order)
    base = [(word[1], word[2]) for word in islice(_TOKEN.finditer(rows[len(rows) // 2][2]), MAX_TOKENS)]
    codes: dict[str, int] = {}
    coded = [_coded(tokens, codes) for _, tokens, _ in rows]
    used = {account: np.zeros(len(base), np.bool_) for account, _, _ in rows}
    for (account, _, _), own in zip(rows, coded, strict=True):
        used[account] |= in_common(coded[len(rows) // 2], own, min_run)
    least = max(min_accounts, len(used) // 2)
    return _written(base, (np.sum(list(used.values()), axis=0) >= least).tolist())


def _words(text: str) -> list[str]:
    return [word.group() for word in islice(_TOKENS.finditer(text), MAX_TOKENS)]


def _coded(tokens: Sequence[str], codes: dict[str, int]) -> NDArray[np.int64]:
    """Words as numbers, blind to case; new ones are added to `codes`."""
    return np.array([codes.setdefault(word, len(codes)) for word in map(str.lower, tokens)], np.int64)


def _order(row: tuple[int, list[str], str]) -> tuple[int, int]:
    account, tokens, _ = row
    return len(tokens), account


def _written(tokens: Sequence[tuple[str, str]], shown: Sequence[bool]) -> str:
    """The words shown, spaced as in the sample, runs of hidden ones as one slot."""
    out: list[str] = []
    start, hidden = True, False
    for (space, word), visible in zip(tokens, shown, strict=True):
        start = start or "\n" in space
        if visible:
            out.append((" " if space else "") + _masked(word, start=start))
        elif not hidden:
            out.append((" " if space else "") + SLOT)
        hidden = not visible
        start = word in _ENDS
    return "".join(out).strip()


def _masked(word: str, *, start: bool) -> str:
    if _EMAIL.fullmatch(word):
        return "⟨email⟩"
    if any(c.isdigit() for c in word):
        return "⟨number⟩"
    if not start and len(word) > 1 and word[0].isupper() and word[1:].islower():
        return "⟨name⟩"
    return word
