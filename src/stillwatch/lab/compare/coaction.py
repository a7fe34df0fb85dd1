"""Pairs of accounts that did the same thing at about the same time, and what counts as the same thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.lab.compare.traffic import Traffic
from stillwatch.model.errors import ExtensionError
from stillwatch.model.kernels.compiled import kernel

Ints = npt.NDArray[np.int64]
SECOND_US = 1_000_000
BUFFER = 8_000_000  # pairs held before equal ones are added up

# What takes the place of a hashtag or a page. Words, not bytes: case and white space are evened out first.
_TEXT = r"lower(regexp_replace(trim(prompt_text), '\s+', ' ', 'g'))"
_BEGIN = r"lower(regexp_replace(trim(prompt_text[1:200]), '\s+', ' ', 'g'))"
_OPENING = f"array_to_string(string_split({_BEGIN}, ' ')[1:6], ' ')"
_NET = r"regexp_extract(client_address, '^([0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F]*)')"
_OBJECTS = (
    ("prompt", _TEXT),
    ("opening", _OPENING),
    ("system", "system_text"),
    ("network", _NET),
    ("opening+network", f"{_OPENING} || '@' || {_NET}"),
)
OBJECTS = tuple(name for name, _ in _OBJECTS)
READS = ("prompt_text", "system_text", "client_address")


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions sorted by object and time: who, on what, when."""

    account: Ints
    thing: Ints
    at: Ints

    @classmethod
    def sort(cls, account: Ints, thing: Ints, at: Ints) -> Actions:
        """Actions in any order."""
        order = np.lexsort((account, at, thing))
        return cls(*(np.ascontiguousarray(c[order], np.int64) for c in (account, thing, at)))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of different accounts, `left < right`, and how often they met."""

    left: Ints
    right: Ints
    n: Ints


def actions(traffic: Traffic, what: str) -> Actions:
    """The exchanges of a traffic as actions on one kind of object: one of `OBJECTS`.

    `prompt` is the prompt, `opening` its first six words within 200 characters, `system` the system text, `network`
    the /24 or /48 of the client. Exchanges without the object are left out. Raises `ExtensionError` for another kind.
    """
    for name, sql in _OBJECTS:
        if name == what:
            rows = traffic.numpy(
                f"select account, at_us, (hash(thing) >> 1)::bigint as thing from "
                f"(select account, at_us, {sql} as thing from exchanges) where thing != ''"
            )
            return Actions.sort(rows["account"], rows["thing"], rows["at_us"])
    raise ExtensionError(f"no object is called {what!r}", where=__name__, remedy=f"Use one of {OBJECTS}")


def pairs_within(done: Actions, accounts: int, *, seconds: float) -> Pairs:
    """How often two of so many accounts acted on one object at most so many seconds apart.

    Every pair of actions counts: n actions of one account beside m of another are n·m meetings.
    """
    window = int(seconds * SECOND_US)
    buffer = np.empty(BUFFER, np.int64)
    codes, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    i, j = 0, 1
    while i < len(done.at):
        i, j, filled = _meet(done.account, done.thing, done.at, window, accounts, i, j, buffer)
        codes, counts = _added(codes, counts, *np.unique(buffer[:filled], return_counts=True))
    return Pairs(codes // accounts, codes % accounts, counts)


def _added(codes: Ints, counts: Ints, more: Ints, n: Ints) -> tuple[Ints, Ints]:
    if len(codes) == 0:
        return more, n.astype(np.int64)
    both, place = np.unique(np.concatenate([codes, more]), return_inverse=True)
    total = np.zeros(len(both), np.int64)
    np.add.at(total, place, np.concatenate([counts, n]))
    return both, total


@kernel
def _meet(
    account: Ints, thing: Ints, at: Ints, window: int, accounts: int, i: int, j: int, buffer: Ints
) -> tuple[int, int, int]:
    """Fill the buffer with codes of pairs, from action i and its partner j on; where to go on, and how many."""
    filled = 0
    n = len(at)
    while i < n:
        while j < n and thing[j] == thing[i] and at[j] - at[i] <= window:
            if account[j] != account[i]:
                if filled == len(buffer):
                    return i, j, filled
                a, b = min(account[i], account[j]), max(account[i], account[j])
                buffer[filled] = a * accounts + b
                filled += 1
            j += 1
        i += 1
        j = i + 1
    return i, j, filled
