"""Two campaigns of one actor are one tracked group; a copycat is not in it."""

from __future__ import annotations

from tests.campaigns import MARKS, Pool, earlier, fill

from stillwatch.attribute.actors.tracked import Held, TrackedSettings, groups, ties, track
from stillwatch.attribute.identity import Earlier, identify
from stillwatch.store.duck import DuckTables

OLD = Pool(range(100, 140), {**MARKS, "phone": 16, "net24": 17})
HARD = {"instrument": MARKS["instrument"], "phone": 16}
COPIED = {k: v for k, v in OLD.marks.items() if k not in HARD}


def tracked(t: DuckTables, pools: list[Pool], before: Earlier) -> tuple[dict[str, str], dict[int, str]]:
    own = fill(t, pools)
    names = {g: who.campaign_id for g, who in identify(t, own, before).items()}
    known = {r["campaign_id"]: r["tracked_group"] for r in before.campaigns.to_pylist() if r["tracked_group"]}
    return track(t, sorted(names.values()), before.ids, known)[0], names


def test_new_accounts_and_frames_with_the_same_cards_and_phones(t: DuckTables) -> None:
    new = Pool(range(500, 560), {**HARD, "template": 91, "client": 92})
    found, names = tracked(t, [new], earlier({"c-old": OLD}))
    assert "c-own0" == names[0]
    assert found["c-own0"] == found["c-old"]


def test_a_copycat_with_everything_that_is_cheap(t: DuckTables) -> None:
    """It runs beside the campaign that it copies, through the same relay."""
    found, names = tracked(
        t, [OLD, Pool(range(500, 560), {**COPIED, "instrument": 95})], earlier({"c-old": OLD})
    )
    assert {0: "c-old", 1: "c-own1"} == names
    assert {} == found


def test_one_family_is_not_enough(t: DuckTables) -> None:
    new = Pool(range(500, 560), {"instrument": MARKS["instrument"], "template": 91})
    assert {} == tracked(t, [new], earlier({"c-old": OLD}))[0]


def test_an_innocent_crowd_is_in_no_group(t: DuckTables) -> None:
    new = Pool(range(500, 560), dict(OLD.marks), "innocent")
    assert {} == tracked(t, [new], earlier({"c-old": OLD}))[0]


def test_what_many_others_hold_ties_nobody() -> None:
    held = [Held("a", "b", kind, 0.5, 900) for kind in ("instrument", "phone", "net24", "template")]
    assert [] == ties(held, 1000, 2)
    assert 1 == len(ties([Held("a", "b", h.kind, 0.5, 0) for h in held], 1000, 2))


def test_a_known_group_keeps_its_name() -> None:
    tie = ties([Held("c-2", "c-9", k, 1.0, 0) for k in ("instrument", "phone")], 1000, 3)
    known = {"c-1": "g-old", "c-2": "g-old"}
    assert dict.fromkeys(("c-1", "c-2", "c-9"), "g-old") == groups(["c-9"], tie, known)
    both = groups(["c-9"], [*tie], {"c-2": "g-b", "c-9": "g-a"})
    assert {"c-2": "g-a", "c-9": "g-a"} == both


def test_more_campaigns_need_more_bits() -> None:
    held = [Held("a", "b", k, 1.0, 200) for k in ("instrument", "phone")]
    assert ties(held, 2000, 2, TrackedSettings(margin_bits=0.0))
    assert [] == ties(held, 2000, 100_000)
