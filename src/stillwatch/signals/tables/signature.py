"""Readable signature of a frame: the words its fillings share, with slots where they differ.

After Botnet Judo (Pitsillidis et al., NDSS 2010): anchors and slots are inferred from samples. Only words that
at least `min_accounts` accounts used are shown; e-mail addresses, numbers and names are masked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

SLOT = "⟨…⟩"
WITHHELD = "withheld: fewer than five accounts in the sample"
_TOKEN = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\w+(?:'\w+)?|[^\w\s]|\n")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_ENDS = frozenset('.!?:\n#*-"“”')
MAX_TOKENS = 220


def signature(samples: Sequence[tuple[int, str]], *, min_accounts: int = 5, min_run: int = 2) -> str:
    """Signature of a frame from (account, text) samples; `WITHHELD` with too few accounts."""
    if len({account for account, _ in samples}) < min_accounts:
        return WITHHELD
    rows = sorted(((account, _TOKEN.findall(text)[:MAX_TOKENS]) for account, text in samples), key=_order)
    _, base = rows[len(rows) // 2]
    users: list[set[int]] = [set() for _ in base]
    folded = [token.lower() for token in base]
    for account, tokens in rows:
        matcher = SequenceMatcher(None, folded, [token.lower() for token in tokens], autojunk=False)
        for block in matcher.get_matching_blocks():
            if block.size >= min_run:
                for at in range(block.a, block.a + block.size):
                    users[at].add(account)
    least = max(min_accounts, len({account for account, _ in rows}) // 2)
    return _written(base, [len(u) >= least for u in users])


def _order(row: tuple[int, list[str]]) -> tuple[int, int]:
    account, tokens = row
    return len(tokens), account


def _written(tokens: Sequence[str], shown: Sequence[bool]) -> str:
    out: list[str] = []
    start = True
    for token, visible in zip(tokens, shown, strict=True):
        if not visible:
            if not out or out[-1] != SLOT:
                out.append(SLOT)
        elif token != "\n":  # noqa: S105 - a word, not a secret
            out.append(_masked(token, start=start))
        start = token in _ENDS
    text = " ".join(out)
    return re.sub(r"\s+([.,;:!?)\]}'])", r"\1", re.sub(r"([(\[{])\s+", r"\1", text)).strip()


def _masked(token: str, *, start: bool) -> str:
    if _EMAIL.fullmatch(token):
        return "⟨email⟩"
    if any(c.isdigit() for c in token):
        return "⟨number⟩"
    if not start and len(token) > 1 and token[0].isupper() and token[1:].islower():
        return "⟨name⟩"
    return token
