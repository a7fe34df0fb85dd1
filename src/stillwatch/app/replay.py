"""Replay a log as if it came in hour by hour: what would have been found when, and what could have been claimed."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from stillwatch import __version__
from stillwatch.app import linking, stages
from stillwatch.app.calibration_in_use import calibration_in_use
from stillwatch.app.lifecycle import Lifecycle
from stillwatch.app.resources import hypotheses
from stillwatch.app.secret import default_key_file, fingerprint, read_key
from stillwatch.app.slices import Loaded, Slice, cut
from stillwatch.app.terminal import Steps, progress
from stillwatch.attribute import conformal, findings, membership
from stillwatch.attribute.assess import UNIT, Assessment, AssessSettings
from stillwatch.attribute.claims import Claims, ClaimSettings
from stillwatch.model.engine import Window
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.table import SCHEMA_VERSION
from stillwatch.model.tables import TABLES
from stillwatch.signals.tables.keys import drop_duplicates
from stillwatch.store.dataset import Dataset, open_dataset
from stillwatch.store.duck import DuckTables, open_duck
from stillwatch.store.results import results_folder, write_json, write_table

LEVEL = 0.05  # false-discovery rate of the looks' q-values, which no shipped calibration can express


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """`every`: time between looks, and length of a slice; the first look is at `since`, or one slice after the first
    exchange, the last at `until`, or the end of the log. `claims` says how claims are spent; the rest as for a scan."""

    every: timedelta = timedelta(hours=6)
    since: datetime | None = None
    until: datetime | None = None
    claims: ClaimSettings = field(default_factory=ClaimSettings)
    memory: str = ""
    threads: int = 0
    key_file: Path | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at one look: result tables, the assessment of each campaign, the claims so far, seconds taken."""

    at: datetime
    tables: Mapping[str, pa.Table]
    found: Mapping[str, Assessment]
    claims: Claims
    seconds: float


def replay(folder: Path, out: Path, settings: ReplaySettings | None = None) -> Path:
    """Replay a dataset folder and write `replay_campaigns`, `replay_members` and `summary.json`; returns `out`.

    Raises `InputError` for a folder that cannot be used or holds nothing in the time asked for.
    """
    s = settings or ReplaySettings()
    if s.every < timedelta(minutes=1):
        raise UsageError("--every is shorter than a minute", remedy="Write it like 6h, 30m or 1d")
    data = replace(open_dataset(folder), before=s.until)
    key = read_key(s.key_file or default_key_file())
    with results_folder(out) as fresh:
        story = _Story()
        scratch = fresh / "scratch"
        scratch.mkdir()
        with progress(Console(stderr=True, quiet=True) if s.quiet else None) as steps:
            sketched, slices = _timed_cut(data, key, scratch, s, steps)
            steps.stage("look", float(len(_times(slices, s))))
            for look in looks(data, key, scratch, slices, s):
                story.add(look)
                steps.advance()
        if not story.seconds:
            raise InputError(
                "no exchange in the time asked for", where=str(folder), remedy="Check --from and --to"
            )
        shutil.rmtree(scratch)
        for name, rows in story.tables().items():
            write_table(fresh, name, rows)
        write_json(fresh, "summary.json", _summary(story, slices, sketched, key, s))
    return out


def _timed_cut(
    data: Dataset, key: HashKey, scratch: Path, s: ReplaySettings, steps: Steps
) -> tuple[float, list[Slice]]:
    begun = time.perf_counter()
    steps.stage("sketch", data.rows("exchanges"), unit="exchanges")
    slices = cut(data, key, scratch, every=s.every, done=steps.advance)
    return time.perf_counter() - begun, slices


def _times(slices: list[Slice], s: ReplaySettings) -> list[datetime]:
    """When the replay looks: at the end of each slice from `since` on."""
    return [part.end for part in slices if s.since is None or part.end >= s.since]


def looks(
    data: Dataset, key: HashKey, scratch: Path, slices: list[Slice], settings: ReplaySettings
) -> Iterator[Look]:
    """The looks of a replay in order; each reads the partials of its past and nothing later."""
    claims, wanted = Claims(), set(_times(slices, settings))
    with open_duck(scratch, memory=settings.memory, threads=settings.threads) as t:
        loaded = Loaded(t)
        for part in slices:
            loaded.add(part)
            if part.end not in wanted or loaded.rows == 0:
                continue
            begun = time.perf_counter()
            life = Lifecycle(scratch / "state", fingerprint(key))
            known = replace(data, before=min(part.end, data.before or part.end))
            found, tables = _look(t, known, key, loaded, life)
            claims = claims.look(found, settings.claims)
            yield Look(part.end, tables, found, claims, time.perf_counter() - begun)


def _look(
    t: DuckTables, data: Dataset, key: HashKey, loaded: Loaded, life: Lifecycle
) -> tuple[dict[str, Assessment], dict[str, pa.Table]]:
    """Link and assess what was loaded so far; what a scan of the log up to now would find."""
    t.define("keys", "SELECT * FROM sketched")
    if t.has("blocks"):
        t.define("reasoning", "SELECT * FROM blocks")
    else:
        t.put("reasoning", stages.no_reasoning())
    drop_duplicates(t)
    ends = t.query("SELECT min(ts) AS first, max(ts) AS last FROM keys").to_pylist()[0]
    window = Window(ends["first"], ends["last"] + timedelta(microseconds=1))
    stages.holdings(t, data, key, loaded)
    stages.scores(t, window)
    held = linking.link(t, key)
    text = any(c.field == "prompt_text" and c.share > 0 for c in loaded.names.coverage.table())
    settings = AssessSettings(needs_content=text)
    in_use = calibration_in_use(None)
    found = linking.attribute(t, held, settings, in_use.curve)
    traffic = conformal.Traffic((window.end - window.start) / timedelta(days=1), settings.needs_content)
    ranked = conformal.claims(found, in_use.calibration, traffic, level=LEVEL)
    stages.name_accounts(t, loaded.names, key)
    own = findings.name_campaigns(t)
    stages.name_verdicts(t, found)
    ids = life.name(t, own, window.end)
    f = findings.Findings(
        found,
        ranked,
        hypotheses(),
        frozenset(),
        window.end,
        life.phases,
        life.detected,
    )
    tables = {
        "campaigns": findings.campaigns(t, f),
        "members": membership.members(t),
        "measurements": findings.measurements(t, ids),
        "hypotheses": findings.hypotheses(f, ids),
    }
    life.follow(t, tables["campaigns"], window.end)
    life.remember()
    return {ids[group]: a for group, a in found.items()}, tables


class _Story:
    """Rows of the result tables, look by look."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.members: dict[tuple[str, str], dict[str, Any]] = {}
        self.seconds: list[dict[str, Any]] = []
        self.claims = Claims()

    def add(self, look: Look) -> None:
        """Add what one look found."""
        self.claims = look.claims
        accused: dict[str, bool] = {}
        for row in look.tables["campaigns"].to_pylist():
            name = row["campaign_id"]
            claimed = name in look.claims.claimed
            self.rows.append(
                {
                    "at": look.at,
                    **{c: row[c] for c in ("campaign_id", "verdict", "accounts", "exchanges")},
                    **{c: row[c] for c in ("weight_bits", "weight_low")},
                    "needed_bits": look.claims.needed[name] / UNIT,
                    "claimed": claimed,
                }
            )
            if row["verdict"] == "distillation":
                accused[name] = claimed
        self.seconds.append(
            {"at": look.at.isoformat(), "seconds": round(look.seconds, 3), "groups": len(look.found)}
        )
        members = look.tables["members"].select(["campaign_id", "account_id"])
        for name, account in zip(*(members[c].to_pylist() for c in members.column_names), strict=True):
            if name in accused:
                self._accuse(name, account, look.at, claimed=accused[name])

    def _accuse(self, name: str, account: str, at: datetime, *, claimed: bool) -> None:
        new = {"campaign_id": name, "account_id": account, "accused_at": at, "claimed_at": None}
        row = self.members.setdefault((name, account), new)
        if claimed and row["claimed_at"] is None:
            row["claimed_at"] = at

    def tables(self) -> dict[str, pa.Table]:
        """The result tables."""
        parts = {"replay_campaigns": self.rows, "replay_members": list(self.members.values())}
        return {name: pa.Table.from_pylist(rows, schema=TABLES[name].schema) for name, rows in parts.items()}


def _summary(
    story: _Story, slices: list[Slice], sketched: float, key: HashKey, s: ReplaySettings
) -> dict[str, Any]:
    return {
        "stillwatch": __version__,
        "schema": SCHEMA_VERSION,
        "input": {"exchanges": sum(p.rows for p in slices), "key": fingerprint(key)},
        "replay": {
            "every_seconds": s.every.total_seconds(),
            "first": story.seconds[0]["at"],
            "last": story.seconds[-1]["at"],
            "looks": len(story.seconds),
            "groups": len(story.claims.needed),
            "claimed": sorted(story.claims.claimed),
            "claims": asdict(s.claims),
        },
        "timings": {"sketch_seconds": round(sketched, 3), "looks": story.seconds},
        "versions": {"python": platform.python_version(), "pyarrow": pa.__version__},
    }
