"""What shares are shares of: all who could have such a value, not those who happen to have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.attribute.measured.spread import spread
from stillwatch.model.families import KINDS
from stillwatch.store.duck import DuckTables

MEMBERS = 100
COLUMNS = ("with_kind", "favoured", "shared", "top", "private")


def measured(
    t: DuckTables, kinds: Mapping[str, Sequence[int]], *, elsewhere: Sequence[str] = (), outside: float = 0.0
) -> dict[str, tuple[float, int]]:
    """Features of a group of a hundred: {kind: `COLUMNS`}, and kinds that others hold."""
    rows = [
        {
            "group_id": 0,
            "kind": KINDS[kind].code,
            **dict(zip(COLUMNS, row, strict=True)),
            "outside_share": outside,
        }
        for kind, row in kinds.items()
    ]
    empty = {c: pa.array([], pa.int64()) for c in ("group_id", "kind", *COLUMNS)}
    none = pa.table({**empty, "outside_share": pa.array([], pa.float64())})
    t.put("group_kinds", pa.Table.from_pylist(rows, none.schema) if rows else none)
    ids = np.arange(MEMBERS)
    weights = {f"bits_{family}": np.zeros(MEMBERS) for family in ("network", "identity", "payment")}
    t.put("group_members", pa.table({"group_id": np.zeros(MEMBERS, np.int64), "account_id": ids, **weights}))
    t.put(
        "group_values",
        pa.table({c: pa.array([], pa.int64()) for c in ("group_id", "kind", "value_key", "inside")}),
    )
    t.put(
        "templates", pa.table({"template_id": pa.array([], pa.int64()), "public": pa.array([], pa.bool_())})
    )
    t.put("keys", pa.table({"exact_key": [1], "next_prefix_key": pa.array([None], pa.int64())}))
    held = [KINDS[kind].code for kind in (*kinds, *elsewhere)]
    t.put(
        "holdings", pa.table({"account_id": np.zeros(len(held), np.int64), "kind": np.array(held, np.int16)})
    )
    found = t.query(" UNION ALL ".join(spread())).to_pylist()
    return {row["feature"]: (row["value"], row["n"]) for row in found}


def test_neighbours_are_a_share_of_the_cards(t: DuckTables) -> None:
    found = measured(t, {"instrument": (80, 0, 0, 1, 0), "neighbour": (6, 6, 6, 2, 6)}, outside=0.001)
    assert found["neighbours"] == (pytest.approx(6 / 80), 80)


def test_no_neighbour_among_many_cards_is_a_measurement_where_the_log_has_any(t: DuckTables) -> None:
    cards = {"instrument": (80, 0, 0, 1, 0)}
    assert measured(t, cards, elsewhere=["neighbour"])["neighbours"] == (0.0, 80)
    assert "neighbours" not in measured(t, cards)


def test_two_phones_do_not_stand_for_a_hundred_addresses(t: DuckTables) -> None:
    kinds = {"email_domain": (100, 0, 90, 80, 0), "phone": (2, 2, 2, 2, 2)}
    value, n = measured(t, kinds)["email_lift"]
    assert (round(value, 6), n) == (0.02, 100)


@pytest.mark.parametrize(("feature", "kind"), [("label_lift", "end_user"), ("params_lift", "params")])
def test_what_few_choose_to_send_is_a_share_of_all_members(t: DuckTables, feature: str, kind: str) -> None:
    value, n = measured(t, {kind: (5, 5, 5, 5, 5)})[feature]
    assert (round(value, 6), n) == (0.05, 100)
    assert measured(t, {}, elsewhere=[kind])[feature] == (0.0, 100)
    assert feature not in measured(t, {})


def test_conversations_that_change_hands_are_a_share_of_all_members(t: DuckTables) -> None:
    kinds = {"continuation": (4, 4, 4, 2, 4)}
    assert "crossed" not in measured(t, kinds)  # no log with conversations
    t.put("keys", pa.table({"exact_key": [1], "next_prefix_key": [7]}))
    rows = t.query(
        f"SELECT * FROM ({' UNION ALL '.join(spread())}) AS f WHERE feature = 'crossed'"
    ).to_pylist()
    assert [(r["value"], r["n"]) for r in rows] == [(pytest.approx(0.04), 100)]
