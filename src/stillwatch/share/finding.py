"""Findings to export: what a result folder says of each campaign, without text of any exchange."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError, SchemaError, UsageError
from stillwatch.model.tables import TABLES

Row = Mapping[str, Any]
TABLES_READ = ("members", "evidence", "hypotheses", "attributions", "campaign_templates")
NOT_READ = frozenset({"rows"})  # ids of exchanges behind a statement
NOBODY = frozenset({"unknown actor", "relay only", "not distillation"})


@dataclass(frozen=True, slots=True)
class Value:
    """A plain value that marks a campaign: a kind of `publication.FIELDS`, and how many members were seen with it."""

    kind: str
    value: str
    accounts: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """One campaign with what is known of it; rows are those of `model.tables`."""

    campaign: Row
    members: Sequence[Row]
    evidence: Sequence[Row]
    hypotheses: Sequence[Row]
    attributions: Sequence[Row]
    templates: Sequence[Row]
    values: Sequence[Value] = ()

    @property
    def id(self) -> str:
        """The campaign's id."""
        return str(self.campaign["campaign_id"])

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and last demixed exchange."""
        members = [
            m[name] for m in self.members for name in ("first_seen", "last_seen") if m[name] is not None
        ]
        first = self.campaign["first_seen"] or min(members)
        return first, max(first, self.campaign["last_seen"] or max(members))

    @property
    def family_bits(self) -> Mapping[str, float]:
        """Weight of each family of evidence about the campaign."""
        bits: dict[str, float] = {}
        for row in self.evidence:
            bits[row["family"]] = bits.get(row["family"], 0.0) + float(row["weight_bits"] or 0.0)
        return MappingProxyType({family: round(b, 4) for family, b in sorted(bits.items())})

    @property
    def actor(self) -> Row | None:
        """The attribution to a tracked group or a named actor that is likelier than not, if there is one."""
        named = [
            a
            for a in self.attributions
            if a["actor"] not in NOBODY
            and a["posterior"] >= 0.5
            and a["ladder"] in ("tracked group", "named actor")
        ]
        return max(named, key=lambda a: a["posterior"]) if named else None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found, and facts about the scan."""

    findings: Sequence[Finding]
    at: datetime
    version: str = ""
    calibration: str = ""
    input_digest: str = ""
    lost: Sequence[str] = field(default=())


def read_scan(
    results: Path, *, verdicts: Collection[str] = ("distillation",), only: Collection[str] = ()
) -> Scan:
    """Findings with these verdicts, or the named campaigns whatever their verdict, in the order of their ids.

    Raises `InputError` if the folder holds no results or a file is damaged, `UsageError` if a named campaign is
    not there.
    """
    if not (results / "campaigns.parquet").is_file():
        raise InputError(
            "no campaigns.parquet, so this is not the result folder of a scan",
            where=str(results),
            remedy="Give the folder named with `stillwatch scan --out`",
        )
    rows = _rows(results, "campaigns", None)
    unknown = sorted(set(only) - {r["campaign_id"] for r in rows})
    if unknown:
        raise UsageError(
            f"there is no campaign {unknown[0]!r}",
            where=str(results),
            remedy="See them with `stillwatch report`",
        )
    chosen = [r for r in rows if (r["campaign_id"] in only if only else r["verdict"] in verdicts)]
    ids = frozenset(r["campaign_id"] for r in chosen)
    parts = {name: _by_campaign(_rows(results, name, ids)) for name in TABLES_READ}
    findings = [_finding(row, parts) for row in chosen]
    return _scan(results, findings)


def _finding(row: Row, parts: Mapping[str, Mapping[str, Sequence[Row]]]) -> Finding:
    of = {name: tables.get(row["campaign_id"], ()) for name, tables in parts.items()}
    if not of["members"]:
        raise InputError(
            "a campaign has no members",
            where=str(row["campaign_id"]),
            remedy="Run the scan again; a table is missing",
        )
    evidence = tuple(e for e in of["evidence"] if e["subject_kind"] == "campaign")
    return Finding(
        row, of["members"], evidence, of["hypotheses"], of["attributions"], of["campaign_templates"]
    )


def _scan(results: Path, findings: Sequence[Finding]) -> Scan:
    summary = _summary(results / "summary.json")
    told = summary.get("input", {}).get("last") if isinstance(summary.get("input"), dict) else None
    ends = [f.span[1] for f in findings]
    try:
        at = (
            datetime.fromisoformat(str(told)) if told else max(ends, default=datetime(1970, 1, 1, tzinfo=UTC))
        )
    except ValueError as error:
        raise InputError(
            f"{told!r} is not a time", where=str(results / "summary.json"), remedy="Run the scan again"
        ) from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    calibration, source = summary.get("calibration"), summary.get("input")
    return Scan(
        findings=tuple(findings),
        at=max([at, *ends]),
        version=str(summary.get("stillwatch", "")),
        calibration=str(calibration.get("kind", "")) if isinstance(calibration, dict) else "",
        input_digest=str(source.get("digest", "")) if isinstance(source, dict) else "",
        lost=tuple(str(line) for line in summary.get("lost", ()) or ()),
    )


def _summary(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as JSON: {error}", where=str(path), remedy="Run the scan again"
        ) from error
    return found if isinstance(found, dict) else {}


def _rows(results: Path, name: str, campaigns: frozenset[str] | None) -> tuple[Row, ...]:
    """Rows of a table, sorted by its key, with a null for every column the file lacks."""
    table, path = TABLES[name], results / f"{name}.parquet"
    if not path.is_file():
        return ()
    try:
        present = set(pq.read_schema(path).names)
        lacking = [c for c in table.required if c not in present]
        if lacking:
            raise SchemaError(
                f"column {lacking[0]!r} is missing",
                where=str(path),
                remedy="Run the scan again with this version",
            )
        wanted = [c.name for c in table.columns if c.name in present and c.name not in NOT_READ]
        arrow = pq.read_table(path, columns=wanted)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"cannot be read: {reason}", where=str(path), remedy="Run the scan again") from error
    if campaigns is not None:
        arrow = arrow.filter(pc.is_in(arrow["campaign_id"], pa.array(sorted(campaigns), pa.string())))
    ordered = arrow.sort_by([(key, "ascending") for key in table.key])
    blank = {c.name: None for c in table.columns if c.name not in NOT_READ}
    return tuple(MappingProxyType({**blank, **row}) for row in ordered.to_pylist())


def _by_campaign(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row["campaign_id"], []).append(row)
    return {key: tuple(part) for key, part in parts.items()}
