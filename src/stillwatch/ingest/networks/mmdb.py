"""MMDB files of MaxMind, IPinfo and others, read with the optional package `maxminddb`."""

from __future__ import annotations

import importlib
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stillwatch.ingest.coerce import mapping
from stillwatch.ingest.networks.network import Address, Network
from stillwatch.model.errors import InputError, UsageError

MARKER = b"\xab\xcd\xefMaxMind.com"
_FLAGS = (  # first hit wins: the one that explains most about who shares the address
    (("is_relay", "relay", "is_icloud_relay"), "relay"),
    (("is_tor_exit_node", "is_tor", "tor"), "tor_exit"),
    (("is_anonymous_vpn", "is_vpn", "vpn"), "vpn"),
    (("is_residential_proxy", "is_public_proxy", "is_proxy", "proxy"), "relay"),
    (("is_mobile", "mobile"), "mobile"),
    (("is_hosting_provider", "is_hosting", "hosting"), "hosting"),
)
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "hosting": "hosting",
        "content_delivery_network": "hosting",
        "isp": "residential",
        "residential": "residential",
        "cable/dsl": "residential",
        "dialup": "residential",
        "cellular": "mobile",
        "mobile": "mobile",
        "college": "education",
        "school": "education",
        "library": "education",
        "education": "education",
        "business": "business",
        "corporate": "business",
        "government": "government",
        "military": "government",
        "consumer_privacy_network": "relay",
    }
)
_WORD_FIELDS = ("user_type", "connection_type", "usage_type", "as_type", "type", "company_type")


class Mmdb:
    """An MMDB file; fields are looked for at the top, in `traits`, `privacy`, `asn` and `company`."""

    def __init__(self, path: Path) -> None:
        try:
            package = importlib.import_module("maxminddb")
        except ImportError as error:
            raise UsageError(
                "reading MMDB files needs the package maxminddb",
                where=str(path),
                remedy="Install it with: pip install 'stillwatch[enrich]'",
            ) from error
        try:
            self._reader = package.open_database(str(path))
        except (OSError, ValueError, package.InvalidDatabaseError) as error:
            raise InputError(
                f"damaged MMDB file: {error}"[:120], where=str(path), remedy="Download it again"
            ) from error
        self.as_of: int | None = self._reader.metadata().build_epoch * 1_000_000

    def find(self, address: Address) -> Network | None:
        """The record of an address."""
        if address.version == 6 and self._reader.metadata().ip_version == 4:
            return None
        record, length = self._reader.get_with_prefix_len(str(address))
        if not isinstance(record, dict):
            return None
        prefix = str(ipaddress.ip_network((int(address), length), strict=False))
        parts = [record, *(mapping(record.get(name)) for name in ("traits", "privacy", "asn", "company"))]
        return Network(prefix, _system(parts), _kind(parts))


def _system(parts: list[dict[str, Any]]) -> int | None:
    for part in parts:
        for name in ("autonomous_system_number", "asn"):
            found = part.get(name)
            if isinstance(found, int):
                return found
            if isinstance(found, str) and found.upper().removeprefix("AS").isdecimal():
                return int(found.upper().removeprefix("AS"))
    return None


def _kind(parts: list[dict[str, Any]]) -> str:
    for names, kind in _FLAGS:
        if any(part.get(name) in (True, "true") for part in parts for name in names):
            return kind
    for part in parts:
        for name in _WORD_FIELDS:
            word = part.get(name)
            if isinstance(word, str) and word.lower() in _WORDS:
                return _WORDS[word.lower()]
    return "unknown"
