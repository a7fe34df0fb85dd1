"""Findings of a result folder written as STIX, MISP or OCSF files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stillwatch.app.plain_values import with_values
from stillwatch.app.secret import read_key
from stillwatch.model.errors import InputError, UsageError
from stillwatch.share.finding import Scan, read_scan
from stillwatch.share.misp import misp_event
from stillwatch.share.ocsf import ocsf_finding
from stillwatch.share.publication import NEED_DATASET, Publication
from stillwatch.share.stix.bundle import stix_bundle
from stillwatch.store.files import replace_text

FORMS = ("csv", "stix", "misp", "ocsf")
BUNDLE = "bundle.json"
EVENTS = "findings.ocsf.jsonl"


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is to be exported; as `Publication`, before key and time are known."""

    form: str
    publisher: str
    audience: str = ""
    tlp: str = "amber"
    pap: str = "amber"
    profile: str = "strict"
    fields: frozenset[str] = frozenset()
    dataset: Path | None = None
    campaigns: tuple[str, ...] = ()
    at: datetime | None = None


def write_export(results: Path, out: Path, order: ExportOrder, key_file: Path) -> tuple[Path, ...]:
    """Write the files of an export and return them.

    Raises `UsageError` if a field needs the dataset and none is given, or the publisher has no name; `InputError` if
    results or dataset cannot be read, `ResourceError` if `out` cannot be written.
    """
    if not order.publisher.strip():
        raise UsageError("the publisher has no name", remedy="Name the organisation with --publisher")
    needed = sorted(order.fields & NEED_DATASET)
    if needed and order.dataset is None:
        raise UsageError(
            f"the field {needed[0]!r} is not in the results",
            remedy="Name the dataset that was scanned with --dataset",
        )
    scan = read_scan(results, only=order.campaigns)
    if order.dataset is not None:
        scan = with_values(scan, results, order.dataset, order.fields)
    publication = Publication(
        publisher=order.publisher.strip(),
        at=order.at or scan.at,
        key=read_key(key_file),
        audience=order.audience,
        tlp=order.tlp,
        pap=order.pap,
        profile=order.profile,
        fields=order.fields,
    )
    return _WRITERS[order.form](scan, publication, out)


def _write_stix(scan: Scan, publication: Publication, out: Path) -> tuple[Path, ...]:
    path = out / BUNDLE
    bundle = stix_bundle(scan, publication, previous=_last(path))
    return (replace_text(path, _text(bundle)),)


def _write_misp(scan: Scan, publication: Publication, out: Path) -> tuple[Path, ...]:
    return tuple(
        replace_text(out / f"{finding.id}.misp.json", _text(misp_event(scan, finding, publication)))
        for finding in scan.findings
    )


def _write_ocsf(scan: Scan, publication: Publication, out: Path) -> tuple[Path, ...]:
    lines = [
        json.dumps(ocsf_finding(scan, finding, publication), sort_keys=True, ensure_ascii=False)
        for finding in scan.findings
    ]
    return (replace_text(out / EVENTS, "".join(f"{line}\n" for line in lines)),)


_WRITERS = MappingProxyType({"stix": _write_stix, "misp": _write_misp, "ocsf": _write_ocsf})


def _last(path: Path) -> list[dict[str, Any]]:
    """Objects of the last export to the same file; none if there was none."""
    if not path.is_file():
        return []
    try:
        objects = json.loads(path.read_text(encoding="utf-8"))["objects"]
        return [o for o in objects if isinstance(o, dict)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "is there, but is no bundle",
            where=str(path),
            remedy="Choose another --out; object times continue from the last export",
        ) from error


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
