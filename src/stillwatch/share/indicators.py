"""Values that two partners may both have seen: their canonical form, and keyed digests of those that stand a search.

A keyed digest hides a value from everybody but the two partners. Between them it hides it only as far as the value is
hard to guess, since both hold the key. So only kinds with many possible values become digests; an IPv4 address (2^32),
a telephone number or a mail domain goes through private set intersection or not at all.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from stillwatch.model.errors import RefusedError
from stillwatch.share.agreement import Terms
from stillwatch.share.identity import Identity

KEYED_KINDS = ("payment", "email", "client", "template", "tools", "reasoning")
PRIVATE_KINDS = (*KEYED_KINDS, "address", "prefix", "phone", "mail_domain", "user_agent", "email_pattern")
LEAST_CHARACTERS = 12  # of a value that becomes a digest
LONGEST_VALUE = 2_000
WHY_LOW: Mapping[str, str] = MappingProxyType(
    {
        "address": "there are 2^32 IPv4 addresses; an hour of one computer finds them all",
        "prefix": "there are fewer prefixes than addresses",
        "phone": "there are about 10^10 telephone numbers",
        "mail_domain": "lists of all registered domains are on sale",
        "user_agent": "the common ones are known",
        "email_pattern": "there are few patterns",
    }
)
_PHONE = re.compile(r"\+?[\d\s().-]{6,24}")
_ASN = re.compile(r"(?i)as\s?\d{1,10}")
_DOMAIN = re.compile(r"(?i)[@*.]*(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}")
_IPV4 = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)"
)  # anywhere: what stands around it is guessed as easily


def canonical(kind: str, value: str) -> bytes:
    """The bytes that both sides make of a value: kind, then the value in one spelling.

    >>> canonical("mail_domain", " Example.ORG. ")
    b'mail_domain\\x00example.org'

    Raises `RefusedError` (`unknown_kind`, `malformed`).
    """
    if kind not in PRIVATE_KINDS:
        raise RefusedError(
            "unknown_kind", f"no kind of indicator: {kind!r}", remedy=f"One of {PRIVATE_KINDS}"
        )
    text = value.strip()
    if not text or len(text) > LONGEST_VALUE:
        raise RefusedError("malformed", f"a value of {len(text)} characters for {kind}")
    if kind in ("address", "prefix"):
        return f"{kind}\0{_network(kind, text)}".encode()
    if kind in ("email", "mail_domain", "email_pattern"):
        text = text.lower().rstrip(".")
    if kind == "phone":
        text = re.sub(r"[^\d+]", "", text)
    return f"{kind}\0{text}".encode()


def check_keyed(kind: str, value: str) -> None:
    """Raise `RefusedError` (`low_entropy`) for what trying all values would find: by kind, and by look."""
    reason = WHY_LOW.get(kind) or _looks_low(value.strip())
    if reason:
        raise RefusedError(
            "low_entropy",
            f"this {kind} cannot go as a keyed digest: {reason}",
            remedy="Use private set intersection: stillwatch share overlap",
        )
    if kind not in KEYED_KINDS:
        raise RefusedError("unknown_kind", f"no kind of keyed indicator: {kind!r}")


def check_kinds(terms: Terms) -> None:
    """Raise `RefusedError` for terms with kinds that do not exist, or that no agreement can allow as keyed digests."""
    for kind in terms.keyed_kinds:
        if kind not in KEYED_KINDS:
            reason = WHY_LOW.get(kind)
            raise RefusedError(
                "low_entropy" if reason else "unknown_kind",
                f"{kind} in keyed_kinds: {reason or 'no such kind'}",
                remedy=f"Keyed kinds are {', '.join(KEYED_KINDS)}; others can stand in private_kinds",
            )
    for kind in terms.private_kinds:
        if kind not in PRIVATE_KINDS:
            raise RefusedError(
                "unknown_kind", f"{kind} in private_kinds", remedy=f"One of {', '.join(PRIVATE_KINDS)}"
            )


def epoch_key(identity: Identity, their_exchange: bytes, terms: Terms, epoch: int) -> bytes:
    """The key of one agreement and epoch. Both partners derive the same from their own keys; it never travels."""
    secret = identity.shared_secret(their_exchange)
    extracted = hmac.digest(bytes.fromhex(terms.id), secret, "sha256")  # HKDF, RFC 5869: extract, then expand
    return hmac.digest(
        extracted, b"stillwatch indicator key v1\0" + epoch.to_bytes(8, "big") + b"\x01", "sha256"
    )


def keyed_digest(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA-256 of a value under the key of an epoch. Raises `RefusedError` (`low_entropy`)."""
    check_keyed(kind, value)
    return hmac.new(key, canonical(kind, value), hashlib.sha256).hexdigest()


def look_up(key: bytes, kind: str, values: Iterable[str], digests: Iterable[str]) -> tuple[str, ...]:
    """Those of our own values that a partner's digests name, sorted; values that may not be keyed are passed over."""
    wanted = frozenset(digests)
    return tuple(sorted(v for v in set(values) if _may(kind, v) and keyed_digest(key, kind, v) in wanted))


def _may(kind: str, value: str) -> bool:
    try:
        check_keyed(kind, value)
        canonical(kind, value)
    except RefusedError:
        return False
    return True


def _network(kind: str, text: str) -> str:
    try:
        if kind == "prefix":
            return str(ipaddress.ip_network(text, strict=False))
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise RefusedError("malformed", f"not an IP {kind}") from error
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _looks_low(text: str) -> str:
    """Why a value can be guessed whatever it is called; empty if it cannot."""
    try:
        ipaddress.ip_network(text.strip("[]").partition("%")[0], strict=False)
    except ValueError:
        pass
    else:
        return "it is an IP address or prefix"
    if _IPV4.search(text):
        return "there is an IPv4 address in it"
    for pattern, what in ((_PHONE, "a number"), (_ASN, "an autonomous system"), (_DOMAIN, "a domain")):
        if pattern.fullmatch(text):
            return f"it is {what}"
    return "it is too short" if len(text) < LEAST_CHARACTERS else ""
