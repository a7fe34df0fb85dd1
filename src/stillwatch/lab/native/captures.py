"""Raw HTTP captures: what a recording proxy in front of the API writes, one request a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from stillwatch.lab.native import anthropic_bodies, openai_bodies
from stillwatch.lab.native.dataset import Record
from stillwatch.lab.native.talks import Talks

CARRIES = (
    "ts", "model", "system_text", "prompt_text", "response_text", "temperature", "top_p", "stream",
    "input_tokens", "output_tokens", "status", "duration_ms", "client_address", "user_agent", "sdk", "ja4",
    "header_order", "end_user", "prefix_key", "next_prefix_key", "tool_names", "reasoning_out",
)  # fmt: skip
STAINLESS = ("lang", "package-version", "os", "arch", "runtime", "runtime-version")
LIBRARY = (
    *("Host", "Accept", "Content-Type", "User-Agent", "Authorization"),
    *(f"X-Stainless-{name.title()}" for name in STAINLESS),
    "Content-Length",
)
OLD_OPENAI = ("lang", "bindings_version", "platform", "httplib", "lang_version")
BARE = ("Host", "Accept", "Content-Type", "User-Agent", "Authorization", "Content-Length")


def writer(orders: Mapping[str, tuple[str, ...]]) -> Callable[[Record, Talks], list[bytes]]:
    """A writer of lines; `orders` gives the header names behind each digest of header names."""

    def lines(row: Record, talks: Talks) -> list[bytes]:
        anthropic = "nthropic" in row.get("user_agent", "")
        bodies = anthropic_bodies if anthropic else openai_bodies
        body = {"model": row["model"], **bodies.request(row, talks.turns(row))}
        record: Record = {
            "request_id": row["exchange_id"],
            "t_recv": row["ts"] / 1e6,
            "t_done": (row["ts"] + 1_000 * row.get("duration_ms", 0)) / 1e6,
            "http_version": "1.1",
            "method": "POST",
            "path": "/v1/messages" if anthropic else "/v1/chat/completions",
            "headers": _headers(row, orders.get(row.get("header_order", ""))),
            "body": body,
            "status": row.get("status", 200),
            "response": bodies.answer(row),
            "client_address": row.get("client_address"),
            "ja4": row.get("ja4"),
        }
        return [msgspec.json.encode(record)]

    return lines


def _headers(row: Record, known: tuple[str, ...] | None) -> list[tuple[str, str]]:
    """Headers in the client's order; a plain order where that is not known."""
    names = known or (LIBRARY if row.get("sdk", "").count("/") > 4 else BARE)
    values = {
        "host": "api.example",
        "authorization": f"Bearer sk-{row['account_id']}",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "connection": "keep-alive",
        "user-agent": row.get("user_agent", ""),
        **_library(row.get("sdk", ""), names),
    }
    return [(name, values.get(name.lower(), "1")) for name in names]


def _library(sdk: str, names: tuple[str, ...]) -> Record:
    """Headers in which a client library names itself."""
    parts = sdk.split("/")
    lower = {name.lower() for name in names}
    if "x-openai-client-user-agent" in lower:
        named = dict(zip(OLD_OPENAI, parts, strict=False))
        return {"x-openai-client-user-agent": msgspec.json.encode(named).decode()}
    if len(parts) == 2 and parts[0] in lower:
        return {parts[0]: parts[1]}
    return {f"x-stainless-{name}": part for name, part in zip(STAINLESS, parts, strict=False)}
