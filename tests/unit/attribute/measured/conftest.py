"""Crowds in the tables that measurements read: who sent what, when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.attribute.measured.moments import write_moments
from stillwatch.store.duck import DuckTables, open_duck

DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0
START = 1_772_409_600.0  # 2026-03-02T00:00Z
US = 1_000_000


@dataclass
class Crowd:
    """Exchanges (account, seconds since the start, further columns); members of group 0; facts and bans."""

    account: list[int] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    exact: list[int] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    model: list[int] = field(default_factory=list)
    frame: list[int] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    opened: dict[int, float] = field(default_factory=dict)
    bans: list[tuple[int, float]] = field(default_factory=list)

    def send(
        self, account: int, seconds: Sequence[float] | np.ndarray, *, exact: int = 0, status: int = 200,
        model: int = 1, frame: int = 9,
    ) -> None:  # fmt: skip
        """Requests of an account; without `exact` every prompt is new."""
        for second in np.asarray(seconds, np.float64).tolist():
            self.account.append(account)
            self.second.append(second)
            self.exact.append(exact or 1_000_000 + len(self.exact))
            self.status.append(status)
            self.model.append(model)
            self.frame.append(frame)

    def fill(self, t: DuckTables, order: Sequence[int] | None = None) -> None:
        """Put the tables, rows in the given order."""
        rows = np.arange(len(self.account)) if order is None else np.asarray(order)
        account = np.array(self.account, np.int64)[rows]
        ts = np.round((START + np.array(self.second)[rows]) * US).astype(np.int64)
        t.put(
            "keys",
            pa.table(
                {
                    "exchange_id": rows,
                    "account_id": account,
                    "ts": _times(ts),
                    "exact_key": np.array(self.exact, np.int64)[rows],
                    "status": np.array(self.status, np.int16)[rows],
                    "model_key": np.array(self.model, np.int64)[rows],
                }
            ),
        )
        inside = np.isin(account, self.group)
        t.put(
            "group_exchanges",
            pa.table(
                {
                    "group_id": np.zeros(inside.sum(), np.int64),
                    "exchange_id": rows[inside],
                    "account_id": account[inside],
                    "template_id": np.array(self.frame, np.int64)[rows][inside],
                }
            ),
        )
        group = np.array(self.group, np.int64)
        t.put("group_members", pa.table({"group_id": np.zeros(len(group), np.int64), "account_id": group}))
        hour = ts // (3_600 * US)
        pairs, n = np.unique(np.stack([account, hour]), axis=1, return_counts=True)
        t.put("activity", pa.table({"account_id": pairs[0], "hour": pairs[1], "n": n}))
        opened = np.round((START + np.array(list(self.opened.values()))) * US).astype(np.int64)
        known = pa.array(list(self.opened), pa.int64())
        t.put("facts", pa.table({"account_id": known, "created_at": _times(opened)}))
        banned = np.round((START + np.array([at for _, at in self.bans])) * US).astype(np.int64)
        who = pa.array([a for a, _ in self.bans], pa.int64())
        t.put("ban_times", pa.table({"account_id": who, "at": _times(banned)}))
        write_moments(t)


def _times(micros: np.ndarray) -> pa.Array:
    return pa.array(micros, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


@pytest.fixture
def crowd() -> Crowd:
    """An empty crowd."""
    return Crowd()


@pytest.fixture
def t(tmp_path: Path) -> Iterator[DuckTables]:
    """An empty engine."""
    with open_duck(tmp_path) as tables:
        yield tables


@pytest.fixture
def rng() -> np.random.Generator:
    """Always the same draws."""
    return np.random.default_rng(20)
