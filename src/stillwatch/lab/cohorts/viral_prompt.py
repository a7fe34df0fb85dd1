"""A prompt that goes round: thousands of strangers send it within days, often changed a little."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.cohort import Cohort
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.residents import people
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import STREAM, Crowd
from stillwatch.lab.population.town import Town


def build(town: Town, rng: np.random.Generator, n: int) -> Crowd:
    """People who otherwise chat as they like, and once or twice send what everybody sends."""
    accounts = people(town, rng, n)
    said = habits.private(town, rng, "viral persona chat")
    craze = town.script(
        Script(
            said, fills="pool", span=int(rng.integers(5, 400)), base=int(rng.integers(1 << 60)), reword=0.05
        )
    )
    talk = town.script(Script(habits.kinds(town, "chat", "persona", "translation")))
    wave = town.clocks.event(rng, at=float(rng.uniform(0, 0.85)), decay=float(rng.uniform(10, 90)))
    typed = habits.typed(town, rng, n)
    home = habits.at_home(town, rng, accounts)
    once = habits.streams(
        town,
        accounts,
        rng,
        requests=rng.geometric(0.5, n),
        script=craze,
        clock=wave,
        **home,
        **typed | {"run": 1.5},
    )
    daily = habits.streams(
        town,
        accounts,
        rng,
        requests=habits.amount(town, rng, n, 0.24),
        script=talk,
        clock=habits.clocks(town, rng, n),
        **home,
        **typed,
    )
    return Crowd(accounts, Frame.stack(STREAM, [once, daily]))


COHORT = Cohort("viral_prompt", "a viral prompt", 0.015, 25, 1500, 6, build)
