"""Conversations carried on by the simulator have the keys that ingest computes."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population.talks import Talks
from stillwatch.model.conversation import ROLE_CODES, fold_turns

USER, ASSISTANT = ROLE_CODES["user"], ROLE_CODES["assistant"]


def carry(talk: list[int], asked: list[int], answered: list[int]) -> tuple[Talks, object]:
    talks = Talks.begin(3)
    n = len(talk)
    carried = talks.carry(
        np.array(talk, np.int32),
        np.array(asked),
        np.array(answered),
        sizes=np.full(n, 10),
        wanted=np.full(n, 12),
        replies=np.full(n, 5),
        thinks=np.array([i == 0 for i in range(n)]),
        rows=np.arange(n),
    )
    return talks, carried


def test_keys_are_folds_over_the_turns() -> None:
    _, carried = carry([1, 1], [11, 12], [21, 22])
    whole = fold_turns([USER, ASSISTANT], np.array([11, 21]), [0, 2])
    longer = fold_turns([USER, ASSISTANT] * 2, np.array([11, 21, 12, 22]), [0, 4])
    assert carried.prefix.tolist() == [0, whole[0]]
    assert carried.following.tolist() == [whole[0], longer[0]]


def test_conversations_do_not_mix() -> None:
    _, carried = carry([0, 2, 0], [1, 2, 3], [4, 5, 6])
    assert carried.prefix[1] == 0
    assert carried.prefix[2] == carried.following[0]
    assert carried.turn.tolist() == [0, 0, 2]
    assert carried.tokens.tolist() == [12, 12, 25]


def test_an_unanswered_request_leaves_the_conversation_as_it_was() -> None:
    _, carried = carry([0, 0, 0], [1, 2, 2], [4, 0, 6])
    assert carried.following[1] == 0
    assert carried.prefix[2] == carried.prefix[1] == carried.following[0]


def test_a_single_request_has_a_key_but_no_prefix() -> None:
    _, carried = carry([-1], [1], [2])
    assert carried.prefix[0] == 0
    assert carried.following[0] != 0


def test_a_reasoning_block_is_sent_back_in_its_own_conversation() -> None:
    _, carried = carry([0, 1, 0], [1, 2, 3], [4, 5, 6])
    assert carried.thought.tolist() == [-1, -1, 0]
