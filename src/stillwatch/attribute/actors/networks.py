"""A network in CIDR text as the numbers that addresses and /24 or /48 networks have in the log's sketch."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from stillwatch.model.errors import InputError

Ints = NDArray[np.int64]
WIDEST: Mapping[int, int] = MappingProxyType({4: 16, 6: 40})
_V6_FLAG = 1 << 63


@dataclass(frozen=True, slots=True)
class Network:
    """Numbers of the whole /24 (IPv4) or /48 (IPv6) networks in it, or, if it is narrower, of its addresses."""

    networks: Ints
    addresses: Ints


def read_network(text: str) -> Network:
    """The numbers of a network.

    Raises `InputError` if it cannot be read or is wider than a /16 (IPv4) or /40 (IPv6): half a provider is no mark.
    """
    try:
        found = ipaddress.ip_network(text.strip(), strict=True)
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a network: {error}", remedy="Write it like 192.0.2.0/24"
        ) from error
    if found.prefixlen < WIDEST[found.version]:
        raise InputError(
            f"{text} is too wide to be one party's",
            remedy=f"Name networks of /{WIDEST[found.version]} or narrower",
        )
    first = int(found.network_address)
    if found.version == 4:
        return _numbers(first, found.prefixlen, block=24, line=32, flag=False)
    return _numbers(first >> 64, min(found.prefixlen, 64), block=48, line=64, flag=True)


def _numbers(first: int, length: int, *, block: int, line: int, flag: bool) -> Network:
    none = np.empty(0, np.int64)
    if length <= block:
        step, n = 1 << (line - block), 1 << (block - length)
        return Network(_signed(first, step, n, flag=flag), none)
    if flag and length < 56:  # a /56 and narrower holds 256 addresses at most: all are listed
        return Network(_signed(first & ~0xFFFF, 1, 1, flag=flag), none)
    return Network(none, _signed(first, 1, 1 << (line - length), flag=flag))


def _signed(first: int, step: int, n: int, *, flag: bool) -> Ints:
    values = [(first + i * step) | (_V6_FLAG if flag else 0) for i in range(n)]
    return np.array([v - (1 << 64) if v >= 1 << 63 else v for v in values], np.int64)
