"""What exchange with partners takes from a scan: values of a campaign's accounts, and facts for a summary."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from stillwatch.app.report.results import Results, read_results
from stillwatch.model.errors import InputError, ResourceError, UsageError
from stillwatch.share.summary import CampaignFacts

HOURS = 24
# kind of value: tables and columns of the dataset that hold it
SOURCES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "payment": (("accounts", "payment_fingerprint"), ("instruments", "payment_fingerprint")),
        "address": (("accounts", "signup_address"), ("exchanges", "client_address")),
        "mail_domain": (("accounts", "email_domain"),),
        "user_agent": (("exchanges", "user_agent"),),
        "phone": (("accounts", "phone_digest"),),
    }
)


def campaign_values(results: Path, dataset: Path, campaign: str, kind: str) -> tuple[str, ...]:
    """Values of a kind of the members of a campaign, or of all called distillation; sorted, once each."""
    if kind not in SOURCES:
        raise UsageError(f"no values of kind {kind!r}", remedy=f"Kinds: {', '.join(SOURCES)}")
    found = read_results(results)
    wanted = {campaign} if campaign else _distillation(found)
    members = [str(row["account_id"]) for row in found.rows("members") if row["campaign_id"] in wanted]
    if not members:
        raise UsageError("no members", where=str(results), remedy="Name a campaign that the scan found")
    values: set[str] = set()
    for table, column in SOURCES[kind]:
        values |= _column(dataset, table, column, members)
    return tuple(sorted(values))


def write_values(path: Path, values: Sequence[str]) -> None:
    """Write values, one a line, to a file that only its owner reads."""
    try:
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.writelines(f"{value}\n" for value in values)
        path.chmod(0o600)
    except OSError as error:
        raise ResourceError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="Choose another --out"
        ) from error


def campaign_facts(results: Path, campaign: str, us: str) -> CampaignFacts:
    """What a summary may draw on. The partner gets a name of ours for the campaign that says nothing."""
    found = read_results(results)
    if not any(row["campaign_id"] == campaign for row in found.rows("campaigns")):
        raise UsageError(
            f"no campaign {campaign!r}", where=str(results), remedy="See campaigns in the report"
        )
    days: Counter[int] = Counter()
    for row in found.of("campaign_activity", campaign):
        days[_day(row["hour"])] += int(row["exchanges"])
    mix: Counter[str] = Counter()
    signatures = []
    for row in found.of("campaign_templates", campaign):
        mix[str(row.get("capability") or "other")] += int(row["exchanges"])
        signatures.append(str(row.get("signature") or ""))
    counts = [int(row["campaign_exchanges"] or 0) for row in found.of("members", campaign)]
    name = hashlib.sha256(f"stillwatch campaign\0{us}\0{campaign}".encode()).hexdigest()[:32]
    return CampaignFacts(name, tuple(counts), dict(mix), dict(days), tuple(s for s in signatures if s))


def _distillation(results: Results) -> set[str]:
    return {str(row["campaign_id"]) for row in results.rows("campaigns") if row["verdict"] == "distillation"}


def _day(hour: datetime) -> int:
    return int(hour.astimezone(UTC).timestamp()) // (HOURS * 3600)


def _column(dataset: Path, table: str, column: str, accounts: Sequence[str]) -> set[str]:
    """Values of a column for some accounts; none where the dataset has no such table or column."""
    place = dataset / f"{table}.parquet"
    source: Any = place if place.exists() else dataset / table
    if not source.exists():
        return set()
    try:
        rows = pads.dataset(source, format="parquet")
        if column not in rows.schema.names:
            return set()
        chosen = pc.field("account_id").isin(list(accounts))
        values = rows.to_table(columns=[column], filter=chosen).column(column)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"cannot be read: {str(error).splitlines()[0]}", where=str(source), remedy="Ingest the logs anew"
        ) from error
    return {str(value) for value in pc.unique(values).to_pylist() if value}
