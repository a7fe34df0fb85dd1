"""Kong AI Gateway: what its log plugins write, one object (or one array of them) a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from stillwatch.ingest.answers import fill_answer
from stillwatch.ingest.coerce import canonical, digest, embedded, mapping, moment, text, whole
from stillwatch.ingest.formats import Settings, lookup
from stillwatch.ingest.headers import address, fill_headers, pairs
from stillwatch.ingest.lines import Converted, objects, read_lines, reason
from stillwatch.ingest.requests import fill_request
from stillwatch.ingest.rows import Batch, Reject, Row
from stillwatch.ingest.source import Source
from stillwatch.model.errors import InputError
from stillwatch.model.registry import log_format


@log_format(
    name="kong",
    title="Kong AI Gateway log (JSON lines)",
    account="consumer.custom_id, consumer.id or consumer.username, else authenticated_entity.id",
)
class Kong:
    """Reads entries with an `ai` part; prompts are there only if the plugin logs payloads."""

    def __init__(self, settings: Settings) -> None:
        self._account = settings.account

    def sniff(self, head: bytes) -> float:
        """Sure where records hold `request`, `started_at` and `client_ip`."""
        found = objects(head)
        ours = sum("started_at" in o and "client_ip" in o and "request" in o for o in found)
        return ours / len(found) if found else 0.0

    def read(self, source: Source) -> Iterator[Batch]:
        """One row per model call; entries without an `ai` part are passed over."""
        return read_lines(source, self._rows, name="kong")

    def _rows(self, line: bytes) -> Converted:
        decoded = msgspec.json.decode(line)
        found: list[Row | Reject] = []
        for entry in decoded if isinstance(decoded, list) else [decoded]:
            if not isinstance(entry, dict):
                raise InputError("not a JSON object")
            try:
                row = self._row(entry)
            except InputError as error:
                found.append(Reject(0, reason(error), digest(canonical(entry))))
                continue
            if row is not None:
                found.append(row)
        return found

    def _row(self, entry: dict[str, Any]) -> Row | None:
        ai = mapping(entry.get("ai"))
        plugin = _plugin(ai)
        if plugin is None:
            return None
        row = Row(pathway="api")
        row.account_id = _account(entry) if not self._account else text(lookup(entry, self._account))
        _fill_call(row, entry)
        _fill_model(row, plugin)
        payload = mapping(plugin.get("payload"))
        request = payload.get("request", mapping(ai.get("payload")).get("request"))
        body = embedded(request)
        if isinstance(body, dict):
            fill_request(row, body)
        fill_answer(row, embedded(payload.get("response")))
        return row


def _plugin(ai: dict[str, Any]) -> dict[str, Any] | None:
    """The part of the proxy plugin: `ai.proxy`, or in older versions one named for the plugin."""
    for name in ("proxy", "ai-proxy", "ai-proxy-advanced"):
        if isinstance(ai.get(name), dict):
            found: dict[str, Any] = ai[name]
            return found
    parts = [part for part in ai.values() if isinstance(part, dict) and "meta" in part]
    return parts[0] if parts else None


def _account(entry: dict[str, Any]) -> str | None:
    consumer = mapping(entry.get("consumer"))
    named = (text(consumer.get(key)) for key in ("custom_id", "id", "username"))
    return next((name for name in named if name), None) or text(
        mapping(entry.get("authenticated_entity")).get("id")
    )


def _fill_call(row: Row, entry: dict[str, Any]) -> None:
    request, response = mapping(entry.get("request")), mapping(entry.get("response"))
    row.exchange_id = text(request.get("id"))
    row.ts = moment(entry.get("started_at"))
    row.status = whole(response.get("status", entry.get("upstream_status")))
    row.duration_ms = whole(mapping(entry.get("latencies")).get("request"))
    row.client_address = address(entry.get("client_ip"))
    row.api_key_id = text(mapping(entry.get("authenticated_entity")).get("id"))
    uri = str(request.get("uri") or request.get("url") or "").partition("?")[0]
    row.operation = "embeddings" if uri.endswith("/embeddings") else "chat"
    fill_headers(row, pairs(request.get("headers")), ordered=False)


def _fill_model(row: Row, plugin: dict[str, Any]) -> None:
    meta, usage = mapping(plugin.get("meta")), mapping(plugin.get("usage"))
    answered = text(meta.get("response_model"))
    row.model = text(meta.get("request_model")) or text(meta.get("model")) or answered
    row.response_model = answered if answered != row.model else None
    row.input_tokens = whole(usage.get("prompt_tokens", usage.get("prompt_token")))
    row.output_tokens = whole(usage.get("completion_tokens", usage.get("completion_token")))
    row.cache_read_tokens = whole(mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
    produced = mapping(usage.get("completion_tokens_details"))
    row.reasoning_tokens = whole(produced.get("reasoning_tokens"))
    mode = text(meta.get("request_mode"))
    row.stream = mode == "stream" if mode else None
