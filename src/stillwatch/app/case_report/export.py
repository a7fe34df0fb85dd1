"""The files of a case that are given to others: report, list of accounts, exhibited documents."""

from __future__ import annotations

import csv
import io
import re

from stillwatch.app.case_report.blocks import Report
from stillwatch.app.case_report.content import Choice
from stillwatch.app.case_report.evidence import account_rows
from stillwatch.app.case_report.html import html
from stillwatch.app.casework import package
from stillwatch.cases.file import CaseFile, deciding_scan

FORMS = ("html", "pdf")
COLUMNS = (
    "account_id", "role", "p_member", "weight_bits", "stability", "families", "exchanges", "campaign_exchanges",
    "decision",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run


def export_files(case: CaseFile, report: Report, choice: Choice, forms: tuple[str, ...]) -> dict[str, bytes]:
    """Contents by file name. A report about one account holds no documents, since they may name others."""
    files: dict[str, bytes] = {}
    if "html" in forms:
        files[f"{case.case_id}.html"] = html(report).encode()
    if "pdf" in forms:
        files[f"{case.case_id}.pdf"] = package("stillwatch.app.case_report.pdf").pdf(report)
    files["accounts.csv"] = _accounts(case, choice.account_key)
    if not choice.account_key:
        for e in case.exhibits:
            if e.payload and not e.is_scan:
                name = re.sub(r"[^A-Za-z0-9._-]+", "_", e.payload["name"]).lstrip(".") or "file"
                files[f"exhibits/{e.row['number']:02d}-{name}"] = e.content()
    return files


def _accounts(case: CaseFile, only: str) -> bytes:
    scan = deciding_scan(case)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in account_rows(case, scan, only) if scan else ():
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue().encode()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
