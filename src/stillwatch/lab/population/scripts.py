"""What a stream says: which prompt programmes it uses and how it fills them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NONE = -1


@dataclass(frozen=True, slots=True)
class Script:
    """What a stream says.

    * `per`: a programme is drawn anew for each exchange, for each session, or once for a stream.
    * `fills`: `own` draws a filling for each exchange; `shares` hands out a data set once over all accounts
      with this script, nothing twice; `pool` draws from `span` fillings again and again.
    """

    programs: tuple[int, ...]
    per: Literal["exchange", "session", "stream"] = "session"
    fills: Literal["own", "shares", "pool"] = "own"
    span: int = 1
    base: int = 0
    repeats: int = 1  # how often each filling of a shared data set is asked, one after the other
    reword: float = 0.0
    systems: tuple[tuple[int, int], ...] = ()  # system texts, one per stream, as programme and filling
    material: int = NONE  # programme whose texts are put below the prompt: documents, files, search results
    pieces: int = 1  # at most so many of them
    tag: int = NONE  # name of a project that the client sends along, as a number
    tools: int = NONE
    schema: int = NONE
    follow: tuple[int, ...] = ()  # programmes of later turns; empty = the same
