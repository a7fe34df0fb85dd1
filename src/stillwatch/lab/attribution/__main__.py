"""Figures of attribution, and with `--learn` the rates that ship.

::

    python -m stillwatch.lab.attribution --write docs/benchmarks [--learn] [--worlds 16] [--work DIR]

Rates are learned on seeds 1 to 24; figures are of seeds from 1001 on, which set nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from stillwatch import attribute
from stillwatch.attribute.actors.rates import Rates, read_rates
from stillwatch.lab.attribution.endtoend import SEEDS, check
from stillwatch.lab.attribution.figures import HARDER, figures
from stillwatch.lab.attribution.learn import learn, rates_toml
from stillwatch.lab.attribution.pages import PICTURE, page
from stillwatch.lab.attribution.plot import draw
from stillwatch.lab.refusing import refused
from stillwatch.model.errors import StillwatchError
from stillwatch.store.files import replace_text

TRAINING = range(1, 25)
TEST = 1001  # first seed of the test worlds
COMMAND = "python -m stillwatch.lab.attribution"
RATES = "actors/rates.toml"


def main(argv: Sequence[str]) -> int:
    """Write `attribution.md` and `attribution.png`; exit code 0, or 2 where something cannot be read or written."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        "--write", type=Path, required=True, metavar="DIR", help="folder for page and picture"
    )
    parser.add_argument("--learn", action="store_true", help="write attribute/actors/rates.toml anew first")
    parser.add_argument("--worlds", type=int, default=16, help="test worlds")
    parser.add_argument("--work", type=Path, help="folder that keeps the simulated traffic and its scans")
    chosen = parser.parse_args(argv)
    try:
        if chosen.learn:
            _learn()
        rates = _shipped()
        seeds = range(TEST, TEST + chosen.worlds)
        found = [
            figures("Test worlds", seeds, rates),
            figures(
                "Worlds unlike those learned on",
                range(TEST + 5000, TEST + 5000 + chosen.worlds // 2),
                rates,
                HARDER,
            ),
        ]
        with tempfile.TemporaryDirectory(prefix="stillwatch-") as scratch:
            work = chosen.work or Path(scratch)
            checked = [one for seed in SEEDS for one in check(work / str(seed), seed)]
        chosen.write.mkdir(parents=True, exist_ok=True)
        draw(found, chosen.write / PICTURE)
        replace_text(
            chosen.write / "attribution.md", page(found, checked, rates, f"{COMMAND} --write {chosen.write}")
        )
    except StillwatchError as error:
        return refused(error)
    for one in found:
        sys.stdout.write(f"{one.title}: {', '.join(f'{m.name} {m.value:.3f}' for m in one.costs)}\n")
    return 0


def _learn() -> None:
    made = learn(TRAINING, f"{COMMAND} --learn")
    with resources.as_file(resources.files(attribute) / RATES) as path:
        replace_text(path, rates_toml(made))


def _shipped() -> Rates:
    text = (resources.files(attribute) / RATES).read_text("utf-8")
    return read_rates(text, where=f"attribute/{RATES}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
