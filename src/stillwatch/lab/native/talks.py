"""Earlier turns of a conversation, which the canonical dataset holds as keys only."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeAlias

from stillwatch.lab.native.dataset import Record

Turns: TypeAlias = tuple[tuple[str, str], ...]  # role and text


@dataclass(slots=True)
class Talks:
    """Remembers what each answered exchange said, under its `next_prefix_key`, for the next one to carry.

    Memory is bounded: the conversations that were silent for longest are forgotten, and a request that
    carries one of them is written without its earlier turns.
    """

    most: int = 20_000
    _known: OrderedDict[int, Turns] = field(default_factory=OrderedDict)

    def turns(self, row: Record) -> Turns:
        """Turns of a request: earlier ones as far as known, and the new input. Remembers the answer."""
        prompt, answer = row.get("prompt_text"), row.get("response_text")
        if prompt is None:
            return ()
        turns = (*self._known.pop(row.get("prefix_key", 0), ()), ("user", prompt))
        key = row.get("next_prefix_key")
        if key is not None and answer is not None:
            self._known[key] = (*turns, ("assistant", answer))
            if len(self._known) > self.most:
                self._known.popitem(last=False)
        return turns
