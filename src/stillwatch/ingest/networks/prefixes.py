"""Lists of prefixes: CSV, Parquet or JSON lines with the columns `prefix`, `kind` and perhaps `asn`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from stillwatch.ingest.mapping import plan
from stillwatch.ingest.networks.network import Address, Network
from stillwatch.ingest.source import Source
from stillwatch.ingest.tabular import chunks, column_names, fill
from stillwatch.model.errors import InputError
from stillwatch.model.input_tables import NETWORKS


class Prefixes:
    """Prefixes by length: the longest one that holds an address wins. `damaged` counts rows left out."""

    def __init__(self, source: Source, mapping: Mapping[str, Any] | None) -> None:
        if not column_names(source.head(), source):
            raise InputError(
                "neither MMDB, OpenASN nor a list of prefixes",
                where=source.path,
                remedy="Give a CSV or Parquet file with the columns prefix and kind",
            )
        self.as_of: int | None = None
        self.damaged = 0
        self._found: dict[tuple[int, int], dict[int, tuple[int | None, str]]] = {}
        filling = plan(mapping, NETWORKS)
        for chunk in chunks(source):
            filled = fill(chunk, filling, NETWORKS, NETWORKS.schema, where=source.path)
            self.damaged += len(chunk.rejects)
            columns = (filled.columns[name].to_pylist() for name in ("prefix", "asn", "kind"))
            for prefix, asn, kind in zip(*columns, strict=True):
                self._add(prefix, asn, kind)
        self._lengths = sorted(self._found, reverse=True)

    def _add(self, prefix: str | None, asn: int | None, kind: str | None) -> None:
        try:
            network = ipaddress.ip_network(prefix or "", strict=False)
        except ValueError:
            self.damaged += 1
            return
        key = (network.version, network.prefixlen)
        shift = network.max_prefixlen - network.prefixlen
        self._found.setdefault(key, {})[int(network.network_address) >> shift] = asn, kind or "unknown"

    def find(self, address: Address) -> Network | None:
        """The longest prefix that holds an address."""
        value = int(address)
        for version, length in self._lengths:
            if version != address.version:
                continue
            found = self._found[version, length].get(value >> (address.max_prefixlen - length))
            if found is not None:
                prefix = str(ipaddress.ip_network((value, length), strict=False))
                return Network(prefix, found[0], found[1])
        return None
