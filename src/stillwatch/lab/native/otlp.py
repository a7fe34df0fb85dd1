"""OTLP JSON lines with the GenAI conventions: spans, or one log event per call."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.talks import Talks, Turns

CARRIES = (
    "exchange_id", "ts", "account_id", "model", "response_model", "conversation_id", "system_text",
    "prompt_text", "response_text", "temperature", "top_p", "max_tokens", "stream", "input_tokens",
    "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens", "finish_reason",
    "error_type", "duration_ms", "client_address", "user_agent", "prefix_key", "next_prefix_key",
    "tool_names",
)  # fmt: skip
PLAIN = (
    ("model", "gen_ai.request.model"),
    ("response_model", "gen_ai.response.model"),
    ("exchange_id", "gen_ai.response.id"),
    ("conversation_id", "gen_ai.conversation.id"),
    ("temperature", "gen_ai.request.temperature"),
    ("top_p", "gen_ai.request.top_p"),
    ("max_tokens", "gen_ai.request.max_tokens"),
    ("stream", "gen_ai.request.stream"),
    ("input_tokens", "gen_ai.usage.input_tokens"),
    ("output_tokens", "gen_ai.usage.output_tokens"),
    ("reasoning_tokens", "gen_ai.usage.reasoning.output_tokens"),
    ("cache_read_tokens", "gen_ai.usage.cache_read.input_tokens"),
    ("cache_write_tokens", "gen_ai.usage.cache_creation.input_tokens"),
    ("error_type", "error.type"),
    ("client_address", "client.address"),
    ("user_agent", "user_agent.original"),
    ("account_id", "user.id"),
)
EVENT = "gen_ai.client.inference.operation.details"


def span_lines(row: Record, talks: Talks) -> list[bytes]:
    """One `TracesData` with the span of one call."""
    return [traces(span(row, attributes(row, talks.turns(row))))]


def event_lines(row: Record, talks: Talks) -> list[bytes]:
    """One `LogsData` with the event of one call; an event has no duration."""
    trace, short = identifiers(row)
    record = {
        "timeUnixNano": str(row["ts"] * 1_000),
        "observedTimeUnixNano": str(row["ts"] * 1_000),
        "eventName": EVENT,
        "severityNumber": 9,
        "traceId": trace,
        "spanId": short,
        "attributes": listed(attributes(row, talks.turns(row))),
    }
    scope = {"scope": {"name": "gateway"}, "logRecords": [record]}
    return [msgspec.json.encode({"resourceLogs": [{"resource": _resource(), "scopeLogs": [scope]}]})]


def traces(one: Record) -> bytes:
    """A `TracesData` object around one span."""
    scope = {"scope": {"name": "gateway"}, "spans": [one]}
    return msgspec.json.encode({"resourceSpans": [{"resource": _resource(), "scopeSpans": [scope]}]})


def span(row: Record, values: Record) -> Record:
    """The span of one call."""
    trace, short = identifiers(row)
    failed = "error_type" in row
    return {
        "traceId": trace,
        "spanId": short,
        "name": f"chat {row['model']}",
        "kind": 3,
        "startTimeUnixNano": str(row["ts"] * 1_000),
        "endTimeUnixNano": str((row["ts"] + 1_000 * row.get("duration_ms", 0)) * 1_000),
        "attributes": listed(values),
        "status": {"code": 2, "message": row["error_type"]} if failed else {},
    }


def attributes(row: Record, turns: Turns) -> Record:
    """Attributes by name; content is that of the opt-in attributes."""
    values: Record = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}
    values |= {theirs: row[ours] for ours, theirs in PLAIN if ours in row}
    if "finish_reason" in row:
        values["gen_ai.response.finish_reasons"] = [row["finish_reason"]]
    if "system_text" in row:
        values["gen_ai.system_instructions"] = _json([{"type": "text", "content": row["system_text"]}])
    if turns:
        values["gen_ai.input.messages"] = _json([_message(role, text) for role, text in turns])
    if "response_text" in row:
        said = _message("assistant", row["response_text"]) | {"finish_reason": row.get("finish_reason")}
        values["gen_ai.output.messages"] = _json([said])
    if "tool_names" in row:
        values["gen_ai.tool.definitions"] = _json(
            [{"type": "function", "name": n} for n in row["tool_names"]]
        )
    return values


def listed(values: Record) -> list[Record]:
    """Attributes as OTLP lists them: key and typed value."""
    return [{"key": name, "value": _typed(value)} for name, value in values.items()]


def identifiers(row: Record) -> tuple[str, str]:
    """Trace id and span id from the exchange's id."""
    digest = hashlib.blake2b(row["exchange_id"].encode(), digest_size=24).hexdigest()
    return digest[:32], digest[32:]


def _message(role: str, text: str) -> Record:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _typed(value: Any) -> Record:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_typed(item) for item in value]}}
    return {"stringValue": value}


def _resource() -> Record:
    return {"attributes": listed({"service.name": "gateway"})}
