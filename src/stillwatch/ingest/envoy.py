"""Envoy AI Gateway: its JSON access log, with the names of the documented example. It holds no bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from stillwatch.ingest.coerce import moment, text, whole
from stillwatch.ingest.formats import Settings, lookup
from stillwatch.ingest.headers import address, client_address, fill_headers, key_digest
from stillwatch.ingest.lines import objects, read_lines
from stillwatch.ingest.rows import Batch, Row
from stillwatch.ingest.source import Source
from stillwatch.model.registry import log_format

ACCOUNT = ("x-account-id", "account_id", "x-tenant-id", "x-org-id", "x-user-id", "jwt.sub", "username")
_MODEL = ("gen_ai.request.model", "x-ai-eg-model")
_USAGE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "input_tokens": ("gen_ai.usage.input_tokens", "llm_input_token"),
        "output_tokens": ("gen_ai.usage.output_tokens", "llm_output_token"),
        "cache_read_tokens": ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cached_input_tokens"),
        "cache_write_tokens": ("gen_ai.usage.cache_creation.input_tokens",),
        "reasoning_tokens": ("gen_ai.usage.reasoning.output_tokens",),
    }
)
_PATHS = ("x-envoy-origin-path", "request.path", ":path", "path")
_ABSENT = "-"


@log_format(
    name="envoy",
    title="Envoy AI Gateway access log (JSON lines)",
    account=f"the first field of {', '.join(ACCOUNT)}, else the SHA-256 of a logged API key",
)
class Envoy:
    """Reads the access log; given together with OTLP, both are joined on the request id."""

    partners = ("otlp",)

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account
        self._decode = msgspec.json.Decoder(dict[str, Any]).decode

    def sniff(self, head: bytes) -> float:
        """Sure where lines hold `start_time`, `response_code` and a GenAI field or a request id."""
        found = objects(head)
        ours = sum(
            "start_time" in o
            and "response_code" in o
            and ("x-request-id" in o or any(name.startswith("gen_ai.") for name in o))
            for o in found
        )
        return ours / len(found) if found else 0.0

    def read(self, source: Source) -> Iterator[Batch]:
        """One row per model call; other requests through the gateway (MCP, health checks) are passed over."""
        return read_lines(source, self._rows, name="envoy")

    def _rows(self, line: bytes) -> list[Row]:
        record = {k: v for k, v in self._decode(line).items() if v is not None and v not in ("", _ABSENT)}
        model = text(_first(record, _MODEL))
        if model is None:
            return []
        row = Row(pathway="api", model=model)
        headers = [(name, v) for name, v in record.items() if isinstance(v, str)]
        chosen = lookup(record, self._account) if self._account else _first(record, ACCOUNT)
        row.account_id = text(chosen) or (None if self._account else key_digest(headers))
        _fill_call(row, record)
        direct = address(record.get("downstream_remote_address"))
        row.client_address = client_address(text(record.get("x-forwarded-for")), direct)
        row.ja4 = text(_first(record, ("ja4", "tls.ja4")))
        fill_headers(row, headers, ordered=False)
        return [row]


def _fill_call(row: Row, record: dict[str, Any]) -> None:
    row.exchange_id = text(record.get("x-request-id"))
    row.ts = moment(record.get("start_time"))
    answered = text(_first(record, ("gen_ai.response.model", "gen_ai.request.model_override")))
    row.response_model = answered if answered != row.model else None
    row.status = whole(record.get("response_code")) or None  # Envoy writes 0 where no answer was sent
    row.duration_ms = whole(record.get("duration"))
    flags, details = text(record.get("response_flags")), text(record.get("response_code_details"))
    if flags or (row.status or 0) >= 400:
        row.error_type = flags or details
    for name, aliases in _USAGE.items():
        setattr(row, name, whole(_first(record, aliases)))
    row.conversation_id = text(record.get("session.id"))
    path = str(_first(record, _PATHS) or "")
    row.operation = "embeddings" if "/embeddings" in path else "chat"
    if path.partition("?")[0].endswith("/completions") and "/chat/" not in path:
        row.operation = "completion"


def _first(record: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if name in record), None)
