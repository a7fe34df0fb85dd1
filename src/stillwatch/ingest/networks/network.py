"""A network that holds an address, and what a source of networks is."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Protocol

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Network:
    """A prefix in CIDR text, its autonomous system, and its kind (`unknown` where the source has none)."""

    prefix: str
    asn: int | None
    kind: str


class Networks(Protocol):
    """A source of networks; `as_of` is its date in µs since 1970, where it has one."""

    as_of: int | None

    def find(self, address: Address) -> Network | None:
        """The network that holds an address, or none."""
        ...


def widest(address: Address, low: int, high: int) -> str:
    """The widest prefix, in CIDR text, that holds the address and stays within `low` to `high` (inclusive).

    >>> widest(ipaddress.ip_address("192.0.2.7"), 0xC0000204, 0xC00002FF)
    '192.0.2.4/30'
    """
    value, bits = int(address), address.max_prefixlen
    length: int = bits
    while length:
        size = 1 << (bits - length + 1)
        start = value - value % size
        if start < low or start + size - 1 > high:
            break
        length -= 1
    return str(ipaddress.ip_network((value, length), strict=False))
