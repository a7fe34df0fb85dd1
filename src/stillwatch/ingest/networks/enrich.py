"""Networks for the addresses that occur in a dataset."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.ingest.networks.mmdb import MARKER, Mmdb
from stillwatch.ingest.networks.network import Network, Networks
from stillwatch.ingest.networks.openasn import MAGIC, OpenAsn
from stillwatch.ingest.networks.prefixes import Prefixes
from stillwatch.ingest.source import Source, unreadable
from stillwatch.ingest.write import write_table
from stillwatch.model.errors import InputError
from stillwatch.model.input_tables import NETWORKS

COLUMNS = (("exchanges", "client_address"), ("accounts", "signup_address"))
_TAIL = 128 * 1024


@dataclass(frozen=True, slots=True)
class Enriched:
    """How many distinct addresses there are, how many were found, and prefixes per kind."""

    addresses: int
    found: int
    prefixes: int
    kinds: Mapping[str, int]
    damaged: int


def enrich(folder: Path, networks: list[Path], *, mapping: Mapping[str, Any] | None = None) -> Enriched:
    """Write `networks.parquet` into a dataset: the prefixes of its addresses, from MMDB, OpenASN or lists.

    Several files are asked in turn; the first that knows an address counts. Raises `InputError` if the folder
    has no exchanges or a file is of no known kind.
    """
    sources = [open_networks(path, mapping) for path in networks]
    addresses = sorted(distinct_addresses(folder))
    found: dict[str, tuple[Network, int | None]] = {}
    known = 0
    for address in addresses:
        for source in sources:
            network = source.find(ipaddress.ip_address(address))
            if network is not None:
                found.setdefault(network.prefix, (network, source.as_of))
                known += 1
                break
    write_table(folder, NETWORKS.name, _table(found[prefix] for prefix in sorted(found)))
    kinds = Counter(network.kind for network, _ in found.values())
    damaged = sum(source.damaged for source in sources if isinstance(source, Prefixes))
    return Enriched(len(addresses), known, len(found), dict(kinds.most_common()), damaged)


def open_networks(path: Path, mapping: Mapping[str, Any] | None) -> Networks:
    """The reader for a file, by its content."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            stream.seek(max(path.stat().st_size - _TAIL, 0))
            tail = stream.read()
    except OSError as error:
        raise unreadable(str(path), error) from error
    if head == MAGIC:
        return OpenAsn(path)
    return Mmdb(path) if MARKER in tail else Prefixes(Source(str(path)), mapping)


def distinct_addresses(folder: Path) -> set[str]:
    """All addresses in a dataset that can be read as one."""
    found: set[str] = set()
    files = [(table, column, file) for table, column in COLUMNS for file in _files(folder, table)]
    if not any(table == "exchanges" for table, _, _ in files):
        raise InputError("no exchanges", where=str(folder), remedy="Run `stillwatch ingest` first")
    for _, column, file in files:
        for values in _values(file, column):
            found.update(value for value in values if _is_address(value))
    return found


def _files(folder: Path, table: str) -> list[Path]:
    whole = folder / f"{table}.parquet"
    return [whole] if whole.exists() else sorted((folder / table).glob("*.parquet"))


def _values(file: Path, column: str) -> Iterator[list[str]]:
    try:
        parquet = pq.ParquetFile(file)
        if column in parquet.schema_arrow.names:
            for batch in parquet.iter_batches(columns=[column]):
                yield pc.unique(batch.column(0)).drop_null().to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"damaged Parquet: {error}".split("\n")[0][:120], where=str(file), remedy="Write it again"
        ) from error


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _table(found: Iterable[tuple[Network, int | None]]) -> pa.Table:
    rows = [
        {"prefix": network.prefix, "asn": network.asn, "kind": network.kind, "as_of": as_of}
        for network, as_of in found
    ]
    return pa.Table.from_pylist(rows, schema=NETWORKS.schema)
