"""A TAXII server as an ASGI application: reads the request within the limit, answers from a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from stillwatch.share.taxii.http import HttpError, Request, Response, error_answer
from stillwatch.share.taxii.server import TaxiiServer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, SendMessage], Awaitable[None]]
SAFE = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000"),
)


def taxii_application(server: TaxiiServer) -> Application:
    """The application."""

    async def application(scope: Scope, receive: Receive, send: SendMessage) -> None:
        if scope["type"] == "http":
            await _respond(await _answered(server, scope, receive), send)

    return application


async def _answered(server: TaxiiServer, scope: Scope, receive: Receive) -> Response:
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    try:
        body = await _body(receive, headers, server.settings.max_content_length)
        query = tuple(
            parse_qsl(
                scope["query_string"].decode("ascii"),
                keep_blank_values=True,
                max_num_fields=50,
                errors="strict",
            )
        )
    except HttpError as error:
        return error_answer(error)
    except ValueError:
        return error_answer(HttpError(400, "The query cannot be read"))
    peer = scope["client"][0] if scope.get("client") else ""
    request = Request(scope["method"], scope["path"], query, headers, body, peer)
    return await asyncio.to_thread(server.handle, request)


async def _body(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    told = headers.get("content-length", "0")
    if told.isdigit() and int(told[:18]) > most:
        raise HttpError(413, f"At most {most} bytes are taken")
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpError(400, "The client went away")
        body += message.get("body", b"")
        if len(body) > most:
            raise HttpError(413, f"At most {most} bytes are taken")
        more = message.get("more_body", False)
    return bytes(body)


async def _respond(response: Response, send: SendMessage) -> None:
    told = [(k.encode(), v.encode("latin-1")) for k, v in response.headers.items()]
    told.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": [*told, *SAFE]})
    await send({"type": "http.response.body", "body": response.body})
