"""Kinds of network from OpenASN, MMDB and lists of prefixes."""

from __future__ import annotations

import ipaddress
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.network_files import BUILT, write_mmdb, write_openasn
from tests.unit.ingest.records import table

from stillwatch.ingest.networks.enrich import enrich
from stillwatch.ingest.networks.mmdb import Mmdb
from stillwatch.ingest.networks.network import Network, widest
from stillwatch.ingest.networks.openasn import OpenAsn
from stillwatch.model.errors import InputError, UsageError

ISP, HOSTING, EDUCATION = 1, 2, 4
MOBILE, GATEWAY = 1 << 10, 1 << 11
BASE = [
    ("192.0.2.0", "192.0.2.255", 64500, ISP),
    ("198.51.100.0", "198.51.100.127", 64501, HOSTING),
    ("198.51.100.128", "198.51.100.255", 64502, EDUCATION),
    ("203.0.113.0", "203.0.113.99", 64503, ISP | MOBILE),
    ("203.0.113.100", "203.0.113.255", 0, GATEWAY),
]


def _dataset(folder: Path, *addresses: str | None) -> Path:
    pq.write_table(
        pa.table({"client_address": pa.array(addresses, pa.string())}), folder / "exchanges.parquet"
    )
    return folder


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.5", Network("192.0.2.0/24", 64500, "residential")),  # the overlay's own prefix is narrower
        ("192.0.2.70", Network("192.0.2.64/26", 64500, "vpn")),
        ("198.51.100.7", Network("198.51.100.0/25", 64501, "hosting")),
        ("198.51.100.200", Network("198.51.100.128/25", 64502, "education")),
        ("203.0.113.98", Network("203.0.113.96/30", 64503, "mobile")),
        ("203.0.113.100", Network("203.0.113.100/30", None, "enterprise_gateway")),
        ("8.8.8.8", None),
        ("2001:db8::1", None),
    ],
)
def test_openasn(address: str, expected: Network | None, tmp_path: Path) -> None:
    file = write_openasn(tmp_path / "v4.bin", BASE, vpn=[("192.0.2.64", "192.0.2.127")])
    assert expected == OpenAsn(file).find(ipaddress.ip_address(address))


def test_openasn_of_ipv6(tmp_path: Path) -> None:
    file = write_openasn(
        tmp_path / "v6.bin", [("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 64500, ISP)]
    )
    assert Network("2001:db8::/32", 64500, "residential") == OpenAsn(file).find(
        ipaddress.ip_address("2001:db8::9")
    )


def test_openasn_of_another_version_or_cut_short_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version 2"):
        OpenAsn(write_openasn(tmp_path / "v.bin", BASE, version=2))
    whole = write_openasn(tmp_path / "w.bin", BASE).read_bytes()
    (tmp_path / "w.bin").write_bytes(whole[:-3])
    with pytest.raises(InputError, match="cut short"):
        OpenAsn(tmp_path / "w.bin")


def test_mmdb(tmp_path: Path) -> None:
    records = {
        "192.0.2.0/24": {"autonomous_system_number": 64500, "traits": {"user_type": "college"}},
        "198.51.100.0/25": {"asn": "AS64501", "is_hosting": True, "is_vpn": True},
    }
    source = Mmdb(write_mmdb(tmp_path / "t.mmdb", records))
    assert Network("192.0.2.0/24", 64500, "education") == source.find(ipaddress.ip_address("192.0.2.5"))
    assert Network("198.51.100.0/25", 64501, "vpn") == source.find(ipaddress.ip_address("198.51.100.5"))
    assert source.find(ipaddress.ip_address("203.0.113.1")) is None
    assert BUILT * 1_000_000 == source.as_of


def test_without_its_package_mmdb_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_mmdb(tmp_path / "t.mmdb", {"192.0.2.0/24": {}})
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    with pytest.raises(UsageError, match=r"stillwatch\[enrich\]"):
        enrich(_dataset(tmp_path, "192.0.2.1"), [file])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 2**32 - 1, "0.0.0.0/0"), (7, 7, "0.0.0.7/32"), (6, 7, "0.0.0.6/31"), (4, 8, "0.0.0.4/30")],
)
def test_the_widest_prefix_stays_within_the_range(low: int, high: int, expected: str) -> None:
    assert expected == widest(ipaddress.ip_address("0.0.0.7"), low, high)


def test_enrich_writes_the_prefixes_that_occur(tmp_path: Path) -> None:
    file = write_openasn(tmp_path / "v4.bin", BASE)
    done = enrich(_dataset(tmp_path, "192.0.2.1", "192.0.2.9", "203.0.113.1", None, "no address"), [file])
    assert (3, 3, 2, {"residential": 1, "mobile": 1}) == (
        done.addresses,
        done.found,
        done.prefixes,
        done.kinds,
    )
    first, second = table(tmp_path, "networks")
    assert ("192.0.2.0/24", 64500, "residential") == (first["prefix"], first["asn"], first["kind"])
    assert "mobile" == second["kind"]
    assert datetime.fromtimestamp(BUILT, UTC) == first["as_of"]


def test_the_longest_prefix_of_a_list_wins_and_damaged_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "prefix,asn,kind\n192.0.2.0/24,64500,residential\n192.0.2.0/28,,cgnat\nnonsense,,vpn\n2001:db8::/32,1,relay\n"
    )
    done = enrich(
        _dataset(tmp_path, "192.0.2.1", "192.0.2.99", "2001:db8::7", "8.8.8.8"), [tmp_path / "list.csv"]
    )
    assert (4, 3, 1) == (done.addresses, done.found, done.damaged)
    assert [("192.0.2.0/24", "residential"), ("192.0.2.0/28", "cgnat"), ("2001:db8::/32", "relay")] == [
        (row["prefix"], row["kind"]) for row in table(tmp_path, "networks")
    ]


def test_a_second_file_is_asked_for_what_the_first_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("prefix,kind\n192.0.2.0/25,enterprise_gateway\n")
    files = [tmp_path / "own.csv", write_openasn(tmp_path / "v4.bin", BASE)]
    done = enrich(_dataset(tmp_path, "192.0.2.1", "192.0.2.200"), files)
    assert {"enterprise_gateway": 1, "residential": 1} == done.kinds


@pytest.mark.parametrize("content", ["plain words", ""])
def test_a_file_of_another_kind_is_one_clear_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(InputError, match="neither MMDB"):
        enrich(_dataset(tmp_path, "192.0.2.1"), [tmp_path / "file"])


def test_a_folder_without_exchanges_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no exchanges"):
        enrich(tmp_path, [write_openasn(tmp_path / "v4.bin", BASE)])
