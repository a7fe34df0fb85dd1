"""OpenTelemetry: GenAI spans or log events as OTLP JSON lines, as the Collector's file exporter writes
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from stillwatch.ingest.answers import fill_reply
from stillwatch.ingest.coerce import (
    canonical,
    digest,
    elapsed_ms,
    mapping,
    moment,
    real,
    sequence,
    strings,
    text,
    whole,
)
from stillwatch.ingest.formats import Settings, lookup
from stillwatch.ingest.headers import address, client_address, fill_headers
from stillwatch.ingest.lines import Converted, objects, read_lines, read_records, reason
from stillwatch.ingest.messages import message_text, read_dialogue
from stillwatch.ingest.otlp_content import input_messages, output_messages, system_text, tool_definitions
from stillwatch.ingest.otlp_values import Attributes, attributes, value
from stillwatch.ingest.requests import fill_dialogue, fill_parameters, fill_tools
from stillwatch.ingest.rows import Batch, Reject, Row
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError
from stillwatch.model.registry import log_format

ACCOUNT = ("account.id", "tenant.id", "api_key.id", "api_key.hash", "user.id", "enduser.id")
_REQUEST_ID = (
    "http.request.id",
    "http.request.header.x-request-id",
    "http.response.header.x-request-id",
    "request.id",
    "gen_ai.request.id",
    "gen_ai.response.id",
)
_MODEL = ("gen_ai.request.model", "llm.model_name", "embedding.model_name", "llm.request.model")
_CALLS = frozenset({"chat", "text_completion", "generate_content", "embeddings", "completion"})
_OTHER = frozenset({"execute_tool", "invoke_agent", "create_agent", "invoke_workflow", "retrieval"})
_HEADER = "http.request.header."


class Export(msgspec.Struct, gc=False):
    """One line of the file exporter: spans or log records, never both."""

    resourceSpans: list[Any] | None = None  # noqa: N815 - OTLP's name
    resourceLogs: list[Any] | None = None  # noqa: N815 - OTLP's name


@log_format(
    name="otlp",
    title="OpenTelemetry GenAI spans or events (OTLP JSON lines)",
    account=f"the first attribute of {', '.join(ACCOUNT)}, of the span before the resource",
)
class Otlp:
    """Reads current `gen_ai.*` names, the older `gen_ai.prompt.N` and `prompt_tokens`, and OpenInference."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._decode = msgspec.json.Decoder(Export).decode

    def sniff(self, head: bytes) -> float:
        """Sure where lines hold `resourceSpans` or `resourceLogs`; one line may be longer than the head."""
        start = head[:200].lstrip()
        if start.startswith((b'{"resourceSpans"', b'{"resourceLogs"')):
            return 1.0
        found = objects(head)
        return float(bool(found) and all("resourceSpans" in o or "resourceLogs" in o for o in found))

    def read(self, source: Source) -> Iterator[Batch]:
        """One row per model call; spans of tools, agents and the rest are passed over."""
        return read_lines(source, self._rows, name="otlp")

    def read_export(self, export: Export, raw: bytes, *, label: str) -> Batch:
        """Rows of one export that was decoded already; `raw` is what it was decoded from."""
        return next(read_records([(1, raw, export)], self._export_rows, label=label))

    def _rows(self, line: bytes) -> Converted:
        return self._export_rows(self._decode(line))

    def _export_rows(self, export: Export) -> Converted:
        if export.resourceSpans is None and export.resourceLogs is None:
            raise InputError("neither resourceSpans nor resourceLogs")
        found: list[Row | Reject] = []
        for resource, record in _records(export):
            try:
                row = self._row(resource, record)
            except InputError as error:
                found.append(Reject(0, reason(error), digest(canonical(record))))
                continue
            if row is not None:
                found.append(row)
        return found

    def _row(self, resource: Attributes, record: dict[str, Any]) -> Row | None:
        own = attributes(record.get("attributes"))
        body = value(record.get("body"))
        if isinstance(body, dict):
            own = body | own
        if not _is_call(own):
            return None
        given = resource | own
        row = Row(pathway="api")
        named = lookup(given, self._account) if self._account else _first(given, ACCOUNT)
        row.account_id = text(named)
        _fill_call(row, given, record)
        _fill_client(row, given)
        _fill_counts(row, given)
        _fill_content(row, given, record)
        return row


def _records(export: Export) -> Iterator[tuple[Attributes, dict[str, Any]]]:
    """Spans or log records, each with the attributes of its resource."""
    for outer, scopes, inner in (
        (export.resourceSpans, "scopeSpans", "spans"),
        (export.resourceLogs, "scopeLogs", "logRecords"),
    ):
        for block in outer or ():
            resource = attributes(mapping(mapping(block).get("resource")).get("attributes"))
            for scope in sequence(mapping(block).get(scopes)):
                for record in sequence(mapping(scope).get(inner)):
                    yield resource, mapping(record)


def _is_call(own: Attributes) -> bool:
    operation = text(own.get("gen_ai.operation.name"))
    if operation is not None:
        return operation in _CALLS or (operation not in _OTHER and "gen_ai.request.model" in own)
    kind = own.get("openinference.span.kind")
    if kind is not None:
        return str(kind).upper() in ("LLM", "EMBEDDING")
    return any(name in own for name in _MODEL)


def _fill_call(row: Row, given: Attributes, record: dict[str, Any]) -> None:
    span = f"{record.get('traceId', '')}:{record.get('spanId', '')}"
    row.exchange_id = text(_first(given, _REQUEST_ID)) or (span if len(span) > 1 else None)
    start = record.get("startTimeUnixNano") or record.get("timeUnixNano")
    row.ts = moment(start or record.get("observedTimeUnixNano"))
    row.duration_ms = elapsed_ms(row.ts, moment(record.get("endTimeUnixNano")))
    row.model = text(_first(given, _MODEL))
    answered = text(given.get("gen_ai.response.model"))
    row.response_model = answered if answered != row.model else None
    operation = str(given.get("gen_ai.operation.name") or given.get("openinference.span.kind") or "chat")
    row.operation = {
        "embeddings": "embeddings",
        "EMBEDDING": "embeddings",
        "text_completion": "completion",
    }.get(operation, "chat")
    row.conversation_id = text(_first(given, ("gen_ai.conversation.id", "session.id")))
    row.status = whole(_first(given, ("http.response.status_code", "http.status_code")))
    row.error_type = text(given.get("error.type"))
    failed = mapping(record.get("status")).get("code") in (2, "STATUS_CODE_ERROR")
    if failed and row.error_type is None:
        row.error_type = "error"


def _fill_client(row: Row, given: Attributes) -> None:
    row.organization_id = text(_first(given, ("organization.id", "org.id")))
    user = text(_first(given, ("user.id", "enduser.id", "gen_ai.request.user")))
    row.end_user = user if user != row.account_id else None
    row.user_agent = text(_first(given, ("user_agent.original", "http.user_agent")))
    row.ja4 = text(_first(given, ("tls.client.ja4", "client.tls.ja4")))
    direct = _first(given, ("client.address", "http.client_ip", "network.peer.address", "net.peer.ip"))
    row.client_address = address(direct)
    headers = [
        (name[len(_HEADER) :], str(item[0] if isinstance(item, list) and item else item))
        for name, item in given.items()
        if name.startswith(_HEADER)
    ]
    if headers:
        by_name = dict(headers)
        row.client_address = client_address(by_name.get("x-forwarded-for")) or row.client_address
        fill_headers(row, headers, ordered=False)
    row.request_metadata = strings(embedded_metadata(given))
    sampled = real(given.get("sampling.rate"))
    row.sample_rate = sampled if sampled and 0 < sampled <= 1 else None


def embedded_metadata(given: Attributes) -> dict[str, Any]:
    """The client's metadata: OpenInference's `metadata` attribute."""
    return mapping(given.get("metadata"))


def _fill_counts(row: Row, given: Attributes) -> None:
    usage = "gen_ai.usage."
    row.input_tokens = whole(
        _first(given, (usage + "input_tokens", usage + "prompt_tokens", "llm.token_count.prompt"))
    )
    row.output_tokens = whole(
        _first(given, (usage + "output_tokens", usage + "completion_tokens", "llm.token_count.completion"))
    )
    row.reasoning_tokens = whole(
        _first(
            given,
            (
                usage + "reasoning.output_tokens",
                usage + "reasoning_tokens",
                "llm.token_count.completion_details.reasoning",
            ),
        )
    )
    row.cache_read_tokens = whole(
        _first(
            given,
            (
                usage + "cache_read.input_tokens",
                usage + "cache_read_input_tokens",
                "llm.token_count.prompt_details.cache_read",
            ),
        )
    )
    row.cache_write_tokens = whole(
        _first(
            given,
            (
                usage + "cache_creation.input_tokens",
                usage + "cache_creation_input_tokens",
                "llm.token_count.prompt_details.cache_write",
            ),
        )
    )
    reasons = _first(given, ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason"))
    row.finish_reason = text(reasons[0] if isinstance(reasons, list) and reasons else reasons)


def _fill_content(row: Row, given: Attributes, record: dict[str, Any]) -> None:
    parameters = mapping(given.get("llm.invocation_parameters"))
    request = "gen_ai.request."
    plain = {name[len(request) :]: item for name, item in given.items() if name.startswith(request)}
    if isinstance(plain.get("reasoning"), str):
        plain["reasoning_effort"] = plain.pop("reasoning")
    fill_parameters(row, parameters | plain)
    fill_tools(row, parameters | {"tools": tool_definitions(given) or parameters.get("tools")})
    events = [
        (str(mapping(event).get("name")), attributes(mapping(event).get("attributes")))
        for event in sequence(record.get("events"))
    ]
    for name, attrs in events:
        if name == "gen_ai.client.inference.operation.details":
            given = given | attrs
    messages, system = input_messages(given, events), system_text(given)
    if messages or system:
        fill_dialogue(row, read_dialogue(messages, system))
    reasoning: list[str] = []
    answers = output_messages(given, events)
    if answers:
        row.finish_reason = row.finish_reason or text(answers[0].get("finish_reason"))
        fill_reply(row, message_text(answers[0], reasoning))
    row.reasoning_out = reasoning or None


def _first(given: Attributes, names: tuple[str, ...]) -> Any:
    """The first of these attributes that says something; a list of one (a header) as its value."""
    for name in names:
        found = given.get(name)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if found is not None and found != "":
            return found
    return None
