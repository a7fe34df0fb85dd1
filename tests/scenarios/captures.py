"""Recorded requests of real client software, dealt over accounts, and what a scan finds of each."""

from __future__ import annotations

import gzip
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.store.results import read_table

CUTS = Path(__file__).resolve().parents[1] / "cases" / "captures"
KINDS = {"distil": "distillation", "look": "look_alike", "benign": "benign"}
SEEN = (  # what a detector may see of a record; the recorder's own notes stay outside
    "t_recv", "t_done", "conn", "conn_req", "http_version", "method", "path", "headers", "body", "status",
    "completion_tokens",
)  # fmt: skip

Record = dict[str, Any]
Owners = Mapping[str, str]  # account → capture


@dataclass(frozen=True)
class Capture:
    """Requests of one tool in order of time; `what` is `distillation`, `look_alike` or `benign`."""

    name: str
    what: str
    records: tuple[Record, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys in order of first use."""
        return tuple(dict.fromkeys(_key(r) for r in self.records))


def read_captures(folder: Path = CUTS) -> tuple[Capture, ...]:
    """Captures of a folder; `truth.toml` says what they are, or else a name such as `look_x` does."""
    truth = folder / "truth.toml"
    known = tomllib.loads(truth.read_text("utf-8")) if truth.exists() else {}
    out = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        what = known[name]["what"] if name in known else KINDS.get(name.partition("_")[0])
        if what is not None:
            out.append(Capture(name, what, tuple(_records(path))))
    return tuple(out)


def _records(path: Path) -> list[Record]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = [{k: v for k, v in json.loads(line).items() if k in SEEN} for line in lines]
    return sorted(found, key=lambda r: (r["t_recv"], r["conn"], r["conn_req"]))


def _key(record: Record) -> str:
    return next(v for k, v in record["headers"] if k.lower() == "authorization")


def dealt(capture: Capture, accounts: int | None) -> list[Record]:
    """The records with keys of this capture's own: as recorded, or dealt in turn over so many accounts.

    Where the tool used as many keys or more, they stay as they are.
    """
    keys = capture.keys
    out = []
    for i, record in enumerate(capture.records):
        asis = accounts is None or len(keys) >= accounts
        number = keys.index(_key(record)) if asis else i % (accounts or 1)
        bearer = f"Bearer {_secret(capture.name, number)}"
        headers = [[k, bearer if k.lower() == "authorization" else v] for k, v in record["headers"]]
        out.append({**record, "headers": headers})
    return out


def _secret(name: str, number: int) -> str:
    return hashlib.blake2b(f"{name}/{number}".encode(), digest_size=12).hexdigest()


def account_of(record: Record) -> str:
    """The account that ingest makes of a record: the SHA-256 of its key."""
    return hashlib.sha256(_key(record).partition(" ")[2].encode()).hexdigest()


def write_log(captures: Sequence[Capture], path: Path, *, accounts: int | None) -> Owners:
    """One log of all captures in order of time, as a provider would have it; says whose account is which."""
    owners: dict[str, str] = {}
    everything = []
    for capture in captures:
        for record in dealt(capture, accounts):
            owners[account_of(record)] = capture.name
            everything.append(record)
    everything.sort(key=lambda r: r["t_recv"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in everything), "utf-8")
    return owners


@dataclass(frozen=True)
class Found:
    """What a scan says of one capture: its group is the one that holds most of its accounts.

    `held` of its `accounts` stand in that group, which has `members`; `alike` of these belong to captures
    that are the same (`what`). Without a group only the first four are set.
    """

    name: str
    what: str
    requests: int
    accounts: int
    held: int = 0
    members: int = 0
    alike: int = 0
    verdict: str = "no group"
    bits: float = 0.0
    low: float = 0.0
    best_alternative: str = ""
    capabilities: tuple[str, ...] = ()
    families: Mapping[str, float] | None = None

    @property
    def completeness(self) -> float:
        """Share of the capture's accounts in the group."""
        return self.held / self.accounts

    @property
    def purity(self) -> float:
        """Share of the group's members that belong to this capture."""
        return self.held / max(self.members, 1)


def found(results: Path, captures: Sequence[Capture], owners: Owners) -> dict[str, Found]:
    """What the scan in `results` says of each capture."""
    inside: dict[str, Counter[str]] = {}
    rows = read_table(results, "members")
    for group, account in zip(rows["campaign_id"].to_pylist(), rows["account_id"].to_pylist(), strict=True):
        inside.setdefault(group, Counter())[owners.get(account, "")] += 1
    campaigns = {r["campaign_id"]: r for r in read_table(results, "campaigns").to_pylist()}
    what = {c.name: c.what for c in captures}
    out = {}
    for c in captures:
        accounts = sum(owner == c.name for owner in owners.values())
        plain = Found(c.name, c.what, len(c.records), accounts)
        best = max(inside, key=lambda g: (inside[g][c.name], g), default="")
        if not best or 2 * inside[best][c.name] < accounts or accounts < 2:
            out[c.name] = plain
            continue
        alike = sum(n for owner, n in inside[best].items() if what.get(owner) == c.what)
        out[c.name] = _filled(plain, inside[best], alike, campaigns[best], _families(results, best))
    return out


def _filled(
    plain: Found, inside: Counter[str], alike: int, row: Mapping[str, Any], families: Mapping[str, float]
) -> Found:
    return Found(
        plain.name, plain.what, plain.requests, plain.accounts,
        held=inside[plain.name], members=sum(inside.values()), alike=alike,
        verdict=row["verdict"], bits=row["weight_bits"], low=row["weight_low"],
        best_alternative=row["best_alternative"], capabilities=tuple(row["capabilities"] or ()),
        families=families,
    )  # fmt: skip


def _families(results: Path, group: str) -> dict[str, float]:
    """Bits of each family for the group."""
    bits: dict[str, float] = {}
    for row in read_table(results, "evidence").to_pylist():
        if row["campaign_id"] == group and row["subject_kind"] == "campaign":
            bits[row["family"]] = bits.get(row["family"], 0.0) + (row["weight_bits"] or 0.0)
    return bits


def accused(results: Path, owners: Owners) -> Counter[str]:
    """How many accounts of each capture stand in a campaign with the verdict `distillation`."""
    verdicts = {r["campaign_id"]: r["verdict"] for r in read_table(results, "campaigns").to_pylist()}
    counts: Counter[str] = Counter()
    for row in read_table(results, "members").to_pylist():
        if verdicts[row["campaign_id"]] == "distillation":
            counts[owners.get(row["account_id"], "")] += 1
    return counts
