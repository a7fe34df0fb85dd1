"""Two months with two actors and a copycat, for attribution: who comes back, who only looks alike.

In the first month amber and birch harvest. In the second amber comes back with new accounts, frames and clients and
for other capabilities, but with its own cards and phones; birch comes back with nothing of its own but its frames; and
a copycat runs amber's old frames through amber's old clients.
"""

from __future__ import annotations

from functools import partial

from stillwatch.lab.attacks.house import House, house
from stillwatch.lab.attacks.raid import Raid
from stillwatch.lab.population.scenario import Campaign, Scenario

MONTH = 28.0  # days of the first month; the second begins
ACCOUNTS = 2_000  # of each campaign; a twentieth of them still makes a group that can be judged


def _raid(kinds: tuple[str, ...], *, second: bool) -> Raid:
    day = MONTH + 2 if second else 2.0
    return Raid(
        kinds=kinds,
        variants=3,
        frames=2,
        per_account=60,
        begins=day * 24,
        lasts=18 * 24.0,
        ramp=36,
        cell=14,
        opened=(day - 8, day),
    )


def _house(owner: str, program: str, kinds: tuple[str, ...], *, second: bool, owned: bool = True) -> House:
    raid = _raid(kinds, second=second)
    return House(raid, owner, program) if owned else House(raid, owner, program, paid=0.0, called=0.0)


_AMBER, _NEXT, _BIRCH = ("solutions", "agentic"), ("reasoning", "generation"), ("rubric", "sensitive")
_HOUSES = (
    ("amber-first", "actor-amber", _house("amber", "amber-1", _AMBER, second=False)),
    ("birch-first", "actor-birch", _house("birch", "birch-1", _BIRCH, second=False, owned=False)),
    ("amber-second", "actor-amber", _house("amber", "amber-2", _NEXT, second=True)),
    ("birch-second", "actor-birch", _house("birch", "birch-1", _BIRCH, second=True, owned=False)),
    ("copycat", "actor-cuckoo", _house("cuckoo", "amber-1", _AMBER, second=True)),
)

SCENARIO = Scenario(
    name="actors",
    title="Two actors and a copycat over two months, for attribution",
    days=56,
    accounts=20_000,
    campaigns=tuple(Campaign(name, actor, ACCOUNTS, partial(house, how=how)) for name, actor, how in _HOUSES),
)
