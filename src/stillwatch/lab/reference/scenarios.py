"""The page of scenarios, attacks and innocent cohorts of the simulator."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator

from stillwatch.lab import cohorts, scenarios
from stillwatch.lab.population import cohort as cohorts_of
from stillwatch.lab.population import scenario as scenarios_of
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.scenario import LEAST, Scenario
from stillwatch.lab.reference.markdown import page, table
from stillwatch.lab.scenarios.ladder import LEVELS

_INTRO = f"""
`stillwatch simulate SCENARIO --out DIR` writes the input tables of a scan and, in `DIR/truth`, who is who.
Figures here are for scale 1. `--scale` multiplies accounts and never rates; a campaign keeps at least {LEAST}
accounts and a cohort its smallest number of groups, so that small simulations hold a larger share of
look-alikes.

Every scenario holds every innocent cohort. A cohort is made of many groups with parameters of their own: a
false accusation tends to accuse a whole group at once.
"""

_LADDER = f"""
Level by level: {"; ".join(f"{i} {name}" for i, name in enumerate(LEVELS))}. All harvest the same number of
exchanges. What an exchange costs the attacker follows from assumed prices, constants in
`lab/scenarios/ladder.py`; `truth/campaigns.parquet` holds level and cost of each campaign.
"""

_FACTS = """
* A quarter to a half of the accounts have something else to do besides: small talk, side projects.
* Benign sign-ups crowd together after launches, advertisements, first lessons. A tenth of private customers pay
  with virtual cards, some with neighbouring numbers; a quarter have a free trial, a tenth a disposable domain.
* Home addresses rotate inside pools of 4,096 that some 130 simulated accounts share; mobile carriers and privacy
  relays change them with each session or request. Attackers leave through the same homes.
* Public prompt templates, those of distillation tools among them, are used by unrelated people
  (`public_templates`).
* Attackers' accounts come from a merchant in lots: fresh in bursts, fresh one by one, aged, bought with a past,
  in programmes. They work in cells behind one router with one client, a few private frames and a data set that
  is handed out over the cell. A refused request goes out again from another account of the cell within tens of
  milliseconds to seconds; refused innocents ask again on their own account, or give up.
* Gateways of firms, resellers and relays without a harvest hand refused requests on in the same way, and some
  carry a conversation on through another of their accounts (`fallback_router`, `declared_reseller`,
  `undeclared_relay`).
* Who is banned or suspended tries once more and gets a 403. A router then asks another account; if all of its
  accounts are gone, the request waits for the next pool. Firms that move to new accounts look the same
  (`moved_house`).
* After a release a fifth of ordinary streams turns to the new model, each in its time; enthusiasts and some
  campaigns do within a day.
* Reasoning blocks come back within their conversation. Only `replay` puts one account's blocks into requests of
  another that continue nothing.
* Both sides have refusals, errors and answers cut by the length limit.
* Addresses are from 240.0.0.0/4 and 2001:db8::/32, domains end in `.example`: nobody's. Models and actors are
  made up.
"""


def scenarios_page() -> str:
    """`docs/reference/scenarios.md`."""
    known = scenarios_of.load(scenarios).values()
    parts = {step.name for scenario in known for step in scenario.steps()}
    whole = [scenario for scenario in known if scenario.name not in parts]
    innocent = cohorts_of.load(cohorts)
    return page(
        "Scenarios of the simulator",
        inspect.cleandoc(_INTRO),
        "## Scenarios",
        table(
            ["scenario", "innocent accounts", "days", "campaign", "its accounts", "what it is"],
            _scenarios(whole),
        ),
        "### Levels of evasion",
        inspect.cleandoc(_LADDER),
        table(["scenario", "accounts", "dollars an exchange", "of which"], _levels(whole)),
        "## Innocent cohorts",
        table(
            ["cohort", "share", "accounts in a group", "groups, at least", "who they are"], _cohorts(innocent)
        ),
        "## What is true of all",
        inspect.cleandoc(_FACTS),
    )


def _levels(known: Iterable[Scenario]) -> Iterator[list[str]]:
    """Levels of evasion and the attacker's cost for each harvested exchange."""
    for scenario in known:
        for step in scenario.steps():
            (campaign,) = step.campaigns
            parts = ", ".join(f"{what} {dollars:.4f}" for what, dollars in campaign.costs.items() if dollars)
            yield [
                f"`{step.name}`",
                f"{campaign.accounts:,}",
                f"{sum(campaign.costs.values()):.4f}",
                parts,
            ]


def _scenarios(known: Iterable[Scenario]) -> Iterator[list[str]]:
    for scenario in known:
        yield from _campaigns(scenario)


def _campaigns(scenario: Scenario) -> Iterator[list[str]]:
    head = [f"`{scenario.name}`", f"{scenario.accounts:,}", str(scenario.days)]
    if not scenario.campaigns:
        yield [*head, "none", "", scenario.title]
    if len(scenario.campaigns) > 6:
        accounts = sum(c.accounts for c in scenario.campaigns)
        yield [*head, f"{len(scenario.campaigns)} campaigns", f"{accounts:,}", scenario.title]
        return
    for number, campaign in enumerate(scenario.campaigns):
        first = number == 0
        yield [
            *(head if first else ["", "", ""]),
            campaign.name,
            f"{campaign.accounts:,}",
            scenario.title if first else "",
        ]


def _cohorts(known: tuple[Cohort, ...]) -> Iterator[list[str]]:
    for cohort in known:
        what = inspect.cleandoc(sys.modules[cohort.build.__module__].__doc__ or "")
        sizes = f"{cohort.smallest:,} to {cohort.largest:,}"
        yield [f"`{cohort.name}`", f"{cohort.share:.2%}", sizes, str(cohort.groups), what]
