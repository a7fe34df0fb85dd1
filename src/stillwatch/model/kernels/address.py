"""Addresses as integers: IPv4 and IPv6 text to one comparable 64-bit number, and networks to ranges of it.

IPv4 addresses become their 32-bit value; IPv6 addresses the upper 64 bits with the top bit of the signed
number set, so that both live on one line and a network is one range.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.errors import InputError
from stillwatch.model.kernels.compiled import kernel

NONE = np.int64(np.iinfo(np.int64).min)
_V6_FLAG = 1 << 63
Int64s = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def parse_addresses(array: pa.Array | pa.ChunkedArray) -> Int64s:
    """Addresses of a string column as int64[n]; `NONE` where null or not an address."""
    chunk = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    chunk = chunk.cast(pa.large_string())
    if len(chunk) == 0:
        return np.empty(0, dtype=np.int64)
    _, offsets, data = chunk.buffers()
    spans = np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    text = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, np.uint8)
    valid = np.asarray(chunk.is_valid())
    return _parse(text, spans, valid)


def prefixes(addresses: Int64s) -> Int64s:
    """The /24 (IPv4) or /48 (IPv6) of each address as int64[n]; `NONE` stays."""
    v6 = addresses < 0
    short = np.where(v6, addresses & ~np.int64(0xFFFF), addresses & ~np.int64(0xFF))
    return np.where(addresses == NONE, NONE, short)


@dataclass(frozen=True, slots=True)
class Ranges:
    """Disjoint ranges on the address line: `starts[i]` to `ends[i]` inclusive carry `labels[i]`."""

    starts: Int64s
    ends: Int64s
    labels: Int64s

    def find(self, addresses: Int64s) -> Int64s:
        """Label of each address, -1 where no range holds it; int64[n]."""
        if len(self.starts) == 0:
            return np.full(len(addresses), -1, dtype=np.int64)
        at = np.searchsorted(self.starts, addresses, side="right") - 1
        safe = np.maximum(at, 0)
        inside = (at >= 0) & (addresses <= self.ends[safe]) & (addresses != NONE)
        return np.where(inside, self.labels[safe], -1)


def ranges(networks: Sequence[str], labels: Int64s) -> Ranges:
    """Ranges of networks in CIDR text; where networks nest, the narrower one wins.

    Raises `InputError` if a network cannot be read; IPv6 networks narrower than /64 count as their /64.
    """
    spans = [_span(text) for text in networks]
    order = sorted(range(len(spans)), key=lambda i: (spans[i][0], -spans[i][1]))
    sweep = _Sweep()
    for i in order:
        first, last = spans[i]
        sweep.reach(first)
        sweep.enclosing.append((last, int(labels[i])))
    sweep.reach((1 << 63) - 1)
    rows = np.array(sweep.found, np.int64).reshape(-1, 3)
    return Ranges(rows[:, 0].copy(), rows[:, 1].copy(), rows[:, 2].copy())


class _Sweep:
    """Goes along the address line and cuts it where the narrowest enclosing network changes."""

    def __init__(self) -> None:
        self.at = -(1 << 63)
        self.enclosing: list[tuple[int, int]] = []  # (end, label), the narrowest last
        self.found: list[tuple[int, int, int]] = []

    def reach(self, until: int) -> None:
        """Close what ends before `until`, and what stands open up to it."""
        while self.enclosing and self.enclosing[-1][0] < until:
            end, label = self.enclosing.pop()
            if self.at <= end:
                self.found.append((self.at, end, label))
                self.at = end + 1
        if self.enclosing and self.at < until:
            self.found.append((self.at, until - 1, self.enclosing[-1][1]))
        self.at = max(self.at, until)


def _span(text: str) -> tuple[int, int]:
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a network", where="networks.prefix", remedy="Write it like 192.0.2.0/24"
        ) from error
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 4:
        return first, last
    return _signed((first >> 64) | _V6_FLAG), _signed((last >> 64) | _V6_FLAG)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


@kernel
def _parse(text: Bytes, spans: Int64s, valid: Flags) -> Int64s:
    out = np.full(len(valid), NONE, dtype=np.int64)
    for i in range(len(valid)):
        if not valid[i]:
            continue
        start, end = spans[i], spans[i + 1]
        colon = False
        for p in range(start, end):
            if text[p] == 58:
                colon = True
                break
        out[i] = _parse_v6(text, start, end) if colon else _parse_v4(text, start, end)
    return out


@kernel
def _parse_v4(text: Bytes, start: int, end: int) -> np.int64:
    value, part, digits, dots = 0, 0, 0, 0
    for p in range(start, end):
        c = text[p]
        if 48 <= c <= 57:
            part = part * 10 + (c - 48)
            digits += 1
            if digits > 3 or part > 255:
                return NONE
        elif c == 46 and digits > 0:
            value = (value << 8) | part
            part, digits, dots = 0, 0, dots + 1
        else:
            return NONE
    if dots != 3 or digits == 0:
        return NONE
    return np.int64((value << 8) | part)


@kernel
def _parse_v6(text: Bytes, start: int, end: int) -> np.int64:
    groups = np.zeros(8, dtype=np.int64)
    count, gap, p = 0, -1, start
    while p < end and count < 8:
        if text[p] == 58:
            if p + 1 < end and text[p + 1] == 58:
                if gap >= 0:
                    return NONE
                gap = count
                p += 2
                continue
            p += 1
            continue
        value, digits = 0, 0
        while p < end and text[p] != 58:
            c = text[p] | 32
            if 48 <= text[p] <= 57:
                value = value * 16 + (text[p] - 48)
            elif 97 <= c <= 102:
                value = value * 16 + (c - 87)
            elif text[p] == 46 or text[p] == 37:  # embedded IPv4 or a zone: the upper half is known
                break
            else:
                return NONE
            digits += 1
            p += 1
            if digits > 4:
                return NONE
        if p < end and (text[p] == 46 or text[p] == 37):
            break
        groups[count] = value
        count += 1
    if gap < 0 and count < 4:
        return NONE
    if gap >= 0:
        tail = count - gap
        for k in range(tail - 1, -1, -1):
            groups[8 - tail + k] = groups[gap + k]
            if 8 - tail + k != gap + k:
                groups[gap + k] = 0
    upper = (groups[0] << 48) | (groups[1] << 32) | (groups[2] << 16) | groups[3]
    return np.int64(upper | np.int64(-9223372036854775808))
