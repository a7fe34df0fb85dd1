"""Who holds what, made by code: tables `holdings` and `activity` for tests of linking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.model.between_tables import ACTIVITY, HOLDINGS
from stillwatch.model.engine import Tables
from stillwatch.model.families import KINDS

Held = tuple[int, str, int]  # account, kind, value


def put_holdings(t: Tables, held: Iterable[Held], *, accounts: int) -> None:
    """Fill `holdings` with these rows and `activity` with one exchange of each of the accounts 1 to N."""
    rows = sorted(set(held))
    kinds = [KINDS[kind].code for _, kind, _ in rows]
    none = pa.nulls(len(rows), pa.timestamp("us", tz="UTC"))
    columns = {
        "account_id": [account for account, _, _ in rows],
        "family": [code // 100 for code in kinds],
        "kind": kinds,
        "value_key": [value for _, _, value in rows],
        "n": [1] * len(rows),
        "first_seen": none,
        "last_seen": none,
    }
    t.put("holdings", pa.table(columns).cast(_plain(HOLDINGS.schema)))
    many = range(1, accounts + 1)
    activity = {"account_id": many, "hour": [0] * accounts, "n": [1] * accounts, "errors": [0] * accounts}
    activity["tokens"] = [0] * accounts
    t.put("activity", pa.table({n: list(v) for n, v in activity.items()}).cast(_plain(ACTIVITY.schema)))


def drawn(rng: np.random.Generator, *, accounts: int, kinds: Mapping[str, tuple[int, int]]) -> list[Held]:
    """Random holdings: of each kind {kind: (values to choose from, held by each account)}."""
    out: list[Held] = []
    for number, (kind, (values, each)) in enumerate(kinds.items()):
        chosen: NDArray[np.int64] = rng.integers(1, values + 1, size=(accounts, each))
        out += [
            (account + 1, kind, int(value) + 10_000_000 * (number + 1))
            for account in range(accounts)
            for value in chosen[account]
        ]
    return out


def block(members: Iterable[int], kinds: Iterable[str], *, value: int = 7) -> list[Held]:
    """Every member holds one and the same value of each kind."""
    kinds = list(kinds)
    return [(member, kind, value) for member in members for kind in kinds]


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(f.name, f.type) for f in schema])
