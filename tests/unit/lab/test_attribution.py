"""Simulated actors, the rates learned on them, and the figures made from them."""

from __future__ import annotations

from stillwatch.app.actors import shipped_rates
from stillwatch.attribute.actors.kinds import INDICATORS, MARKS, PROGRAMME, RELEASE
from stillwatch.attribute.actors.rates import read_rates
from stillwatch.lab.attribution.__main__ import TEST, TRAINING
from stillwatch.lab.attribution.dossiers import day, dossiers, sighting
from stillwatch.lab.attribution.learn import Seen, _fitted, rates_toml
from stillwatch.lab.attribution.trials import CONDITIONS, PAIRS, condition, link_world
from stillwatch.lab.attribution.world import HARD, Customs, make_world

SMALL = Customs(actors=4, profiled=2, epochs=3, imitations=1)


def test_a_seed_is_a_world() -> None:
    assert make_world(3, SMALL).campaigns == make_world(3, SMALL).campaigns
    assert make_world(3, SMALL).campaigns != make_world(4, SMALL).campaigns


def test_an_imitator_keeps_its_own_cards() -> None:
    world = make_world(5, Customs(stolen=0.0))
    copies = [c for c in world.campaigns if c.condition == "imitation"]
    assert copies
    for copy in copies:
        theirs = {v for c in world.campaigns if c.actor == copy.victim for v in c.held if v[0] in HARD}
        assert not theirs & {v for v in copy.held if v[0] in HARD}


def test_profiles_know_only_the_past() -> None:
    world = make_world(6, SMALL)
    for dossier in dossiers(world, 2):
        assert all(s.claim.date < day(2) for s in dossier.statements)


def test_what_a_campaign_showed_is_seen_in_it_again() -> None:
    world = make_world(7, SMALL)
    for dossier in (d for d in dossiers(world, 1) if not d.relay):
        shown = [c for c in world.campaigns if c.epoch == 0]
        assert any(all(sighting(world, s, c).holding for s in dossier.statements if s.held) for c in shown)


def test_every_campaign_has_a_condition_and_every_kind_of_pair_is_counted() -> None:
    world = make_world(8, SMALL)
    assert {condition(world, c) for c in world.campaigns} <= set(CONDITIONS)
    assert list(PAIRS) == [one.kind for one in link_world(8, SMALL)]


def test_the_likeliest_chance_and_half_life_are_found() -> None:
    rows = [Seen(True, 1.0, age, 2, i < n) for age, n in ((0.0, 80), (30.0, 40)) for i in range(100)]
    chance, half_life = _fitted(rows)
    assert (30.0, True) == (half_life, abs(chance - 0.8) < 0.03)


def test_rates_are_written_and_read_alike() -> None:
    rates = shipped_rates()
    assert rates == read_rates(rates_toml(rates), where="x")


def test_every_class_of_claims_has_shipped_rates() -> None:
    kinds = (*INDICATORS.values(), *MARKS.values(), PROGRAMME, RELEASE)
    assert {f"{k.family}.{k.faking}" for k in kinds} <= set(shipped_rates().of)


def test_test_worlds_set_nothing() -> None:
    assert TEST > max(TRAINING)
