"""LiteLLM: StandardLoggingPayload lines of its callbacks and sinks, and rows of its `SpendLogs` table."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import msgspec

from stillwatch.ingest.answers import fill_answer
from stillwatch.ingest.coerce import (
    elapsed_ms,
    embedded,
    flag,
    mapping,
    moment,
    sequence,
    strings,
    text,
    whole,
)
from stillwatch.ingest.csvrows import csv_header, is_csv, read_csv
from stillwatch.ingest.formats import Settings, chosen_account, lookup
from stillwatch.ingest.headers import address, fill_headers, pairs
from stillwatch.ingest.lines import objects, read_lines
from stillwatch.ingest.messages import read_dialogue
from stillwatch.ingest.requests import fill_dialogue, fill_identity, fill_parameters, fill_tools
from stillwatch.ingest.rows import Batch, Row
from stillwatch.ingest.source import Source
from stillwatch.model.registry import log_format

REDACTED = "redacted-by-litellm"  # what stands in for text with `turn_off_message_logging`
_OPERATIONS = MappingProxyType({"embedding": "embeddings", "text_completion": "completion"})


class Metadata(msgspec.Struct, gc=False):
    """Who called, as LiteLLM's proxy knows it."""

    user_api_key_hash: Any = None
    user_api_key: Any = None
    user_api_key_org_id: Any = None
    user_api_key_team_id: Any = None
    user_api_key_end_user_id: Any = None
    requester_ip_address: Any = None
    requester_metadata: Any = None
    requester_custom_headers: Any = None
    user_agent: Any = None
    status: Any = None
    error_information: Any = None


class Payload(msgspec.Struct, gc=False):
    """A line or row. Names of both shapes; the columns of `SpendLogs` hold JSON as text."""

    startTime: Any = None  # noqa: N815 - LiteLLM's name
    endTime: Any = None  # noqa: N815 - LiteLLM's name
    id: Any = None
    request_id: Any = None
    call_type: Any = None
    status: Any = None
    model: Any = None
    prompt_tokens: Any = None
    completion_tokens: Any = None
    stream: Any = None
    end_user: Any = None
    user: Any = None
    api_key: Any = None
    organization_id: Any = None
    team_id: Any = None
    session_id: Any = None
    requester_ip_address: Any = None
    messages: Any = None
    response: Any = None
    model_parameters: Any = None
    proxy_server_request: Any = None
    error_information: Any = None
    metadata: Metadata | str | None = None


@log_format(
    name="litellm",
    title="LiteLLM StandardLoggingPayload or SpendLogs (JSON lines, CSV)",
    account="metadata.user_api_key_hash, or api_key of SpendLogs (both the SHA-256 of the key)",
)
class LiteLLM:
    """Reads what LiteLLM logs. Without stored prompts (its default for SpendLogs) there is no text."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._decode = msgspec.json.Decoder(Payload, strict=False).decode
        self._metadata = msgspec.json.Decoder(Metadata, strict=False).decode

    def sniff(self, head: bytes) -> float:
        """Sure where records hold `call_type`, `startTime` and one of LiteLLM's ids."""
        if is_csv(head):
            names = set(csv_header(head))
            return 1.0 if {"request_id", "call_type", "startTime"} <= names else 0.0
        found = objects(head)
        ours = sum("call_type" in o and "startTime" in o and ("id" in o or "request_id" in o) for o in found)
        return ours / len(found) if found else 0.0

    def read(self, source: Source) -> Iterator[Batch]:
        """One row per call."""
        if is_csv(source.head()):
            return read_csv(source, self._from_csv, name="litellm")
        return read_lines(source, self._from_line, name="litellm")

    def _from_line(self, line: bytes) -> list[Row]:
        row = self._row(self._decode(line))
        if self._account:
            row.account_id = chosen_account(line, self._account)
        return [row]

    def _from_csv(self, record: dict[str, str]) -> list[Row]:
        filled = {name: value for name, value in record.items() if value not in ("", "null", "NULL")}
        row = self._row(msgspec.convert(filled, Payload, strict=False))
        if self._account:
            row.account_id = text(lookup({k: embedded(v) for k, v in filled.items()}, self._account))
        return [row]

    def _row(self, payload: Payload) -> Row:
        known = payload.metadata
        if not isinstance(known, Metadata):
            known = self._metadata(known) if known and known[:1] == "{" else Metadata()
        row = Row(pathway="api")
        _fill_call(row, payload)
        _fill_caller(row, payload, known)
        _fill_outcome(row, payload, known)
        _fill_request(row, payload)
        fill_answer(row, embedded(payload.response))
        if row.response_text == REDACTED:
            row.response_text = row.reply = None
        return row


def _fill_call(row: Row, payload: Payload) -> None:
    row.exchange_id = text(payload.id) or text(payload.request_id)
    row.ts = moment(payload.startTime)
    row.model = text(payload.model)
    row.conversation_id = text(payload.session_id)
    row.input_tokens = whole(payload.prompt_tokens)
    row.output_tokens = whole(payload.completion_tokens)
    kind = text(payload.call_type) or ""
    row.operation = _OPERATIONS.get(kind.removeprefix("a"), "chat")
    row.duration_ms = elapsed_ms(row.ts, moment(payload.endTime))


def _fill_caller(row: Row, payload: Payload, known: Metadata) -> None:
    row.account_id = text(known.user_api_key_hash) or text(payload.api_key) or text(known.user_api_key)
    row.api_key_id = row.account_id
    row.organization_id = (
        text(payload.organization_id)
        or text(known.user_api_key_org_id)
        or text(payload.team_id)
        or text(known.user_api_key_team_id)
    )
    row.end_user = text(payload.end_user) or text(known.user_api_key_end_user_id)
    row.client_address = address(payload.requester_ip_address) or address(known.requester_ip_address)
    row.request_metadata = strings(known.requester_metadata)
    row.user_agent = text(known.user_agent)
    if known.requester_custom_headers:
        fill_headers(row, pairs(known.requester_custom_headers), ordered=False)


def _fill_outcome(row: Row, payload: Payload, known: Metadata) -> None:
    state = text(payload.status) or text(known.status)
    if state == "success":
        row.status = 200
        return
    error = mapping(payload.error_information) or mapping(known.error_information)
    if state == "failure" or error:
        row.status = whole(error.get("error_code"))
        row.error_type = text(error.get("error_class")) or "error"


def _fill_request(row: Row, payload: Payload) -> None:
    """Parameters and text: from the logged request of the proxy where there is one, else from the payload."""
    request = mapping(embedded(payload.proxy_server_request))
    body = mapping(request.get("body")) or request
    parameters = mapping(payload.model_parameters) or body
    row.stream = flag(payload.stream)
    if parameters:
        fill_parameters(row, parameters)
        fill_tools(row, parameters)
        fill_identity(row, parameters)
    headers = mapping(request.get("headers"))
    if headers:
        fill_headers(row, pairs(headers))
    messages = sequence(payload.messages) or sequence(body.get("messages", body.get("input")))
    if isinstance(payload.messages, str) and payload.messages[:1] not in ("", "{", "["):
        messages = [payload.messages]
    if messages:
        talk = read_dialogue(messages, body.get("system", parameters.get("system")))
        if talk.texts != [REDACTED]:
            fill_dialogue(row, talk)
