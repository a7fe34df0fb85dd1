"""Conversations carried on from request to request, in order of time and over slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillwatch.model.conversation import ROLE_CODES, SEED
from stillwatch.model.kernels.compiled import kernel
from stillwatch.model.kernels.hashing import mix_words

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Carried:
    """What a slice's requests carry of their conversations."""

    prefix: Ints  # key of the earlier turns, 0 = none
    following: Ints  # key after the answer, 0 = no answer
    turn: Ints  # earlier turns
    tokens: Ints  # tokens of the request with everything that is sent along
    thought: Ints  # row of the last reasoning block of the conversation, -1 = none


@dataclass(frozen=True, slots=True)
class Talks:
    """State of all conversations, changed in place by `carry`; one number per conversation."""

    key: Ints
    turns: Ints
    tokens: Ints
    thought: Ints

    @classmethod
    def begin(cls, n: int) -> Talks:
        """n conversations in which nothing was said."""
        return cls(
            np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(n, -1, np.int64)
        )

    def carry(
        self,
        talk: npt.NDArray[np.int32],
        asked: Ints,
        answered: Ints,
        *,
        sizes: Ints,
        wanted: Ints,
        replies: Ints,
        thinks: npt.NDArray[np.bool_],
        rows: Ints,
    ) -> Carried:
        """Go on with the conversations `talk` (-1 = none) of n requests in order of time.

        `asked` and `answered` are turn hashes (0 = not answered), `sizes` and `replies` their tokens; `wanted`
        is the length of the whole request, which is longer only where its text and the earlier turns are;
        `thinks` says that the answer holds a reasoning block, known by its number in `rows`.
        """
        out = np.zeros((5, len(talk)), np.int64)
        state = (self.key, self.turns, self.tokens, self.thought)
        tokens = (sizes, wanted, replies)
        _carry(talk, asked, answered, tokens, np.where(thinks, rows, -1), state, out)
        return Carried(*out)


USER, ASSISTANT = np.uint64(ROLE_CODES["user"]), np.uint64(ROLE_CODES["assistant"])
START = np.uint64(SEED)


@kernel
def _carry(talk: Any, asked: Any, answered: Any, lengths: Any, blocks: Any, state: Any, out: Any) -> None:
    key, turns, tokens, thought = state
    sizes, wanted, replies = lengths
    for i in range(len(talk)):
        t = talk[i]
        begun = t >= 0 and turns[t] > 0
        word = np.uint64(key[t]) if begun else START
        out[0, i] = key[t] if begun else 0
        out[2, i] = turns[t] if begun else 0
        out[3, i] = max(wanted[i], sizes[i] + (tokens[t] if begun else 0))
        out[4, i] = thought[t] if begun else -1
        if answered[i] == 0:
            continue
        word = mix_words(mix_words(word, USER), np.uint64(asked[i]))
        word = mix_words(mix_words(word, ASSISTANT), np.uint64(answered[i]))
        out[1, i] = np.int64(word)
        if t >= 0:
            key[t] = np.int64(word)
            turns[t] += 2
            tokens[t] += sizes[i] + replies[i]
            if blocks[i] >= 0:
                thought[t] = blocks[i]
