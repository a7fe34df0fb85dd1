"""Whether campaigns keep their id from one scan to a later one with the same state, over a ban and a new pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab.intervals import Tally, tally
from stillwatch.model.errors import InputError
from stillwatch.store.results import read_table

MOST = 0.5  # a found campaign is of the independent group that has more than this share of its accounts
PART = 0.2  # of a found campaign; whoever had less of it was not what it stood for
RENEWED = 2  # new accounts that show that a campaign went on under its id; one may be a stray


@dataclass(frozen=True, slots=True)
class Reidentification:
    """Of one pair of scans.

    `kept`: of each planted campaign, the ids it was found under before, and those that hold new accounts of it after;
    `accounts`: of each planted campaign, accounts that only the later scan finds, and those under an id of before;
    `false`: ids in both scans that stand for one independent group after, and those for one that was not a fifth of it
    before. Found is who is in a campaign with a verdict other than innocent.
    """

    kept: tuple[Tally, ...]
    accounts: tuple[Tally, ...]
    false: tuple[Tally, ...]


def reidentify(before: Path, after: Path, truth: Path) -> Reidentification:
    """Compare two scans with one state, the earlier one in `before`, by the truth about the whole data.

    Raises `InputError` if a folder lacks the tables.
    """
    group, campaign = _truth(truth)
    old, new = _members(before), _members(after)
    found_old, found_new = _found(before), _found(after)
    kept: dict[str, list[int]] = {}
    for name in sorted(found_old):
        planted = _main(old[name], campaign)
        if planted:
            fresh = [a for a in new.get(name, ()) if campaign.get(a) == planted and a not in old[name]]
            counts = kept.setdefault(planted, [0, 0])
            counts[0] += len(fresh) >= RENEWED
            counts[1] += 1
    known = {a for name in found_old for a in old[name]}
    accounts: dict[str, list[int]] = {}
    for name in sorted(found_new):
        for account in new[name]:
            planted = campaign.get(account, "")
            if planted in kept and account not in known:
                counts = accounts.setdefault(planted, [0, 0])
                counts[0] += _main(old.get(name, frozenset()), campaign) == planted
                counts[1] += 1
    both = [n for n in sorted(set(old) & set(new)) if _main(new[n], group)]
    strange = [_share(old[n], group, _main(new[n], group)) < PART for n in both]
    return Reidentification(_tallies(kept), _tallies(accounts), tally(strange, [1] * len(both)))


def _tallies(counts: Mapping[str, list[int]]) -> tuple[Tally, ...]:
    return tally([c[0] for c in counts.values()], [c[1] for c in counts.values()])


def _truth(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Independent group and planted campaign ("" if innocent) of each account."""
    path = folder / "accounts.parquet"
    if not path.exists():
        raise InputError(
            "no such file", where=str(path), remedy="Give the `truth` folder that `stillwatch simulate` wrote"
        )
    rows = pq.read_table(path, columns=["account_id", "group_id", "campaign"]).to_pylist()
    group = {r["account_id"]: r["group_id"] for r in rows}
    return group, {r["account_id"]: r["campaign"] or "" for r in rows}


def _members(results: Path) -> dict[str, frozenset[str]]:
    rows: pa.Table = read_table(results, "members").select(["campaign_id", "account_id"])
    found: dict[str, set[str]] = {}
    for name, account in zip(*(rows[c].to_pylist() for c in rows.column_names), strict=True):
        found.setdefault(name, set()).add(account)
    return {name: frozenset(accounts) for name, accounts in found.items()}


def _found(results: Path) -> set[str]:
    rows = read_table(results, "campaigns").select(["campaign_id", "verdict"]).to_pylist()
    return {r["campaign_id"] for r in rows if r["verdict"] != "innocent"}


def _main(accounts: frozenset[str], of: Mapping[str, str]) -> str:
    """The group that has most of the accounts, "" if none has."""
    counts: dict[str, int] = {}
    for account in accounts:
        name = of.get(account, "")
        counts[name] = counts.get(name, 0) + 1
    best = max(counts, key=lambda name: (counts[name], name), default="")
    return best if counts.get(best, 0) > MOST * len(accounts) else ""


def _share(accounts: frozenset[str], of: Mapping[str, str], name: str) -> float:
    """Share of the accounts that are of a group."""
    return sum(of.get(a) == name for a in accounts) / len(accounts)
