"""Envoy AI Gateway: the access log of its documented example, alone or with the spans of the same calls."""

from __future__ import annotations

import msgspec

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.litellm import stamp
from stillwatch.lab.native.otlp import attributes, span, traces
from stillwatch.lab.native.talks import Talks

CARRIES = (
    "exchange_id", "ts", "account_id", "model", "response_model", "input_tokens", "output_tokens", "status",
    "duration_ms", "client_address", "user_agent", "ja4",
)  # fmt: skip
PAIR_CARRIES = (
    *CARRIES, "system_text", "prompt_text", "response_text", "temperature", "top_p", "max_tokens", "stream",
    "finish_reason", "prefix_key", "next_prefix_key",
)  # fmt: skip


def log_lines(row: Record, talks: Talks) -> list[bytes]:
    """One line of the access log; it holds no bodies."""
    del talks
    answered = row.get("response_model", row["model"])
    record: Record = {
        "start_time": stamp(row["ts"]),
        "method": "POST",
        "x-envoy-origin-path": "/v1/chat/completions",
        "response_code": row.get("status", 200),
        "response_flags": "UF" if row.get("status", 200) >= 500 else "-",
        "response_code_details": row.get("error_type", "via_upstream"),
        "bytes_received": 4 * row.get("input_tokens", 0),
        "bytes_sent": 4 * row.get("output_tokens", 0),
        "duration": row.get("duration_ms"),
        "x-envoy-upstream-service-time": None,
        "x-forwarded-for": row.get("client_address"),
        "user-agent": row.get("user_agent"),
        "x-request-id": row["exchange_id"],
        ":authority": "gateway.example",
        "downstream_remote_address": "10.0.0.5:40312",
        "upstream_host": "10.0.1.9:443",
        "route_name": "chat",
        "gen_ai.request.model": row["model"],
        "gen_ai.response.model": answered,
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": row.get("input_tokens"),
        "gen_ai.usage.output_tokens": row.get("output_tokens"),
        "gen_ai.usage.total_tokens": row.get("input_tokens", 0) + row.get("output_tokens", 0),
        "x-account-id": row["account_id"],
        "ja4": row.get("ja4"),
    }
    return [msgspec.json.encode(record)]


def span_lines(row: Record, talks: Talks) -> list[bytes]:
    """The span that belongs to a line of the access log: same request id, no account."""
    values = attributes(row, talks.turns(row))
    del values["user.id"]
    values["http.request.header.x-request-id"] = [row["exchange_id"]]
    values["gen_ai.response.id"] = f"chatcmpl-{row['exchange_id']}"
    return [traces(span(row, values))]
