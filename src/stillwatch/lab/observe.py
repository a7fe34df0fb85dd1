"""What one scan found against the truth about its data, small enough to be kept as JSON.

Everything that `evaluate` pools over seeds is here as tallies of groups, so the data itself can be deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.lab.intervals import Tally, tally
from stillwatch.lab.slices import slices
from stillwatch.model.errors import InputError
from stillwatch.store.dataset import Dataset
from stillwatch.store.results import read_table

Names = NDArray[np.object_]
Flags = NDArray[np.bool_]


NEEDED: Mapping[str, tuple[str, ...]] = MappingProxyType({"accounts": ("account_id", "campaign", "cohort")})


@dataclass(frozen=True, slots=True)
class Campaign:
    """One planted campaign and the found one that holds most of it."""

    run: str
    campaign: str
    accounts: int
    found: str | None
    completeness: float
    purity: float


@dataclass(frozen=True, slots=True)
class Pairs:
    """Counts behind the adjusted Rand index over hostile or flagged accounts: pairs together in both
    partitions, in the true one, in the found one, and accounts."""

    both: float
    planted: float
    found: float
    accounts: int


@dataclass(frozen=True, slots=True)
class Observation:
    """One scan against its truth.

    `tallies` by figure: `recall`, `precision`, `false_positives`, `exchange_recall`, `exchange_precision`,
    `campaign/NAME` (recall), `cohort/NAME` (false positives), and for a slice such as the price plan
    `slice/KIND/VALUE/recall` and `…/false_positives`. `roles` counts hostile accounts by `true>found` role, `traffic`
    exchanges of relay accounts in found campaigns by `true>called`: how well the harvest is told from the customers'.
    """

    run: str
    tallies: dict[str, tuple[Tally, ...]]
    campaigns: tuple[Campaign, ...]
    false_campaigns: int
    roles: dict[str, int]
    pairs: Pairs
    traffic: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Accounts:
    ids: pa.Array
    cohort: Names
    campaign: Names  # "" if innocent
    role: Names
    group: Names
    flagged: Flags
    found: Names  # id of the campaign that flags the account, "" if none
    found_role: Names


def observe(results: Path, truth: Path) -> Observation:
    """What the scan in `results` made of the data whose truth is in `truth`.

    Where the data itself lies beside the truth, figures by script, hours, plan and age of the account are
    added. Raises `InputError` if a folder lacks the tables.
    """
    a = _accounts(results, truth)
    hostile = a.campaign != ""
    demixed, traffic = _demixed(a, results, truth)
    tallies = {
        "recall": _tally(a, hostile, a.flagged),
        "precision": _tally(a, a.flagged, hostile),
        "false_positives": _tally(a, ~hostile, a.flagged),
        **_exchanges(results, truth),
        **demixed,
    }
    for name in sorted(set(a.cohort[~hostile])):
        tallies[f"cohort/{name}"] = _tally(a, ~hostile & (a.cohort == name), a.flagged)
    for name in sorted(set(a.campaign[hostile])):
        tallies[f"campaign/{name}"] = _tally(a, a.campaign == name, a.flagged)
    for kind, values in slices(truth.parent, a.ids).items():
        for value in sorted(set(values)):
            inside = values == value
            tallies[f"slice/{kind}/{value}/recall"] = _tally(a, hostile & inside, a.flagged)
            tallies[f"slice/{kind}/{value}/false_positives"] = _tally(a, ~hostile & inside, a.flagged)
    roles = Counter(f"{t or 'none'}>{f or 'missed'}" for t, f in zip(a.role, a.found_role, strict=True) if t)
    return Observation(
        run=str(results),
        tallies={name: found for name, found in tallies.items() if found},
        campaigns=tuple(_campaigns(results.name, a)),
        false_campaigns=_false_campaigns(a),
        roles=dict(sorted(roles.items())),
        pairs=_pairs(a),
        traffic=traffic,
    )


def _accounts(results: Path, truth: Path) -> _Accounts:
    known = _truth(truth, "accounts")
    members, campaigns = read_table(results, "members"), read_table(results, "campaigns")
    guilty = campaigns.filter(pc.equal(campaigns["verdict"], "distillation"))["campaign_id"]
    accused = members.filter(pc.is_in(members["campaign_id"], guilty.combine_chunks()))
    accused = accused.sort_by(
        [("account_id", "ascending"), ("p_member", "descending"), ("campaign_id", "ascending")]
    )
    at = np.asarray(pc.index_in(known["account_id"], accused["account_id"].combine_chunks()).fill_null(-1))
    campaign, cohort = _text(known["campaign"]), _text(known["cohort"])
    return _Accounts(
        ids=known["account_id"].combine_chunks(),
        cohort=cohort,
        campaign=campaign,
        role=np.where(campaign != "", _column(known, "role"), ""),
        group=_groups(known, campaign),
        flagged=at >= 0,
        found=np.append(_text(accused["campaign_id"]), "")[at],
        found_role=np.append(_text(accused["role"]), "")[at],
    )


def _groups(known: pa.Table, campaign: Names) -> Names:
    """The stated independent group; without one a campaign is a group, and so is each innocent account."""
    own = _text(known["account_id"])
    stated = _column(known, "group_id")
    return np.where(stated != "", stated, np.where(campaign != "", campaign, own))


def _column(table: pa.Table, name: str) -> Names:
    if name in table.column_names:
        return _text(table[name])
    return np.full(table.num_rows, "", dtype=object)


def _text(column: pa.ChunkedArray | pa.Array) -> Names:
    return np.array(pc.fill_null(column.cast(pa.string()), "").to_pylist(), dtype=object)


def _truth(folder: Path, name: str) -> pa.Table:
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise InputError(
            "no such file", where=str(path), remedy="Give the `truth` folder that `stillwatch simulate` wrote"
        )
    rows = pq.read_table(path)
    lacking = [c for c in NEEDED.get(name, ()) if c not in rows.column_names]
    if lacking:
        raise InputError(
            f"column {lacking[0]!r} of the truth is missing",
            where=str(path),
            remedy="Name the folder `truth` that `stillwatch simulate` wrote inside its own",
        )
    return rows


def _tally(a: _Accounts, whole: Flags, part: Flags) -> tuple[Tally, ...]:
    """Of each group: accounts in `whole`, and those of them in `part`."""
    return _by_group(a.group[whole], part[whole])


def _by_group(group: Names, part: Flags) -> tuple[Tally, ...]:
    if len(group) == 0:
        return ()
    _, code = np.unique(group.astype(str), return_inverse=True)
    return tally(np.bincount(code, weights=part.astype(np.float64)), np.bincount(code).astype(np.int64))


def _campaigns(run: str, a: _Accounts) -> list[Campaign]:
    out = []
    for name in sorted(set(a.campaign[a.campaign != ""])):
        planted = a.campaign == name
        ids, counts = np.unique(a.found[planted & a.flagged].astype(str), return_counts=True)
        if len(ids) == 0:
            out.append(Campaign(run, str(name), int(planted.sum()), None, 0.0, 0.0))
            continue
        best = str(ids[counts.argmax()])
        held = a.found == best
        completeness = float(counts.max() / planted.sum())
        purity = float((held & planted).sum() / held.sum())
        out.append(Campaign(run, str(name), int(planted.sum()), best, completeness, purity))
    return out


def _false_campaigns(a: _Accounts) -> int:
    """Found campaigns of which less than half the accounts are hostile."""
    ids = {str(i) for i in a.found if i}
    return sum(bool((a.campaign[a.found == i] != "").mean() < 0.5) for i in ids)


def _pairs(a: _Accounts) -> Pairs:
    """An account that is in no campaign, planted or found, is alone."""
    asked = (a.campaign != "") | a.flagged
    n = int(asked.sum())
    alone = np.array([f"-{i}" for i in range(n)], dtype=object)
    planted = np.where(a.campaign[asked] != "", a.campaign[asked], alone).astype(str)
    found = np.where(a.found[asked] != "", a.found[asked], alone).astype(str)
    _, x = np.unique(planted, return_inverse=True)
    _, y = np.unique(found, return_inverse=True)
    _, cells = np.unique(x.astype(np.int64) * (n + 1) + y, return_counts=True)
    return Pairs(_choose(cells), _choose(np.bincount(x)), _choose(np.bincount(y)), n)


def _choose(counts: NDArray[np.int64]) -> float:
    return float((counts * (counts - 1) / 2).sum())


def _exchanges(results: Path, truth: Path) -> dict[str, tuple[Tally, ...]]:
    """Recall by planted campaign, precision by found campaign, of the rows that are called harvest."""
    planted = _truth(truth, "exchanges")
    rows = read_table(results, "campaign_exchanges")
    called = rows.filter(pc.equal(rows["role"], "harvest"))
    called = called.group_by("exchange_id").aggregate([("campaign_id", "min")])
    taken = np.asarray(pc.is_in(planted["exchange_id"], called["exchange_id"].combine_chunks()))
    right = np.asarray(pc.is_in(called["exchange_id"], planted["exchange_id"].combine_chunks()))
    return {
        "exchange_recall": _by_group(_column(planted, "campaign"), taken),
        "exchange_precision": _by_group(_text(called["campaign_id_min"]), right),
    }


def _demixed(a: _Accounts, results: Path, truth: Path) -> tuple[dict[str, tuple[Tally, ...]], dict[str, int]]:
    """Of relay accounts in found campaigns: recall and precision of the exchanges called harvest, by group of accounts,
    and counts of exchanges by what they are and what they were called. Nothing where the members do not say how many
    exchanges are theirs: most published detectors accuse accounts alone."""
    planted = _truth(truth, "exchanges")
    relays = (a.role == "relay") & a.flagged
    members = read_table(results, "members")
    if (
        not relays.any()
        or "account_id" not in planted.column_names
        or "exchanges" not in members.column_names
    ):
        return {}, {}
    rows = read_table(results, "campaign_exchanges")
    called = rows.filter(pc.equal(rows["role"], "harvest"))["exchange_id"].combine_chunks()
    harvest = _count(a.ids, planted["account_id"])[relays]
    hit = _count(a.ids, planted.filter(pc.is_in(planted["exchange_id"], called))["account_id"])[relays]
    campaigns = read_table(results, "campaigns")
    guilty = campaigns.filter(pc.equal(campaigns["verdict"], "distillation"))["campaign_id"].combine_chunks()
    accused = members.filter(pc.is_in(members["campaign_id"], guilty))
    sums = accused.group_by("account_id").aggregate([("exchanges", "max"), ("campaign_exchanges", "sum")])
    at = pc.index_in(a.ids.filter(pa.array(relays)), sums["account_id"].combine_chunks())
    total, taken = (
        np.asarray(pc.fill_null(sums[name].take(at), 0)).astype(np.int64)
        for name in ("exchanges_max", "campaign_exchanges_sum")
    )
    data = Dataset(truth.parent)
    if data.has("exchanges"):  # says who sent an exchange of two campaigns, which counts once
        taken = _senders(data, a.ids, called)[relays]
    taken = np.maximum(taken, hit)
    groups = np.unique(a.group[relays].astype(str), return_inverse=True)[1]
    hits = np.bincount(groups, weights=hit).astype(np.int64)
    counts = {
        "harvest>harvest": int(hit.sum()),
        "harvest>customers": int((harvest - hit).sum()),
        "customers>harvest": int((taken - hit).sum()),
        "customers>customers": int(np.maximum(total - harvest - (taken - hit), 0).sum()),
    }
    tallies = {
        "demixing_recall": tally(hits, np.bincount(groups, weights=harvest).astype(np.int64)),
        "demixing_precision": tally(hits, np.bincount(groups, weights=taken).astype(np.int64)),
    }
    return tallies, counts


def _senders(data: Dataset, ids: pa.Array, called: pa.Array) -> NDArray[np.int64]:
    """How many of the called exchanges each id sent."""
    found = np.zeros(len(ids), np.int64)
    for batch in data.batches("exchanges", columns=["exchange_id", "account_id"]):
        hit = batch.filter(pc.is_in(batch["exchange_id"], called))
        found += _count(ids, pa.chunked_array([hit["account_id"]]))
    return found


def _count(ids: pa.Array, owners: pa.ChunkedArray) -> NDArray[np.int64]:
    """How many of the owners each id is."""
    at = np.asarray(pc.fill_null(pc.index_in(owners, ids), -1))
    return np.bincount(at[at >= 0], minlength=len(ids)).astype(np.int64)
