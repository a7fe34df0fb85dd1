"""Messages of any chat API as plain turns: who spoke, what text, which reasoning blocks were carried along.

Read here: OpenAI chat and Responses items, Anthropic blocks, Bedrock Converse, OpenTelemetry parts, Gemini
parts. A tool call is written `name(arguments)`; an image or file becomes its kind and digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from stillwatch.ingest.coerce import canonical, digest, mapping, sequence
from stillwatch.model.conversation import ROLE_CODES

_ROLES: Mapping[str, int] = MappingProxyType(
    {
        "user": ROLE_CODES["user"],
        "human": ROLE_CODES["user"],
        "assistant": ROLE_CODES["assistant"],
        "model": ROLE_CODES["assistant"],
        "ai": ROLE_CODES["assistant"],
        "tool": ROLE_CODES["tool"],
        "function": ROLE_CODES["tool"],
    }
)
_SYSTEM = frozenset({"system", "developer"})
_ASSISTANT = ROLE_CODES["assistant"]
_TOOL = ROLE_CODES["tool"]


class Dialogue(msgspec.Struct, gc=False):
    """Turns of a request (system text apart), and digests of the reasoning blocks in it."""

    system: list[str]
    roles: list[int]
    texts: list[str]
    reasoning: list[str]

    @property
    def earlier(self) -> int:
        """Number of earlier turns: those up to the last answer that is followed by new input."""
        at = len(self.roles)
        while at and self.roles[at - 1] == _ASSISTANT:
            at -= 1
        while at and self.roles[at - 1] != _ASSISTANT:
            at -= 1
        return at


def read_dialogue(messages: list[Any], system: Any = None) -> Dialogue:
    """Turns of a list of messages; `system` is system text that stands outside of them."""
    talk = Dialogue([], [], [], [])
    if system:
        _add_system(talk, system)
    for message in messages:
        if type(message) is dict:
            _add(talk, message)
        elif type(message) is str:
            _turn(talk, ROLE_CODES["user"], message)
    return talk


def _add(talk: Dialogue, message: dict[str, Any]) -> None:
    role = message.get("role")
    content = message.get("content")
    if type(role) is not str:
        _add_item(talk, message)
    elif role in _SYSTEM:
        _add_system(talk, content if content is not None else message.get("parts"))
    elif type(content) is str and len(message) == 2:
        _turn(talk, _ROLES.get(role, 0), content)
    else:
        _turn(talk, _ROLES.get(role, 0), message_text(message, talk.reasoning))


def _add_item(talk: Dialogue, item: dict[str, Any]) -> None:
    """Items without a role, as the Responses API has them."""
    kind = item.get("type")
    if kind == "function_call_output" or kind == "custom_tool_call_output":
        _turn(talk, _TOOL, flatten(item.get("output"), talk.reasoning))
    elif kind == "reasoning":
        _part(item, talk.reasoning)
    elif kind in ("function_call", "custom_tool_call"):
        _turn(talk, _ASSISTANT, _part(item, talk.reasoning))
    else:
        _turn(talk, ROLE_CODES["user"], flatten(item, talk.reasoning))


def _add_system(talk: Dialogue, content: Any) -> None:
    text = flatten(content, talk.reasoning)
    if text:
        talk.system.append(text)


def _turn(talk: Dialogue, role: int, text: str) -> None:
    """Add a turn; several answers in a row are one turn, however the client split them."""
    if role == _ASSISTANT and talk.roles and talk.roles[-1] == _ASSISTANT:
        talk.texts[-1] = "\n".join(filter(None, (talk.texts[-1], text)))
        return
    talk.roles.append(role)
    talk.texts.append(text)


def message_text(message: dict[str, Any], reasoning: list[str]) -> str:
    """Text of one message with its tool calls; digests of its reasoning blocks go to `reasoning`."""
    content = message.get("content")
    parts = [flatten(content if content is not None else message.get("parts"), reasoning)]
    for call in sequence(message.get("tool_calls")):
        if isinstance(call, dict):
            function = mapping(call.get("function")) or call
            parts.append(_call(function.get("name"), function.get("arguments")))
    call = message.get("function_call")
    if isinstance(call, dict):
        parts.append(_call(call.get("name"), call.get("arguments")))
    for block in sequence(message.get("thinking_blocks")) or sequence(message.get("reasoning_details")):
        if isinstance(block, dict):
            _reasoning(block, reasoning)
    refusal = message.get("refusal")
    if isinstance(refusal, str):
        parts.append(refusal)
    return "\n".join(filter(None, parts))


def flatten(content: Any, reasoning: list[str]) -> str:
    """Plain text of a content field of any shape."""
    if type(content) is str:
        return content
    if type(content) is list:
        return "\n".join(filter(None, [flatten(part, reasoning) for part in content]))
    if type(content) is dict:
        return _part(content, reasoning)
    return ""


def _part(part: dict[str, Any], reasoning: list[str]) -> str:
    kind = part.get("type")
    if kind in ("thinking", "redacted_thinking", "reasoning") or "reasoningContent" in part:
        _reasoning(part, reasoning)
        return ""
    text = part.get("text")
    if type(text) is str:
        return text
    for key in ("content", "refusal", "parts", "input_text"):
        if kind not in ("image", "document") and type(part.get(key)) in (str, list, dict):
            return flatten(part[key], reasoning)
    return _tool(part, kind, reasoning)


def _tool(part: dict[str, Any], kind: Any, reasoning: list[str]) -> str:
    """Tool calls, tool results, and whatever is not text."""
    call = part.get("toolUse") or part.get("functionCall")
    if isinstance(call, dict):
        return _call(call.get("name"), call.get("input", call.get("args")))
    if kind in ("tool_use", "tool_call", "function_call", "custom_tool_call", "server_tool_use"):
        return _call(part.get("name"), part.get("input", part.get("arguments")))
    result = part.get("toolResult") or part.get("functionResponse")
    if isinstance(result, dict):
        return flatten(result.get("content", result.get("response")), reasoning)
    for key in ("result", "response", "output", "json"):
        if key in part:
            value = part[key]
            return value if isinstance(value, str) else canonical(value)
    if kind == "tool_result" or not part:
        return ""
    named = kind if isinstance(kind, str) else next(iter(part))
    return f"[{named[:24]} {digest(canonical(part))}]"


def _call(name: Any, arguments: Any) -> str:
    given = arguments if isinstance(arguments, str) else canonical(arguments) if arguments is not None else ""
    return f"{name if isinstance(name, str) else ''}({given})"


def _reasoning(part: dict[str, Any], reasoning: list[str]) -> None:
    """Add the digest of a reasoning block: of its signature or encrypted content, else of its text."""
    inner = mapping(part.get("reasoningContent"))
    block = mapping(inner.get("reasoningText")) or inner or part
    for key in ("signature", "encrypted_content", "redactedContent", "data", "thinking", "text", "content"):
        value = block.get(key)
        if isinstance(value, str) and value:
            reasoning.append(digest(value))
            return
