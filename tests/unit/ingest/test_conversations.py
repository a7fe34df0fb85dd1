"""One request carries on from another: across turns, tool calls, prefills, and APIs."""

from __future__ import annotations

from typing import Any

import pytest

from stillwatch.ingest.answers import fill_answer
from stillwatch.ingest.requests import fill_request
from stillwatch.ingest.rows import Row, build

OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}
TOOL_USE = {"type": "tool_use", "id": "c1", "name": "find", "input": {"q": 1}}
THOUGHT = {"type": "thinking", "thinking": "…", "signature": "s"}
ITEM = {"type": "reasoning", "encrypted_content": "e"}
CHAT_ANSWER = {"choices": [{"message": {"role": "assistant", "content": "Elbe."}}]}


def _keys(*exchanges: tuple[dict[str, Any], Any]) -> list[tuple[int | None, int | None]]:
    rows = []
    for request, answer in exchanges:
        row = Row()
        fill_request(row, request)
        fill_answer(row, answer)
        rows.append(row)
    built = build(rows, source="test")
    return list(zip(built["prefix_key"].to_pylist(), built["next_prefix_key"].to_pylist(), strict=True))


def _said(*turns: tuple[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


FIRST = [("user", "A river?")]
PAIRS = {
    "chat": (_said(*FIRST), CHAT_ANSWER, _said(*FIRST, ("assistant", "Elbe."), ("user", "More."))),
    "system text does not count": (
        _said(("system", "Be brief."), *FIRST),
        CHAT_ANSWER,
        _said(("developer", "Other."), *FIRST, ("assistant", "Elbe."), ("user", "More.")),
    ),
    "tool call": (
        _said(*FIRST),
        {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL]}}]},
        {
            "messages": [
                {"role": "user", "content": "A river?"},
                {"role": "assistant", "content": "", "tool_calls": [OPENAI_CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "found"},
            ]
        },
    ),
    "anthropic blocks, thinking left out": (
        _said(*FIRST),
        {"content": [THOUGHT, {"type": "text", "text": "Wait."}, TOOL_USE]},
        _said(*FIRST, ("assistant", [{"type": "text", "text": "Wait."}, TOOL_USE]), ("user", "found")),
    ),
    "anthropic prefill": (
        _said(*FIRST, ("assistant", "The river")),
        {"content": [{"type": "text", "text": " Elbe."}]},
        _said(*FIRST, ("assistant", "The river Elbe."), ("user", "More.")),
    ),
    "responses items": (
        {"input": "A river?"},
        {"output": [ITEM, {"type": "message", "content": [{"text": "Elbe."}]}]},
        {
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "A river?"}]},
                ITEM,
                {"role": "assistant", "content": [{"type": "output_text", "text": "Elbe."}]},
                {"role": "user", "content": "More."},
            ]
        },
    ),
    "from one API to another": (
        _said(*FIRST),
        CHAT_ANSWER,
        {"messages": [
            {"role": "user", "content": [{"text": "A river?"}]},
            {"role": "assistant", "content": [{"text": "Elbe."}]},
            {"role": "user", "content": [{"text": "More."}]},
        ]},
    ),
    "white space trimmed by the client": (
        _said(*FIRST),
        {"choices": [{"message": {"content": "\nElbe. \n"}}]},
        _said(*FIRST, ("assistant", "Elbe."), ("user", "More.")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "answer", "following"), PAIRS.values(), ids=PAIRS)
def test_a_request_that_carries_on_is_recognised(request_: Any, answer: Any, following: Any) -> None:
    (_, next_key), (prefix, _) = _keys((request_, answer), (following, None))
    assert next_key is not None
    assert prefix == next_key


def test_a_first_request_has_no_prefix_and_without_answer_no_next() -> None:
    assert [(None, None)] == _keys((_said(*FIRST), None))


def test_another_answer_is_another_conversation() -> None:
    (_, next_key), (prefix, _) = _keys(
        (_said(*FIRST), {"choices": [{"message": {"content": "Rhine."}}]}),
        (_said(*FIRST, ("assistant", "Elbe."), ("user", "More.")), None),
    )
    assert prefix != next_key


def test_new_input_is_what_follows_the_last_answer() -> None:
    row = Row()
    fill_request(row, _said(*FIRST, ("assistant", "Elbe."), ("user", "One."), ("user", "Two.")))
    assert (2, "One.\n\nTwo.") == (row.turn, row.prompt_text)


def test_replayed_reasoning_has_the_digest_it_was_given_with() -> None:
    given, replayed = Row(), Row()
    block = {"type": "thinking", "thinking": "…", "signature": "c2ln"}
    fill_answer(given, {"content": [block, {"type": "text", "text": "Elbe."}]})
    fill_request(replayed, _said(*FIRST, ("assistant", [block]), ("user", "More.")))
    assert given.reasoning_out
    assert given.reasoning_out == replayed.reasoning_in
