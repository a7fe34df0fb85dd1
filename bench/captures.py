"""What a scan finds of recorded clients: python bench/captures.py [FOLDER].

FOLDER holds captures (`*.jsonl.gz`) with a `truth.toml`, or named `distil_…`, `look_…`, `benign_…`; without it the
cuts of the tests are used. Prints a Markdown table for each way of spreading them over accounts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from stillwatch.app.scan import ScanSettings, scan
from stillwatch.ingest.logs import read_logs
from stillwatch.lab.simulate import scenario, simulate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.scenarios.captures import (
    CUTS,
    Capture,
    Found,
    Owners,
    accused,
    found,
    read_captures,
    write_log,
)
from tests.scenarios.crowds import mix

HEAD = (
    "| capture | is | requests | accounts | in the group | verdict | bits | best alternative | capabilities |"
)


def alone(captures: Sequence[Capture], folder: Path, accounts: int | None) -> Owners:
    """A dataset of the captures only."""
    owners = write_log(captures, folder / "log" / "requests.jsonl", accounts=accounts)
    read_logs([str(folder / "log")], out=folder / "data", now=datetime.now(UTC))
    return owners


def line(one: Found) -> str:
    """One row of the table."""
    start = f"| `{one.name}` | {one.what.replace('_', '-')} | {one.requests} | {one.accounts} |"
    if not one.members:
        return f"{start} none | - | - | - | - |"
    group = f"{one.held} of {one.members}"
    bits = f"{one.bits:+.1f} (from {one.low:+.1f})"
    verdict = one.verdict.replace("_", " ")
    alternative = one.best_alternative.replace("_", " ")
    return f"{start} {group} | {verdict} | {bits} | {alternative} | {', '.join(one.capabilities) or '-'} |"


def table(title: str, captures: Sequence[Capture], folder: Path, owners: Owners) -> None:
    """Scan the dataset and print the table."""
    began = time.perf_counter()
    out = scan(folder / "data", folder / "out", ScanSettings(key_file=folder.parent / "hash.key", quiet=True))
    print(f"\n{title}\n\n{HEAD}\n|---|---|--:|--:|--:|---|--:|---|---|")
    for one in found(out, captures, owners).values():
        print(line(one))
    wrong = dict(sorted(accused(out, owners).items()))
    print(f"\nAccounts accused: {wrong or 'none'}; {time.perf_counter() - began:.1f} s")


def main() -> None:
    """Every way of spreading, a table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CUTS)
    parser.add_argument("--seed", type=int, default=71)
    asked = parser.parse_args()
    captures = read_captures(asked.folder)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for folder, accounts, title in (
            (root / "recorded", None, "As recorded, each key an account"),
            (root / "dealt", 8, "Dealt over eight accounts of which nothing is known"),
        ):
            table(title, captures, folder, alone(captures, folder, accounts))
        simulate(scenario("benign"), root / "town", scale=0.01, seed=asked.seed, split="test")
        for innocent in ("firm", "people"):
            owners = mix(captures, root / "town", root / innocent / "data", innocent=innocent)
            table(f"Among benign customers; the innocent as {innocent}", captures, root / innocent, owners)


if __name__ == "__main__":
    main()
