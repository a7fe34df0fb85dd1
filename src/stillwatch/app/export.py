"""Findings of a result folder written as STIX, MISP or OCSF files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Export:
    """An export before it is written: files by name, objects of a STIX bundle, ids of the campaigns."""

    publication: Publication
    files: Mapping[str, str]
    objects: Sequence[Mapping[str, Any]]
    campaigns: Sequence[str]

    def write(self, out: Path) -> tuple[Path, ...]:
        """Write the files. Raises `ResourceError` if `out` cannot be written."""
        return tuple(replace_text(out / name, text) for name, text in self.files.items())


def write_export(results: Path, out: Path, order: ExportOrder, key_file: Path) -> tuple[Path, ...]:
    """Write the files of an export and return them; raises what `make_export` and `Export.write` raise."""
    return make_export(results, out, order, key_file).write(out)


def make_export(results: Path, out: Path, order: ExportOrder, key_file: Path) -> Export:
    """An export; object times of a bundle continue from the last one in `out`.

    Raises `UsageError` if a field needs the dataset and none is given, or the publisher has no name; `InputError` if
    results or dataset cannot be read.
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
    files, objects = _FORMS[order.form](scan, publication, out)
    return Export(publication, files, objects, [finding.id for finding in scan.findings])


Made = tuple[dict[str, str], list[dict[str, Any]]]


def _stix(scan: Scan, publication: Publication, out: Path) -> Made:
    bundle = stix_bundle(scan, publication, previous=_last(out / BUNDLE))
    return {BUNDLE: _text(bundle)}, bundle["objects"]


def _misp(scan: Scan, publication: Publication, _: Path) -> Made:
    return {f"{f.id}.misp.json": _text(misp_event(scan, f, publication)) for f in scan.findings}, []


def _ocsf(scan: Scan, publication: Publication, _: Path) -> Made:
    lines = [
        json.dumps(ocsf_finding(scan, finding, publication), sort_keys=True, ensure_ascii=False)
        for finding in scan.findings
    ]
    return {EVENTS: "".join(f"{line}\n" for line in lines)}, []


_FORMS = MappingProxyType({"stix": _stix, "misp": _misp, "ocsf": _ocsf})


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
