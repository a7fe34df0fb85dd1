"""`python -m stillwatch.lab.redteam --budget N`: search for raids that are found least, print the worst.

Each trial simulates one raid among some thousand innocent accounts and scans it, some half a minute. Half of the
budget goes to random raids, half to neighbours of the worst so far. Trials are kept in the folder `--work`, so a
search that was stopped, or that ran out of `--minutes`, goes on; a changed program begins anew. With `--write` the
worst become files that the scenario `redteam` replays.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from stillwatch.lab.attacks.raid import Raid
from stillwatch.lab.figures.cell import APART, code_digest, command_line, reason_of
from stillwatch.lab.figures.site import Run
from stillwatch.lab.redteam.cases import case_toml
from stillwatch.lab.redteam.journal import add_trial, journal_of, read_trials
from stillwatch.lab.redteam.price import cost_per_exchange, prices
from stillwatch.lab.redteam.search import Outcome, search
from stillwatch.lab.redteam.trial import try_raid
from stillwatch.lab.refusing import refused
from stillwatch.lab.wording import percent
from stillwatch.model.errors import ResourceError, StillwatchError

LONGEST = 600.0  # seconds of one scan


def main(argv: Sequence[str], command: Callable[[float], Run] = command_line) -> int:
    """Search, print, write; 0 when done, 2 for what cannot be done."""
    args = _arguments(argv)
    end = time.monotonic() + args.minutes * 60
    code = code_digest(apart=[part for part in APART if part != "lab/redteam"])
    file = journal_of(args.work, code=code, accounts=args.accounts, seed=args.seed)
    try:
        known = [replace(o, cost=_cost(o.how, args)) for o in read_trials(file)]  # prices may have changed
        if known:
            sys.stdout.write(f"{len(known)} trials are known from {file}\n")
        with tempfile.TemporaryDirectory(prefix="stillwatch-redteam-") as work:
            found = search(
                _trial(args, Path(work), command(LONGEST)),
                lambda how: _cost(how, args),
                budget=args.budget,
                most=args.most_cost,
                rng=np.random.default_rng(args.seed),
                say=lambda outcome: _told(outcome, file),
                known=known,
                late=lambda: time.monotonic() > end,
            )
    except StillwatchError as error:
        return refused(error)
    sys.stdout.write(f"\nworst {min(args.worst, len(found))} of {len(found)}:\n")
    for outcome in found[: args.worst]:
        _say(outcome)
        knobs = ", ".join(f"{k}={v}" for k, v in asdict(outcome.how).items() if v != getattr(_USUAL, k))
        sys.stdout.write(f"    {knobs}\n")
    if args.write:
        _write(found[: args.worst], args.write, " ".join(["python -m stillwatch.lab.redteam", *argv]))
    return 0


_USUAL = Raid(kinds=(), variants=0, frames=0, per_account=0.0)


def _cost(how: Raid, args: argparse.Namespace) -> float:
    return cost_per_exchange(how, args.accounts, prices())


def _trial(args: argparse.Namespace, work: Path, run: Run) -> Callable[[Raid], Outcome]:
    def trial(how: Raid) -> Outcome:
        try:
            return try_raid(how, args.accounts, args.seed, work, run)
        except subprocess.CalledProcessError as error:
            raise ResourceError(
                f"a scan failed: {reason_of(error)}", remedy="Run that scan by hand"
            ) from error

    return trial


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.redteam", description=__doc__)
    parser.add_argument("--budget", type=int, default=40, help="trials")
    parser.add_argument("--minutes", type=float, default=240.0, help="no trial is started later")
    parser.add_argument("--seed", type=int, default=1, help="of the search and of every simulation")
    parser.add_argument("--accounts", type=int, default=60, help="of each raid, at least 40")
    parser.add_argument("--most-cost", type=float, default=0.05, help="dollars per harvested exchange")
    parser.add_argument("--worst", type=int, default=5, help="how many to print, and to write")
    parser.add_argument("--work", type=Path, default=Path("out/redteam"), help="folder of kept trials")
    parser.add_argument(
        "--write", type=Path, help="folder for case files, such as src/stillwatch/lab/data/redteam"
    )
    return parser.parse_args(argv)


def _told(outcome: Outcome, file: Path) -> None:
    add_trial(file, outcome)
    _say(outcome)


def _say(o: Outcome) -> None:
    found = f"accounts found {percent(o.recall)}, exchanges {percent(o.exchange_recall)}"
    sys.stdout.write(f"  {found}, ${o.cost:.4f} per exchange\n")
    sys.stdout.flush()


def _write(worst: Sequence[Outcome], folder: Path, command: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, outcome in enumerate(worst, 1):
        (folder / f"case-{number:02d}.toml").write_text(case_toml(outcome, command), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
