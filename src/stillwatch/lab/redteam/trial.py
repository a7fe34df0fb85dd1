"""One raid among few innocent customers: simulated, scanned, and counted."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.evaluate import evaluate
from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.site import Run
from stillwatch.lab.population.scenario import Campaign, Scenario
from stillwatch.lab.redteam.price import cost_per_exchange, prices
from stillwatch.lab.redteam.search import Outcome
from stillwatch.lab.simulate import simulate
from stillwatch.lab.text.sources import Split

DAYS = 7
INNOCENT = 500  # accounts, besides the smallest number of groups of every cohort
SPLIT: Split = "training"  # what is learned from a worst case may be used to improve the detector


def scenario_of(how: Raid, accounts: int, *, days: int = DAYS) -> Scenario:
    """The raid as the only campaign of a small scenario."""
    campaign = Campaign("raid", "actor-raid", accounts, partial(raid, how=how))
    return Scenario("redteam-trial", "One raid among few customers", days, INNOCENT, (campaign,))


def try_raid(how: Raid, accounts: int, seed: int, work: Path, run: Run, *, days: int = DAYS) -> Outcome:
    """Shares of the raid's accounts and exchanges that a scan finds; the data is deleted."""
    data, results = work / "data", work / "results"
    try:
        simulate(scenario_of(how, accounts, days=days), data, seed=seed, split=SPLIT)
        key = str(measuring_key(work, seed))
        run(["scan", str(data), "--out", str(results), "--key-file", key, "--threads", "1", "--json"])
        found = evaluate([results], [data / "truth"])
    finally:
        for folder in (data, results):
            shutil.rmtree(folder, ignore_errors=True)
    cost = cost_per_exchange(how, accounts, prices())
    return Outcome(how, cost, found.recall.value or 0.0, found.exchange_recall.value or 0.0)
