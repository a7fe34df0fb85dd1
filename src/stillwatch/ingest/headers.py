"""What request headers tell: whose key, which client, from where. Secrets are digested, never kept."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.coerce import digest, mapping
from stillwatch.ingest.rows import Row

Pairs = list[tuple[str, str]]

_KEYS = ("x-api-key", "api-key", "x-goog-api-key")
_STAINLESS = ("lang", "package-version", "os", "arch", "runtime", "runtime-version")
_OLD_OPENAI = ("lang", "bindings_version", "platform", "httplib", "lang_version")
_GATEWAY = frozenset(  # added, dropped or rewritten on the way: say nothing about the client
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "x-real-ip",
        "forwarded",
        "via",
        "x-request-id",
        "traceparent",
        "tracestate",
        "x-ja4",
    ]
)
_PRIVATE = re.compile(  # RFC 1918, loopback, link-local, shared (RFC 6598), unique local IPv6
    r"10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
    r"|f[cd]|fe[89ab]|::1$"
)
_GATEWAY_PREFIXES = ("x-forwarded-", "x-envoy-", "x-amzn-", "x-b3-", "x-cloud-", "cf-", "x-azure-")
_FIELDS: Mapping[str, str] = MappingProxyType(
    {"user-agent": "user_agent", "openai-organization": "organization_id", "x-ja4": "ja4"}
)


def pairs(headers: Any) -> Pairs:
    """Header names and values in order, from a list of pairs or an object; several values count once each."""
    found: Pairs = []
    items: Iterable[Any] = headers.items() if isinstance(headers, dict) else headers or ()
    if not isinstance(headers, (dict, list)):
        return found
    for item in items:
        if isinstance(item, (list, tuple)) and len(item) == 2 and isinstance(item[0], str):
            value = item[1]
            if isinstance(value, list):
                found += [(item[0], v) for v in value if isinstance(v, str)]
            elif isinstance(value, (str, int, float)):
                found.append((item[0], str(value)))
    return found


def fill_headers(row: Row, headers: Pairs, *, ordered: bool = True) -> None:
    """Fill client, organization and address; `ordered` says that the log keeps the order of headers."""
    by_name = {name.lower(): value for name, value in reversed(headers)}
    for name, field in _FIELDS.items():
        if name in by_name and getattr(row, field) is None:
            setattr(row, field, by_name[name] or None)
    row.sdk = row.sdk or sdk(by_name)
    if row.client_address is None:
        row.client_address = client_address(by_name.get("x-forwarded-for"), by_name.get("x-real-ip"))
    if ordered and headers:
        row.header_order = order(headers)


def order(headers: Pairs) -> str:
    """Digest of the header names in order and case as sent, without those of the network."""
    kept = (name for name, _ in headers if not _of_network(name.lower()))
    return digest("\n".join(kept))


def _of_network(name: str) -> bool:
    return name in _GATEWAY or name.startswith(_GATEWAY_PREFIXES)


def key_digest(headers: Pairs) -> str | None:
    """SHA-256 of the API key, in hexadecimal, as several gateways log it; null without a key."""
    for name, value in headers:
        lower = name.lower()
        if lower == "authorization":
            value = value.partition(" ")[2].strip() if " " in value else value
        elif lower not in _KEYS:
            continue
        if value:
            return hashlib.sha256(value.encode()).hexdigest()
    return None


def sdk(headers: Mapping[str, str]) -> str | None:
    """Language, version and runtime that the client library names; header names in lower case."""
    named = [headers.get(f"x-stainless-{part}") for part in _STAINLESS]
    if any(named):
        return "/".join(part or "" for part in named).rstrip("/")
    old = mapping(headers.get("x-openai-client-user-agent"))
    if old:
        return "/".join(str(old.get(part, "")) for part in _OLD_OPENAI).rstrip("/")
    tool = next(
        (f"{n}/{v}" for n, v in headers.items() if n.startswith("x-") and n.endswith("-version")), None
    )
    return headers.get("x-goog-api-client") or tool


def client_address(forwarded: str | None, direct: str | None = None) -> str | None:
    """Address of the client: the last public one of `X-Forwarded-For`, else the last, else the direct peer.

    Every proxy appends the address it saw, so entries on the left can be invented by the client; ours stand
    on the right, private addresses among them being our own proxies.
    """
    hops = [hop for hop in map(address, (forwarded or "").split(",")) if hop]
    for hop in reversed(hops):
        if not _PRIVATE.match(hop):
            return hop
    return address(direct) or (hops[-1] if hops else None)


def address(value: Any) -> str | None:
    """An IPv4 or IPv6 address in its usual form, without port; null where there is none."""
    if not isinstance(value, str) or not value:
        return None
    bare = value.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    try:
        packed = socket.inet_pton(family, bare.partition("%")[0])
    except (OSError, ValueError):
        return None
    return socket.inet_ntop(family, packed).removeprefix("::ffff:") if family == socket.AF_INET6 else bare
