"""Bodies of the OpenAI chat API: what a request sends, what an answer holds."""

from __future__ import annotations

from typing import Any

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.talks import Turns

PARAMETERS = (
    "temperature",
    "top_p",
    "max_tokens",
    "stream",
    "logprobs",
    "reasoning_effort",
    "prompt_cache_key",
)


def parameters(row: Record) -> Record:
    """Parameters as the chat API names them."""
    found: Record = {name: row[name] for name in PARAMETERS if name in row}
    if "end_user" in row:
        found["user"] = row["end_user"]
    if "tool_names" in row:
        found["tools"] = [tool(name, row.get("tools_key", 0)) for name in row["tool_names"]]
    if "response_schema_key" in row:
        schema = {"name": f"form_{row['response_schema_key'] & 0xFFFFFFFF:x}", "schema": {"type": "object"}}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    return found


def tool(name: str, key: int) -> Record:
    """A tool definition; equal keys give equal definitions."""
    described = f"{name}, edition {key & 0xFFFFFFFF:x}"
    return {"type": "function", "function": {"name": name, "description": described, "parameters": {}}}


def messages(row: Record, turns: Turns) -> list[Record]:
    """System text and turns as messages."""
    system = [{"role": "system", "content": row["system_text"]}] if "system_text" in row else []
    return system + [{"role": role, "content": text} for role, text in turns]


def request(row: Record, turns: Turns) -> Record:
    """Body of a request."""
    body: Record = {"model": row["model"], **parameters(row)}
    if turns:
        body["messages"] = messages(row, turns)
    if "request_metadata" in row:
        body["metadata"] = dict(row["request_metadata"])
    return body


def answer(row: Record) -> Record:
    """Body of an answer, or of an error."""
    if "error_type" in row:
        return {"error": {"type": row["error_type"], "message": row["error_type"], "code": None}}
    message: Record = {"role": "assistant", "content": row.get("response_text")}
    choice = {"index": 0, "message": message, "finish_reason": row.get("finish_reason")}
    return {
        "id": row["exchange_id"],
        "object": "chat.completion",
        "created": row["ts"] // 1_000_000,
        "model": row.get("response_model", row["model"]),
        "choices": [choice],
        "usage": usage(row),
    }


def usage(row: Record) -> Record:
    """Token counts."""
    asked, answered = row.get("input_tokens"), row.get("output_tokens")
    found: dict[str, Any] = {"prompt_tokens": asked, "completion_tokens": answered}
    if asked is not None and answered is not None:
        found["total_tokens"] = asked + answered
    if "cache_read_tokens" in row:
        found["prompt_tokens_details"] = {"cached_tokens": row["cache_read_tokens"]}
    if "reasoning_tokens" in row:
        found["completion_tokens_details"] = {"reasoning_tokens": row["reasoning_tokens"]}
    return {name: value for name, value in found.items() if value is not None}
