"""OTLP JSON lines with the OpenInference attributes, the default of Envoy AI Gateway's traces."""

from __future__ import annotations

import msgspec

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.openai_bodies import PARAMETERS
from stillwatch.lab.native.otlp import span, traces
from stillwatch.lab.native.talks import Talks, Turns

CARRIES = (
    "ts", "account_id", "model", "conversation_id", "system_text", "prompt_text", "response_text",
    "temperature", "top_p", "max_tokens", "input_tokens", "output_tokens", "cache_read_tokens", "duration_ms",
    "prefix_key", "next_prefix_key",
)  # fmt: skip
PLAIN = (
    ("model", "llm.model_name"),
    ("conversation_id", "session.id"),
    ("account_id", "user.id"),
    ("input_tokens", "llm.token_count.prompt"),
    ("output_tokens", "llm.token_count.completion"),
    ("cache_read_tokens", "llm.token_count.prompt_details.cache_read"),
    ("reasoning_tokens", "llm.token_count.completion_details.reasoning"),
)


def lines(row: Record, talks: Talks) -> list[bytes]:
    """One `TracesData` with the span of one call."""
    return [traces(span(row, attributes(row, talks.turns(row))))]


def attributes(row: Record, turns: Turns) -> Record:
    """Attributes by name; messages are numbered."""
    values: Record = {"openinference.span.kind": "LLM", "llm.provider": "openai", "llm.system": "openai"}
    values |= {theirs: row[ours] for ours, theirs in PLAIN if ours in row}
    given = {name: row[name] for name in PARAMETERS if name in row}
    values["llm.invocation_parameters"] = msgspec.json.encode(given).decode()
    system = (("system", row["system_text"]),) if "system_text" in row else ()
    for number, (role, text) in enumerate((*system, *turns)):
        values[f"llm.input_messages.{number}.message.role"] = role
        values[f"llm.input_messages.{number}.message.content"] = text
    if "response_text" in row:
        values["llm.output_messages.0.message.role"] = "assistant"
        values["llm.output_messages.0.message.content"] = row["response_text"]
    return values
