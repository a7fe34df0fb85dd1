"""Cohorts and scenarios as they are declared."""

from __future__ import annotations

from stillwatch.lab import cohorts, scenarios
from stillwatch.lab.population import cohort as cohorts_of
from stillwatch.lab.population import scenario as scenarios_of
from stillwatch.lab.population.draws import generator

LOOK_ALIKES = """
evaluation_harness benchmark_suite own_synthetic_data batch_annotation coding_agents rag_backfill team_key
declared_reseller school_class hackathon open_source_app corporate_fleet release_enthusiasts red_team
reasoning_replay vpn_users carrier_nat privacy_relay viral_prompt holiday_tourists spam_ring undeclared_relay
family_card agency_card small_firm_card online_course advertised_app public_templates
fallback_router moved_house bargain_hunters
"""


PLANNED = "disclosure-2026-02 slow intense hydra reborn replay ladder ladder-0 ladder-6 benign"


def test_every_look_alike_of_the_evaluation_plan_has_a_cohort() -> None:
    assert set(LOOK_ALIKES.split()) <= {c.name for c in cohorts_of.load(cohorts)}


def test_shares_make_up_the_whole_population() -> None:
    assert abs(sum(c.share for c in cohorts_of.load(cohorts)) - 1) < 0.03


def test_a_small_simulation_keeps_its_groups() -> None:
    for cohort in cohorts_of.load(cohorts):
        groups = cohorts_of.sizes(cohort, 1, generator(cohort.name))
        assert len(groups) >= cohort.groups // 2 + 1
        assert sum(groups) >= cohort.groups * cohort.smallest


def test_groups_hold_the_whole_share() -> None:
    school = next(c for c in cohorts_of.load(cohorts) if c.name == "school_class")
    assert sum(cohorts_of.sizes(school, 10_000, generator(1))) == 10_000


def test_scenarios_of_the_evaluation_plan_are_there() -> None:
    assert set(PLANNED.split()) <= set(scenarios_of.load(scenarios))


def test_the_disclosed_campaigns_have_the_disclosed_size() -> None:
    disclosed = scenarios_of.load(scenarios)["disclosure-2026-02"]
    assert sum(c.accounts for c in disclosed.campaigns) == 24_000
