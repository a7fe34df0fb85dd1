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


def without(captures: Sequence[Capture], but: str = "") -> tuple[Capture, ...]:
    """The captures without harvests, but for the one named."""
    return tuple(c for c in captures if c.what != "distillation" or c.name == but)


def pools(captures: Sequence[Capture], town: Path, root: Path) -> None:
    """Each harvest alone behind a fraud pool, by how much of the pool's marks an account has."""
    print(f"\nHarvests behind a pool of 40\n\n| shares {HEAD}\n|--:|---|---|--:|--:|--:|---|--:|---|---|")
    for shares in (0.3, 0.5, 0.7, 1.0):
        for one in (c for c in captures if c.what == "distillation"):
            some, folder = without(captures, one.name), root / f"{one.name}-{shares}"
            owners = mix(some, town, folder / "data", innocent="people", shares=shares)
            key = root / "hash.key"
            out = scan(folder / "data", folder / "out", ScanSettings(key_file=key, quiet=True))
            wrong = {n: k for n, k in sorted(accused(out, owners).items()) if n != one.name}
            print(
                f"| {shares} {line(found(out, some, owners)[one.name])} {f'others accused: {wrong}' if wrong else ''}"
            )


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
        town = root / "town"
        simulate(scenario("benign"), town, scale=0.01, seed=asked.seed, split="test")
        for innocent in ("firm", "people"):
            owners = mix(without(captures), town, root / innocent / "data", innocent=innocent)
            table(
                f"Innocent captures as {innocent} among benign customers",
                without(captures),
                root / innocent,
                owners,
            )
        pools(captures, town, root)


if __name__ == "__main__":
    main()
