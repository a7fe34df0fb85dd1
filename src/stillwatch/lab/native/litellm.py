"""LiteLLM: StandardLoggingPayload, as callbacks and buckets receive it, and rows of the SpendLogs table."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.openai_bodies import answer, messages, parameters
from stillwatch.lab.native.talks import Talks

CARRIES = (
    "exchange_id", "ts", "account_id", "model", "organization_id", "end_user", "system_text", "prompt_text",
    "response_text", "temperature", "top_p", "max_tokens", "stream", "input_tokens", "output_tokens",
    "finish_reason", "duration_ms", "client_address", "prefix_key", "next_prefix_key", "tool_names",
)  # fmt: skip


def payload_lines(row: Record, talks: Talks) -> list[bytes]:
    """One StandardLoggingPayload."""
    turns = talks.turns(row)
    start = row["ts"] / 1e6
    failed = "error_type" in row
    record: Record = {
        "id": row["exchange_id"],
        "trace_id": row.get("conversation_id", row["exchange_id"]),
        "call_type": "acompletion",
        "status": "failure" if failed else "success",
        "startTime": start,
        "endTime": start + row.get("duration_ms", 0) / 1e3,
        "completionStartTime": start + row.get("duration_ms", 0) / 2e3,
        "response_time": row.get("duration_ms", 0) / 1e3,
        "model": row["model"],
        "model_group": row["model"],
        "model_id": None,
        "api_base": "",
        "stream": row.get("stream"),
        "prompt_tokens": row.get("input_tokens", 0),
        "completion_tokens": row.get("output_tokens", 0),
        "total_tokens": row.get("input_tokens", 0) + row.get("output_tokens", 0),
        "response_cost": 0.0,
        "cache_hit": False,
        "request_tags": [f"User-Agent: {row['user_agent']}"] if "user_agent" in row else [],
        "end_user": row.get("end_user", ""),
        "requester_ip_address": row.get("client_address"),
        "messages": messages(row, turns) if turns else None,
        "response": None if failed else answer(row),
        "model_parameters": parameters(row),
        "error_information": _error(row) if failed else None,
        "metadata": _metadata(row),
    }
    return [msgspec.json.encode(record)]


def spend_lines(row: Record, talks: Talks) -> list[bytes]:
    """One row of SpendLogs, prompts stored."""
    turns = talks.turns(row)
    record: Record = {
        "request_id": row["exchange_id"],
        "call_type": "acompletion",
        "api_key": row["account_id"],
        "spend": 0.0,
        "prompt_tokens": row.get("input_tokens", 0),
        "completion_tokens": row.get("output_tokens", 0),
        "total_tokens": row.get("input_tokens", 0) + row.get("output_tokens", 0),
        "startTime": stamp(row["ts"]),
        "endTime": stamp(row["ts"] + 1_000 * row.get("duration_ms", 0)),
        "completionStartTime": None,
        "request_duration_ms": row.get("duration_ms"),
        "model": row["model"],
        "model_group": row["model"],
        "custom_llm_provider": "openai",
        "user": "",
        "end_user": row.get("end_user", ""),
        "team_id": None,
        "organization_id": row.get("organization_id"),
        "requester_ip_address": row.get("client_address"),
        "session_id": row.get("conversation_id"),
        "status": "failure" if "error_type" in row else "success",
        "request_tags": [],
        "metadata": _metadata(row) | ({"error_information": _error(row)} if "error_type" in row else {}),
        "messages": messages(row, turns) if turns else {},
        "response": answer(row),
        "proxy_server_request": {"model": row["model"], **parameters(row)},
    }
    return [msgspec.json.encode(record)]


def stamp(microseconds: int) -> str:
    """ISO time with milliseconds or better, UTC."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat().replace("+00:00", "Z")


def _metadata(row: Record) -> Record:
    return {
        "user_api_key_hash": row["account_id"],
        "user_api_key_alias": row.get("api_key_id"),
        "user_api_key_org_id": row.get("organization_id"),
        "user_api_key_team_id": None,
        "user_api_key_user_id": None,
        "requester_metadata": dict(row.get("request_metadata", ())),
        "spend_logs_metadata": None,
    }


def _error(row: Record) -> Record:
    status = str(row.get("status", 500))
    return {"error_code": status, "error_class": row["error_type"], "llm_provider": "openai", "traceback": ""}
