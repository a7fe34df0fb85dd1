"""What happened to a campaign is told with its date, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.campaigns import MARKS, Pool, earlier, fill, on

from stillwatch.attribute.identity import Earlier, identify
from stillwatch.attribute.phases import Phase, phases, write_spans
from stillwatch.store.duck import DuckTables

OTHERS = {kind: key + 100 for kind, key in MARKS.items()}


def told(
    t: DuckTables, pools: Sequence[Pool], before: Earlier | None = None, *, end: float = 11.0, **more: Any
) -> dict[str, tuple[Phase, ...]]:
    before = before or Earlier.none()
    own = fill(t, pools, **more)
    found = identify(t, own, before)
    write_spans(t, found, before)
    return phases(t, found, before, on(end))


def kinds(found: Sequence[Phase]) -> list[str]:
    return [p.kind for p in found]


def pool(spans: Mapping[range, tuple[float, float]], marks: Mapping[str, int] = MARKS, **more: Any) -> Pool:
    days = {a: span for accounts, span in spans.items() for a in accounts}
    return Pool(list(days), marks, days=days, **more)


def test_a_steady_campaign_has_only_begun(t: DuckTables) -> None:
    found = told(t, [pool({range(100, 120): (1, 6), range(120, 130): (2, 9)}, hours=range(2, 9))])
    assert [Phase("start", on(1), "first demixed exchange")] == list(found["c-own0"])


def test_a_ban_and_a_new_pool_are_a_rebirth(t: DuckTables) -> None:
    reborn = pool({range(100, 120): (0, 4), range(200, 220): (4.5, 10)}, hours=range(1, 10))
    found = told(t, [reborn], bans=dict.fromkeys(range(100, 120), 4.0))["c-own0"]
    assert ["start", "rebirth"] == kinds(found)
    assert on(4.5) == found[1].at
    assert "20 of 20 accounts in use were banned" in found[1].detail
    assert "prompt frame recurs" in found[1].detail or "system text recurs" in found[1].detail


def test_a_rebirth_seen_only_after_the_ban(t: DuckTables) -> None:
    """The window no longer holds the old pool; the state does."""
    before = earlier({"c-old": pool({range(100, 120): (0, 4)})})
    new = pool({range(200, 220): (4.5, 10)}, hours=range(5, 10))
    bans = dict.fromkeys(range(100, 120), 4.0)
    found = told(t, [new], before, bans=bans, inactive=range(100, 120))["c-old"]
    assert ["start", "rebirth"] == kinds(found)
    assert on(4.5) == found[1].at


def test_a_ban_of_a_few_is_no_rebirth(t: DuckTables) -> None:
    steady = pool({range(100, 120): (0, 10), range(200, 204): (5, 10)}, hours=range(1, 10))
    assert ["start"] == kinds(told(t, [steady], bans={100: 4.0, 101: 4.1})["c-own0"])


def test_replaced_accounts_without_a_ban_are_a_change_of_pool(t: DuckTables) -> None:
    changed = pool({range(100, 120): (0, 4.9), range(200, 220): (5, 10)}, hours=())
    found = told(t, [changed])["c-own0"]
    assert ["start", "pool_change"] == kinds(found)
    assert on(5) == found[1].at


def test_a_split_and_a_merge_are_told(t: DuckTables) -> None:
    before = earlier(
        {"c-old": pool({range(100, 140): (0, 10)}), "c-b": pool({range(300, 310): (0, 9)}, OTHERS)}
    )
    rest = pool({range(100, 125): (0, 10), range(300, 310): (0, 9)}, hours=range(10))
    part = pool({range(125, 140): (0, 10)}, hours=range(10))
    found = told(t, [rest, part], before)
    assert "merge" in kinds(found["c-old"])
    assert "from c-old" in next(p for p in found["c-own1"] if p.kind == "split").detail


def test_pauses(t: DuckTables) -> None:
    quiet = pool({range(100, 120): (0, 11)}, hours=())
    found = told(t, [quiet], end=30)["c-own0"]
    assert ["start", "dormant", "resumed", "dormant"] == kinds(found)
    assert [on(0), on(11), on(11)] == [p.at for p in found[1:]]


def test_a_campaign_that_is_no_longer_seen_becomes_dormant(t: DuckTables) -> None:
    before = earlier({"c-old": pool({range(100, 120): (0, 4)})})
    found = told(t, [pool({range(500, 510): (15, 19)}, OTHERS)], before, end=20)
    assert [("dormant", on(4))] == [(p.kind, p.at) for p in found["c-old"]]


@pytest.mark.parametrize(("to", "expected"), [(2, "pivot"), (0, None)])
def test_a_pivot_to_a_released_model(t: DuckTables, to: int, expected: str | None) -> None:
    """Model 2 comes out on day 5; going on with model 1 is nothing."""
    moved = pool({range(100, 120): (0, 10)}, hours=range(10), models=[(4, 1, 60), (5.1, to or 1, 60)])
    found = told(t, [moved], releases=[(1, -300), (2, 5)])["c-own0"]
    assert ["start", expected] == kinds(found) if expected else ["start"] == kinds(found)


def test_a_retreat_to_an_older_model(t: DuckTables) -> None:
    moved = pool(
        {range(100, 103): (0, 10)},
        models=[(d, 2 if d < 5 else 1, 60) for d in range(10)],
    )
    found = told(t, [moved], releases=[(1, -300), (2, -20)])["c-own0"]
    assert ("retreat", "most exchanges moved from model-2 to model-1") == (found[-1].kind, found[-1].detail)


def test_the_same_scan_tells_nothing_new(t: DuckTables) -> None:
    reborn = pool({range(100, 120): (0, 4), range(200, 220): (4.5, 10)}, hours=range(1, 10))
    bans = dict.fromkeys(range(100, 120), 4.0)
    first = told(t, [reborn], bans=bans)["c-own0"]
    known = [{"kind": p.kind, "at": p.at, "detail": p.detail} for p in first]
    again = told(t, [reborn], earlier({"c-old": reborn}, phases=known), bans=bans)["c-old"]
    assert first == again
