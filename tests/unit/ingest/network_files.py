"""Small OpenASN and MMDB files, written byte by byte."""

from __future__ import annotations

import ipaddress
import struct
from pathlib import Path
from typing import Any

BUILT = 1_790_000_000
Range = tuple[str, str]


def write_openasn(
    path: Path,
    base: list[tuple[str, str, int, int]],
    *,
    vpn: list[Range] | None = None,
    hosting: list[Range] | None = None,
    version: int = 1,
) -> Path:
    """A file of the family of its first address; `base` holds start, end, system number and flags."""
    family = ipaddress.ip_address(base[0][0]).version
    width = 4 if family == 4 else 16
    overlays = [vpn or [], hosting or [], []]
    counts = [len(base), *map(len, overlays)]
    data = struct.pack(">4sBBHQIIII", b"OASN", version, family, 0, BUILT, *counts)
    for start, end, asn, flags in base:
        data += _number(start, width) + _number(end, width) + struct.pack(">IH", asn, flags)
    for overlay in overlays:
        data += b"".join(_number(start, width) + _number(end, width) for start, end in overlay)
    path.write_bytes(data)
    return path


def _number(address: str, width: int) -> bytes:
    return int(ipaddress.ip_address(address)).to_bytes(width, "big")


def write_mmdb(path: Path, records: dict[str, dict[str, Any]]) -> Path:
    """An IPv4 MMDB file with 24-bit tree records; keys are prefixes."""
    tree: list[list[Any]] = [[None, None]]
    for prefix, record in records.items():
        network = ipaddress.ip_network(prefix)
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        node = 0
        for bit in bits[:-1]:
            if tree[node][int(bit)] is None:
                tree.append([None, None])
                tree[node][int(bit)] = len(tree) - 1
            node = tree[node][int(bit)]
        tree[node][int(bits[-1])] = record
    data, places = b"", {}
    for record in records.values():
        places[id(record)] = len(data)
        data += _encoded(record)
    nodes = b"".join(_side(side, len(tree), places) for node in tree for side in node)
    short = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "ip_version": 4,
        "record_size": 24,
    }
    about = {
        "build_epoch": BUILT,
        "database_type": "test",
        "description": {},
        "languages": [],
        "node_count": len(tree),
    }
    described = bytes([7 << 5 | len(short) + len(about)])
    described += b"".join(_encoded(name) + _whole(number, 2) for name, number in short.items())
    described += b"".join(_encoded(name) + _encoded(item) for name, item in about.items())
    path.write_bytes(nodes + b"\0" * 16 + data + b"\xab\xcd\xefMaxMind.com" + described)
    return path


def _side(side: Any, nodes: int, places: dict[int, int]) -> bytes:
    """A tree record: the next node, the place of the data, or `nodes` for nothing."""
    value = nodes if side is None else side if isinstance(side, int) else nodes + 16 + places[id(side)]
    return value.to_bytes(3, "big")


def _whole(value: int, size: int) -> bytes:
    """An unsigned integer of 2, 4 or 8 bytes; the type of 8 bytes stands in a second control byte."""
    control = {2: bytes([5 << 5 | 2]), 4: bytes([6 << 5 | 4]), 8: bytes([8, 9 - 7])}[size]
    return control + value.to_bytes(size, "big")


def _encoded(value: Any) -> bytes:
    """MMDB's data section: a control byte with type and size, then the content."""
    if isinstance(value, bool):
        return bytes([int(value), 14 - 7])
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, int):
        return _whole(value, {BUILT: 8}.get(value, 4))
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_encoded, value))
    pairs = b"".join(_encoded(key) + _encoded(inner) for key, inner in value.items())
    return bytes([7 << 5 | len(value)]) + pairs
