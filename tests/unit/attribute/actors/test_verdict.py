"""Who may be named, who may not, and what is said of it."""

from __future__ import annotations

import re

import pytest
from tests.actor_claims import GAP, HIT, MISS, RATES, WHEN, claim, statement

from stillwatch.attribute.actors.admiralty import INFORMATION, SOURCES, trust
from stillwatch.attribute.actors.marks import Statement
from stillwatch.attribute.actors.posterior import FALSE_FLAG, RELAY, UNKNOWN
from stillwatch.attribute.actors.rates import read_rates
from stillwatch.attribute.actors.rows import Attributed, attribution_evidence, attributions
from stillwatch.attribute.actors.verdict import Verdict, decide
from stillwatch.attribute.actors.weigh import Sighting, weigh
from stillwatch.model.errors import ExtensionError

Pairs = list[tuple[Statement, Sighting]]
OURS, PARTNER, REPORT = claim(), claim(source="partner", grade="A2"), claim(source="report", grade="B2")
STRONG: Pairs = [
    (statement("instrument", made=OURS), HIT),
    (statement("phone", made=PARTNER), HIT),
    (statement("net24", made=PARTNER), HIT),
    (statement("template", made=REPORT), HIT),
    (statement("user_agent", made=OURS), HIT),
]


def verdict(pairs: Pairs, relays: dict[str, Pairs] | None = None) -> Verdict:
    return decide(
        {"Amber": pairs, "Birch": [(statement("instrument", "Birch"), MISS)]}, relays or {}, RATES, WHEN
    )


def test_hard_evidence_from_several_sources_and_families_makes_a_name() -> None:
    v = verdict(STRONG)
    assert "Amber" == v.named, v.standings["Amber"].unmet


@pytest.mark.parametrize("left", range(2))
def test_without_one_of_two_hard_marks_there_is_less_or_no_name(left: int) -> None:
    fewer = verdict([p for i, p in enumerate(STRONG) if i != left])
    assert fewer.posterior.of["Amber"] < verdict(STRONG).posterior.of["Amber"]


def test_one_source_alone_makes_no_name() -> None:
    """All that a single report says may be somebody else's."""
    alone = [(statement(s.kind, made=OURS), seen) for s, seen in STRONG]
    v = verdict(alone)
    assert "" == v.named
    assert any("independent sources" in line for line in v.standings["Amber"].unmet)


def test_two_reports_of_one_origin_are_one_source() -> None:
    one = verdict([(statement("instrument", made=OURS), HIT), (statement("phone", made=PARTNER), HIT)])
    same = claim(source="partner", grade="A2").__class__(
        **{f: getattr(PARTNER, f) for f in PARTNER.__struct_fields__ if f != "origin"}, origin="own logs"
    )
    both = verdict([(statement("instrument", made=OURS), HIT), (statement("phone", made=same), HIT)])
    assert both.posterior.of["Amber"] < one.posterior.of["Amber"]


def test_what_is_merely_alleged_makes_no_name() -> None:
    alleged = [
        (statement(s.kind, made=claim(source=s.claim.source, alleged_by="a vendor")), seen)
        for s, seen in STRONG
    ]
    v = verdict(alleged)
    assert "" == v.named
    rows = attributions([Attributed("c-1", v)], {n: _profile(n) for n in ("Amber", "Birch")}).to_pylist()
    assert "as alleged by a vendor" in next(r["statement"] for r in rows if r["actor"] == "Amber")


def _profile(name: str) -> object:
    class Known:
        version, fictional = "1", True

    return Known()


def test_what_a_relay_explains_does_not_tell_its_customers_apart() -> None:
    relay = {"Relay": [(statement("prefix", "Relay"), HIT)]}
    mine: Pairs = [(statement("prefix"), HIT)]
    assert verdict(mine, relay).posterior.of["Amber"] < verdict(mine).posterior.of["Amber"]
    nothing = verdict([(statement("instrument"), MISS)], relay)
    assert RELAY == max(nothing.posterior.of, key=lambda n: nothing.posterior.of[n])


def test_lacking_what_is_hard_to_fake_speaks_for_an_imitation() -> None:
    cheap: Pairs = [(statement("template"), HIT), (statement("user_agent"), HIT)]
    odds = []
    for seen in (GAP, MISS):
        of = verdict([*cheap, (statement("instrument"), seen), (statement("phone"), seen)]).posterior.of
        odds.append(of[FALSE_FLAG] / of["Amber"])
    assert odds[1] > 2 * odds[0]


def test_without_evidence_the_prior_stands() -> None:
    v = verdict([(statement("instrument"), GAP)])
    assert 0.5 == pytest.approx(
        decide({"A": [(statement("phone"), GAP)]}, {}, RATES, WHEN).posterior.of[UNKNOWN]
    )
    assert "" == v.named


def test_likelihood_and_confidence_never_share_a_sentence() -> None:
    words = re.compile(r"likely|chance|almost certain")
    for pairs in (STRONG, [], STRONG[3:], [(statement("phone"), MISS)]):
        v = verdict(pairs)
        rows = attributions([Attributed("c-1", v, "g-1")], {n: _profile(n) for n in ("Amber", "Birch")})
        for text in rows["statement"].to_pylist():
            for sentence in re.split(r"\.(?: |$)", text):
                assert not (words.search(sentence) and "onfidence" in sentence), sentence
            assert (
                not re.search(r"\b(?:0|100)%", text.replace("100 ", ""))
                or "is 0.0%" in text
                or "100" not in text
            )


def test_counter_evidence_and_gaps_are_always_said() -> None:
    v = verdict([(statement("phone"), MISS), (statement("template"), GAP)])
    rows = attributions([Attributed("c-1", v)], {n: _profile(n) for n in ("Amber", "Birch")}).to_pylist()
    assert all(r["counter"] and r["gaps"] and r["would_change"] and r["alternatives"] for r in rows)
    assert 1.0 == pytest.approx(sum(r["posterior"] for r in rows), abs=1e-5)
    mine = next(r for r in rows if r["actor"] == "Amber")
    assert "not shown by any of 40" in mine["counter"][0]
    assert "could not be examined" in mine["gaps"][0]
    told = attribution_evidence([Attributed("c-1", v)]).to_pylist()
    assert {"not shown", "not examined"} <= {r["state"] for r in told}


def test_a_claim_dated_after_the_campaign_and_one_that_expired_weigh_nothing() -> None:
    later, gone = (
        statement("phone", made=claim(age=-3)),
        statement("instrument", made=claim(age=90, lasts=30)),
    )
    items = weigh("Amber", [(later, HIT), (gone, HIT)], RATES, WHEN).items
    assert [("not yet", 0), ("expired", 0)] == [(i.state, i.bits) for i in items]


def test_a_value_that_everybody_has_weighs_little() -> None:
    rare, common = (weigh("A", [(statement("phone"), Sighting(30, 40, n, 50_000))], RATES, WHEN).items[0].bits
                    for n in (0, 15_000))  # fmt: skip
    assert 0 <= common < rare / 4


def test_trust_falls_with_either_half_of_a_grade() -> None:
    assert trust("A1") == max(trust(a + b) for a in SOURCES for b in INFORMATION)
    assert trust("A5") < trust("A2") > trust("E2")


@pytest.mark.parametrize(
    "text", ["", "a = ", 'command = "x"\ntrials = 1\nscale = 3.0\nbound_bits = 9.0\n[of]\n']
)
def test_rates_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ExtensionError, match="no rates"):
        read_rates(text, where="rates.toml")
