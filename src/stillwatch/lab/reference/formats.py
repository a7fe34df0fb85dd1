"""The page of log formats: what each reads and where it takes the account id from."""

from __future__ import annotations

from stillwatch import ingest
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
    return page("Log formats", intro, overview, *(_section(e) for e in found.values()))


def _section(entry: Entry[FormatSpec]) -> str:
    spec = entry.spec
    return f"## {spec.name}\n\n{spec.title}. Account id: {spec.account}.\n\n{doc(entry.thing)}"
