"""The body of a request, of any of the common APIs, as fields of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.coerce import (
    canonical,
    flag,
    mapping,
    parameter,
    real,
    sequence,
    strings,
    text,
)
from stillwatch.ingest.messages import Dialogue, flatten, read_dialogue
from stillwatch.ingest.rows import Row
from stillwatch.model.conversation import ROLE_CODES

_NESTED = frozenset({"inferenceConfig", "textGenerationConfig", "generationConfig", "options"})
_EFFORT = frozenset({"reasoning", "output_config", "thinking"})
_LIMITS = (
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens_to_sample",
    "max_gen_len",
    "maxTokens",
    "maxTokenCount",
    "maxOutputTokens",
    "max_new_tokens",
)
_PARAMETERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "temperature": ("temperature", real),
        "top_p": ("top_p", real),
        "topP": ("top_p", real),
        "stream": ("stream", flag),
        "logprobs": ("logprobs", flag),
        "reasoning_effort": ("reasoning_effort", text),
        "prompt_cache_key": ("prompt_cache_key", text),
    }
    | dict.fromkeys(_LIMITS, ("max_tokens", parameter))
)


def fill_request(row: Row, body: dict[str, Any]) -> None:
    """Fill a row from a request body; fields that the row already has stay."""
    if row.model is None:
        row.model = text(body.get("model"))
    fill_parameters(row, body)
    fill_tools(row, body)
    fill_identity(row, body)
    talk = _dialogue(body)
    if talk is not None:
        fill_dialogue(row, talk)


def fill_dialogue(row: Row, talk: Dialogue) -> None:
    """Fill text, turns and replayed reasoning."""
    row.turn = talk.earlier
    row.roles, row.texts = talk.roles, talk.texts
    fresh = [t for r, t in zip(talk.roles[row.turn :], talk.texts[row.turn :], strict=True) if r != 2]
    row.prompt_text = "\n\n".join(fresh) if len(fresh) != 1 else fresh[0]
    if talk.system:
        row.system_text = "\n\n".join(talk.system)
    if talk.reasoning:
        row.reasoning_in = talk.reasoning


def _dialogue(body: dict[str, Any]) -> Dialogue | None:
    """Turns of a body: messages, Responses input, completion prompt, or another vendor's field."""
    system = body.get("system", body.get("instructions", body.get("systemInstruction")))
    messages = body.get("messages", body.get("contents"))
    if isinstance(messages, list):
        return read_dialogue(messages, system)
    given = body.get("input", body.get("prompt", body.get("inputText", body.get("message"))))
    if given is None:
        return None
    if isinstance(given, list) and given and isinstance(given[0], dict):
        return read_dialogue(given, system)
    talk = read_dialogue([], system)
    history = body.get("chat_history")
    if isinstance(history, list):
        talk = read_dialogue([_old_turn(turn) for turn in history], system)
    talk.roles.append(ROLE_CODES["user"])
    talk.texts.append(flatten(given, talk.reasoning))
    return talk


def _old_turn(turn: Any) -> Any:
    """A turn of Cohere's `chat_history` (upper-case roles, `message` for the text) as an ordinary message."""
    if not isinstance(turn, dict):
        return turn
    role = {"CHATBOT": "assistant", "SYSTEM": "system"}.get(str(turn.get("role")), "user")
    return {"role": role, "content": turn.get("message")}


def fill_parameters(row: Row, body: dict[str, Any]) -> None:
    """Fill sampling parameters, wherever the API keeps them."""
    for key, value in body.items():
        known = _PARAMETERS.get(key)
        if known is not None:
            name, coerce = known
            made = coerce(value)
            if made is not None:
                setattr(row, name, made)
        elif key in _NESTED:
            fill_parameters(row, mapping(value))
        elif key in _EFFORT:
            row.reasoning_effort = _effort(mapping(value)) or row.reasoning_effort


def _effort(block: dict[str, Any]) -> str | None:
    """Reasoning effort as a word; a budget of thinking tokens as `budget_N`."""
    budget = parameter(block.get("budget_tokens"))
    named = block.get("effort", block.get("type"))
    return text(named) if budget is None else f"budget_{budget}"


def fill_tools(row: Row, body: dict[str, Any]) -> None:
    """Fill names and canonical definitions of tools, and the canonical output schema."""
    tools = body.get("tools") or body.get("functions") or mapping(body.get("toolConfig")).get("tools")
    if tools:
        definitions = sequence(tools)
        names = [name for name in map(_tool_name, definitions) if name]
        row.tool_names = names or None
        row.tools = canonical(definitions) if definitions else None
    schema = body.get("response_format") or body.get("output_format") or body.get("responseSchema")
    if schema is None and "text" in body:
        schema = mapping(body["text"]).get("format")
    if schema is None and "output_config" in body:
        schema = mapping(body["output_config"]).get("format")
    if isinstance(schema, dict) and schema.get("type") != "text":
        row.response_schema = canonical(schema)


def _tool_name(tool: Any) -> str | None:
    if not isinstance(tool, dict):
        return None
    for key in ("function", "toolSpec"):
        if isinstance(tool.get(key), dict):
            return text(tool[key].get("name"))
    return text(tool.get("name")) or text(tool.get("type"))


def fill_identity(row: Row, body: dict[str, Any]) -> None:
    """Fill the client's own user field, metadata and conversation."""
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        row.request_metadata = [*(row.request_metadata or ()), *(strings(metadata) or ())] or None
        row.end_user = row.end_user or text(metadata.get("user_id"))
    user = text(body.get("safety_identifier")) or text(body.get("user"))
    row.end_user = user or row.end_user
    conversation = body.get("conversation")
    if conversation is not None:
        named = text(conversation) or text(mapping(conversation).get("id"))
        row.conversation_id = named or row.conversation_id
