"""OTLP exports in protobuf, read with the optional package `opentelemetry-proto`, as our JSON reader takes them."""

from __future__ import annotations

import importlib
from typing import Any

from stillwatch.ingest.otlp import Export
from stillwatch.model.errors import InputError, UsageError

SPANS, LOGS = "trace", "logs"


def decode(body: bytes, kind: str = "") -> Export:
    """An export of spans or logs; without a `kind` whichever of them holds something is taken.

    Raises `InputError` for damaged bytes, `UsageError` without the package.
    """
    kinds = (kind,) if kind else (SPANS, LOGS)
    exports = [_export(body, one) for one in kinds]
    found = [e for e in exports if e is not None]
    if not found:
        raise InputError("damaged protobuf")
    return next((e for e in found if _holds(e)), found[0])


def check_installed() -> None:
    """Raise `UsageError` if protobuf cannot be read here."""
    for kind in (SPANS, LOGS):
        _request(kind)


def response(kind: str, rejects: int, why: str) -> bytes:
    """The answer to an export, in protobuf: how many records were rejected, and why."""
    name = "trace" if kind == SPANS else "logs"
    service = _module(f"collector.{name}.v1.{name}_service_pb2")
    answer = service.ExportTraceServiceResponse() if kind == SPANS else service.ExportLogsServiceResponse()
    if rejects:
        count = {"rejected_spans" if kind == SPANS else "rejected_log_records": rejects}
        for field, value in {**count, "error_message": why}.items():
            setattr(answer.partial_success, field, value)
    return bytes(answer.SerializeToString())


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"opentelemetry.proto.{name}")
    except ImportError as error:
        raise UsageError(
            "reading OTLP in protobuf needs the package opentelemetry-proto",
            remedy="Install it with: pip install 'stillwatch[otlp]', or send OTLP as JSON",
        ) from error


def _request(kind: str) -> Any:
    name = "trace" if kind == SPANS else "logs"
    service = _module(f"collector.{name}.v1.{name}_service_pb2")
    return service.ExportTraceServiceRequest if kind == SPANS else service.ExportLogsServiceRequest


def _export(body: bytes, kind: str) -> Export | None:
    message = _request(kind)()
    damaged: type[Exception] = importlib.import_module("google.protobuf.message").DecodeError
    try:
        message.ParseFromString(body)
    except damaged:
        return None
    if kind == SPANS:
        return Export(resourceSpans=[_spans(block) for block in message.resource_spans])
    return Export(resourceLogs=[_logs(block) for block in message.resource_logs])


def _holds(export: Export) -> bool:
    """Whether a record carries what tells spans from logs; unknown fields are skipped, so both may parse."""
    for scopes, inner, mark in (("scopeSpans", "spans", "spanId"), ("scopeLogs", "logRecords", "attributes")):
        for block in export.resourceSpans or export.resourceLogs or ():
            for scope in block.get(scopes, ()):
                if any(record.get(mark) for record in scope[inner]):
                    return True
    return False


def _spans(block: Any) -> dict[str, Any]:
    scopes = [{"spans": [_span(span) for span in scope.spans]} for scope in block.scope_spans]
    return {"resource": {"attributes": _attributes(block.resource.attributes)}, "scopeSpans": scopes}


def _logs(block: Any) -> dict[str, Any]:
    scopes = [{"logRecords": [_record(one) for one in scope.log_records]} for scope in block.scope_logs]
    return {"resource": {"attributes": _attributes(block.resource.attributes)}, "scopeLogs": scopes}


def _span(span: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "startTimeUnixNano": span.start_time_unix_nano or None,
        "endTimeUnixNano": span.end_time_unix_nano or None,
        "attributes": _attributes(span.attributes),
        "status": {"code": span.status.code},
    }
    if span.events:
        found["events"] = [{"name": e.name, "attributes": _attributes(e.attributes)} for e in span.events]
    return found


def _record(record: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
        "timeUnixNano": record.time_unix_nano or None,
        "observedTimeUnixNano": record.observed_time_unix_nano or None,
        "attributes": _attributes(record.attributes),
    }
    if record.HasField("body"):
        found["body"] = _wrapped(record.body)
    if record.event_name:
        found["eventName"] = record.event_name
    return found


def _attributes(pairs: Any) -> dict[str, Any]:
    """Names and plain values: the shape that our reader takes without unwrapping."""
    return {pair.key: _plain(pair.value) for pair in pairs}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    inner = getattr(value, kind)
    if kind == "array_value":
        return [_plain(item) for item in inner.values]
    if kind == "kvlist_value":
        return _attributes(inner.values)
    return inner.hex() if kind == "bytes_value" else inner


def _wrapped(value: Any) -> Any:
    """A body as the JSON reader meets it: plain values are not taken for wrapped ones."""
    if value.WhichOneof("value") == "kvlist_value":
        pairs = [{"key": pair.key, "value": _wrapped(pair.value)} for pair in value.kvlist_value.values]
        return {"kvlistValue": {"values": pairs}}
    if value.WhichOneof("value") == "array_value":
        return {"arrayValue": {"values": [_wrapped(item) for item in value.array_value.values]}}
    plain = _plain(value)
    return (
        plain
        if plain is None
        else {"stringValue": plain}
        if isinstance(plain, str)
        else {"doubleValue": plain}
    )
