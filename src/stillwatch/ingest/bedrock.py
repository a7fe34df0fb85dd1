"""Amazon Bedrock: the model invocation log, as it stands in S3 (gzip) or in an export of CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from stillwatch.ingest.answers import fill_answer
from stillwatch.ingest.coerce import embedded, mapping, moment, strings, text, whole
from stillwatch.ingest.formats import Settings, chosen_account
from stillwatch.ingest.lines import objects, read_lines
from stillwatch.ingest.requests import fill_request
from stillwatch.ingest.rows import Batch, Row
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError
from stillwatch.model.registry import log_format

_STATUS: Mapping[str, int] = MappingProxyType(
    {
        "ThrottlingException": 429,
        "ServiceQuotaExceededException": 429,
        "AccessDeniedException": 403,
        "ValidationException": 400,
        "ResourceNotFoundException": 404,
        "ModelTimeoutException": 408,
        "ModelNotReadyException": 429,
        "ServiceUnavailableException": 503,
    }
)


class Invocation(msgspec.Struct, gc=False):
    """One record of the log. `message` holds the record as text in CloudWatch exports."""

    timestamp: Any = None
    accountId: Any = None  # noqa: N815 - Bedrock's name
    identity: Any = None
    requestId: Any = None  # noqa: N815 - Bedrock's name
    operation: Any = None
    modelId: Any = None  # noqa: N815 - Bedrock's name
    requestMetadata: Any = None  # noqa: N815 - Bedrock's name
    input: Any = None
    output: Any = None
    errorCode: Any = None  # noqa: N815 - Bedrock's name
    message: Any = None


@log_format(
    name="bedrock",
    title="Amazon Bedrock model invocation log (JSON lines, gzip)",
    account="identity.arn without the session of an assumed role; accountId where there is none",
)
class Bedrock:
    """Reads invocations of Anthropic, Nova, Titan, Llama, Mistral, Cohere and Converse shapes."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._decode = msgspec.json.Decoder(Invocation).decode

    def sniff(self, head: bytes) -> float:
        """Sure where records say that they are of `ModelInvocationLog`."""
        if b"ModelInvocationLog" in head[:4096]:
            return 1.0
        found = objects(head)
        ours = sum("modelId" in o and "requestId" in o and "operation" in o for o in found)
        return ours / len(found) if found else 0.0

    def read(self, source: Source) -> Iterator[Batch]:
        """One row per invocation; bodies that were delivered to S3 apart are absent."""
        return read_lines(source, self._rows, name="bedrock")

    def _rows(self, line: bytes) -> list[Row]:
        record = self._decode(line)
        if record.modelId is None and isinstance(record.message, str):
            line = record.message.encode()
            record = self._decode(line)
        if record.modelId is None and record.requestId is None:
            raise InputError("no modelId and no requestId")
        row = Row(pathway="cloud:bedrock", exchange_id=text(record.requestId), ts=moment(record.timestamp))
        row.model = (text(record.modelId) or "").rpartition("/")[2] or None
        _fill_caller(row, record)
        if self._account:
            row.account_id = chosen_account(line, self._account)
        _fill_outcome(row, record)
        _fill_bodies(row, record)
        return [row]


def _fill_caller(row: Row, record: Invocation) -> None:
    row.organization_id = text(record.accountId)
    arn = text(mapping(record.identity).get("arn"))
    if arn and ":assumed-role/" in arn:
        role, _, session = arn.rpartition("/")
        row.end_user = session or None
        arn = role
    row.account_id = arn or row.organization_id
    row.request_metadata = strings(record.requestMetadata)


def _fill_outcome(row: Row, record: Invocation) -> None:
    row.error_type = text(record.errorCode)
    row.status = _STATUS.get(row.error_type, 500) if row.error_type else 200
    operation = text(record.operation) or ""
    row.stream = operation.endswith("Stream")
    row.operation = "embeddings" if "embed" in (row.model or "") else "chat"


def _fill_bodies(row: Row, record: Invocation) -> None:
    given, returned = mapping(record.input), mapping(record.output)
    row.input_tokens = whole(given.get("inputTokenCount"))
    row.cache_read_tokens = whole(given.get("cacheReadInputTokenCount"))
    row.cache_write_tokens = whole(given.get("cacheWriteInputTokenCount"))
    row.output_tokens = whole(returned.get("outputTokenCount"))
    streamed = row.stream
    body = embedded(given.get("inputBodyJson"))
    if isinstance(body, dict):
        fill_request(row, body)
    row.stream = streamed
    answer = embedded(returned.get("outputBodyJson"))
    fill_answer(row, answer)
    metrics = mapping(mapping(answer).get("metrics")) or _invocation_metrics(answer)
    row.duration_ms = whole(metrics.get("latencyMs", metrics.get("invocationLatency")))


def _invocation_metrics(answer: Any) -> dict[str, Any]:
    last = answer[-1] if isinstance(answer, list) and answer else answer
    found = mapping(last)
    return mapping(found.get("amazon-bedrock-invocationMetrics")) or mapping(
        mapping(found.get("metadata")).get("metrics")
    )
