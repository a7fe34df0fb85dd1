"""Folding turns into conversation keys."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch.model.conversation import ROLE_CODES, SEED, fold_turns, hash_turns

USER, ASSISTANT = ROLE_CODES["user"], ROLE_CODES["assistant"]


def _keys(*records: list[tuple[int, str]], start: np.ndarray | None = None) -> np.ndarray:
    turns = [turn for record in records for turn in record]
    offsets = np.cumsum([0, *(len(record) for record in records)])
    roles = np.array([role for role, _ in turns], dtype=np.int8)
    return fold_turns(roles, hash_turns(pa.array([text for _, text in turns], pa.string())), offsets, start)


def test_next_key_of_a_request_is_the_prefix_key_of_its_continuation() -> None:
    first = [(USER, "What is a still?")]
    answer = [(ASSISTANT, "A vessel for distilling.")]
    earlier = _keys(first)
    following = _keys(answer, start=earlier)
    assert _keys(first + answer) == following


def test_a_record_without_turns_keeps_its_start() -> None:
    assert [*_keys([]), *_keys([], start=np.array([7]))] == [SEED, 7]


def test_order_and_role_matter() -> None:
    keys = _keys(
        [(USER, "a"), (ASSISTANT, "b")],
        [(USER, "b"), (ASSISTANT, "a")],
        [(ASSISTANT, "a"), (USER, "b")],
        [(USER, "a"), (USER, "b")],
    )
    assert len(set(keys.tolist())) == 4


def test_outer_white_space_does_not_matter_but_inner_does() -> None:
    keys = _keys([(USER, "a b")], [(USER, " a b\n")], [(USER, "a  b")])
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_records_do_not_influence_each_other() -> None:
    alone = _keys([(USER, "x")])
    beside = _keys([(ASSISTANT, "y")], [(USER, "x")], [])
    assert alone[0] == beside[1]
