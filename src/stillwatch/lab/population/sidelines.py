"""Nobody does only one thing: small side projects and small talk of accounts that have a main use."""

from __future__ import annotations

import numpy as np

from stillwatch.lab.population import habits
from stillwatch.lab.population.frame import Array, Frame
from stillwatch.lab.population.scripts import Script
from stillwatch.lab.population.specs import NONE, STREAM, Crowd
from stillwatch.lab.population.town import Town

SAID = "coding chat summarise classification batch_nlp translation rag support_bot agent judge"


def with_sidelines(
    town: Town, rng: np.random.Generator, crowd: Crowd, *, chat: float, projects: float
) -> Crowd:
    """The crowd with further streams: small talk for a share of the accounts, side projects for another.

    They go through the same networks as the account's first stream, with other clients and settings.
    """
    firsts = crowd.streams.take(np.unique(crowd.streams["account"], return_index=True)[1])
    talkers = firsts.take(rng.random(len(firsts)) < chat)
    makers = firsts.take(rng.random(len(firsts)) < projects)
    extra = [
        _talk(town, rng, talkers),
        _projects(town, rng, makers),
        _projects(town, rng, makers.take(slice(0, None, 3))),
    ]
    streams = Frame.stack(STREAM, [crowd.streams, *(e for e in extra if len(e))])
    return Crowd(crowd.accounts, streams)


def _talk(town: Town, rng: np.random.Generator, firsts: Frame) -> Frame:
    n = len(firsts)
    if n == 0:
        return firsts
    talk = habits.kinds(town, "chat", "persona", "tutoring", "translation", "coding")
    scripts = [town.script(Script(habits.some(rng, talk, 4))) for _ in range(min(n, 12))]
    return _anew(town, rng, firsts, 0.3).having(script=rng.choice(scripts, n), **habits.typed(town, rng, n))


def _projects(town: Town, rng: np.random.Generator, firsts: Frame) -> Frame:
    n = len(firsts)
    if n == 0:
        return firsts
    return _anew(town, rng, firsts, 0.4).having(
        script=[_project(town, rng) for _ in range(n)],
        run=rng.lognormal(1.2, 0.9, n) + 1,
        gap=rng.lognormal(2.5, 1.0, n),
        talk=rng.choice([0.0, 0.6], n, p=[0.8, 0.2]),
        **habits.coded(town, rng, n),
    )


def _project(town: Town, rng: np.random.Generator) -> int:
    said = habits.private(town, rng, SAID, int(rng.integers(1, 4)))
    tools = habits.toolset(rng) if rng.random() < 0.15 else NONE
    schema = int(rng.integers(1 << 60)) if rng.random() < 0.12 else NONE
    systems = habits.system(town, rng, 0.5)
    material, pieces = habits.material(town, rng, 0.2)
    return town.script(
        Script(
            said,
            material=material,
            pieces=pieces,
            tag=habits.tag(rng, 0.1),
            per="exchange",
            systems=systems,
            tools=tools,
            schema=schema,
        )
    )


def _anew(town: Town, rng: np.random.Generator, firsts: Frame, per_day: float) -> Frame:
    """The same places and lives, other amounts and times."""
    n = len(firsts)
    return firsts.having(
        campaign=NONE,
        router=NONE,
        requests=_fewer(habits.amount(town, rng, n, per_day, sigma=1.2), firsts["requests"]),
        steady=False,
        snap=0.0,
        clock=habits.clocks(town, rng, n),
        turns_share=0.0,
        users=rng.choice([0, 1], n, p=[0.8, 0.2]),
    )


def _fewer(wanted: Array, main: Array) -> Array:
    """A side project stays smaller than the main use."""
    return np.asarray(np.maximum(np.minimum(wanted, main // 2), 1))
