"""OpenASN's binary files: ranges of addresses with their system and category, data in the public domain
(CC0).

Source: the project's FORMAT.md, version 1. All numbers are big-endian, ranges inclusive and sorted.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from stillwatch.ingest.networks.network import Address, Network, widest
from stillwatch.ingest.source import unreadable
from stillwatch.model.errors import InputError

MAGIC = b"OASN"
_HEADER = struct.Struct(">4sBBHQIIII")
_WIDTHS: Mapping[int, int] = MappingProxyType({4: 4, 6: 16})
_CATEGORIES: Mapping[int, str] = MappingProxyType(
    {1: "residential", 2: "hosting", 3: "business", 4: "education", 5: "government"}
)
_BAD, _VPN, _MOBILE, _GATEWAY, _CDN, _HOSTING = (1 << bit for bit in range(8, 14))


class _Layer:
    """Ranges of one layer: starts and ends, and the bytes that follow them in each record."""

    def __init__(self, data: bytes, width: int, extra: int) -> None:
        size = 2 * width + extra
        at = range(0, len(data), size)
        self.starts = [int.from_bytes(data[i : i + width], "big") for i in at]
        self.ends = [int.from_bytes(data[i + width : i + 2 * width], "big") for i in at]
        self._rest = [data[i + 2 * width : i + size] for i in at] if extra else []

    def find(self, value: int) -> int | None:
        """Index of the range that holds a value."""
        at = bisect_right(self.starts, value) - 1
        return at if at >= 0 and value <= self.ends[at] else None

    def system(self, at: int) -> tuple[int, int]:
        """System number and flags of a base record."""
        asn, flags = struct.unpack(">IH", self._rest[at])
        return asn, flags


class OpenAsn:
    """One file, of one address family: base records, and overlays of VPN, data-centre and relay ranges."""

    def __init__(self, path: Path) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise unreadable(str(path), error) from error
        if len(data) < _HEADER.size or not data.startswith(MAGIC):
            raise InputError(
                "not an OpenASN file", where=str(path), remedy="Give openasn-ipv4.bin or openasn-ipv6.bin"
            )
        _, version, family, _, built, *counts = _HEADER.unpack_from(data)
        if version != 1 or family not in _WIDTHS:
            raise InputError(
                f"OpenASN format version {version}, family {family} is not known here",
                where=str(path),
                remedy="Give a file of format version 1",
            )
        self.family = family
        self.as_of: int | None = built * 1_000_000
        self._layers = _layers(data, counts, _WIDTHS[family], str(path))

    def find(self, address: Address) -> Network | None:
        """The part of a base range that holds the address and shares its overlays."""
        if address.version != self.family:
            return None
        base, *overlays = self._layers
        value = int(address)
        at = base.find(value)
        if at is None:
            return None
        low, high = base.starts[at], base.ends[at]
        within = [layer.find(value) for layer in overlays]
        for layer, place in zip(overlays, within, strict=True):
            if place is not None:
                low, high = max(low, layer.starts[place]), min(high, layer.ends[place])
        asn, flags = base.system(at)
        vpn, hosting, relay = (place is not None for place in within)
        return Network(
            widest(address, low, high), asn or None, _kind(flags, vpn=vpn, hosting=hosting, relay=relay)
        )


def _layers(data: bytes, counts: list[int], width: int, path: str) -> list[_Layer]:
    layers, at = [], _HEADER.size
    for number, count in enumerate(counts):
        extra = 6 if number == 0 else 0
        end = at + count * (2 * width + extra)
        if end > len(data):
            raise InputError("the file is cut short", where=path, remedy="Download it again")
        layers.append(_Layer(data[at:end], width, extra))
        at = end
    return layers


def _kind(flags: int, *, vpn: bool, hosting: bool, relay: bool) -> str:
    """One kind, the one that explains most about who shares the address."""
    if relay:
        return "relay"
    if flags & _GATEWAY:
        return "enterprise_gateway"
    if vpn or flags & _VPN:
        return "vpn"
    if flags & _MOBILE:
        return "mobile"
    if hosting or flags & (_HOSTING | _CDN):
        return "hosting"
    return _CATEGORIES.get(flags & 15, "unknown")
