"""Laws of attribution: nobody known is always possible, and no evidence says more than it can."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.actor_claims import ALL, CLASSES, GAP, HIT, MISS, RATES, WHEN, claim, statement

from stillwatch.attribute.actors.kinds import FAMILIES
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.posterior import FALSE_FLAG, RELAY, UNKNOWN, Priors
from stillwatch.attribute.actors.verdict import Shown, Verdict, decide
from stillwatch.attribute.actors.weigh import UNIT, Sighting, weigh

Actors = dict[str, list[tuple[Statement, Sighting]]]
KINDS = sorted(ALL)
GRADES = ("A1", "A2", "B2", "B3", "C3", "E5", "F6")
CLAIMS = [
    claim(grade=grade, source=source, age=age, lasts=lasts)
    for grade, source, age, lasts in (
        ("A1", "own logs", 5, 200), ("A2", "own logs", 60, 200), ("B2", "partner", 30, 200), ("B3", "report", 90, 200),
        ("C3", "partner", 150, 400), ("E5", "report", 10, 100), ("F6", "report", 200, 300), ("A1", "partner", 200, 100),
        ("A1", "report", -5, 100),
    )
]  # fmt: skip
SIGHTINGS = [
    HIT, MISS, GAP, Sighting(1, 40, 0, 50_000), Sighting(40, 40, 0, 50_000), Sighting(900, 4000, 9_000, 50_000),
    Sighting(3, 9, 1, 50_000), Sighting(0, 1, 0, 50_000), Sighting(5, 5, 40_000, 50_000),
]  # fmt: skip
RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
claims, sightings = st.sampled_from(CLAIMS), st.sampled_from(SIGHTINGS)


@st.composite
def shown(
    draw: st.DrawFn, actor: str, kinds: tuple[str, ...] = tuple(KINDS)
) -> list[tuple[Statement, Sighting]]:
    picked = draw(st.lists(st.sampled_from(kinds), max_size=6))
    return [
        (statement(kind, actor, draw(claims), name=f"{i}"), draw(sightings)) for i, kind in enumerate(picked)
    ]


@st.composite
def worlds(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> tuple[Actors, Actors]:
    known = {name: draw(shown(name, kinds)) for name in ("Amber", "Birch")}
    relays = {name: draw(shown(name)) for name in ("Relay",)[: draw(st.integers(0, 1))]}
    return known, relays


def verdict(known: Actors, relays: Actors) -> Verdict:
    return decide(known, relays, RATES, WHEN)


@RELAXED
@given(worlds())
def test_probabilities_sum_to_one_and_nobody_known_is_never_ruled_out(world: tuple[Actors, Actors]) -> None:
    v = verdict(*world)
    for found in (v.posterior, *v.without.values()):
        assert abs(1 - sum(found.of.values())) < 1e-9
        assert found.of[UNKNOWN] + found.of[RELAY] > 1e-5
        assert all(p > 0 for name, p in found.of.items() if name != RELAY)


@RELAXED
@given(worlds())
def test_the_interval_holds_the_probability(world: tuple[Actors, Actors]) -> None:
    v = verdict(*world)
    assert all(low <= v.posterior.of[name] <= high for name, (low, high) in v.spans.items())


@RELAXED
@given(worlds(), st.data())
def test_more_that_speaks_for_an_actor_never_lowers_it(
    world: tuple[Actors, Actors], data: st.DataObject
) -> None:
    """Whatever was not shown is shown: the likelihood ratio against somebody unknown does not fall, nor does the
    probability if nobody imitates the actor. The probability by itself may: what is cheap to fake speaks for whoever
    imitates the actor as well, and more where caps bind."""
    known, relays = world
    if not known["Amber"]:
        return
    place = data.draw(st.integers(0, len(known["Amber"]) - 1))
    s, seen = known["Amber"][place]
    if seen.holding:
        return
    more = [*known["Amber"][:place], (s, HIT), *known["Amber"][place + 1 :]]
    before, after = (verdict(w, relays).posterior for w in (known, {**known, "Amber": more}))
    assert after.log2_lr["Amber"] >= before.log2_lr["Amber"] - 1e-9
    genuine = [p.of["Amber"] / (1 - p.imitated["Amber"]) for p in (before, after)]
    assert genuine[1] >= genuine[0] - 1e-9


@RELAXED
@given(worlds())
def test_no_family_passes_its_cap_and_no_sum_its_bound(world: tuple[Actors, Actors]) -> None:
    v = verdict(*world)
    for w in v.weighed.values():
        for item in w.items:
            assert -2 * UNIT <= item.bits <= item.statement.cap_bits * UNIT + 1
            assert item.low <= item.bits <= item.high
        for name, family in w.families.items():
            inside = [
                i.bits for i in w.items if i.statement.family == name and i.state in ("shown", "not shown")
            ]
            assert min([0, *inside]) <= family.own[0] <= max([0, *inside])
    for name in v.standings:
        assert abs(v.posterior.log2_lr[name]) <= 2 * RATES.bound_bits


@RELAXED
@given(worlds(tuple(k for k in KINDS if ALL[k].faking != "hard")))
def test_what_can_be_faked_never_makes_a_name(world: tuple[Actors, Actors]) -> None:
    v = verdict(*world)
    assert "" == v.named
    assert all(s.unmet for s in v.standings.values())


@RELAXED
@given(worlds())
def test_leaving_a_family_out_is_what_the_verdict_says_it_is(world: tuple[Actors, Actors]) -> None:
    """The printed probability without a family is the one of a log that lacks it; so losing it cannot help more."""
    known, relays = world
    v = verdict(known, relays)
    for name in FAMILIES:
        lost = [{a: _without(rows, name) for a, rows in side.items()} for side in (known, relays)]
        left = verdict(*lost).posterior.of
        told = v.without[name].of if name in v.without else v.posterior.of
        assert all(abs(left[row] - p) < 1e-9 for row, p in told.items())


def _without(rows: Shown, name: str) -> list[tuple[Statement, Sighting]]:
    return [(s, GAP if s.family == name else seen) for s, seen in rows]


@RELAXED
@given(worlds())
def test_expired_claims_and_working_hours_weigh_nothing(world: tuple[Actors, Actors]) -> None:
    known, _ = world
    dead = {
        a: [(replace(s, claim=claim(age=300, lasts=100)), seen) for s, seen in rows]
        for a, rows in known.items()
    }
    v = verdict(dead, {})
    assert {0} == {i.bits for w in v.weighed.values() for i in w.items} | {0}
    assert abs(v.posterior.of[UNKNOWN] - Priors().unknown) < 1e-9
    hours = weigh("Amber", [(statement("working_hours"), HIT)], RATES, WHEN)
    assert [("context", 0)] == [(i.state, i.bits) for i in hours.items]


@RELAXED
@given(worlds(("template", "user_agent", "end_user", "programme", "net24")))
def test_an_imitation_is_as_likely_as_before_beside_the_actor(world: tuple[Actors, Actors]) -> None:
    """What is cheap to fake does not tell an actor from who imitates it."""
    known, relays = world
    v = verdict({"Amber": known["Amber"]}, relays)
    odds = v.posterior.of[FALSE_FLAG] / v.posterior.of["Amber"]
    prior = Priors().imitated / (1 - Priors().imitated)
    assert abs(odds - prior) < 1e-9


def test_every_class_of_claims_has_rates() -> None:
    assert set(CLASSES) <= set(RATES.of)
