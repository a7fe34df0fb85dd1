"""Attribution from traffic on: two months simulated, scanned one after the other, with profiles drafted in between."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from stillwatch.attribute.actors.posterior import FALSE_FLAG, UNKNOWN
from stillwatch.lab.figures.cell import command_line, reason_of
from stillwatch.lab.figures.keyfile import measuring_key
from stillwatch.lab.figures.site import Run
from stillwatch.lab.scenarios.actors import MONTH
from stillwatch.model.errors import ResourceError

SEEDS = (1001, 1002, 1003)
SCALE = 0.05
SECONDS = 3600.0
NAMES: Mapping[str, str] = MappingProxyType({"actor-amber": "Amber Kestrel", "actor-birch": "Slate Heron"})
GRADE = "B2"  # given to the drafted claims


@dataclass(frozen=True, slots=True)
class Checked:
    """One campaign of the second month of a world: whether a scan found it, the probabilities of its actor (of the one
    it imitates), of an imitation and of somebody unknown, its rung, and whether it is tied to the first campaign of its
    actor (of its victim)."""

    seed: int
    campaign: str
    found: bool
    actor: float = 0.0
    false_flag: float = 0.0
    unknown: float = 0.0
    ladder: str = ""
    tied: bool = False


def check(work: Path, seed: int, run: Run | None = None, *, scale: float = SCALE) -> list[Checked]:
    """Simulate and scan both months in a folder; what it holds already is used again.

    Raises `ResourceError` if a command fails.
    """
    do = run or command_line(SECONDS)
    data, first, second, profiles = (work / n for n in ("data", "first", "second", "profiles"))
    try:
        work.mkdir(parents=True, exist_ok=True)
        key = str(measuring_key(work, seed))
        if not (second / "summary.json").exists():
            do(
                [
                    "simulate",
                    "actors",
                    "--scale",
                    f"{scale:g}",
                    "--seed",
                    str(seed),
                    "--out",
                    str(data),
                    "--json",
                ]
            )
            end = _later(data, work / "later")
            scanned = ["--key-file", key, "--state", str(work / "state"), "--json"]
            do(["scan", str(data), "--out", str(first), "--as-of", end.isoformat(), *scanned])
            _draft(do, data, first, profiles)
            do(["scan", str(work / "later"), "--out", str(second), "--actors", str(profiles), *scanned])
    except subprocess.CalledProcessError as error:
        raise ResourceError(reason_of(error), where=str(work), remedy="Mend it and run again") from error
    return _checked(data, first, second, seed)


def _later(data: Path, out: Path) -> datetime:
    """Write the dataset of the second month; returns when it begins."""
    exchanges = (
        ds.dataset(str(data / "exchanges"))
        if (data / "exchanges").is_dir()
        else ds.dataset(str(data / "exchanges.parquet"))
    )
    first = pc.min(exchanges.to_table(columns=["ts"])["ts"]).as_py()
    begins: datetime = first.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=MONTH)
    out.mkdir(parents=True, exist_ok=True)
    pq.write_table(exchanges.to_table(filter=pc.field("ts") >= pa.scalar(begins)), out / "exchanges.parquet")
    for file in data.glob("*.parquet"):
        if file.stem != "exchanges":
            (out / file.name).write_bytes(file.read_bytes())
    return begins


def _draft(do: Run, data: Path, results: Path, profiles: Path) -> None:
    """Profiles of the actors whose first campaigns were found, drafted from the largest part of each, and graded."""
    for actor, name in NAMES.items():
        campaign = _part(data, results, f"{actor.removeprefix('actor-')}-first")
        if campaign:
            out = profiles / f"{name.lower().replace(' ', '_')}.toml"
            do(
                [
                    "actors",
                    "--from",
                    campaign,
                    "--results",
                    str(results),
                    "--name",
                    name,
                    "--out",
                    str(out),
                    "--json",
                ]
            )
            out.write_text(out.read_text("utf-8").replace('"F6"', f'"{GRADE}"'), "utf-8")


def _part(data: Path, results: Path, campaign: str) -> str:
    """The campaign of a scan, called distillation, that holds most accounts of one of the truth; empty without one."""
    truth = pq.read_table(data / "truth" / "accounts.parquet")
    mine = truth.filter(pc.equal(truth["campaign"], campaign))["account_id"]
    members = pq.read_table(results / "members.parquet")
    campaigns = pq.read_table(results / "campaigns.parquet")
    accused = campaigns.filter(pc.equal(campaigns["verdict"], "distillation"))["campaign_id"]
    hit = members.filter(
        pc.and_(
            pc.is_in(members["account_id"], mine.combine_chunks()),
            pc.is_in(members["campaign_id"], accused.combine_chunks()),
        )
    )
    counts = hit.group_by("campaign_id").aggregate([("account_id", "count")]).to_pylist()
    return (
        max(counts, key=lambda r: (r["account_id_count"], r["campaign_id"]))["campaign_id"] if counts else ""
    )


def _checked(data: Path, first: Path, second: Path, seed: int) -> list[Checked]:
    rows = pq.read_table(second / "attributions.parquet").to_pylist()
    ties = pq.read_table(second / "attribution_evidence.parquet").to_pylist()
    wanted = (("amber-second", "actor-amber"), ("birch-second", "actor-birch"), ("copycat", "actor-amber"))
    out = []
    for campaign, actor in wanted:
        found = _part(data, second, campaign)
        before = _part(data, first, f"{actor.removeprefix('actor-')}-first")
        mine = {r["actor"]: r for r in rows if r["campaign_id"] == found}
        own = [t["claim"] for t in ties if t["campaign_id"] == found and t["kind"] == "tie"]
        tied = bool(before) and any(before in claim for claim in own)
        lost = Checked(seed, campaign, found=False)
        out.append(_one(lost, mine, NAMES[actor], tied=tied) if mine else lost)
    return out


def _one(lost: Checked, rows: dict[str, Any], name: str, *, tied: bool) -> Checked:
    def p(row: str) -> float:
        return float(rows[row]["posterior"]) if row in rows else 0.0

    rung: Sequence[str] = [r["ladder"] for n, r in rows.items() if n == name] or [
        r["ladder"] for r in rows.values()
    ]
    return Checked(lost.seed, lost.campaign, True, p(name), p(FALSE_FLAG), p(UNKNOWN), rung[0], tied)
