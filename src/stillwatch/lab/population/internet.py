"""A made-up internet: providers of access, hosting and privacy, and the pools of addresses they give out.

Addresses come from 240.0.0.0/4 and 2001:db8::/32, which nobody routes: no simulated address is anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.lab.population.choices import Choices
from stillwatch.lab.population.draws import Words, generator, scramble
from stillwatch.model.input_tables import NETWORKS

FIRST = 240 << 24
ROOM = 1 << 28
CITY = 4096  # addresses of a residential pool
SUBSCRIBERS = 130  # simulated accounts that share one such pool

# kind: providers, blocks of each, addresses of a block, published as
_KINDS: Mapping[str, tuple[int, int, int, str]] = MappingProxyType(
    {
        "residential": (48, 0, CITY, "residential"),
        "mobile": (14, 6, 256, "mobile"),
        "cgnat": (10, 6, 256, "cgnat"),
        "hosting": (22, 12, 1024, "hosting"),
        "vpn": (12, 6, 256, "vpn"),
        "privacy_relay": (2, 24, 256, "relay"),
        "education": (90, 1, 256, "education"),
        "office": (40, 24, 16, "enterprise_gateway"),
    }
)


@dataclass(frozen=True, slots=True)
class Internet:
    """Blocks of addresses by kind: first address, size and the provider's number."""

    blocks: dict[str, npt.NDArray[np.int64]]  # kind -> (n, 3): first, size, asn
    unlisted: float  # share of blocks missing from the published table

    @classmethod
    def make(cls, seed: int, accounts: int) -> Internet:
        """An internet for so many accounts: residential pools grow with the population,
        so that homes collide alike.
        """
        rng = generator("internet", seed)
        cities = max(96, accounts // SUBSCRIBERS)
        rows: dict[str, npt.NDArray[np.int64]] = {}
        asn = rng.permutation(np.arange(64_000, 90_000))
        at, used = FIRST, 0
        for kind, (providers, blocks, size, _) in _KINDS.items():
            n = cities if kind == "residential" else providers * blocks
            owner = asn[used + np.arange(n) % providers]
            rows[kind] = np.column_stack([at + np.arange(n) * size, np.full(n, size), owner])
            at += n * size
            used += providers
        return cls(rows, 0.04)

    def block(self, kind: str, rng: np.random.Generator, n: int = 1) -> npt.NDArray[np.int64]:
        """Blocks of a kind drawn at random, (n, 3)."""
        rows = self.blocks[kind]
        return rows[rng.integers(len(rows), size=n)]

    def host(self, kind: str, rng: np.random.Generator, n: int = 1) -> npt.NDArray[np.int64]:
        """Single addresses of a kind, shape (n, 2) as ranges of size one."""
        rows = self.block(kind, rng, n)
        address = rows[:, 0] + (rng.random(n) * rows[:, 1]).astype(np.int64)
        return np.column_stack([address, np.ones(n, np.int64)])

    def table(self, seed: int, as_of: int) -> pa.Table:
        """The `networks` table: most blocks, in order of address; some are missing, as in any such file."""
        rng = generator("networks", seed)
        prefixes, numbers, kinds = [], [], []
        for kind, rows in self.blocks.items():
            keep = rows[rng.random(len(rows)) >= self.unlisted]
            prefixes += [f"{dotted(int(a))}/{32 - int(size).bit_length() + 1}" for a, size, _ in keep]
            numbers += keep[:, 2].tolist()
            kinds += [_KINDS[kind][3]] * len(keep)
        dates = pa.array([as_of] * len(kinds), pa.timestamp("us", tz="UTC"))
        columns = [pa.array(prefixes), pa.array(numbers, pa.int64()), pa.array(kinds), dates]
        return pa.table(columns, schema=NETWORKS.schema)


def add_pool(pools: Choices, ranges: npt.NDArray[np.int64]) -> int:
    """Number of a pool of address ranges (n, 2 or more columns: first, size), drawn by size."""
    return pools.add(ranges[:, 0] << 16 | ranges[:, 1], ranges[:, 1].astype(float))


def address(ranges: npt.NDArray[np.int64], u: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """An address in each range that `Choices.pick` returned."""
    return (ranges >> 16) + (u * (ranges & 0xFFFF)).astype(np.int64)


def six(ranges: npt.NDArray[np.int64], homes: Words) -> npt.NDArray[np.int64]:
    """A /64 network per home in the provider's part of 2001:db8::/32, negative to tell it from IPv4."""
    part = (scramble(ranges >> 28, 0, 6) % np.uint64(4096)).astype(np.int64)
    return -(part << 20 | (homes % np.uint64(1 << 20)).astype(np.int64)) - 1


def dotted(value: int) -> str:
    """IPv4 text of a number."""
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def address_text(values: npt.NDArray[np.int64], suffix: Words) -> pa.StringArray:
    """Addresses as text: IPv4, or IPv6 for negative numbers with the interface part from `suffix`."""
    octets = pa.array([str(i) for i in range(256)])
    plain = np.maximum(values, 0)
    parts = [octets.take(pa.array((plain >> shift & 255).astype(np.int32))) for shift in (24, 16, 8, 0)]
    four = pc.binary_join_element_wise(*parts, ".")
    if not (values < 0).any():
        return four
    rows = np.flatnonzero(values < 0)
    networks, ends = -(values[rows] + 1), suffix[rows]
    texts = [_six_text(n, e) for n, e in zip(networks.tolist(), ends.tolist(), strict=True)]
    return pc.replace_with_mask(four, pa.array(values < 0), pa.array(texts))


def _six_text(network: int, suffix: int) -> str:
    high = f"2001:db8:{network >> 16:x}:{network & 0xFFFF:x}"
    return high + "".join(f":{suffix >> shift & 0xFFFF:x}" for shift in (48, 32, 16, 0))
