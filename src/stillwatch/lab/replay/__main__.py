"""`python -m stillwatch.lab.replay DATASET --out DIR --every 6h`: replay a simulated log and compare with the truth.

Prints, for each planted campaign, the hours to its detection and the share of its exchanges gone by then, and the false
alarms of the whole replay; writes them to `early.json` beside the results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from stillwatch.lab.figures.cell import command_line, reason_of
from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.site import Run
from stillwatch.lab.reference.markdown import table
from stillwatch.lab.refusing import refused
from stillwatch.lab.replay.early import Alarms, Early, Reached, early
from stillwatch.lab.wording import percent
from stillwatch.model.errors import StillwatchError

HEAD = ("campaign", "by", "hours to detection", "gone before", "gone before the account was found")


def main(argv: Sequence[str], command: Callable[[float], Run] = command_line) -> int:
    """Replay, compare, print: 0 when done, 2 for what cannot be done."""
    args = _arguments(argv)
    key = args.key_file or measuring_key(args.out.parent, args.seed)
    options = ["--every", args.every, "--level", str(args.level), "--threads", str(args.threads)]
    for name, value in (("--from", args.since), ("--to", args.until)):
        options += [name, value] if value else []
    try:
        run = command(args.minutes * 60)
        run(["replay", str(args.data), "--out", str(args.out), "--key-file", str(key), *options, "--json"])
        found, alarms = early(args.out, args.data)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"Error {reason_of(error)}\n")
        return 2
    except StillwatchError as error:
        return refused(error)
    summary = json.loads((args.out / "summary.json").read_text("utf-8"))
    told = {"campaigns": [asdict(e) for e in found], "alarms": asdict(alarms)}
    (args.out / "early.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", "utf-8")
    sys.stdout.write(text(found, alarms, summary))
    return 0


def text(found: Sequence[Early], alarms: Alarms, summary: dict[str, Any]) -> str:
    """The figures as a page."""
    rows = [
        _row(e.campaign, by, reached)
        for e in found
        for by, reached in (("verdict", e.accused), ("claim", e.claimed))
    ]
    looks = [look["seconds"] for look in summary["timings"]["looks"]]
    sketch = summary["timings"]["sketch_seconds"]
    accused = f"{alarms.accused} campaigns accused, {alarms.claimed} claimed"
    accounts = f"{alarms.accounts_accused} innocent accounts accused, {alarms.accounts_claimed} claimed"
    middle, last = median(looks), looks[-1]
    lines = [
        table(HEAD, rows) if rows else "No campaign was planted.",
        "",
        f"False alarms at any of {alarms.looks} looks: {accused}; {accounts}.",
        f"Sketch of everything, once: {sketch:.1f} s; a look: {middle:.1f} s at the median, {last:.1f} s for the last.",
    ]
    return "\n".join(lines) + "\n"


def _row(campaign: str, by: str, reached: Reached) -> tuple[str, ...]:
    hours = "never" if reached.hours is None else f"{reached.hours:.1f}"
    return campaign, by, hours, percent(reached.gone), percent(reached.gone_by_account)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stillwatch.lab.replay", description=__doc__)
    parser.add_argument("data", type=Path, help="folder that `stillwatch simulate` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--every", default="6h", help="time between looks")
    parser.add_argument("--from", dest="since", default="", help="first look")
    parser.add_argument("--to", dest="until", default="", help="end of the replay")
    parser.add_argument("--level", type=float, default=0.05, help="chance of any false claim")
    parser.add_argument("--key-file", type=Path, help="hash key; without it one that depends on --seed alone")
    parser.add_argument("--seed", type=int, default=1, help="seed of the key for measuring")
    parser.add_argument("--threads", type=int, default=1, help="threads; 0 takes what there is")
    parser.add_argument("--minutes", type=float, default=240.0, help="longest time for the replay")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
