"""`stillwatch export`: files that are the same each time, plain values only where asked for, and clear errors."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.fixtures_results import START
from tests.scenarios.commands import one_error, run

from stillwatch.model.tables import TABLES

FORMS = {"stix": "bundle.json", "ocsf": "findings.ocsf.jsonl", "misp": "c-5e1fa0b7.misp.json"}
PRIVATE, SHARED, CAMPUS = "203.0.113.7", "198.51.100.1", "198.51.100.2"


def export(folder: Path, *arguments: str | Path) -> list[Path]:
    """The files of an export; it must succeed."""
    ran = run("export", folder, *arguments, "--key-file", folder.parent / "hash.key", "--json")
    assert 0 == ran.code, ran
    return [Path(name) for name in json.loads(ran.out)["files"]]


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """A table of a dataset."""
    pq.write_table(pa.Table.from_pylist(rows, schema=TABLES[name].schema), folder / f"{name}.parquet")


@pytest.fixture
def dataset(folder: Path, tmp_path: Path) -> Path:
    """What was scanned: six members of a campaign behind an address and a mail domain of their own, and others."""
    members = [
        m
        for m in pq.read_table(folder / "members.parquet").to_pylist()
        if m["campaign_id"] == "c-5e1fa0b7" and m["role"] == "harvester"
    ][:6]
    accounts = [m["account_id"] for m in members]
    others = [f"other{n}" for n in range(20)]
    seen = [(a, PRIVATE) for a in accounts] + [(a, SHARED) for a in (*accounts, *others)]
    seen += [(a, CAMPUS) for a in accounts[:2]] + [(accounts[0], "not an address")] * 4
    rows = [
        {
            "exchange_id": f"x{i}",
            "ts": START + timedelta(hours=i),
            "account_id": a,
            "model": "m",
            "client_address": at,
        }
        for i, (a, at) in enumerate(seen)
    ]
    data = tmp_path / "data"
    data.mkdir()
    write(data, "exchanges", rows)
    domains = [(a, "Pool.example") for a in accounts] + [(a, "mail.example") for a in others]
    domains += [(a, "mail.example") for a in accounts[:1]]
    write(data, "accounts", [{"account_id": a, "email_domain": d} for a, d in domains])
    write(
        data,
        "networks",
        [
            {"prefix": "203.0.113.0/24", "asn": 64500, "kind": "hosting"},
            {"prefix": "198.51.100.0/24", "asn": 64501, "kind": "residential"},
        ],
    )
    harvest = [
        {"campaign_id": "c-5e1fa0b7", "exchange_id": r["exchange_id"], "role": "harvest", "p": 0.99}
        for r in rows
        if r["account_id"] in accounts
    ]
    write(folder, "campaign_exchanges", harvest)
    return data


@pytest.mark.parametrize("form", sorted(FORMS))
def test_each_form_is_the_same_each_time(folder: Path, form: str) -> None:
    made = [{p.name: p.read_bytes() for p in export(folder, "--to", form)} for _ in range(2)]
    assert FORMS[form] in made[0]
    assert made[0] == made[1]


@pytest.mark.parametrize("form", sorted(FORMS))
def test_no_form_names_accounts_unless_told(folder: Path, form: str) -> None:
    account = pq.read_table(folder / "members.parquet")["account_id"][0].as_py()
    texts = [
        "".join(p.read_text() for p in export(folder, "--to", form, *more))
        for more in ((), ("--fields", "account"))
    ]
    assert [False, True] == [account in text for text in texts]


def values(folder: Path, dataset: Path, fields: str) -> set[str]:
    """Patterns of the indicators of an export."""
    (path,) = export(folder, "--to", "stix", "--dataset", dataset, "--fields", fields)
    return {o["pattern"] for o in json.loads(path.read_text())["objects"] if o["type"] == "indicator"}


def test_only_values_that_are_mostly_theirs_leave(folder: Path, dataset: Path) -> None:
    assert {f"[ipv4-addr:value = '{PRIVATE}']"} == values(folder, dataset, "address")
    assert {"[domain-name:value = 'pool.example']"} == values(folder, dataset, "email_domain")
    assert {"[autonomous-system:number = 64500]"} == values(folder, dataset, "asn")
    assert 3 == len(values(folder, dataset, "asn, address,email_domain"))


def test_no_value_leaves_unless_named(folder: Path, dataset: Path) -> None:
    assert set() == values(folder, dataset, "")


def test_an_export_goes_on_from_the_last(folder: Path) -> None:
    (path,) = export(folder, "--to", "stix")
    before = path.read_bytes()
    export(folder, "--to", "stix", "--at", "2026-04-01T00:00Z")
    assert before == path.read_bytes()
    export(folder, "--to", "stix", "--at", "2026-04-01T00:00Z", "--tlp", "red")
    later = {o["modified"] for o in json.loads(path.read_text())["objects"] if o["type"] == "campaign"}
    assert {"2026-04-01T00:00:00.000Z"} == later


def test_one_campaign_can_be_chosen(folder: Path) -> None:
    assert ["c-2b90e6f1.misp.json"] == [
        p.name for p in export(folder, "--to", "misp", "--campaign", "c-2b90e6f1")
    ]


def test_hostile_results_are_written(hostile: Path) -> None:
    for form in FORMS:
        assert export(hostile, "--to", form, "--fields", "account,template")


def test_no_findings_are_no_error(empty: Path) -> None:
    assert ["bundle.json"] == [p.name for p in export(empty, "--to", "stix")]
    assert [] == export(empty, "--to", "misp")
    assert "" == export(empty, "--to", "ocsf")[0].read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "xml"), "cannot export to 'xml'"),
        (("--to", "stix", "--tlp", "white"), "TLP 2.0 has no level 'white'"),
        (("--to", "misp", "--pap", "white"), "PAP has no level 'white'"),
        (("--to", "stix", "--profile", "loose"), "no profile 'loose'"),
        (("--to", "stix", "--fields", "prompt_text"), "no field 'prompt_text'"),
        (("--to", "stix", "--fields", "address"), "--dataset"),
        (("--to", "stix", "--fields", "address", "--dataset", "nowhere"), "no such folder"),
        (("--to", "stix", "--publisher", " "), "the publisher has no name"),
        (("--to", "stix", "--campaign", "c-0"), "no campaign 'c-0'"),
        (("--to", "stix", "--at", "soon"), "'soon' is not a time"),
    ],
)
def test_wrong_orders_are_named(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    one_error(run("export", folder, *arguments, "--key-file", folder.parent / "hash.key"), said)


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    one_error(run("export", tmp_path, "--to", "stix", "--key-file", tmp_path / "k"), "no campaigns.parquet")


def test_a_damaged_table_is_named(folder: Path) -> None:
    (folder / "members.parquet").write_bytes(b"PAR1")
    one_error(
        run("export", folder, "--to", "misp", "--key-file", folder.parent / "k"),
        "members.parquet",
        "cannot be read",
    )


def test_campaigns_without_members_are_named(folder: Path) -> None:
    (folder / "members.parquet").unlink()
    one_error(run("export", folder, "--to", "ocsf", "--key-file", folder.parent / "k"), "has no members")


def test_something_else_in_the_place_of_a_bundle_is_left_alone(folder: Path) -> None:
    (folder / "stix").mkdir()
    (folder / "stix" / "bundle.json").write_text("[]")
    one_error(run("export", folder, "--to", "stix", "--key-file", folder.parent / "k"), "is no bundle")
    assert "[]" == (folder / "stix" / "bundle.json").read_text()
