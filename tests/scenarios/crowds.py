"""Account facts simulated around captured traffic: fraud pools, firms, unrelated people, among benign customers.

The captures were recorded on one machine with dummy keys, so networks, sign-ups and payment are made here; the
requests themselves, their headers and their order stay as recorded. Times are stretched over days.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tests.scenarios.captures import Capture, Owners, write_log

from stillwatch.ingest.logs import read_logs
from stillwatch.model.tables import TABLES

HOUR, DAY = 3_600_000_000, 86_400_000_000  # microseconds
POOL, FIRM, PEOPLE = 40, 8, 24  # accounts
LOT = 14  # accounts of a pool that were signed up in one go
JA4 = (  # of the ClientHello of each stack, by what its User-Agent begins with
    ("OpenAI/v1 PythonBindings", "t13d1812h1_85036bcba153_b26ce05bbdd6"),
    ("node", "t13d5212h1_b262b3658495_8e6e362c5eac"),
    ("", "t13d1812h1_85036bcba153_d41ae481755e"),
)
SHAPES = ("aaaaa.aaaa", "aaaaaaa00", "aaaaaaa", "a.aaaaaaaa", "aaaaaaaaa0", "aaaa_aaaaa", "aaaaaa0000")

COMMON = (  # facts that many customers share
    "email_domain", "email_pattern", "signup_user_agent", "signup_ja4", "program", "plan", "verification",
)  # fmt: skip
PROVIDER = 20  # accounts from which on a mail domain is a public provider

Row = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a crowd lives: the start of the window, networks by kind, customers who have what everybody has
    (mail provider, browser, plan), and a source of chance.
    """

    start: int
    networks: Mapping[str, tuple[str, ...]]
    customers: Sequence[Row]
    issuers: Sequence[str]
    rng: np.random.Generator

    def net(self, kind: str) -> str:
        """A /24 of that kind, without its last part."""
        prefix = ip_network(str(self.rng.choice(self.networks[kind])))
        inside = prefix.network_address + int(self.rng.integers(prefix.num_addresses))
        return str(inside).rpartition(".")[0]

    def address(self, nets: Sequence[str]) -> str:
        """An address in one of the /24 networks."""
        return f"{nets[int(self.rng.integers(len(nets)))]}.{int(self.rng.integers(1, 255))}"

    def digest(self) -> str:
        """A value nobody else has."""
        return f"{int(self.rng.integers(1 << 62)):016x}"

    def pick(self, values: Sequence[Any]) -> Any:
        """One of the values."""
        return values[int(self.rng.integers(len(values)))]

    def ago(self, most_days: float) -> int:
        """A time before the window."""
        return self.start - int(self.rng.uniform(5, most_days) * DAY)


@dataclass(frozen=True)
class Member:
    """One account: its row, its instrument and the addresses it works from."""

    account: Row
    instrument: Row
    addresses: tuple[str, ...]


def pool(p: Place, n: int, *, shares: float = 1.0) -> Iterator[Member]:
    """A fraud pool: lots signed up in hours, neighbouring virtual cards, patterned or disposable mail, few networks.

    Each account has each of these marks with the probability `shares`, else a fact of its own like anybody.
    """
    nets = [p.net("residential") for _ in range(4)] + [p.net("hosting") for _ in range(2)]
    issuer = f"iss_{p.digest()}"
    for i, own in enumerate(people(p, n)):
        if i % LOT == 0:
            opened = p.start - int(p.rng.uniform(0.5, 4) * DAY)
            domain = "mailinator.com" if i // LOT == 1 else p.pick(p.customers)["email_domain"]
            shape = p.pick(SHAPES)
        if i % 6 == 0:
            neighbour = f"rng_{p.digest()}"
        if i % 9 not in (1, 2):
            card = f"fp_{p.digest()}"  # the next two in nine pay with the same card
        hour, mail, paid, net = p.rng.random(4) < shares
        facts = dict(own.account)
        facts |= {"created_at": opened + int(p.rng.uniform(0, 3) * HOUR)} if hour else {}
        facts |= {"email_domain": domain, "email_pattern": shape} if mail else {}
        facts |= {"payment_kind": "virtual_card", "payment_fingerprint": card} if paid else {}
        facts |= {"signup_address": p.address(nets)} if net else {}
        made = (
            (issuer, neighbour) if paid else (own.instrument["issuer_key"], own.instrument["neighbour_key"])
        )
        yield _member(facts, [p.address(nets) for _ in range(3)] if net else own.addresses, *made)


def firm(p: Place, n: int) -> Iterator[Member]:
    """One firm: an organization, a mail domain, an invoice, an office network; accounts opened over a year."""
    nets = [p.net("enterprise_gateway")]
    own = p.digest()[:8]
    issuer, neighbour = f"iss_{p.digest()}", f"rng_{p.digest()}"
    for person in people(p, n):
        facts = person.account | {
            "created_at": p.ago(380), "organization_id": f"org_{own}", "email_domain": f"{own}.example",
            "payment_kind": "invoice", "payment_fingerprint": f"fp_{own}", "program": "none", "plan": "team",
            "verification": "contract", "signup_address": p.address(nets),
        }  # fmt: skip
        yield _member(facts, [p.address(nets)], issuer, neighbour)


def people(p: Place, n: int) -> Iterator[Member]:
    """Unrelated people: each has the mail provider, browser, plan and programme of some customer, the rest alone."""
    for _ in range(n):
        nets = [p.net("residential")]
        facts = {name: value for name, value in p.pick(p.customers).items() if name in COMMON} | {
            "created_at": p.ago(900), "email_digest": p.digest(), "phone_digest": p.digest(), "declared": [],
            "payment_kind": "card", "payment_fingerprint": f"fp_{p.digest()}", "status": "active",
            "signup_address": p.address(nets),
        }  # fmt: skip
        yield _member(facts, [p.address(nets)], p.pick(p.issuers), f"rng_{p.digest()}")


def _member(facts: Row, addresses: Sequence[str], issuer: str, neighbour: str) -> Member:
    instrument = {
        "payment_fingerprint": facts["payment_fingerprint"], "kind": facts["payment_kind"],
        "issuer_key": issuer, "neighbour_key": neighbour, "added_at": facts["created_at"],
    }  # fmt: skip
    return Member(facts, instrument, tuple(addresses))


CROWDS: Mapping[str, tuple[Callable[[Place, int], Iterator[Member]], int, float]] = {
    "pool": (pool, POOL, 9.0),  # how many accounts, over how many days
    "firm": (firm, FIRM, 6.0),
    "people": (people, PEOPLE, 11.0),
}


def mix(
    captures: Sequence[Capture], town: Path, out: Path, *, innocent: str, shares: float = 1.0, seed: int = 1
) -> Owners:
    """The simulated dataset `town` with each capture in it, as a dataset in `out`; says whose account is which.

    Distillation tools get a fraud pool each; the others are a firm or unrelated people (`innocent`), developers
    with keys of their own are people always.
    """
    place = _place(town, seed)
    owners: dict[str, str] = {}
    parts = out / "exchanges"
    parts.mkdir(parents=True)
    shutil.copyfile(town / "exchanges.parquet", parts / "part-0.parquet")
    accounts, instruments = [], []
    for number, capture in enumerate(captures, 1):
        many = len(capture.keys) > FIRM  # keys of their own: as recorded
        kind = "pool" if capture.what == "distillation" else "people" if many else innocent
        crowd, n, days = CROWDS[kind]
        own = write_log([capture], out / "log" / "requests.jsonl", accounts=None if many else n)
        owners |= own
        made = pool(place, len(own), shares=shares) if kind == "pool" else crowd(place, len(own))
        members = dict(zip(own, made, strict=True))
        accounts += [{"account_id": a, **m.account} for a, m in members.items()]
        instruments += [{"account_id": a, **m.instrument} for a, m in members.items()]
        read_logs([str(out / "log")], out=out / "read", now=datetime.now(UTC))
        rows = _placed(pq.read_table(out / "read" / "exchanges.parquet"), members, place, days)
        pq.write_table(rows, parts / f"part-{number}.parquet")
    _add(town, out, "accounts", accounts)
    _add(town, out, "instruments", instruments)
    for name in ("releases", "enforcement", "networks"):
        shutil.copyfile(town / f"{name}.parquet", out / f"{name}.parquet")
    shutil.rmtree(out / "log")
    shutil.rmtree(out / "read")
    return owners


def _place(town: Path, seed: int) -> Place:
    networks: dict[str, list[str]] = {}
    for row in pq.read_table(town / "networks.parquet").to_pylist():
        if ":" not in row["prefix"]:
            networks.setdefault(row["kind"], []).append(row["prefix"])
    first = pc.min(pq.read_table(town / "exchanges.parquet", columns=["ts"])["ts"].cast(pa.int64())).as_py()
    accounts = pq.read_table(town / "accounts.parquet").to_pylist()
    domains = Counter(a["email_domain"] for a in accounts)
    customers = [a for a in accounts if not a["organization_id"] and domains[a["email_domain"]] >= PROVIDER]
    cards = pq.read_table(town / "instruments.parquet", filters=pc.field("kind") == "card")
    issuers = cards["issuer_key"].to_pylist()
    return Place(
        first, {k: tuple(v) for k, v in networks.items()}, customers, issuers, np.random.default_rng(seed)
    )


def _placed(rows: pa.Table, members: Mapping[str, Member], p: Place, days: float) -> pa.Table:
    """Exchanges moved into the window and stretched over so many days, with addresses and JA4."""
    ts = rows["ts"].cast(pa.int64()).to_numpy()
    begins = p.start + 1.5 * DAY + p.rng.uniform(0, 1.5) * DAY
    moved = begins + (ts - ts.min()) / max(ts.max() - ts.min(), 1) * days * DAY
    where = [p.pick(members[a].addresses) for a in rows["account_id"].to_pylist()]
    agents = rows["user_agent"].to_pylist()
    changed = {
        "ts": pa.array(moved.astype(np.int64)).cast(rows.schema.field("ts").type),
        "client_address": pa.array(where, rows.schema.field("client_address").type),
        "ja4": pa.array([_ja4(a or "") for a in agents], rows.schema.field("ja4").type),
    }
    for name, column in changed.items():
        rows = rows.set_column(rows.column_names.index(name), rows.schema.field(name), column)
    return rows


def _ja4(user_agent: str) -> str:
    return next(ja4 for start, ja4 in JA4 if user_agent.startswith(start))


def _add(town: Path, out: Path, name: str, rows: Sequence[Row]) -> None:
    """The town's table with these rows added."""
    schema = TABLES[name].schema
    known = pq.read_table(town / f"{name}.parquet").select(schema.names).cast(schema)
    pq.write_table(
        pa.concat_tables([known, pa.Table.from_pylist(list(rows), schema=schema)]), out / f"{name}.parquet"
    )
