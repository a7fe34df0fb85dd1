"""Verdicts on groups with known measurements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings, assess, assess_every
from stillwatch.attribute.hypotheses import Hypothesis

HARVEST = {
    "client_lift": (0.9, 8.0),
    "email_lift": (0.9, 8.0),
    "neighbours": (0.9, 8.0),
    "novelty": (0.95, 8.0),
    "harvest_intent": (0.95, 8.0),
    "flow_share": (0.9, 8.0),
    "one_exit": (0.1, 8.0),
}
INNOCENT = {name: (1 - mean, 8.0) for name, (mean, _) in HARVEST.items()}
EXPLANATIONS = (
    Hypothesis("distillation", "a harvest", "distillation", -6.0, HARVEST),
    Hypothesis("class", "a class", "innocent", -1.0, INNOCENT),
    Hypothesis("spam", "spam", "coordinated", -3.0, {**HARVEST, "harvest_intent": (0.1, 8.0)}),
)
LIKE_A_HARVEST = {name: (mean, 200) for name, (mean, _) in HARVEST.items()}
LIKE_A_CLASS = {name: (mean, 200) for name, (mean, _) in INNOCENT.items()}
SETTINGS = AssessSettings(threshold_bits=4.0, family_bits=2.0)


def judged(
    values: dict[str, tuple[float, int]], hypotheses: tuple[Hypothesis, ...] = EXPLANATIONS
) -> Assessment:
    return assess(values, hypotheses, SETTINGS)


def test_a_harvest_is_called_one() -> None:
    a = judged(LIKE_A_HARVEST, EXPLANATIONS[:2])
    assert ("distillation", "class") == (a.verdict, a.best.name)


def test_a_class_is_left_alone() -> None:
    assert ("innocent", "class") == (judged(LIKE_A_CLASS).verdict, judged(LIKE_A_CLASS).best.name)


def test_spam_is_coordinated_but_no_harvest() -> None:
    a = judged({**LIKE_A_HARVEST, "harvest_intent": (0.05, 200)})
    assert ("coordinated_other", "spam") == (a.verdict, a.best.name)


def test_content_alone_is_not_enough() -> None:
    content = {n: LIKE_A_HARVEST[n] for n in ("novelty", "harvest_intent", "flow_share")}
    assert "distillation" != judged(content, EXPLANATIONS[:2]).verdict


@pytest.mark.parametrize(("text", "verdict"), [(True, "coordinated_other"), (False, "distillation")])
def test_accounts_prepared_in_lots_are_not_enough_where_there_is_text(text: bool, verdict: str) -> None:
    """All of them have cards and clients like a harvest, and what they send is like anybody's: a relay buys there."""
    sent = {
        "novelty": (0.3, 200),
        "flow_share": (0.3, 200),
        "harvest_intent": LIKE_A_HARVEST["harvest_intent"],
    }
    neutral = {"harvest_intent": HARVEST["harvest_intent"]}
    twin = replace(EXPLANATIONS[1], expects={**INNOCENT, **neutral})
    a = assess(
        {**LIKE_A_HARVEST, **sent},
        (EXPLANATIONS[0], twin),
        replace(SETTINGS, needs_content=text, purpose_bits=-1.0),
    )
    assert a.families["content"][0] < SETTINGS.content_bits * UNIT
    assert verdict == a.verdict


@pytest.mark.parametrize(
    ("low", "verdict"), [("long_answers", "distillation"), ("repeated", "coordinated_other")]
)
def test_a_grader_s_short_answers_do_not_speak_against(low: str, verdict: str) -> None:
    """Content is below what it must reach for one measurement; how long answers are is not held against a harvest."""
    known = tuple(
        replace(h, expects={**h.expects, low: pair})
        for h, pair in zip(EXPLANATIONS[:2], ((0.95, 20.0), (0.05, 20.0)), strict=True)
    )
    few = {n: LIKE_A_HARVEST[n] for n in LIKE_A_HARVEST if n not in ("novelty", "flow_share")}
    a = assess({**few, "harvest_intent": (0.8, 200), low: (0.0, 200)}, known, SETTINGS)
    assert a.families["content"][0] < SETTINGS.content_bits * UNIT
    assert verdict == a.verdict


def test_what_exchanges_were_picked_by_does_not_link_them() -> None:
    """Of traffic that was picked by its intent, intent says nothing about who belongs together; frames do."""
    asked = {n: LIKE_A_HARVEST[n] for n in ("email_lift", "harvest_intent")}
    sent = {**asked, "novelty": LIKE_A_HARVEST["novelty"]}
    low = replace(SETTINGS, threshold_bits=2.0)
    judged_so = assess_every([asked, asked, sent], EXPLANATIONS[:2], low, picked=[False, True, True])
    assert ["distillation", "innocent", "distillation"] == [a.verdict for a in judged_so]


def test_what_exchanges_were_picked_by_counts_for_little() -> None:
    """A relay has customers who ask for nothing else; the rest of the weight stays, and the parts add up."""
    asked = {n: LIKE_A_HARVEST[n] for n in ("email_lift", "harvest_intent", "novelty")}
    whole, chosen = assess_every([asked] * 2, EXPLANATIONS[:2], SETTINGS, picked=[False, True])
    bits = {i.feature: i.bits for i in chosen.items}
    assert round(SETTINGS.picked_bits * UNIT) == bits["harvest_intent"]
    more = next(i.bits for i in whole.items if i.feature == "harvest_intent") - bits["harvest_intent"]
    assert whole.weight - more == chosen.weight == sum(bits.values())
    assert whole.log2_lr["distillation"] - more == chosen.log2_lr["distillation"]
    assert whole.purpose == chosen.purpose


def test_the_same_tool_and_the_same_text_are_no_link() -> None:
    tool = {n: LIKE_A_HARVEST[n] for n in ("client_lift", "novelty", "harvest_intent", "flow_share")}
    tied = {**tool, "neighbours": LIKE_A_HARVEST["neighbours"]}
    verdicts = [judged(own, EXPLANATIONS[:2]).verdict for own in (tool, tied)]
    assert ["coordinated_other", "distillation"] == verdicts


def test_acting_in_concert_for_another_purpose_is_no_harvest() -> None:
    """Dedication to few frames does not make up for requests that ask for no training data."""
    a = judged({**LIKE_A_HARVEST, "harvest_intent": (0.05, 200)}, EXPLANATIONS[:2])
    assert a.weight > SETTINGS.threshold_bits * UNIT
    assert (True, "coordinated_other") == (a.purpose < 0, a.verdict)


@pytest.mark.parametrize(
    ("threshold", "making_up", "least", "verdict"),
    [
        (2.0, 0.5, -60.0, "distillation"),
        (2.0, 50.0, -60.0, "coordinated_other"),
        (2.0, 0.5, -1.5, "coordinated_other"),
        (33.0, 0.5, -60.0, "coordinated_other"),
    ],
    ids=["much weight", "too little weight", "beyond any weight", "below the threshold"],
)
def test_weight_makes_up_for_words_that_are_not_known(
    threshold: float, making_up: float, least: float, verdict: str
) -> None:
    """What the purpose had to reach is said beside what it is."""
    settings = replace(SETTINGS, threshold_bits=threshold, making_up=making_up, least_purpose_bits=least)
    a = assess({**LIKE_A_HARVEST, "harvest_intent": (0.3, 200)}, EXPLANATIONS[:2], settings)
    assert a.purpose < settings.purpose_bits * UNIT
    assert a.purpose_asked is not None
    assert verdict == a.verdict
    assert (verdict == "distillation") is (a.purpose >= a.purpose_asked and a.low > a.asked)


def test_without_text_no_purpose_is_asked_for() -> None:
    a = assess(LIKE_A_HARVEST, EXPLANATIONS[:2], replace(SETTINGS, needs_content=False))
    assert a.purpose_asked is None


def test_few_accounts_are_not_enough() -> None:
    few = {name: (round(value), 2) for name, (value, _) in LIKE_A_HARVEST.items()}
    many = {name: (round(value), 2000) for name, (value, _) in LIKE_A_HARVEST.items()}
    assert judged(few, EXPLANATIONS[:2]).low < judged(many, EXPLANATIONS[:2]).low


def test_a_better_innocent_explanation_takes_the_weight_away() -> None:
    twin = replace(EXPLANATIONS[0], name="permitted", kind="innocent", prior_bits=-2.0)
    a = judged(LIKE_A_HARVEST, (*EXPLANATIONS, twin))
    assert (0, "permitted") == (a.weight, a.best.name)
    assert "distillation" != a.verdict


def test_the_weight_is_against_the_best_alternative() -> None:
    a = judged(LIKE_A_CLASS)
    gap = (a.log2_lr["distillation"] - a.log2_lr[a.best.name]) / UNIT
    assert gap == pytest.approx(a.weight / UNIT)


@pytest.mark.parametrize(("groups", "more"), [(0, 0.0), (300, 0.0), (1024, 0.0), (2048, 1.0), (32_768, 5.0)])
def test_of_many_more_groups_each_must_weigh_more(groups: int, more: float) -> None:
    s = AssessSettings(usual_groups=1024)
    assert s.threshold_bits + more == pytest.approx(s.among(groups).threshold_bits)
    assert s == replace(s.among(groups), threshold_bits=s.threshold_bits)


@pytest.mark.parametrize(
    ("hidden_bits", "best", "verdict"), [(3.0, "firm", "innocent"), (60.0, "class", "distillation")]
)
def test_a_relation_that_does_not_show_has_to_be_beaten_too(
    hidden_bits: float, best: str, verdict: str
) -> None:
    """A firm that declares nothing does all that a harvest does."""
    firm = Hypothesis("firm", "a firm", "innocent", -1.0, HARVEST, requires={"one_organization": 0.5})
    measured = LIKE_A_HARVEST | {"one_organization": (0.0, 200)}
    s = replace(SETTINGS, hidden_bits=hidden_bits)
    a = assess(measured, (*EXPLANATIONS[:2], firm), s)
    assert (best, frozenset({"firm"}), False) == (a.best.name, a.hidden, a.related)
    assert verdict == a.verdict
    assert (a.posterior["firm"] > 0.1) == (best == "firm")


def test_a_relation_that_shows_is_not_less_probable() -> None:
    firm = Hypothesis("firm", "a firm", "innocent", -1.0, INNOCENT, requires={"one_organization": 0.5})
    shows, hidden = (
        assess(
            LIKE_A_CLASS | {"one_organization": (share, 200)},
            (*EXPLANATIONS[:1], firm),
            replace(SETTINGS, hidden_bits=60.0),
        )
        for share in (1.0, 0.0)
    )
    assert (True, False) == (shows.related, hidden.related)
    assert shows.weight == hidden.weight
