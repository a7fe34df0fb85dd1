"""The harder scenarios, each simulated over some days: what is planted is there, and innocent counterparts too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.scenarios.ladder import LEVELS
from stillwatch.lab.simulate import scenario, simulate

Ask = Callable[[str], list[tuple[Any, ...]]]
TABLES = ("exchanges", "accounts", "instruments", "enforcement")


def asking(folder: Path) -> Ask:
    """Answers questions in SQL about a simulation: its tables, `truth`, `harvest` and `known`, which joins."""
    connection = duckdb.connect()
    for name in TABLES:
        connection.execute(f"create view {name} as from read_parquet('{folder / name}.parquet')")
    connection.execute(f"create view truth as from read_parquet('{folder / 'truth' / 'accounts'}.parquet')")
    connection.execute(
        f"create view harvest as from read_parquet('{folder / 'truth' / 'exchanges'}.parquet')"
    )
    connection.execute("create view known as from exchanges join truth using (account_id)")
    return lambda query: connection.execute(query).fetchall()


def simulated(name: str, days: int, folder: Path, *, text: bool = False) -> Ask:
    """A scenario shortened to so many days, at its smallest size."""
    simulate(replace(scenario(name), days=days), folder / name, scale=0.002, seed=3, text=text)
    return asking(folder / name)


@pytest.fixture(scope="module")
def hydra(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return simulated("hydra", 6, tmp_path_factory.mktemp("hydra"))


@pytest.fixture(scope="module")
def reborn(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return simulated("reborn", 13, tmp_path_factory.mktemp("reborn"), text=True)


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return simulated("replay", 4, tmp_path_factory.mktemp("replay"))


def test_a_twentieth_of_a_relay_is_harvest(hydra: Ask) -> None:
    """The accounts are relays of several operators; their other traffic is not in the truth."""
    query = """
        select count(*), count(h.exchange_id) / count(*), count(distinct k.group_id), min(k.role), max(k.role)
        from known k left join harvest h using (exchange_id) where k.campaign = 'hydra'
    """
    traffic, share, operators, first, last = hydra(query)[0]
    assert traffic > 800
    assert 0.03 < share < 0.08
    assert operators >= 5
    assert first == last == "relay"


def test_relay_customers_without_a_harvest_are_innocent(hydra: Ask) -> None:
    innocent = hydra("select count(*) from truth where cohort = 'undeclared_relay' and campaign is null")
    outside = hydra(
        "select count(*) from harvest semi join (from truth where campaign is null) using (account_id)"
    )
    assert innocent[0][0] > 60
    assert outside[0][0] == 0


def test_the_first_pool_is_banned_on_day_ten(reborn: Ask) -> None:
    query = """
        select count(*), min(date_diff('hour', timestamptz '2026-01-05 00:00:00+00', e."at")),
               max(date_diff('hour', timestamptz '2026-01-05 00:00:00+00', e."at")),
               bool_and(a.status = 'banned' and a.status_at = e."at")
        from enforcement e join accounts a using (account_id) join truth using (account_id)
        where campaign = 'phoenix' and e.action = 'ban' and e."at" between
              timestamptz '2026-01-15 00:00:00+00' and timestamptz '2026-01-15 03:00:00+00'
    """
    accounts, first, last, agree = reborn(query)[0]
    assert accounts == 16
    assert 240 <= first <= last <= 242
    assert agree


def test_the_banned_get_no_answer_any_more(reborn: Ask) -> None:
    after = reborn("""
        select distinct e.status from exchanges e join accounts a using (account_id)
        where a.status in ('banned', 'suspended') and e.ts > a.status_at
    """)
    assert after == [(403,)]


def test_successors_take_over_within_hours(reborn: Ask) -> None:
    """New accounts, with cards and addresses of their own, that had harvested nothing before."""
    begun = reborn("""
        select epoch(min(ts) - timestamptz '2026-01-15 00:00:00+00') / 3600
        from known semi join harvest using (exchange_id) join accounts a using (account_id)
        where a.status <> 'banned' group by account_id order by 1
    """)
    hours = [row[0] for row in begun]
    assert 18 <= len(hours) <= 24
    assert 1 < hours[0] < 8
    assert hours[len(hours) // 2] < 30
    shared = reborn("""
        with pools as (select payment_fingerprint as card, a.status = 'banned' as banned from accounts a
                       join truth using (account_id) where campaign = 'phoenix' and payment_fingerprint is not null)
        select count(*) from pools a join pools b using (card) where a.banned and not b.banned
    """)
    assert shared[0][0] == 0


def test_what_the_banned_could_not_ask_is_asked_by_successors(reborn: Ask) -> None:
    handed = reborn("""
        select count(*), count(distinct b.account_id), max(b.ts - a.ts) < interval 3 day
        from known a join known b on a.prompt_text = b.prompt_text and a.account_id <> b.account_id
        where a.campaign = 'phoenix' and b.campaign = 'phoenix' and a.status = 403 and b.status = 200 and b.ts > a.ts
    """)
    assert handed[0][0] >= 4
    assert handed[0][1] >= 3
    assert handed[0][2]


def test_firms_that_move_hand_their_work_on_too(reborn: Ask) -> None:
    moved = reborn("""
        select count(distinct group_id) from known join accounts a using (account_id)
        where cohort = 'moved_house' and a.status in ('closed', 'suspended', 'banned')
    """)
    assert moved[0][0] >= 4


BLOCKS = """
    with blocks as (select unnest(reasoning_out) as block, account_id, group_id, campaign from known),
         used as (select unnest(reasoning_in) as block, account_id, group_id, campaign, prefix_key from known)
    select {what} from used u join blocks b using (block) where {where}
"""


def test_every_block_that_comes_back_was_given_out(replay: Ask) -> None:
    assert replay("select count(*) from exchanges where len(reasoning_in) > 0") == replay(
        BLOCKS.format(what="count(*)", where="true")
    )


def test_blocks_move_between_accounts_of_the_campaign(replay: Ask) -> None:
    moved = "u.campaign = 'graft' and u.account_id <> b.account_id"
    grafted = replay(
        BLOCKS.format(what="count(*), count(distinct b.account_id)", where=f"{moved} and prefix_key is null")
    )
    elsewhere = replay(
        BLOCKS.format(what="count(*)", where=f"{moved} and b.campaign is distinct from 'graft'")
    )
    assert grafted[0][0] > 50
    assert grafted[0][1] > 10
    assert elsewhere[0][0] == 0


def test_innocent_blocks_stay_in_their_conversation(replay: Ask) -> None:
    """Mostly in one account; routers carry some conversations over several accounts of one group."""
    innocent = "u.campaign is null"
    own = replay(BLOCKS.format(what="count(*)", where=f"{innocent} and u.account_id = b.account_id"))[0][0]
    other = replay(BLOCKS.format(what="count(*)", where=f"{innocent} and u.account_id <> b.account_id"))[0][0]
    astray = f"{innocent} and (prefix_key is null or u.group_id <> b.group_id)"
    assert own > 1_000
    assert 0 < other < own * 0.2
    assert replay(BLOCKS.format(what="count(*)", where=astray))[0][0] == 0


CONTINUED = """
    select count(*) from known a join known b on b.prefix_key = a.next_prefix_key
    where a.account_id <> b.account_id and {where}
"""


def test_conversations_go_on_in_other_accounts(replay: Ask) -> None:
    assert replay(CONTINUED.format(where="a.campaign = 'graft' and b.campaign = 'graft'"))[0][0] > 50
    assert replay(CONTINUED.format(where="a.campaign is null and a.cohort = 'fallback_router'"))[0][0] > 5
    assert replay(CONTINUED.format(where="a.group_id <> b.group_id"))[0][0] == 0


def test_the_ladder_has_every_level_at_a_known_cost(tmp_path: Path) -> None:
    simulate(replace(scenario("ladder"), days=2), tmp_path / "ladder", scale=0.001, text=False)
    rows = pq.read_table(tmp_path / "ladder" / "truth" / "campaigns.parquet").to_pylist()
    cost = [sum(dict(row["cost"]).values()) for row in rows]
    assert [row["level"] for row in rows] == list(range(len(LEVELS)))
    assert all(row["accounts"] == 40 for row in rows)
    assert min(cost) == cost[0]
    assert max(cost) == cost[6] > 2 * cost[0]


@pytest.mark.parametrize("level", range(7))
def test_each_level_is_a_scenario_of_its_own(level: int) -> None:
    one = scenario(f"ladder-{level}")
    assert [c.level for c in one.campaigns] == [level]
