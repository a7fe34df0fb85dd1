"""Plain addresses, autonomous systems and mail domains that mark a campaign, for an export that may carry them.

A value is given away only if enough members were seen with it and half or more of all accounts seen with it are
members: so no shared exit, carrier or public mail provider is among them.
"""

from __future__ import annotations

import ipaddress
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from stillwatch.model.tables import TABLES
from stillwatch.share.finding import Finding, Scan, Value
from stillwatch.share.publication import NEED_DATASET
from stillwatch.store.dataset import Dataset, open_dataset
from stillwatch.store.duck import DuckTables, open_duck
from stillwatch.store.results import read_table

LEAST_ACCOUNTS = 3
LEAST_SHARE = 0.5
MOST_VALUES = 500  # per campaign and kind; the commonest among the members are kept
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")

SEEN = """
    SELECT e.account_id, e.client_address AS value, h.campaign_id, min(e.ts) AS first_seen, max(e.ts) AS last_seen
    FROM exchanges e LEFT JOIN harvest h ON h.exchange_id = e.exchange_id
    WHERE e.client_address IS NOT NULL GROUP BY ALL
"""
DOMAINS = """
    SELECT a.account_id, lower(a.email_domain) AS value, m.campaign_id, m.first_seen, m.last_seen
    FROM accounts a LEFT JOIN members m ON m.account_id = a.account_id
    WHERE a.email_domain IS NOT NULL AND a.email_domain <> ''
"""
MARKING = f"""
    WITH holders AS (SELECT value, count(DISTINCT account_id) AS n FROM seen GROUP BY value),
    inside AS (
        SELECT campaign_id, value, count(DISTINCT account_id) AS accounts, min(first_seen) AS first_seen,
               max(last_seen) AS last_seen
        FROM seen WHERE campaign_id IS NOT NULL GROUP BY campaign_id, value
    )
    SELECT i.* FROM inside i JOIN holders h USING (value)
    WHERE i.accounts >= {LEAST_ACCOUNTS} AND i.accounts >= {LEAST_SHARE} * h.n
    ORDER BY i.campaign_id, i.accounts DESC, i.value
"""


def with_values(scan: Scan, results: Path, dataset: Path, fields: Collection[str]) -> Scan:
    """The scan with those of `fields` that need the dataset it was made from.

    Raises `InputError` if the dataset or the results cannot be read.
    """
    wanted = sorted(NEED_DATASET & set(fields))
    ids = [f.id for f in scan.findings]
    if not wanted or not ids:
        return scan
    data = open_dataset(dataset)
    with tempfile.TemporaryDirectory(prefix="stillwatch-") as scratch, open_duck(Path(scratch)) as t:
        for name in ("campaign_exchanges", "members"):
            t.put(name, read_table(results, name))
        chosen = ", ".join("'" + i.replace("'", "''") + "'" for i in ids)
        t.define(
            "harvest",
            f"SELECT * FROM campaign_exchanges WHERE role = 'harvest' AND campaign_id IN ({chosen})",
        )
        t.define("members", f"SELECT * FROM members WHERE role = 'harvester' AND campaign_id IN ({chosen})")
        found = {kind: _marking(t, data, kind) for kind in wanted}
    return replace(scan, findings=[_with(f, found) for f in scan.findings])


def _with(finding: Finding, found: Mapping[str, Mapping[str, Sequence[Value]]]) -> Finding:
    values = [v for kind in sorted(found) for v in found[kind].get(finding.id, ())[:MOST_VALUES]]
    return replace(finding, values=tuple(values))


def _marking(t: DuckTables, data: Dataset, kind: str) -> Mapping[str, Sequence[Value]]:
    if kind == "email_domain":
        t.put("accounts", _stream(data, "accounts", ("account_id", "email_domain")))
        t.define("seen", DOMAINS)
    else:
        t.put("exchanges", _stream(data, "exchanges", ("exchange_id", "account_id", "ts", "client_address")))
        t.define("seen", SEEN)
        if kind == "asn":
            t.put("systems", _systems(t, data))
            t.define("seen", "SELECT s.* REPLACE (y.asn AS value) FROM seen s JOIN systems y USING (value)")
    found: dict[str, list[Value]] = {}
    for row in t.query(MARKING).to_pylist():
        value = _plain(kind, str(row["value"]))
        if value:
            seen = Value(kind, value, row["accounts"], row["first_seen"], row["last_seen"])
            found.setdefault(row["campaign_id"], []).append(seen)
    return found


def _plain(kind: str, value: str) -> str:
    """The value in its canonical form; empty if it is none of its kind."""
    if kind == "asn":
        return value
    if kind == "email_domain":
        return value if DOMAIN.fullmatch(value) and len(value) < 254 else ""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return ""


def _stream(data: Dataset, name: str, columns: Sequence[str]) -> pa.RecordBatchReader:
    schema = pa.schema([pa.field(c.name, c.type) for c in TABLES[name].columns if c.name in columns])
    return pa.RecordBatchReader.from_batches(schema, data.batches(name, columns=columns))


@dataclass(frozen=True, slots=True)
class _Prefixes:
    """Autonomous systems by prefix; the longest prefix wins."""

    found: Mapping[tuple[int, int], Mapping[int, int]]

    def asn(self, text: str) -> int | None:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return None
        for version, length in sorted(self.found, reverse=True):
            if version == address.version:
                at = int(address) >> (address.max_prefixlen - length)
                if at in self.found[version, length]:
                    return self.found[version, length][at]
        return None


def _systems(t: DuckTables, data: Dataset) -> pa.Table:
    """The autonomous system of each address that the networks file knows."""
    prefixes = _Prefixes(_read_prefixes(data))
    addresses = t.query("SELECT DISTINCT value FROM seen")["value"].to_pylist()
    known = [(text, str(asn)) for text in addresses if (asn := prefixes.asn(text)) is not None]
    return pa.table(
        {
            "value": pa.array([text for text, _ in known], pa.string()),
            "asn": pa.array([asn for _, asn in known], pa.string()),
        }
    )


def _read_prefixes(data: Dataset) -> Mapping[tuple[int, int], Mapping[int, int]]:
    found: dict[tuple[int, int], dict[int, int]] = {}
    for prefix, asn in _prefix_rows(data):
        network = ipaddress.ip_network(prefix, strict=False)
        shift = network.max_prefixlen - network.prefixlen
        found.setdefault((network.version, network.prefixlen), {})[int(network.network_address) >> shift] = (
            asn
        )
    return found


def _prefix_rows(data: Dataset) -> Iterator[tuple[str, int]]:
    for batch in data.batches("networks", columns=("prefix", "asn")):
        for row in batch.to_pylist():
            if row["asn"] is not None:
                yield row["prefix"], row["asn"]
