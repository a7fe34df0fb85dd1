"""The body of an answer, of any of the common APIs, as fields of a row. Streams are put together first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.chunks import assemble
from stillwatch.ingest.coerce import mapping, text, whole
from stillwatch.ingest.messages import flatten, message_text
from stillwatch.ingest.rows import Row

_ASSISTANT = 2
_DETAILS = frozenset(
    {"prompt_tokens_details", "input_tokens_details", "completion_tokens_details", "output_tokens_details"}
)
_COUNTS: Mapping[str, str] = MappingProxyType(
    {
        "prompt_tokens": "input_tokens",
        "input_tokens": "input_tokens",
        "inputTokens": "input_tokens",
        "prompt_token_count": "input_tokens",
        "inputTextTokenCount": "input_tokens",
        "completion_tokens": "output_tokens",
        "output_tokens": "output_tokens",
        "outputTokens": "output_tokens",
        "generation_token_count": "output_tokens",
        "promptTokenCount": "input_tokens",
        "candidatesTokenCount": "output_tokens",
        "thoughtsTokenCount": "reasoning_tokens",
        "cachedContentTokenCount": "cache_read_tokens",
        "reasoning_tokens": "reasoning_tokens",
        "cached_tokens": "cache_read_tokens",
        "cache_read_input_tokens": "cache_read_tokens",
        "cacheReadInputTokens": "cache_read_tokens",
        "cache_creation_input_tokens": "cache_write_tokens",
        "cacheWriteInputTokens": "cache_write_tokens",
    }
)


def fill_answer(row: Row, body: Any, *, choice: int = 0) -> None:
    """Fill a row from an answer, one object or a list of stream chunks; `choice` picks one of several."""
    if isinstance(body, list):
        body = assemble(body)
    if not isinstance(body, dict):
        return
    fill_usage(row, body)
    named = text(body.get("model"))
    if named and row.model and named != row.model:
        row.response_model = named
    error = body.get("error")
    if error and row.error_type is None:
        row.error_type = text(mapping(error).get("type")) or text(mapping(error).get("code")) or "error"
        return
    reasoning: list[str] = []
    found = _choice(row, body, choice, reasoning) or _vendor(row, body, reasoning)
    if found is not None:
        fill_reply(row, found)
    if reasoning:
        row.reasoning_out = reasoning


def fill_reply(row: Row, reply: str) -> None:
    """Fill the answer's text and turn; a turn that the client began (a prefill) is carried on."""
    row.response_text = reply
    if row.roles and row.texts and row.roles[-1] == _ASSISTANT and len(row.roles) > (row.turn or 0):
        row.reply = row.texts[-1] + reply
        row.roles, row.texts = row.roles[:-1], row.texts[:-1]
    else:
        row.reply = reply


def _choice(row: Row, body: dict[str, Any], choice: int, reasoning: list[str]) -> str | None:
    """OpenAI chat and completions."""
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices:
        return None
    picked = choices[choice] if choice < len(choices) else choices[0]
    if not isinstance(picked, dict):
        return None
    row.finish_reason = text(picked.get("finish_reason"))
    message = picked.get("message")
    if isinstance(message, dict):
        return message_text(message, reasoning)
    return flatten(picked.get("text"), reasoning)


def _vendor(row: Row, body: dict[str, Any], reasoning: list[str]) -> str | None:
    """Responses API, Anthropic messages, Bedrock Converse, Titan, Llama, Mistral, Cohere, Gemini."""
    output = body.get("output")
    if isinstance(output, list):
        row.finish_reason = text(mapping(body.get("incomplete_details")).get("reason")) or text(
            body.get("status")
        )
        return flatten(output, reasoning)
    if isinstance(output, dict) and isinstance(output.get("message"), dict):
        row.finish_reason = text(body.get("stopReason"))
        return message_text(output["message"], reasoning)
    row.finish_reason = text(
        body.get("stop_reason")
        or body.get("finish_reason")
        or body.get("completionReason")
        or body.get("stopReason")
    )
    for key in ("content", "generation", "outputText", "completion", "text"):
        if isinstance(body.get(key), (str, list)):
            return flatten(body[key], reasoning)
    return _listed(row, body, reasoning)


def _listed(row: Row, body: dict[str, Any], reasoning: list[str]) -> str | None:
    """Answers that stand first in a list: Titan, Mistral, Cohere, Gemini."""
    for key in ("results", "outputs", "generations", "candidates"):
        items = body.get(key)
        if isinstance(items, list) and items and isinstance(items[0], dict):
            item = items[0]
            why = item.get("completionReason") or item.get("stop_reason") or item.get("finish_reason")
            row.finish_reason = text(why or item.get("finishReason"))
            row.output_tokens = (
                whole(item.get("tokenCount")) if row.output_tokens is None else row.output_tokens
            )
            return flatten(item.get("outputText", item.get("text", item.get("content"))), reasoning)
    return None


def fill_usage(row: Row, body: dict[str, Any]) -> None:
    """Fill token counts from an answer's usage block, whatever it calls them; counts already there stay."""
    usage = body.get("usage", body.get("usageMetadata"))
    for key, value in (usage if isinstance(usage, dict) else body).items():
        name = _COUNTS.get(key)
        if name is not None:
            if value is not None and getattr(row, name) is None:
                setattr(row, name, whole(value))
        elif key in _DETAILS and isinstance(value, dict):
            fill_usage(row, {"usage": value})
