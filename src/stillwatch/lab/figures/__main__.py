"""`python -m stillwatch.lab.figures [SUITE.toml]`: run a suite and write its pages. `make evaluate` does it.

Cells that were run with the same code and arguments are not run again, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stillwatch.lab.aims import read_aims
from stillwatch.lab.figures.cell import Done, code_digest, command_line
from stillwatch.lab.figures.rivals import settle
from stillwatch.lab.figures.runs import Errand, Outcomes, run_suite
from stillwatch.lab.figures.site import Run
from stillwatch.lab.figures.suite import Family, Suite, read_suite
from stillwatch.lab.figures.writing import page_of, write_pages
from stillwatch.lab.refusing import refused
from stillwatch.model.errors import StillwatchError, UsageError

SETTINGS = "peer-settings.json"  # chosen once; what `stillwatch compare --settings` reads
MOST = 2  # simulations at a time by default, for the memory that each takes


def main(argv: Sequence[str], command: Callable[[float], Run] = command_line) -> int:
    """Run, write, and say what became of it: 0 if every cell is done, 1 if some are not, 2 for bad input."""
    args = _arguments(argv)
    try:
        suite = read_suite(args.suite, factor=args.scale_factor)
        families = _chosen(suite.families, args.family)
        outcomes = _measured(
            suite, families, args, command, " ".join(["python -m stillwatch.lab.figures", *argv])
        )
    except StillwatchError as error:
        return refused(error)
    done = sum(isinstance(o, Done) for o in outcomes.cells.values())
    cells = {cell for f in families for v in f.variants for cell in v.cells}
    sys.stdout.write(f"{done} of {len(cells)} cells done; pages in {args.out}\n")
    return 0 if done == len(cells) else 1


def _measured(
    suite: Suite,
    families: Sequence[Family],
    args: argparse.Namespace,
    command: Callable[[float], Run],
    said: str,
) -> Outcomes:
    """Choose settings of published detectors, run what is missing, write the pages; also after an interruption."""
    end, code = time.monotonic() + args.minutes * 60, code_digest()
    shown = not args.no_peers and any(f.peers for f in families)
    rivals = None
    if shown:
        file = args.out / SETTINGS
        run = command(max(args.minutes, 60) * 60)
        rivals = settle(suite, args.work, file, run, _say, workers=args.workers, names=args.peer)
    threads = max((os.cpu_count() or 1) // args.workers, 1)
    errand = Errand(args.work, code, command, end, threads, rivals)
    outcomes = run_suite(families, errand, workers=args.workers, say=_say)
    pages = [page_of(family, outcomes, read_aims()) for family in families]
    write_pages(pages, outcomes, rivals, args.out, command=said, code=code)
    return outcomes


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
    parser.add_argument(
        "--workers",
        type=int,
        default=min(MOST, os.cpu_count() or 1),
        help="simulations at a time; each scan gets its share of the cores",
    )
    parser.add_argument(
        "--scale-factor", type=float, default=1.0, help="multiplies every scale that is measured"
    )
    parser.add_argument("--peer", action="append", default=[], help="only this detector; may be repeated")
    parser.add_argument("--no-peers", action="store_true", help="without published detectors")
    return parser.parse_args(argv)


def _chosen(families: Sequence[Family], names: Sequence[str]) -> list[Family]:
    known = [f.name for f in families]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UsageError(f"no family is called {unknown[0]!r}", remedy=f"Choose one of {', '.join(known)}")
    return [f for f in families if not names or f.name in names]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
