"""The page of log formats: what each reads, where the account id comes from, what a missing field costs."""

from __future__ import annotations

from stillwatch import ingest
from stillwatch.ingest.coverage import FIELDS
from stillwatch.lab.reference.markdown import doc, page, table
from stillwatch.model.registry import Entry, FormatSpec, scan


def formats_page() -> str:
    """`docs/reference/formats.md`."""
    found = scan(ingest, FormatSpec, group="stillwatch.ingest")
    intro = (
        "`stillwatch ingest --format NAME` reads one of these; `--format auto`, the default, recognises them "
        "by content. An exchange without an account becomes a row of `rejects`; `--account FIELD` names "
        "another field."
    )
    rows = [[f"[`{name}`](#{name})", e.spec.title, e.spec.account] for name, e in found.items()]
    overview = table(["format", "reads", "account id from"], rows)
    return page("Log formats", intro, overview, *(_section(e) for e in found.values()), _coverage())


def _section(entry: Entry[FormatSpec]) -> str:
    spec = entry.spec
    return f"## {spec.name}\n\n{spec.title}. Account id: {spec.account}.\n\n{doc(entry.thing)}"


def _coverage() -> str:
    intro = (
        "At the end of a run `stillwatch ingest` prints the share of exchanges that carry each of these "
        "fields, and what is lost without it. [How to read it](../how-to/coverage-table.md)."
    )
    rows = [[f"`{name}`", family, cost] for name, (family, cost) in FIELDS.items()]
    return f"## Coverage\n\n{intro}\n\n" + table(["field", "family", "without it"], rows)
