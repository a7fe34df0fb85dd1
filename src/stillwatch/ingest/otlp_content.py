"""Messages, answers and tools in OpenTelemetry attributes, in each of the forms that instrumentations
write.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.coerce import embedded, mapping, sequence
from stillwatch.ingest.otlp_values import Attributes, numbered

_EVENT_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.system.message": "system",
        "gen_ai.user.message": "user",
        "gen_ai.assistant.message": "assistant",
        "gen_ai.tool.message": "tool",
    }
)


def input_messages(given: Attributes, events: list[tuple[str, Attributes]]) -> list[Any]:
    """Messages of the request: current attribute, numbered attributes, OpenInference, or span events."""
    for name in ("gen_ai.input.messages", "gen_ai.prompt"):
        if found := sequence(given.get(name)):
            return found
    if found := numbered(given, "gen_ai.prompt."):
        return [_numbered_message(item) for item in found]
    if found := numbered(given, "llm.input_messages."):
        return [_openinference(item) for item in found]
    prompts = given.get("llm.prompts")
    if isinstance(prompts, list):
        return prompts
    told = [m for name, attrs in events for m in _event_messages(name, attrs)]
    return told or _input_value(given.get("input.value"))


def output_messages(given: Attributes, events: list[tuple[str, Attributes]]) -> list[dict[str, Any]]:
    """Messages of the answer, in the same forms."""
    for name in ("gen_ai.output.messages", "gen_ai.completion"):
        if found := sequence(given.get(name)):
            return [item for item in found if isinstance(item, dict)]
    if found := numbered(given, "gen_ai.completion."):
        return [_numbered_message(item) for item in found]
    if found := numbered(given, "llm.output_messages."):
        return [_openinference(item) for item in found]
    for name, attrs in events:
        if name == "gen_ai.choice":
            return [mapping(attrs.get("message")) or attrs]
        if name == "gen_ai.content.completion":
            told = sequence(attrs.get("gen_ai.completion"))
            return [item for item in told if isinstance(item, dict)]
    return []


def system_text(given: Attributes) -> Any:
    """System instructions that stand apart from the messages."""
    return embedded(given.get("gen_ai.system_instructions"))


def tool_definitions(given: Attributes) -> list[Any]:
    """Definitions of the tools offered."""
    if found := sequence(given.get("gen_ai.tool.definitions")):
        return found
    if found := numbered(given, "llm.request.functions."):
        return found
    listed = numbered(given, "llm.tools.")
    schemas = [mapping(mapping(item).get("tool")).get("json_schema") for item in listed]
    return [embedded(schema) for schema in schemas if schema is not None]


def _event_messages(name: str, attrs: Attributes) -> list[Any]:
    if name == "gen_ai.content.prompt":
        return sequence(attrs.get("gen_ai.prompt"))
    if name == "gen_ai.client.inference.operation.details":
        return sequence(attrs.get("gen_ai.input.messages"))
    role = _EVENT_ROLES.get(name)
    return [{"role": attrs.get("role", role)} | attrs] if role else []


def _numbered_message(item: Any) -> dict[str, Any]:
    message = dict(mapping(item))
    if "content" in message:
        message["content"] = embedded(message["content"])
    return message


def _openinference(item: Any) -> dict[str, Any]:
    message = mapping(mapping(item).get("message"))
    parts = [mapping(part).get("message_content") for part in sequence(message.get("contents"))]
    calls = [mapping(call).get("tool_call") for call in sequence(message.get("tool_calls"))]
    content = message.get("content", [part for part in parts if part])
    found: dict[str, Any] = {"role": message.get("role"), "content": content}
    if calls:
        found["tool_calls"] = [call for call in calls if call]
    return found


def _input_value(given: Any) -> list[Any]:
    """OpenInference's raw input: a request body, or the prompt itself."""
    body = embedded(given)
    if isinstance(body, dict):
        return sequence(body.get("messages"))
    return [body] if isinstance(body, str) and body else []
