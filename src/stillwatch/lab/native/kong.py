"""Kong AI Gateway: an entry of a log plugin, payloads logged."""

from __future__ import annotations

import msgspec

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.openai_bodies import answer, request
from stillwatch.lab.native.talks import Talks

CARRIES = (
    "exchange_id", "ts", "account_id", "model", "system_text", "prompt_text", "response_text", "temperature",
    "top_p", "max_tokens", "stream", "input_tokens", "output_tokens", "status", "duration_ms",
    "client_address", "user_agent", "prefix_key", "next_prefix_key", "tool_names",
)  # fmt: skip


def lines(row: Record, talks: Talks) -> list[bytes]:
    """One entry."""
    status = row.get("status", 200)
    body = msgspec.json.encode(request(row, talks.turns(row))).decode()
    headers = {"content-type": "application/json", "host": "gateway.example"}
    if "user_agent" in row:
        headers["user-agent"] = row["user_agent"]
    record: Record = {
        "client_ip": row.get("client_address"),
        "started_at": row["ts"] // 1_000,
        "request": {
            "id": row["exchange_id"],
            "method": "POST",
            "uri": "/v1/chat/completions",
            "url": "https://gateway.example/v1/chat/completions",
            "size": len(body),
            "headers": headers,
        },
        "response": {"status": status, "size": 0, "headers": {"content-type": "application/json"}},
        "latencies": {"request": row.get("duration_ms", 0), "proxy": row.get("duration_ms", 0), "kong": 1},
        "upstream_status": str(status),
        "consumer": {"id": row["account_id"], "username": row["account_id"]},
        "tries": [],
        "ai": {"proxy": _proxy(row, body)},
    }
    return [msgspec.json.encode(record)]


def _proxy(row: Record, body: str) -> Record:
    asked, answered = row.get("input_tokens", 0), row.get("output_tokens", 0)
    return {
        "meta": {
            "provider_name": "openai",
            "request_model": row["model"],
            "response_model": row.get("response_model", row["model"]),
            "request_mode": "stream" if row.get("stream") else "oneshot",
            "llm_latency": row.get("duration_ms"),
        },
        "usage": {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered},
        "payload": {"request": body, "response": msgspec.json.encode(answer(row)).decode()},
    }
