"""Groups keep the id of the earlier campaign they are, and of no other."""

from __future__ import annotations

import pyarrow as pa
import pytest
from tests.campaigns import MARKS, Pool, earlier, fill

from stillwatch.attribute.identity import Earlier, identify
from stillwatch.store.duck import DuckTables

OLD = Pool(range(100, 140), MARKS)
OTHERS = {kind: key + 100 for kind, key in MARKS.items()}


def ids(t: DuckTables, pools: list[Pool], before: Earlier, *, inactive: range = range(0)) -> dict[int, str]:
    own = fill(t, pools, inactive=inactive)
    return {group: who.campaign_id for group, who in identify(t, own, before).items()}


def test_without_a_state_every_group_has_its_own_id(t: DuckTables) -> None:
    assert {0: "c-own0", 1: "c-own1"} == ids(t, [OLD, Pool(range(10), OTHERS)], Earlier.none())


def test_the_same_group_keeps_its_id(t: DuckTables) -> None:
    assert {0: "c-old"} == ids(t, [OLD], earlier({"c-old": OLD}))


def test_a_group_that_grows_keeps_its_id(t: DuckTables) -> None:
    assert {0: "c-old"} == ids(t, [Pool(range(100, 400), MARKS)], earlier({"c-old": OLD}))


def test_members_suffice_when_everything_else_changes(t: DuckTables) -> None:
    assert {0: "c-old"} == ids(t, [Pool(OLD.accounts, OTHERS)], earlier({"c-old": OLD}))


def test_a_pool_with_the_same_signature_and_no_account_in_common_is_the_same_campaign(t: DuckTables) -> None:
    new = Pool(range(500, 560), MARKS)
    assert {0: "c-old"} == ids(t, [new], earlier({"c-old": OLD}), inactive=range(100, 140))


@pytest.mark.parametrize("kinds", [["client"], ["template", "system"], ["client", "instrument"]])
def test_too_little_in_common_is_another_campaign(t: DuckTables, kinds: list[str]) -> None:
    """One family, or several without content, do not make a pool the successor of another."""
    new = Pool(range(500, 560), {**OTHERS, **{k: MARKS[k] for k in kinds}})
    assert {0: "c-own0"} == ids(t, [new], earlier({"c-old": OLD}))


def test_nothing_in_common_is_another_campaign(t: DuckTables) -> None:
    assert {0: "c-own0"} == ids(t, [Pool(range(500, 560), OTHERS)], earlier({"c-old": OLD}))


@pytest.mark.parametrize(("before", "after"), [("innocent", "distillation"), ("distillation", "innocent")])
def test_an_innocent_crowd_is_not_reborn(t: DuckTables, before: str, after: str) -> None:
    old, new = Pool(OLD.accounts, MARKS, before), Pool(range(500, 560), MARKS, after)
    assert {0: "c-own0"} == ids(t, [new], earlier({"c-old": old}))


def test_one_common_account_is_no_reason(t: DuckTables) -> None:
    new = Pool([100, *range(500, 540)], OTHERS)
    assert {0: "c-own0"} == ids(t, [new], earlier({"c-old": OLD}))


def test_a_part_that_splits_off_gets_a_new_id(t: DuckTables) -> None:
    before = earlier({"c-old": OLD})
    own = fill(t, [Pool(range(100, 128), MARKS), Pool(range(128, 140), MARKS)])
    found = identify(t, own, before)
    assert ("c-old", None) == (found[0].campaign_id, found[0].split_from)
    assert ("c-own1", "c-old") == (found[1].campaign_id, found[1].split_from)


def test_two_that_become_one_keep_the_id_of_the_larger(t: DuckTables) -> None:
    before = earlier({"c-big": OLD, "c-little": Pool(range(200, 210), OTHERS)})
    own = fill(t, [Pool([*OLD.accounts, *range(200, 210)], MARKS)])
    found = identify(t, own, before)[0]
    assert ("c-big", ("c-little",)) == (found.campaign_id, found.merged)


def test_what_splits_off_again_takes_its_id_up_again(t: DuckTables) -> None:
    """After a merge, the larger holds the members of both."""
    little = Pool(range(200, 210), OTHERS)
    before = earlier({"c-big": Pool([*OLD.accounts, *little.accounts], MARKS), "c-little": little})
    at = before.campaigns["campaign_id"].to_pylist().index("c-little")
    into = pa.array(["c-big" if i == at else None for i in range(2)], pa.string())
    place = before.campaigns.schema.get_field_index("merged_into")
    merged = Earlier(before.campaigns.set_column(place, "merged_into", into), before.members, before.values)
    own = fill(t, [OLD, little])
    found = identify(t, own, merged)
    assert ["c-big", "c-little"] == [found[g].campaign_id for g in (0, 1)]
    assert [None, "c-big"] == [found[g].split_from for g in (0, 1)]


def test_two_groups_cannot_have_one_id(t: DuckTables) -> None:
    """The assignment is one to one; the group that holds more of the campaign goes on with it."""
    found = ids(t, [Pool(range(100, 115), MARKS), Pool(range(115, 140), MARKS)], earlier({"c-old": OLD}))
    assert {0: "c-own0", 1: "c-old"} == found


def test_a_new_id_is_none_that_was_given_before(t: DuckTables) -> None:
    found = ids(t, [Pool(range(500, 560), OTHERS)], earlier({"c-own0": OLD}))
    assert "c-own0" != found[0]


def test_the_order_of_groups_does_not_matter(t: DuckTables) -> None:
    pools = [Pool(range(100, 115), MARKS), Pool(range(115, 140), MARKS), Pool(range(9), OTHERS)]
    before = earlier({"c-old": OLD, "c-x": Pool(range(9), OTHERS)})
    found = ids(t, pools, before)
    turned = ids(t, pools[::-1], before)
    assert [found[1], found[2]] == [turned[1], turned[0]]
