"""What a scan knew of one campaign, as plain values: what a case freezes on the day it is opened."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError, SchemaError
from stillwatch.model.tables import TABLES

CAMPAIGN_TABLES = (
    "campaigns", "evidence", "hypotheses", "indicators", "attributions", "measurements", "campaign_activity",
)  # fmt: skip
UNKNOWN_ACTOR = "unknown actor"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One campaign of one scan: rows by table, what stands against each account, texts, and where it comes from.

    Times are ISO 8601. Rows name no account other than in `accounts`, and no exchange at all: `exchanges` counts
    them by role and holds the digest of their ids.
    """

    campaign_id: str
    tables: Mapping[str, list[dict[str, Any]]]
    templates: list[dict[str, Any]]
    accounts: Mapping[str, dict[str, Any]]
    exchanges: Mapping[str, Any]
    scan: Mapping[str, Any]
    files: Mapping[str, str]

    @property
    def actors(self) -> tuple[tuple[str, str], ...]:
        """Actors that the attribution names, with the version of their profile."""
        named = [(a["actor"], a["profile_version"] or "") for a in self.tables["attributions"]]
        return tuple(sorted({pair for pair in named if pair[0] != UNKNOWN_ACTOR}))


def read_snapshot(folder: Path, campaign: str) -> Snapshot:
    """What the result folder knows of the campaign with that id, or the only one whose id begins so.

    Raises `InputError` if the folder holds no results, no campaign, or not this one.
    """
    summary = _summary(folder)
    campaign_id = _find(folder, campaign)
    tables = {name: _rows(folder, name, campaign_id) for name in CAMPAIGN_TABLES}
    for row in tables["indicators"]:
        row.pop("exchange_id", None)
    members = _rows(folder, "members", campaign_id)
    accounts: dict[str, dict[str, Any]] = {
        m["account_id"]: {"member": m, "member_evidence": [], "evidence": []} for m in members
    }
    for row in _rows(folder, "member_evidence", campaign_id):
        if row["account_id"] in accounts:
            accounts[row["account_id"]]["member_evidence"].append(row)
    tables["evidence"] = _apart(tables["evidence"], accounts)
    return Snapshot(
        campaign_id=campaign_id,
        tables=tables,
        templates=_rows(folder, "campaign_templates", campaign_id),
        accounts=accounts,
        exchanges=_exchanges(folder, campaign_id),
        scan=summary,
        files={p.name: file_digest(p) for p in sorted(folder.iterdir()) if p.suffix in (".parquet", ".json")},
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _summary(folder: Path) -> dict[str, Any]:
    """What the scan says of itself: versions, settings, input, calibration, what was missing."""
    path = folder / "summary.json"
    if not (folder / "campaigns.parquet").is_file() or not path.is_file():
        raise InputError(
            "this is not the result folder of a scan: campaigns.parquet or summary.json is not there",
            where=str(folder),
            remedy="Give the folder named with `stillwatch scan --out`",
        )
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as JSON: {error}", where=str(path), remedy="Run the scan again"
        ) from error
    if not isinstance(found, dict):
        raise InputError("is no JSON object", where=str(path), remedy="Run the scan again")
    return {name: value for name, value in found.items() if name not in ("timings", "look_alikes")}


def _find(folder: Path, wanted: str) -> str:
    known: list[str] = sorted(
        set(_read(folder / "campaigns.parquet", "campaigns", ["campaign_id"])[0].to_pylist())
    )
    if not known:
        raise InputError(
            "the scan found no campaign, so there is nothing to open a case on",
            where=str(folder),
            remedy="Give the result folder of another scan",
        )
    matches = [wanted] if wanted in known else [name for name in known if wanted and name.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    near = matches[:3] or difflib.get_close_matches(wanted, known, n=3, cutoff=0.3)
    raise InputError(
        f"{len(matches):,} campaigns begin with {wanted!r}"
        if matches
        else f"no campaign {wanted!r} in the results",
        where=str(folder),
        remedy=f"The nearest are {', '.join(near)}" if near else "`stillwatch report` lists the campaigns",
    )


def _read(path: Path, name: str, columns: list[str], campaign_id: str = "") -> pa.Table:
    try:
        present = pq.read_schema(path).names
        lacking = [c for c in TABLES[name].required if c not in present]
        if lacking:
            raise SchemaError(
                f"column {lacking[0]!r} is missing",
                where=str(path),
                remedy="Run the scan again with this version",
            )
        wanted = [c for c in columns if c in present]
        chosen = pc.field("campaign_id") == campaign_id if campaign_id else None
        return pq.read_table(path, columns=wanted, filters=chosen)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"cannot be read: {reason}", where=str(path), remedy="Run the scan again") from error


def _rows(folder: Path, name: str, campaign_id: str) -> list[dict[str, Any]]:
    """Rows of the campaign, by key, with plain values; none if the scan wrote no such table."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        return []
    found = _read(path, name, [c.name for c in TABLES[name].columns], campaign_id)
    blank = {c.name: None for c in TABLES[name].columns}
    ordered = found.sort_by([(key, "ascending") for key in TABLES[name].key])
    return [{**blank, **{k: _plain(v) for k, v in row.items()}} for row in ordered.to_pylist()]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _apart(evidence: list[dict[str, Any]], accounts: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Evidence about the campaign; what is about accounts goes to them, so that it can be deleted with them."""
    kept = []
    for row in evidence:
        if row["subject_kind"] == "campaign":
            kept.append(row)
        for account_id in {row["subject"], *row["subject"].split()} & accounts.keys():
            accounts[account_id]["evidence"].append(row)
    return kept


def _exchanges(folder: Path, campaign_id: str) -> dict[str, Any]:
    path = folder / "campaign_exchanges.parquet"
    if not path.is_file():
        return {"roles": {}, "digest": ""}
    rows = _read(path, "campaign_exchanges", ["exchange_id", "role"], campaign_id)
    rows = rows.sort_by([("exchange_id", "ascending")])
    digest = hashlib.sha256()
    roles: dict[str, int] = {}
    for batch in rows.to_batches(max_chunksize=100_000):
        for exchange_id, role in zip(batch[0].to_pylist(), batch[1].to_pylist(), strict=True):
            digest.update(f"{exchange_id}\0{role}\n".encode())
            roles[role] = roles.get(role, 0) + 1
    return {"roles": roles, "digest": digest.hexdigest()}
