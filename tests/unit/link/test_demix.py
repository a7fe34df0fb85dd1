"""A harvest in a relay's traffic is told from the customers'; what is no mixture stays whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.link.demix import demix
from stillwatch.model.kernels.sketch import INTENT_COLUMNS
from stillwatch.store.duck import DuckTables


@dataclass(frozen=True)
class Flow:
    """`n` exchanges that accounts send in turn: of a frame, with so many fillings; asking, leaning to it or neither;
    turn; system."""

    frame: int | None
    n: int
    accounts: Sequence[int] = range(10)
    fillings: int = 10_000
    asks: bool = False
    leans: bool = False
    turn: int | None = 0
    system: int | None = None
    public: bool = False


HARVEST = Flow(1, 60, asks=True)
SUPPORT = Flow(2, 300, fillings=6)
PRODUCT = Flow(3, 200, accounts=range(4))
CHAT = Flow(None, 400, system=77, turn=3)


def left(t: DuckTables, *flows: Flow, order: np.ndarray | None = None) -> dict[int, int]:
    """Exchanges that stay in group 0, by number of the flow."""
    rows = [(i, f, k) for i, f in enumerate(flows) for k in range(f.n)]
    rows = [rows[at] for at in order] if order is not None else rows
    number = [f"{i}-{k}" for i, _, k in rows]
    ids = [i * 100_000 + k for i, _, k in rows]
    keys = {
        "exchange_id": pa.array(ids, pa.int64()),
        "exact_key": pa.array([i * 100_000 + k % f.fillings for i, f, k in rows], pa.int64()),
        "system_key": pa.array([f.system for _, f, _ in rows], pa.int64()),
        "turn": pa.array([f.turn for _, f, _ in rows], pa.int32()),
    }
    asks = pa.array([500 if f.asks else 50 if f.leans else -300 for _, f, _ in rows], pa.int16())
    none = pa.array([-300] * len(number), pa.int16())
    t.put("keys", pa.table(keys | {name: asks if j == 0 else none for j, name in enumerate(INTENT_COLUMNS)}))
    t.put(
        "group_exchanges",
        pa.table(
            {
                "group_id": pa.array([0] * len(ids), pa.int64()),
                "exchange_id": pa.array(ids, pa.int64()),
                "account_id": pa.array([f.accounts[k % len(f.accounts)] for _, f, k in rows], pa.int64()),
                "template_id": pa.array([f.frame for _, f, _ in rows], pa.int64()),
            }
        ),
    )
    frames = {f.frame: f.public for f in flows if f.frame is not None}
    public = {
        "template_id": pa.array(list(frames), pa.int64()),
        "public": pa.array(list(frames.values()), pa.bool_()),
    }
    t.put("templates", pa.table(public))
    demix(t)
    kept = np.asarray(t.numpy("SELECT exchange_id FROM group_exchanges")["exchange_id"])
    found, counts = np.unique(kept // 100_000, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def test_of_a_relay_the_harvest_is_left(t: DuckTables) -> None:
    assert {0: 60} == left(t, HARVEST, SUPPORT, PRODUCT, CHAT)


def test_a_harvest_in_conversations_stays_whole(t: DuckTables) -> None:
    """Most of what it sends asks for training data, though few requests stand alone."""
    talk = Flow(6, 400, asks=True, turn=4)
    assert {0: 60, 1: 400, 2: 300} == left(t, HARVEST, talk, SUPPORT)


def test_public_frames_and_what_one_customer_asks_are_the_customers(t: DuckTables) -> None:
    """Both ask for training data, with new fillings."""
    everybody = Flow(4, 100, asks=True, public=True)
    one = Flow(5, 20, accounts=range(2), asks=True)
    assert {0: 60} == left(t, HARVEST, SUPPORT, CHAT, everybody, one)


def test_a_harvest_that_is_most_of_the_traffic_stays_whole(t: DuckTables) -> None:
    some = Flow(2, 20, fillings=3)
    assert {0: 60, 1: 20} == left(t, HARVEST, some)


def test_where_all_leans_to_training_data_there_are_no_customers(t: DuckTables) -> None:
    """One pool whose requests ask in many words, most of them not clearly enough one by one."""
    vague = Flow(2, 300, leans=True)
    assert {0: 60, 1: 300, 2: 200} == left(t, HARVEST, vague, PRODUCT)
    assert {0: 60} == left(t, HARVEST, replace(vague, leans=False), PRODUCT)


@pytest.mark.parametrize(
    "flow",
    [
        pytest.param(Flow(1, 60), id="nothing asked for"),
        pytest.param(Flow(1, 60, asks=True, fillings=5), id="the same questions again and again"),
        pytest.param(Flow(1, 60, asks=True, turn=2), id="conversations"),
        pytest.param(Flow(1, 60, asks=True, accounts=range(3)), id="one customer's, on a few accounts"),
    ],
)
def test_a_relay_without_a_harvest_stays_as_it_is(t: DuckTables, flow: Flow) -> None:
    assert {0: 60, 1: 300, 2: 200, 3: 400} == left(t, flow, SUPPORT, PRODUCT, CHAT)


def test_two_requests_of_each_account_are_chance(t: DuckTables) -> None:
    assert {0: 20, 1: 300, 2: 200} == left(t, Flow(1, 20, asks=True), SUPPORT, PRODUCT)


def test_a_log_without_turns_or_text_is_no_error(t: DuckTables) -> None:
    assert {0: 60} == left(t, Flow(1, 60, asks=True, turn=None), SUPPORT)
    assert {0: 40} == left(t, Flow(None, 40, system=5))


def test_order_of_rows_does_not_matter(t: DuckTables) -> None:
    order = np.random.default_rng(1).permutation(960)
    assert {0: 60} == left(t, HARVEST, SUPPORT, PRODUCT, CHAT, order=order)
