"""Post a frame to a partner's server."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from stillwatch.model.errors import InputError, ResourceError, UsageError
from stillwatch.share.transport.server import FRAME_TYPE, LIMIT, PATH

TIMEOUT_SECONDS = 900  # a partner may have to prepare a large set


def post(endpoint: str, frame: bytes, *, authority: Path | None = None) -> tuple[str, bytes]:
    """Reason of a refusal (empty if accepted) and the frame that answers (empty if none does).

    `authority` is a PEM file with the certificate to trust instead of the system's. Raises `ResourceError` if the
    partner cannot be reached and `InputError` if what answers is no share server.
    """
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname:
        raise UsageError(
            f"not an https address: {endpoint!r}", remedy="Ask the partner for a card with an endpoint"
        )
    connection = http.client.HTTPSConnection(
        parts.hostname, parts.port or 443, timeout=TIMEOUT_SECONDS, context=_context(authority)
    )
    try:
        connection.request("POST", PATH, frame, {"Content-Type": FRAME_TYPE})
        response = connection.getresponse()
        body = response.read(LIMIT + 65_536)
    except (OSError, http.client.HTTPException) as error:
        raise ResourceError(
            f"the partner cannot be reached: {error}",
            where=endpoint,
            remedy="Check address and certificate; the message is in the ledger and can be sent anew",
        ) from error
    finally:
        connection.close()
    return _read(body, endpoint)


def _read(body: bytes, endpoint: str) -> tuple[str, bytes]:
    length = int.from_bytes(body[:4], "big")
    try:
        receipt = json.loads(body[4 : 4 + length]) if len(body) >= 4 + length > 4 else None
        reason = str(receipt["reason"]) if isinstance(receipt, dict) else None
    except (ValueError, KeyError):
        reason = None
    if reason is None:
        raise InputError("what answered is no share server", where=endpoint, remedy="Check the endpoint")
    return reason, body[4 + length :]


def _context(authority: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
    except (OSError, ssl.SSLError) as error:
        raise ResourceError(
            "the certificate to trust cannot be read", where=str(authority), remedy="Give a PEM file"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context
