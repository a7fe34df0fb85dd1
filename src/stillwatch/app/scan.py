"""The main job: a dataset folder in, campaigns with evidence out."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from rich.console import Console

from stillwatch import __version__
from stillwatch.app import linking, report, stages
from stillwatch.app.ablation import hidden_columns, leave_out
from stillwatch.app.actors import attributed, load_actors, look_up
from stillwatch.app.calibration_in_use import calibration_in_use
from stillwatch.app.lifecycle import Lifecycle
from stillwatch.app.memory import shares
from stillwatch.app.resources import hypotheses
from stillwatch.app.resume import (
    findings_as_values,
    findings_from_values,
    names_as_values,
    names_from_values,
    owner,
    stages_folder,
)
from stillwatch.app.secret import default_key_file, fingerprint, read_key
from stillwatch.app.signatures import signatures_meanwhile
from stillwatch.app.sketches import keep_sketches
from stillwatch.app.sources import Partials, Source, open_engine, threads_of
from stillwatch.app.stores import cloud_files
from stillwatch.app.terminal import Steps, progress
from stillwatch.attribute import findings, membership
from stillwatch.attribute.actors.rows import Attributed, attribution_evidence, attributions
from stillwatch.attribute.assess import Assessment, AssessSettings
from stillwatch.attribute.conformal import Claim, Traffic, claims
from stillwatch.attribute.features import FEATURES
from stillwatch.ingest.coverage import Coverage
from stillwatch.link.incidence import Incidence, read_incidence
from stillwatch.model.engine import Tables, Window
from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.memory import peak_memory
from stillwatch.model.table import SCHEMA_VERSION
from stillwatch.store.dataset import Dataset, open_dataset
from stillwatch.store.duck import DuckTables
from stillwatch.store.kept import KeptStages, kept_stages
from stillwatch.store.results import results_folder, write_json, write_table
from stillwatch.store.spark.session import SparkSettings


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How to scan: memory limit ("4GB"), threads, end of time, key file, quiet; calibration file and the
    false-discovery rate that it must be able to express; whether to write the report; what evidence to leave
    `without` (families, or `text`); folder of the state; whether pieces of one pool are left `apart`, as they are for
    fitting expectations; folder `beside` that holds tables the dataset lacks; folder of actor profiles; folder that
    keeps the `sketches` of files from scan to scan; where Spark is, if the work is to be done there."""

    memory: str = ""
    threads: int = 0
    as_of: datetime | None = None
    key_file: Path | None = None
    quiet: bool = False
    calibration: Path | None = None
    level: float = 0.05
    report: bool = True
    without: tuple[str, ...] = ()
    state: Path | None = None
    apart: bool = False
    beside: Path | None = None
    actors: Path | None = None
    sketches: Path | None = None
    spark: SparkSettings | None = None


def scan(
    folder: Path | str, out: Path, settings: ScanSettings | None = None, *, partials: Partials | None = None
) -> Path:
    """Scan a dataset folder, here or at the address of a cloud store, and write the result tables, `summary.json` and
    `report.html`; returns `out`.

    With `partials` of its exchanges the text is not read again. Without them a scan that was stopped goes on behind
    the last stage it finished, if input, settings and versions are the same; not in Spark, where it begins anew.

    Raises `InputError` for a folder that cannot be used, `UsageError` for settings that exclude each other,
    `ResourceError` when disk or memory run out; in all cases nothing half-written is left that a command would read.
    """
    s = settings or ScanSettings()
    if s.spark is not None and s.sketches is not None:
        raise UsageError("sketches of files are kept on one machine", remedy="Leave out --sketches or Spark")
    found = open_dataset(folder, cloud_files())
    data = replace(found, hidden=hidden_columns(s.without), before=s.as_of, beside=s.beside)
    key_file = s.key_file or default_key_file()
    key = read_key(key_file)
    life = Lifecycle(s.state, fingerprint(key))
    kept = keep_sketches(s.sketches, data, key) if s.sketches is not None and partials is None else None
    with results_folder(out) as fresh:
        scratch = fresh / "scratch"
        scratch.mkdir()
        with open_engine(
            scratch, data, key, kept or partials,
            spark=s.spark, memory=shares(s.memory).engine, threads=s.threads,
        ) as (t, source):  # fmt: skip
            run = _Run(t, data, key, fresh, s, life, source)
            summary = (
                _resumed(run, t, out) if isinstance(t, DuckTables) and not partials else run.everything()
            )
        shutil.rmtree(scratch)
        if kept is not None:
            summary["input"]["files"] = kept.made
        write_json(fresh, "summary.json", summary)
        if s.report:
            report.render(fresh)
    life.remember()
    return out


def _resumed(run: _Run, t: DuckTables, out: Path) -> dict[str, Any]:
    """Run a scan whose finished stages are kept beside `out`, from the last of them on."""
    made_from = owner(run.data, {"key": fingerprint(run.key), **run.decides()})
    with kept_stages(stages_folder(out), made_from, t) as kept:
        run.kept = kept
        return run.everything()


class _Run:
    """One scan: what its steps share."""

    def __init__(
        self, t: Tables, data: Dataset, key: HashKey, out: Path, s: ScanSettings, life: Lifecycle, source: Source
    ) -> None:  # fmt: skip
        self.t, self.data, self.key, self.out, self.s, self.life = t, data, key, out, s, life
        self.source = source
        self.kept: KeptStages | None = None
        self.watch = stages.Stopwatch()
        self.names = stages.Names(set(), Coverage())
        self.rows = data.rows("exchanges")
        self.assess = AssessSettings()
        self.in_use = calibration_in_use(s.calibration)
        self.held: Incidence | None = None
        self.found: dict[int, Assessment] = {}
        self.claims: dict[int, Claim] = {}
        self.actors = load_actors(s.actors, key, fingerprint(key))

    def decides(self) -> dict[str, Any]:
        """What of the settings the stages depend on; how much memory and how many threads there are is not among it."""
        s = self.s
        return {
            "without": s.without,
            "before": s.as_of,
            "apart": s.apart,
            "assess": AssessSettings(),
            "curve": self.in_use.curve,
        }

    def everything(self) -> dict[str, Any]:
        """Run the stages, write the tables, return the summary."""
        with progress(Console(stderr=True, quiet=True) if self.s.quiet else None) as steps:
            dropped = self._stage(steps, "sketch", lambda: self._sketched(steps), self.rows)["dropped"]
            window = self._window()
            self._stage(steps, "frames and holdings", self._held)
            self._stage(steps, "signals", lambda: self._scored(window))
            self._stage(steps, "link", self._linked)
            text = any(c.field == "prompt_text" and c.share > 0 for c in self.names.coverage.table())
            self.assess = AssessSettings(
                needs_content=text and "content" not in self.s.without, without=self.s.without
            )
            self._stage(steps, "assess", self._assessed)
            self.claims = claims(
                self.found, self.in_use.calibration, self._traffic(window), level=self.s.level
            )
            steps.stage("results", None)
            with self.watch.stage("results", self.rows):
                self._results(self.found, window)
        return self._summary(window, dropped)

    def _sketched(self, steps: Steps) -> dict[str, Any]:
        """Tables `keys` and `reasoning`; how many duplicates were dropped, and what else the exchanges showed."""
        dropped = self.source.load(self.names, steps.advance)
        return {"dropped": dropped, **names_as_values(self.names)}

    def _held(self) -> dict[str, Any]:
        frames = shares(self.s.memory).frames
        stages.holdings(
            self.t, self.data, self.key, self.source.words, threads=threads_of(self.s.threads), frames=frames
        )
        leave_out(self.t, self.s.without)
        return {}

    def _scored(self, window: Window) -> dict[str, Any]:
        stages.scores(self.t, window)
        return {}

    def _linked(self) -> dict[str, Any]:
        self.held = linking.link(self.t, self.key, threads=threads_of(self.s.threads))
        return {}

    def _assessed(self) -> dict[str, Any]:
        """Assess the groups; the incidence is read again where an earlier scan has linked them."""
        threads = threads_of(self.s.threads)
        held = self.held or read_incidence(self.t, threads=threads)
        self.found = linking.attribute(
            self.t, held, self.assess, self.in_use.curve, apart=self.s.apart, threads=threads
        )
        return {"found": findings_as_values(self.found)}

    def _stage(
        self, steps: Steps, name: str, work: Callable[[], dict[str, Any]], total: float | None = None
    ) -> Mapping[str, Any]:
        """Run a stage, or take what an earlier scan has kept of it; what it says besides its tables."""
        steps.stage(name, total, unit="exchanges" if total else "")
        if self.kept is None:
            with self.watch.stage(name, self.rows):
                return work()
        known = self.kept.take(name)
        if known is not None:
            self._recall(name, known)
            return known
        with self.kept.stage(name) as values:
            with self.watch.stage(name, self.rows):
                values |= work()
            values["timing"] = self.watch.stages[-1]
        return values

    def _recall(self, name: str, known: Mapping[str, Any]) -> None:
        """Bring back what a finished stage left besides its tables."""
        self.watch.stages.append(known["timing"])
        if name == "sketch":
            names_from_values(self.names, known)
        if name == "assess":
            self.found = findings_from_values(known["found"], hypotheses())

    def _window(self) -> Window:
        ends = self.t.query("SELECT min(ts) AS first, max(ts) AS last FROM keys").to_pylist()[0]
        if ends["first"] is None:
            raise InputError(
                "no exchange to scan", where=self.data.place, remedy="Check the input and --as-of"
            )
        return Window(ends["first"], ends["last"] + timedelta(microseconds=1))

    def _traffic(self, window: Window) -> Traffic:
        days = (window.end - window.start) / timedelta(days=1)
        return Traffic(days, self.assess.needs_content, self.s.without)

    def _results(self, found: Mapping[int, Assessment], window: Window) -> None:
        t = self.t
        stages.name_accounts(t, self.names, self.key)
        own = findings.name_campaigns(t)
        stages.name_verdicts(t, found)
        ids = self.life.name(t, own, window.end)
        who = self._attributed(found, ids)
        self._exchange_names()
        with signatures_meanwhile(t, self.source.rows_at):
            campaigns = self._campaign_tables(found, ids, who, window)
        write_table(self.out, "campaign_templates", membership.campaign_templates(t))
        self.life.follow(t, campaigns, window.end)

    def _campaign_tables(
        self, found: Mapping[int, Assessment], ids: Mapping[int, str], who: list[Attributed], window: Window
    ) -> pa.Table:
        """Write the result tables that need no text; those of `campaigns`."""
        t = self.t
        f = findings.Findings(
            found, self.claims, hypotheses(), self._lacking(), window.end,
            self.life.phases, self.life.detected,
        )  # fmt: skip
        tables = {
            "campaigns": findings.campaigns(t, f),
            "evidence": findings.evidence(t, f, ids),
            "hypotheses": findings.hypotheses(f, ids),
            "measurements": findings.measurements(t, ids),
            "attributions": attributions(who, self.actors.profiles),
            "attribution_evidence": attribution_evidence(who),
            "members": membership.members(t),
            "member_evidence": membership.member_evidence(t),
            "campaign_exchanges": membership.campaign_exchanges(t),
            "indicators": membership.indicators(t),
            "campaign_activity": membership.campaign_activity(t),
        }
        for name, rows in tables.items():
            write_table(self.out, name, rows)
        return tables["campaigns"]

    def _attributed(self, found: Mapping[int, Assessment], ids: Mapping[int, str]) -> list[Attributed]:
        """What is known of the actor of each campaign that is called distillation."""
        accused = [group for group, a in found.items() if a.verdict == "distillation"]
        verdicts = look_up(self.t, self.data, self.key, self.actors, accused)
        self.life.track(self.t, ids)
        return attributed(ids, accused, verdicts, self.life.groups, self.life.ties)

    def _lacking(self) -> frozenset[str]:
        """Columns that measurements need and the input does not hold, or holds only empty."""
        empty = {c.field for c in self.names.coverage.table() if c.share == 0}
        present = set(self.data.present("exchanges")) - empty
        for name in ("accounts", "instruments"):
            rows = self.data.read(name)
            present |= {c for c in rows.column_names if rows[c].null_count < rows.num_rows}
        return frozenset(c for f in FEATURES.values() for c in f.needs if c not in present)

    def _exchange_names(self) -> None:
        """Table `exchange_names` of the exchanges that results name, read again by position."""
        wanted = self.t.numpy(
            """
            SELECT DISTINCT k.row, k.exchange_id FROM group_exchanges g
            JOIN verdicts v ON v.group_id = g.group_id AND v.verdict <> 'innocent'
            JOIN keys k ON k.exchange_id = g.exchange_id ORDER BY k.row
            """
        )
        rows, ids = np.asarray(wanted["row"], np.int64), np.asarray(wanted["exchange_id"], np.int64)
        names = self.source.rows_at(rows, columns=["exchange_id"])["exchange_id"]
        self.t.put("exchange_names", pa.table({"exchange_id": ids, "name": names}))

    def _summary(self, window: Window, dropped: int) -> dict[str, Any]:
        cover = self.names.coverage.table()
        return {
            "stillwatch": __version__,
            "schema": SCHEMA_VERSION,
            "input": {
                "exchanges": self.t.rows("keys"),
                "accounts": self.t.query("SELECT count(DISTINCT account_id) AS n FROM keys")["n"][0].as_py(),
                "duplicates": dropped,
                "rejects": self.data.rows("rejects"),
                "first": window.start.isoformat(),
                "last": window.end.isoformat(),
                "digest": _digest(self.t),
                "key": fingerprint(self.key),
            },
            "state": self.life.summary(),
            "counts": _counts(self.t),
            "coverage": [
                {"column": c.field, "family": c.family, "share": c.share, "costs": c.cost} for c in cover
            ],
            "lost": [f"{c.field} is missing: {c.cost}" for c in cover if c.share == 0],
            "without": list(self.s.without),
            "actors": self.actors.record(),
            "timings": self.watch.stages,
            "resumed": list(self.kept.names) if self.kept else [],
            "peak_memory_bytes": peak_memory(),
            "settings": {"assess": asdict(self.assess), "memory": self.s.memory or "engine default"},
            "calibration": self.in_use.record(self.claims, self._traffic(window), self.s.level),
            "versions": {
                "python": platform.python_version(),
                "duckdb": duckdb.__version__,
                **({"spark": version("pyspark")} if self.s.spark else {}),
                "pyarrow": pa.__version__,
            },
            "releases": [
                {"model": r["model"], "at": r["released_at"].isoformat()}
                for r in self.data.read("releases")
                .sort_by([("released_at", "ascending"), ("model", "ascending")])
                .to_pylist()
            ],
            "enforcement": _waves(self.t),
            "look_alikes": self._look_alikes(),
        }

    def _look_alikes(self) -> list[str]:
        rows = self.t.query(
            """
            SELECT n.campaign_id FROM campaign_names n JOIN verdicts v ON v.group_id = n.group_id
            WHERE v.verdict = 'innocent' ORDER BY n.campaign_id
            """
        )
        ids: list[str] = rows["campaign_id"].to_pylist()
        return ids


def _digest(t: Tables) -> str:
    """Digest of the input that does not depend on row order."""
    row = t.query(
        """
        SELECT count(*) AS n, bit_xor(exchange_id) AS a, bit_xor(account_id) AS b,
               bit_xor(coalesce(exact_key, 1) + CAST(0 AS BIGINT)) AS c
        FROM keys
        """
    ).to_pylist()[0]
    return hashlib.blake2b(repr(sorted(row.items())).encode(), digest_size=12).hexdigest()


def _counts(t: Tables) -> dict[str, Any]:
    rows = t.query(
        """
        SELECT v.verdict, count(DISTINCT v.group_id) AS campaigns, count(DISTINCT m.account_id) AS accounts
        FROM verdicts v JOIN group_members m ON m.group_id = v.group_id GROUP BY v.verdict
        """
    ).to_pylist()
    traffic = t.query(
        """
        SELECT v.verdict, count(DISTINCT g.exchange_id) AS exchanges
        FROM verdicts v JOIN group_exchanges g ON g.group_id = v.group_id GROUP BY v.verdict
        """
    ).to_pylist()
    return {
        "campaigns": {r["verdict"]: r["campaigns"] for r in rows},
        "accounts": {r["verdict"]: r["accounts"] for r in rows},
        "exchanges": {r["verdict"]: r["exchanges"] for r in traffic},
    }


def _waves(t: Tables) -> list[dict[str, Any]]:
    rows = t.query(
        """
        SELECT date_trunc('day', "at") AS day, count(DISTINCT account_id) AS accounts
        FROM ban_times GROUP BY 1 ORDER BY 1
        """
    )
    return [
        {"at": r["day"].isoformat(), "action": "ban", "accounts": r["accounts"]} for r in rows.to_pylist()
    ]
