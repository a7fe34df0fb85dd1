"""Pages, pictures and settings of a suite, written to a folder."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pyarrow as pa

import stillwatch
from stillwatch.lab.aims import Aim
from stillwatch.lab.evaluate import pool
from stillwatch.lab.figures import beside, probabilities
from stillwatch.lab.figures.cell import Done, Failed
from stillwatch.lab.figures.ladder import Step, cost_of
from stillwatch.lab.figures.pages import Page, Row, family_page, index_page, verdicts_of
from stillwatch.lab.figures.plots import draw_ladder, draw_shares
from stillwatch.lab.figures.rivals import Rivals
from stillwatch.lab.figures.runs import Outcomes, by_variant
from stillwatch.lab.figures.suite import Family, Variant
from stillwatch.lab.simulate import scenario

KEPT: Mapping[str, str] = MappingProxyType(
    {  # the first by hand, the others by `python -m stillwatch.lab.reliability`
        "missed-aims.md": "Aims that are missed, why, and what would close them",
        "reliability.md": "Do the probabilities hold on scans that taught nothing?",
        "left-out.md": "What was not learned: a cohort, a campaign or an attack tool left out at a time",
    }
)


def page_of(family: Family, outcomes: Outcomes, aims: Sequence[Aim]) -> Page:
    """The figures of a family from what became of its cells."""
    rows = [_row(variant, outcomes) for variant in family.variants]
    steps = _steps(rows) if family.curve else ()
    return Page(family, tuple(_judged(row, aims, steps) for row in rows), steps)


def _row(variant: Variant, outcomes: Outcomes) -> Row:
    found = [outcomes.cells[cell] for cell in variant.cells if cell in outcomes.cells]
    done = tuple(o for o in found if isinstance(o, Done))
    failed = tuple(o for o in found if isinstance(o, Failed))
    return Row(variant, done, failed, pool([d.observation for d in done]) if done else None, ())


def _judged(row: Row, aims: Sequence[Aim], steps: Sequence[Step]) -> Row:
    if row.found is None:
        return row
    return replace(row, verdicts=verdicts_of(aims, row.variant, row.found, row.done, steps))


def _steps(rows: Sequence[Row]) -> tuple[Step, ...]:
    steps = []
    for row in rows:
        if row.found is None or row.variant.changed:
            continue
        cost = cost_of(scenario(row.variant.scenario))
        if cost is not None:
            steps.append(Step(row.variant.scenario, cost, row.found.recall, row.found.exchange_recall))
    return tuple(steps)


def write_pages(
    pages: Sequence[Page],
    outcomes: Outcomes,
    rivals: Rivals | None,
    out: Path,
    *,
    command: str,
    code: str,
) -> None:
    """A page per family, one beside published detectors, one of probabilities, and the index."""
    out.mkdir(parents=True, exist_ok=True)
    parts = {"Python": platform.python_version(), "duckdb": duckdb.__version__}
    parts |= {"pyarrow": pa.__version__, "numpy": np.__version__}
    versions = (
        f"Stillwatch {stillwatch.__version__}, code {code}",
        ", ".join(f"{name} {version}" for name, version in parts.items()),
    )
    drawn = [replace(page, pictures=_pictures(page, out)) for page in pages]
    for page in drawn:
        (out / f"{page.family.name}.md").write_text(family_page(page, command, versions), "utf-8")
    others = {}
    if rivals is not None and any(p.family.peers for p in pages):
        _write_rivals(pages, outcomes, rivals, out, command, versions)
        others[f"{beside.NAME}.md"] = "Beside published detectors"
    done = list({d.cell: d for page in pages for row in page.rows for d in row.done if d.groups}.values())
    if probabilities.write(done, out, command, versions):
        others[f"{probabilities.NAME}.md"] = "Do the probabilities hold on these scans?"
    others |= {file: title for file, title in KEPT.items() if (out / file).exists()}
    (out / "index.md").write_text(index_page(drawn, command, versions, others), "utf-8")


def _write_rivals(
    pages: Sequence[Page],
    outcomes: Outcomes,
    rivals: Rivals,
    out: Path,
    command: str,
    versions: Sequence[str],
) -> None:
    shown = [page for page in pages if page.family.peers]
    found = by_variant([page.family for page in shown], outcomes)
    own: Mapping[str, Sequence[Done]] = {
        row.variant.scenario: row.done for page in shown for row in page.rows if not row.variant.changed
    }
    both = {name: (own[name], found.get(name, [])) for name in own}
    text = beside.page(both, rivals, command, versions)
    (out / f"{beside.NAME}.md").write_text(text, "utf-8")


def _pictures(page: Page, out: Path) -> dict[str, str]:
    """Draw recall per variant and the ladder; names of the files and what they show."""
    name, pictures = page.family.name, {}
    recall = {row.variant.name: row.found.recall for row in page.rows if row.found and row.found.recall.whole}
    if recall:
        draw_shares(recall, out / f"{name}-recall.png", title="account recall with 95% intervals")
        pictures[f"{name}-recall.png"] = "Account recall with 95% intervals"
    for row in page.rows:
        if row.found and not row.variant.changed and not page.steps:
            file = f"{name}-{row.variant.scenario}-cohorts.png"
            title = f"benign accounts accused by cohort, {row.variant.scenario}"
            draw_shares(row.found.cohorts, out / file, title=title)
            pictures[file] = title.capitalize()
    if len(page.steps) > 1:
        draw_ladder(page.steps, out / f"{name}-cost.png", limit=0.8)
        pictures[f"{name}-cost.png"] = "Recall against the attacker's cost"
    return pictures
