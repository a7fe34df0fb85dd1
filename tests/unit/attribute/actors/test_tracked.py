"""Two campaigns of one actor are one tracked group; a copycat is not in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from tests.campaigns import MARKS, Pool, earlier, fill

from stillwatch.attribute.actors.tracked import Held, TrackedSettings, groups, shared_values, ties, track
from stillwatch.attribute.identity import Earlier, identify
from stillwatch.model.families import BY_CODE, KINDS
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


def test_values_in_common_and_who_else_holds_them(t: DuckTables) -> None:
    """Counted one by one: groups that overlap, an innocent one, and a campaign of the state with members of its own."""
    rng = np.random.default_rng(23)
    kinds = [KINDS["instrument"].code, KINDS["template"].code]
    held = {(a, k, v) for a in range(40) for k in kinds for v in rng.choice(12, 4, replace=False).tolist()}
    members = {g: set(rng.choice(40, 12, replace=False).tolist()) for g in range(4)}
    gone = set(rng.choice(40, 12, replace=False).tolist())
    favours = {
        g: {(k, v) for k in kinds for v in rng.choice(12, 6, replace=False).tolist()} for g in range(5)
    }
    inside = {
        (g, *kv): sum((a, *kv) in held for a in members.get(g, gone)) for g in range(5) for kv in favours[g]
    }
    _put(t, held, members, gone, inside)
    names = ["c-0", "c-1", "c-2", "c-3", "c-9"]  # the third is innocent, the last one of the state
    parties = [*members.values(), gone]
    expected: dict[tuple[str, str, str, float], int] = {}
    for a, b in ((0, 1), (0, 3), (1, 3), (0, 4), (1, 4), (3, 4)):
        for kind, value in favours[a] & favours[b]:
            share = min(inside[a, kind, value], inside[b, kind, value]) / 12
            others = sum((x, kind, value) in held for x in set(range(40)) - parties[a] - parties[b])
            at = (names[a], names[b], BY_CODE[kind].name, share)
            expected[at] = min(expected.get(at, 99), others)
    assert expected == {(h.a, h.b, h.kind, h.share): h.others for h in shared_values(t)}
    assert len(expected) > 20


def _put(
    t: DuckTables,
    held: set[tuple[int, int, int]],
    members: Mapping[int, set[int]],
    gone: set[int],
    inside: Mapping[tuple[int, int, int], int],
) -> None:
    def put(name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        t.put(name, pa.table(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))))

    put("holdings", ("account_id", "kind", "value_key"), sorted(held))
    put("group_members", ("group_id", "account_id"), [(g, a) for g, own in members.items() for a in own])
    now = [(*key, n) for key, n in inside.items() if key[0] < 4]
    put("group_values", ("group_id", "kind", "value_key", "inside"), now)
    put("campaign_names", ("group_id", "campaign_id"), [(g, f"c-{g}") for g in members])
    put("verdicts", ("group_id", "verdict"), [(g, "innocent" if g == 2 else "distillation") for g in members])
    put("templates", ("template_id", "public"), [(-1, True)])
    before = [(0, k, v, n / 12) for (g, k, v), n in inside.items() if g == 4]
    put("earlier_values", ("campaign", "kind", "value_key", "share"), before)
    put("earlier_members", ("campaign", "account_id"), [(0, a) for a in gone])
    put("earlier_campaigns", ("campaign", "innocent"), [(0, False)])
    put("earlier_names", ("campaign", "campaign_id"), [(0, "c-9")])
