"""Bodies of the Anthropic messages API, as plain objects and as stream events."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.talks import Turns

STOPS: Mapping[str, str] = MappingProxyType(
    {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
)


def request(row: Record, turns: Turns) -> Record:
    """Body of a request; reasoning blocks are replayed before the last answer that is carried."""
    body: Record = {"max_tokens": row.get("max_tokens", 1024)}
    body |= {name: row[name] for name in ("temperature", "top_p", "stream") if name in row}
    if "system_text" in row:
        body["system"] = row["system_text"]
    if "end_user" in row:
        body["metadata"] = {"user_id": row["end_user"]}
    if "tool_names" in row:
        key = row.get("tools_key", 0) & 0xFFFFFFFF
        body["tools"] = [
            {"name": name, "description": f"{name}, edition {key:x}", "input_schema": {"type": "object"}}
            for name in row["tool_names"]
        ]
    if turns:
        body["messages"] = [
            {"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns
        ]
        _replay(body["messages"], row.get("reasoning_in", ()))
    return body


def answer(row: Record) -> Record:
    """Body of an answer, or of an error."""
    if "error_type" in row:
        return {"type": "error", "error": {"type": row["error_type"], "message": row["error_type"]}}
    return {
        "id": row["exchange_id"],
        "type": "message",
        "role": "assistant",
        "model": row.get("response_model", row["model"]),
        "content": [
            *thoughts(row.get("reasoning_out", ())),
            {"type": "text", "text": row.get("response_text", "")},
        ],
        "stop_reason": stop(row),
        "usage": usage(row),
    }


def events(row: Record) -> list[Record]:
    """An answer as the events of a stream, its text in pieces of 40 letters."""
    text = row.get("response_text", "")
    head = answer({**row, "response_text": ""}) | {"content": [], "stop_reason": None}
    parts: list[Record] = [{"type": "message_start", "message": head}]
    blocks = [*thoughts(row.get("reasoning_out", ())), {"type": "text", "text": ""}]
    for number, block in enumerate(blocks):
        parts.append({"type": "content_block_start", "index": number, "content_block": block})
        if block["type"] == "text":
            for at in range(0, len(text), 40):
                delta = {"type": "text_delta", "text": text[at : at + 40]}
                parts.append({"type": "content_block_delta", "index": number, "delta": delta})
        parts.append({"type": "content_block_stop", "index": number})
    closing = {"output_tokens": row.get("output_tokens", 0)}
    parts.append({"type": "message_delta", "delta": {"stop_reason": stop(row)}, "usage": closing})
    parts.append({"type": "message_stop"})
    return parts


def stop(row: Record) -> str | None:
    """Stop reason under its name in this API."""
    reason = row.get("finish_reason")
    return STOPS.get(reason, reason) if reason is not None else None


def usage(row: Record) -> Record:
    """Token counts."""
    names = {
        "input_tokens": "input_tokens",
        "output_tokens": "output_tokens",
        "cache_read_tokens": "cache_read_input_tokens",
        "cache_write_tokens": "cache_creation_input_tokens",
    }
    return {theirs: row[ours] for ours, theirs in names.items() if ours in row}


def thoughts(digests: list[str] | tuple[str, ...]) -> list[Record]:
    """Reasoning blocks whose signature is our digest: equal blocks stay equal."""
    return [{"type": "thinking", "thinking": "", "signature": digest} for digest in digests]


def _replay(messages: list[Record], digests: list[str] | tuple[str, ...]) -> None:
    last = next((m for m in reversed(messages) if m["role"] == "assistant"), None)
    if last is not None and digests:
        last["content"] = thoughts(digests) + last["content"]
