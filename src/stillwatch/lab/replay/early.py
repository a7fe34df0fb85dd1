"""How early a replay found each planted campaign, what was gone by then, and how many false alarms it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.model.errors import InputError
from stillwatch.store.results import read_table

Ints = NDArray[np.int64]
NEVER = np.iinfo(np.int64).max
HOUR = 3_600_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Reached:
    """When a campaign was first found: hours after its first exchange, None if never; the shares of its exchanges gone
    before that, and before the account that made them was found."""

    hours: float | None
    gone: float
    gone_by_account: float


@dataclass(frozen=True, slots=True)
class Early:
    """One planted campaign in a replay: `accused` by the verdict, `claimed` by what was published."""

    campaign: str
    accounts: int
    exchanges: int
    accused: Reached
    claimed: Reached


@dataclass(frozen=True, slots=True)
class Alarms:
    """False ones over a whole replay: ids ever accused or claimed that stand for no planted campaign, and innocent
    accounts ever in an accused or claimed campaign."""

    looks: int
    accused: int
    claimed: int
    accounts_accused: int
    accounts_claimed: int


def early(results: Path, data: Path) -> tuple[tuple[Early, ...], Alarms]:
    """What the replay in `results` made of a simulated dataset, whose truth lies in `truth` below it.

    Raises `InputError` if a folder lacks the tables.
    """
    planted = _planted(data)
    rows = read_table(results, "replay_members").to_pylist()
    stands = _stands_for(rows, planted)
    found = []
    for name in sorted({c for c in planted.values() if c}):
        own = [r for r in rows if stands[r["campaign_id"]] == name]
        accounts, times = _harvest(data, name)
        found.append(
            Early(
                name,
                sum(c == name for c in planted.values()),
                len(times),
                _reached(own, "accused_at", accounts, times),
                _reached(own, "claimed_at", accounts, times),
            )
        )
    looks = len(pc.unique(read_table(results, "replay_campaigns")["at"]))
    return tuple(found), _alarms(rows, stands, planted, looks)


def _alarms(
    rows: Sequence[Mapping[str, object]], stands: Mapping[str, str], planted: Mapping[str, str], looks: int
) -> Alarms:
    false = {i for i, name in stands.items() if not name}
    claimed = [r for r in rows if r["claimed_at"] is not None]
    return Alarms(
        looks,
        len(false),
        len({r["campaign_id"] for r in claimed} & false),
        len({r["account_id"] for r in rows if not planted.get(str(r["account_id"]))}),
        len({r["account_id"] for r in claimed if not planted.get(str(r["account_id"]))}),
    )


def _planted(data: Path) -> dict[str, str]:
    """Planted campaign of each account, "" if innocent."""
    path = data / "truth" / "accounts.parquet"
    if not path.exists():
        raise InputError(
            "no such file", where=str(path), remedy="Give a folder that `stillwatch simulate` wrote"
        )
    rows = pq.read_table(path, columns=["account_id", "campaign"]).to_pylist()
    return {r["account_id"]: r["campaign"] or "" for r in rows}


def _stands_for(rows: Sequence[Mapping[str, object]], planted: Mapping[str, str]) -> dict[str, str]:
    """By id, the planted campaign of more than half of the accounts ever accused under it, "" if there is none."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        own = counts.setdefault(str(row["campaign_id"]), {})
        name = planted.get(str(row["account_id"]), "")
        own[name] = own.get(name, 0) + 1
    best = {i: max(own, key=lambda n, own=own: (own[n], n)) for i, own in counts.items()}  # type: ignore[misc]
    return {i: name if 2 * counts[i][name] > sum(counts[i].values()) else "" for i, name in best.items()}


def _harvest(data: Path, campaign: str) -> tuple[list[str], Ints]:
    """Account and time, in microseconds, of each harvested exchange of a campaign."""
    truth = pq.read_table(data / "truth" / "exchanges.parquet")
    own = truth.filter(pc.equal(truth["campaign"], campaign))
    log = data / "exchanges.parquet"
    times = pq.read_table(log if log.exists() else data / "exchanges", columns=["exchange_id", "ts"])
    at = pc.index_in(own["exchange_id"], times["exchange_id"].combine_chunks())
    ts: pa.ChunkedArray = times["ts"].take(at.combine_chunks() if isinstance(at, pa.ChunkedArray) else at)
    return own["account_id"].to_pylist(), np.asarray(ts.cast(pa.int64()), np.int64)


def _reached(
    rows: Sequence[Mapping[str, object]], what: str, accounts: Sequence[str], times: Ints
) -> Reached:
    of: dict[str, int] = {}
    for row in rows:
        at = row[what]
        if isinstance(at, datetime):
            name = str(row["account_id"])
            of[name] = min(of.get(name, NEVER), round(at.timestamp() * 1_000_000))
    if not of or len(times) == 0:
        return Reached(None, 1.0, 1.0)
    first, own = min(of.values()), np.array([of.get(a, NEVER) for a in accounts], np.int64)
    hours = round((first - int(times.min())) / HOUR, 2)
    return Reached(hours, float((times < first).mean()), float((times < own).mean()))
