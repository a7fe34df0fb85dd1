"""`python -m stillwatch.lab.figures [SUITE.toml]`: run a suite and write its pages. `make evaluate` does it.

Cells that were run with the same code and arguments are not run again, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

import stillwatch
from stillwatch.lab.aims import Aim, read_aims
from stillwatch.lab.evaluate import pool
from stillwatch.lab.figures.cell import Done, Failed, Run, code_digest, command_line
from stillwatch.lab.figures.ladder import Step, cost_of
from stillwatch.lab.figures.pages import Page, Row, family_page, index_page, verdicts_of
from stillwatch.lab.figures.plots import draw_ladder, draw_shares
from stillwatch.lab.figures.runs import Outcome, run_suite
from stillwatch.lab.figures.suite import Cell, Family, Variant, read_suite
from stillwatch.lab.simulate import scenario
from stillwatch.model.errors import StillwatchError, UsageError


def main(argv: Sequence[str], command: Callable[[float], Run] = command_line) -> int:
    """Run, write, and say what became of it: 0 if every cell is done, 1 if some are not, 2 for bad input."""
    args = _arguments(argv)
    try:
        families = _chosen(read_suite(args.suite), args.family)
        code = code_digest()
        outcomes = run_suite(
            families,
            args.work,
            code=code,
            seconds=args.minutes * 60,
            command=command,
            say=_say,
        )
        pages = [page_of(family, outcomes, read_aims()) for family in families]
        _write(pages, args.out, " ".join(["python -m stillwatch.lab.figures", *argv]), code)
    except StillwatchError as error:
        sys.stderr.write(f"Error {error.where}: {error.what}\n      {error.remedy}\n")
        return 2
    done = sum(isinstance(o, Done) for o in outcomes.values())
    cells = {cell for f in families for v in f.variants for cell in v.cells}
    sys.stdout.write(f"{done} of {len(cells)} cells done; pages in {args.out}\n")
    return 0 if done == len(cells) else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.figures", description=__doc__)
    parser.add_argument("suite", type=Path, nargs="?", help="which cells; without it the suite that ships")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"), help="folder for the pages")
    parser.add_argument("--work", type=Path, default=Path("out/figures"), help="folder of kept cells")
    parser.add_argument("--minutes", type=float, default=240.0, help="no cell is started later")
    parser.add_argument("--family", action="append", default=[], help="only this page; may be repeated")
    return parser.parse_args(argv)


def _chosen(families: Sequence[Family], names: Sequence[str]) -> list[Family]:
    known = [f.name for f in families]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UsageError(f"no family is called {unknown[0]!r}", remedy=f"Choose one of {', '.join(known)}")
    return [f for f in families if not names or f.name in names]


def page_of(family: Family, outcomes: Mapping[Cell, Outcome], aims: Sequence[Aim]) -> Page:
    """The figures of a family from what became of its cells."""
    rows = [_row(variant, outcomes) for variant in family.variants]
    steps = _steps(rows) if family.curve else ()
    return Page(family, tuple(_judged(row, aims, steps) for row in rows), steps)


def _row(variant: Variant, outcomes: Mapping[Cell, Outcome]) -> Row:
    found = [outcomes[cell] for cell in variant.cells if cell in outcomes]
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


def _write(pages: Sequence[Page], out: Path, command: str, code: str) -> None:
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
    (out / "index.md").write_text(index_page(drawn, command, versions), "utf-8")


def _pictures(page: Page, out: Path) -> dict[str, str]:
    """Draw recall per variant and the ladder; names of the files and what they show."""
    name, pictures = page.family.name, {}
    recall = {row.variant.name: row.found.recall for row in page.rows if row.found and row.found.recall.whole}
    if recall:
        draw_shares(recall, out / f"{name}-recall.png", title="account recall with 95% intervals")
        pictures[f"{name}-recall.png"] = "Account recall with 95% intervals"
    for row in page.rows:
        if row.found and not row.variant.changed:
            file = f"{name}-{row.variant.scenario}-cohorts.png"
            title = f"benign accounts accused by cohort, {row.variant.scenario}"
            draw_shares(row.found.cohorts, out / file, title=title)
            pictures[file] = title.capitalize()
    if len(page.steps) > 1:
        draw_ladder(page.steps, out / f"{name}-cost.png", limit=0.8)
        pictures[f"{name}-cost.png"] = "Recall against the attacker's cost"
    return pictures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
