"""Recorded client software."""

from __future__ import annotations

from stillwatch.ingest.headers import order
from stillwatch.lab.text.clients import load_clients


def test_names_are_unique_and_kinds_known() -> None:
    """Every kind that the simulator asks for has clients."""
    clients = load_clients()
    assert len({client.name for client in clients}) == len(clients)
    kinds = {"tool", "harness", "annotation", "rag", "agent", "chat_app", "sdk", "http", "browser"}
    assert {client.kind for client in clients} == kinds


def test_header_order_is_the_digest_that_ingest_makes() -> None:
    """So that simulated and ingested traffic agree."""
    for client in load_clients():
        if client.headers:
            assert client.header_order == order([(name, "x") for name in client.headers]), client.name


def test_a_harness_and_a_tool_can_look_alike() -> None:
    """JA4 names the HTTP stack: tools and innocent clients share it."""
    by_kind: dict[str, set[str | None]] = {}
    for client in load_clients():
        by_kind.setdefault(client.kind, set()).add(client.ja4)
    assert by_kind["tool"] & by_kind["chat_app"] & by_kind["harness"]
