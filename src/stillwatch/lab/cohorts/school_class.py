"""School classes: one assignment, one deadline, one campus exit, accounts opened in the same lesson."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.residents import people, signed_up
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import PROGRAMS, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """A class of n pupils; the exercises repeat from pupil to pupil,
    at home they go on from their own address.
    """
    accounts = people(town, rng, n)
    day = float(rng.uniform(-10, 0.7 * town.hours / 24))
    if rng.random() < 0.8:
        accounts = signed_up(accounts, rng, float(town.at(day * 24)), float(rng.uniform(0.5, 6)))
    campus = town.host("education", rng, int(rng.integers(1, 3)))
    school = town.domain(f"school{int(rng.integers(1 << 40)):x}.example")
    own = rng.random() < 0.6
    accounts = accounts.having(
        domain=school if own else accounts["domain"],
        program=PROGRAMS.index("education") if rng.random() < 0.7 else accounts["program"],
        signup_pool=campus,
    )
    said = habits.private(town, rng, "assignment tutoring", int(rng.integers(1, 3)))
    script = Script(
        said, fills="pool", span=int(rng.integers(3, 25)), base=int(rng.integers(1 << 60)), reword=0.2
    )
    lessons = town.clocks.event(
        rng, at=float(np.clip(day * 24 / town.hours, 0, 0.8)), decay=float(rng.uniform(12, 150))
    )
    streams = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.48, sigma=0.7),
        clock=lessons,
        script=town.script(script),
        pool=campus,
        pool_2=habits.homes(town, rng, n),
        away=float(rng.uniform(0, 0.6)),
        lease=0.0,
        **habits.typed(town, rng, n) | {"talk": float(rng.choice([0.2, 0.9]))},
    )
    return Crowd(accounts, streams)


COHORT = Cohort("school_class", "school classes", 0.03, 12, 45, 10, build)
