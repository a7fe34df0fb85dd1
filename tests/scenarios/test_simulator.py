"""A whole simulation, end to end: what it holds, that it repeats, and that no simple rule sees through it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.attacks.raid import Raid, raid
from stillwatch.lab.fit.check import compare
from stillwatch.lab.population.scenario import Campaign, Scenario
from stillwatch.lab.rules import best_simple_rule
from stillwatch.lab.simulate import Counts, digest, scenario, simulate
from stillwatch.model.conversation import hash_turns
from stillwatch.model.errors import UsageError
from stillwatch.model.tables import TABLES

RAID = Raid(kinds=("reasoning", "rubric"), variants=2, frames=2, per_account=40, reword=0.2, pivot=0.5)
SMALL = Scenario(
    name="small",
    title="four days",
    days=4,
    accounts=400,
    campaigns=(Campaign("first", "actor-first", 60, partial(raid, how=RAID)),),
)


@dataclass(frozen=True)
class Simulated:
    """A small simulation on disk."""

    folder: Path
    counts: Counts

    def table(self, name: str) -> pa.Table:
        """One of its tables."""
        return pq.read_table(self.folder / f"{name}.parquet")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    folder = tmp_path_factory.mktemp("simulated") / "small"
    return Simulated(folder, simulate(SMALL, folder, seed=5))


@pytest.mark.parametrize(
    "name", ["exchanges", "accounts", "instruments", "releases", "enforcement", "networks"]
)
def test_tables_have_the_documented_schema(small: Simulated, name: str) -> None:
    assert small.table(name).schema.remove_metadata() == TABLES[name].schema.remove_metadata()


@pytest.mark.parametrize("name", ["accounts", "exchanges"])
def test_truth_has_the_documented_schema(small: Simulated, name: str) -> None:
    assert (
        small.table(f"truth/{name}").schema.remove_metadata()
        == TABLES[f"truth_{name}"].schema.remove_metadata()
    )


def test_truth_covers_every_account_and_every_harvested_exchange(small: Simulated) -> None:
    accounts, harvested = small.table("truth/accounts"), small.table("truth/exchanges")
    hostile = accounts.filter(pc.is_valid(accounts["campaign"]))["account_id"]
    assert set(small.table("accounts")["account_id"].to_pylist()) == set(accounts["account_id"].to_pylist())
    assert set(harvested["account_id"].to_pylist()) <= set(hostile.to_pylist())
    assert set(harvested["exchange_id"].to_pylist()) <= set(
        small.table("exchanges")["exchange_id"].to_pylist()
    )
    assert len(hostile) == 60
    assert harvested.num_rows == small.counts.harvested > 1_500


def test_groups_are_independent_and_unique_across_cohorts(small: Simulated) -> None:
    """A campaign and a class are one group each; a private person is one of their own."""
    truth = small.table("truth/accounts")
    assert truth.num_rows
    groups = dict(duckdb.sql("select group_id, count(distinct cohort) from truth group by all").fetchall())
    sizes = dict(
        duckdb.sql("select cohort, count(*) / count(distinct group_id) from truth group by all").fetchall()
    )
    assert set(groups.values()) == {1}
    assert sizes["campaign:first"] == 60
    assert sizes["chatters"] == sizes["developers"] == 1
    assert sizes["school_class"] > 5


def test_required_columns_hold_no_nulls_and_ids_are_unique(small: Simulated) -> None:
    exchanges = small.table("exchanges")
    assert all(exchanges[name].null_count == 0 for name in TABLES["exchanges"].required)
    assert len(exchanges["exchange_id"].unique()) == exchanges.num_rows == small.counts.exchanges


def test_rows_come_in_order_of_time(small: Simulated) -> None:
    assert (np.diff(small.table("exchanges")["ts"].cast(pa.int64()).to_numpy()) >= 0).all()
    assert (np.diff(small.table("accounts")["created_at"].cast(pa.int64()).to_numpy()) >= 0).all()


def test_nobody_asks_before_signing_up(small: Simulated) -> None:
    exchanges, accounts = small.table("exchanges"), small.table("accounts")
    joined = duckdb.sql("select min(e.ts - a.created_at) from exchanges e join accounts a using (account_id)")
    assert exchanges.num_rows and accounts.num_rows
    assert joined.fetchall()[0][0].total_seconds() > 0


def test_conversations_go_on_from_the_answer_in_one_group_only(small: Simulated) -> None:
    """Mostly in one account; a router moves some on to another one of the same group."""
    exchanges, truth = small.table("exchanges"), small.table("truth/accounts")
    assert exchanges.num_rows and truth.num_rows
    carried, elsewhere, astray, unmatched = duckdb.sql(
        """
        select count(distinct b.exchange_id) filter (a.account_id = b.account_id),
               count(*) filter (a.account_id <> b.account_id),
               count(*) filter (t.group_id <> u.group_id),
               count(*) filter (a.exchange_id is null)
        from exchanges b left join exchanges a on b.prefix_key = a.next_prefix_key
        left join truth t on t.account_id = a.account_id left join truth u on u.account_id = b.account_id
        where b.prefix_key is not null
        """
    ).fetchall()[0]
    assert carried > 1_000
    assert 0 < elsewhere <= carried * 0.15
    assert astray == unmatched == 0


def test_answers_are_hashed_as_they_stand(small: Simulated) -> None:
    exchanges = small.table("exchanges")
    assert (hash_turns(exchanges["response_text"]) == 0).tolist() == (
        exchanges["status"].to_numpy() != 200
    ).tolist()


def test_refusals_hand_requests_on_inside_campaigns(small: Simulated) -> None:
    exchanges, truth = small.table("exchanges"), small.table("truth/accounts")
    assert exchanges.num_rows and truth.num_rows
    handed = duckdb.sql(
        """
        select count(*) from exchanges a join exchanges b on a.prompt_text = b.prompt_text
        join truth t on t.account_id = a.account_id join truth u on u.account_id = b.account_id
        where a.status <> 200 and b.ts > a.ts and b.ts < a.ts + interval 10 second
          and a.account_id <> b.account_id and t.campaign = 'first' and u.campaign = 'first'
        """
    ).fetchall()[0][0]
    assert handed > 5


def test_innocent_refusals_are_handed_on_inside_one_group_only(small: Simulated) -> None:
    """Gateways of firms and relays do what a campaign's router does."""
    exchanges, truth = small.table("exchanges"), small.table("truth/accounts")
    assert exchanges.num_rows and truth.num_rows
    groups = duckdb.sql(
        """
        select t.cohort, bool_and(t.group_id = u.group_id)
        from exchanges a join exchanges b on a.prompt_text = b.prompt_text
        join truth t on t.account_id = a.account_id join truth u on u.account_id = b.account_id
        where a.status = 429 and b.status = 200 and b.ts > a.ts and b.ts < a.ts + interval 10 second
          and a.account_id <> b.account_id and t.campaign is null group by all
        """
    ).fetchall()
    assert {"fallback_router", "undeclared_relay"} <= {cohort for cohort, _ in groups}
    assert all(together for _, together in groups)


def test_half_of_the_harvest_turns_to_the_new_model_within_a_day(small: Simulated) -> None:
    exchanges, harvest, releases = (
        small.table("exchanges"),
        small.table("truth/exchanges"),
        small.table("releases"),
    )
    newest = releases.sort_by([("released_at", "descending")])["model"][0].as_py()
    assert exchanges.num_rows and harvest.num_rows
    query = f"select avg((model = '{newest}')::int) from exchanges semi join harvest using (exchange_id)"
    last = f"{query} where ts > (select max(released_at) + interval 24 hour from releases)"
    early = f"{query} where ts < (select max(released_at) from releases)"
    assert duckdb.sql(early).fetchall()[0][0] == 0
    assert duckdb.sql(last).fetchall()[0][0] > 0.3


# Four days are short: everybody has a request at least, and few accounts enough to speak of bursts.
@pytest.mark.parametrize(
    ("figure", "most"),
    [
        ("request, against", 0.12),
        ("answer, against", 0.08),
        ("turns of a conversation", 0.05),
        ("requests of a client", 0.22),
        ("burstiness", 0.2),
    ],
)
def test_innocent_traffic_is_distributed_like_the_traces(small: Simulated, figure: str, most: float) -> None:
    fit = next(fit for fit in compare(small.folder) if fit.name.startswith(figure))
    assert fit.distance < most


def test_requests_are_never_shorter_than_their_text(small: Simulated) -> None:
    exchanges = small.table("exchanges").filter(pc.equal(small.table("exchanges")["status"], 200))
    assert exchanges.num_rows
    text = "strlen(prompt_text) + coalesce(strlen(system_text), 0)"
    assert duckdb.sql(f"from exchanges where input_tokens < ({text}) // 4").fetchall() == []


def test_attackers_answers_are_as_long_as_other_answers_to_prompts_of_their_kind(small: Simulated) -> None:
    """Reasoning and rubrics, against conversations and services: no length that others may not get."""
    exchanges, harvest = small.table("exchanges"), small.table("truth/exchanges")
    assert exchanges.num_rows and harvest.num_rows
    inside, outside = duckdb.sql(
        """
        select max(output_tokens) filter (h.exchange_id is not null),
               max(output_tokens) filter (h.exchange_id is null)
        from exchanges e left join harvest h using (exchange_id)
        """
    ).fetchall()[0]
    assert inside <= outside


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(
    small: Simulated, tmp_path: Path
) -> None:
    simulate(SMALL, tmp_path / "again", seed=5)
    simulate(SMALL, tmp_path / "other", seed=6, text=False)
    assert digest(tmp_path / "again") == digest(small.folder)
    first = pq.read_table(tmp_path / "other" / "accounts.parquet")["account_id"]
    assert not set(first.to_pylist()) & set(small.table("accounts")["account_id"].to_pylist())


def test_splits_share_no_accounts_and_dropped_text_is_gone(small: Simulated, tmp_path: Path) -> None:
    simulate(SMALL, tmp_path / "training", seed=5, split="training", text=False)
    exchanges = pq.read_table(tmp_path / "training" / "exchanges.parquet")
    assert exchanges["prompt_text"].null_count == exchanges.num_rows
    assert exchanges["next_prefix_key"].null_count < exchanges.num_rows / 10
    assert not set(exchanges["account_id"].to_pylist()) & set(
        small.table("accounts")["account_id"].to_pylist()
    )


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no simulation"):
        simulate(SMALL, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_unknown_scenario_is_answered_with_those_known() -> None:
    with pytest.raises(UsageError, match="disclosure-2026-02"):
        scenario("disclosure")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("disclosure-2026-02", 0.01),
        ("slow", 0.05),
        ("intense", 0.05),
        ("hydra", 0.02),
        ("reborn", 0.03),
        ("replay", 0.05),
        ("ladder", 0.03),
    ],
)
def test_no_rule_on_two_columns_finds_half_of_the_attackers(name: str, scale: float, tmp_path: Path) -> None:
    """At 1% false positives; `pytest -rP` shows the best rule.

    A campaign that is alone has at least 200 accounts: of millions of rules, one fits half of 40 accounts by chance.
    """
    whole = scenario(name)
    if len(whole.campaigns) == 1:
        (campaign,) = whole.campaigns
        enough = replace(campaign, accounts=max(campaign.accounts, round(200 / scale)))
        whole = replace(whole, campaigns=(enough,))
    simulate(whole, tmp_path / "data", scale=scale, seed=11)
    rule = best_simple_rule(tmp_path / "data")
    sys.stdout.write(f"{name}: {rule}\n")
    assert rule.recall < 0.5
    assert rule.held_out < 0.5
    assert rule.false_positives <= 0.01
