"""Simulate a scenario: the input tables of a scan and the truth about them, streamed to Parquet files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.lab import cohorts, scenarios
from stillwatch.lab.population import cohort as cohorts_of
from stillwatch.lab.population import ledger
from stillwatch.lab.population import scenario as scenarios_of
from stillwatch.lab.population.book import Book
from stillwatch.lab.population.clocks import Clocks
from stillwatch.lab.population.draws import word
from stillwatch.lab.population.exchanges import Draft, Linked, cut, draft, finish, link
from stillwatch.lab.population.grafts import Shelves
from stillwatch.lab.population.internet import Internet
from stillwatch.lab.population.scenario import LEAST, Scenario
from stillwatch.lab.population.schedule import Plan
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.talks import Talks
from stillwatch.lab.population.timetable import Timetable, timetable
from stillwatch.lab.population.town import Model, Town
from stillwatch.lab.text.clients import Client, load_clients
from stillwatch.lab.text.library import HARVEST, ORDINARY, TextLibrary
from stillwatch.lab.text.sources import Split
from stillwatch.model.ahead import ahead
from stillwatch.model.errors import ResourceError, UsageError
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.other_tables import TRUTH_EXCHANGES

START = 1_767_571_200_000_000  # 2026-01-05, a Monday, in microseconds
SLICE = 65_536  # exchanges written at a time
TEXTS = ("system_text", "prompt_text", "response_text")

MODELS = (
    Model("corvid-1", -700),
    Model("corvid-2", -420),
    Model("corvid-2-mini", -415),
    Model("wren-1", -300),
    Model("corvid-3-mini", -160),
    Model("wren-2", -150),
    Model("corvid-3", -90),
    Model("corvid-4", 18.6),
)
RELEASE_AT = 0.62  # the newest model comes out after this share of the window


@dataclass(frozen=True, slots=True)
class Counts:
    """What was written."""

    exchanges: int
    accounts: int
    harvested: int
    campaigns: Mapping[str, int]  # accounts per campaign


def scenario(name: str) -> Scenario:
    """The scenario of that name.

    Raises `UsageError` if there is none.
    """
    known = scenarios_of.load(scenarios)
    if name not in known:
        raise UsageError(f"no scenario is called {name!r}", remedy=f"Choose one of {', '.join(known)}")
    return known[name]


def _ignore(_done: int, _total: int) -> None:
    """Nobody watches."""


def simulate(
    what: Scenario,
    out: Path,
    *,
    scale: float = 1.0,
    seed: int = 1,
    split: Split = "test",
    text: bool = True,
    progress: Callable[[int, int], None] = _ignore,
) -> Counts:
    """Write a simulation to the folder `out` and say how much it holds.
    The same arguments give the same bytes.

    `scale` multiplies accounts, never rates; a campaign has at least 40 accounts. `progress(done, total)`
    is called as exchanges are written. Raises `UsageError` for a scale that is not positive.
    """
    if not 0 < scale <= 100:
        raise UsageError(f"scale {scale} is not usable", remedy="Use a number above 0, such as 0.02")
    _check_target(out)
    book = population(what, scale=scale, seed=word(what.name, split, seed), split=split)
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        (part / "truth").mkdir(parents=True)
        _write_tables(book, what, part)
        plan = timetable(book, part / "plan")
        harvested = _write_exchanges(book, plan, what, part, text=text, progress=progress)
        shutil.rmtree(plan.folder)
        shutil.rmtree(out, ignore_errors=True)
        part.rename(out)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise ResourceError(
            f"cannot write: {error}", where=str(out), remedy="Free space or name a folder"
        ) from error
    return _counts(book, plan, what, harvested)


def _counts(book: Book, plan: Timetable, what: Scenario, harvested: int) -> Counts:
    inside = np.bincount(book.accounts["campaign"] + 1, minlength=len(what.campaigns) + 1)[1:]
    campaigns = dict(zip([c.name for c in what.campaigns], inside.tolist(), strict=True))
    return Counts(plan.rows, len(book.accounts), harvested, MappingProxyType(campaigns))


def _check_target(out: Path) -> None:
    """Only an earlier simulation, or nothing, may be replaced."""
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / "truth").is_dir())):
        raise UsageError(f"{out} exists and holds no simulation", remedy="Name a new folder")


def population(what: Scenario, *, scale: float, seed: int, split: Split) -> Book:
    """All accounts and streams of a scenario."""
    clients = load_clients()
    accounts = round(what.accounts * scale)
    town = _town(what, accounts, seed, split, clients)
    crowds = []
    for number, cohort in enumerate(cohorts_of.load(cohorts)):
        share = what.shares.get(cohort.name, cohort.share)
        crowds.append(cohorts_of.populate(cohort, town, number, accounts * share))
    for number, campaign in enumerate(what.campaigns):
        n = max(LEAST, round(campaign.accounts * scale))
        crowd = campaign.build(town, town.rng("campaign", campaign.name), n, number)
        group = np.maximum(crowd.accounts["group"], 0)  # one group, where the campaign names no others
        crowds.append(crowd.marked(cohort=len(crowds), group=group))
    return Book.close(town, Crowd.join(crowds), clients)


def _town(what: Scenario, accounts: int, seed: int, split: Split, clients: list[Client]) -> Town:
    kinds: dict[str, list[int]] = {}
    for number, client in enumerate(clients):
        kinds.setdefault(client.kind, []).append(number)
    models = (*MODELS[:-1], Model(MODELS[-1].name, RELEASE_AT * what.days))
    library = TextLibrary.load(split)
    return Town(
        seed=seed,
        start=START,
        hours=what.days * 24,
        internet=Internet.make(seed, accounts),
        models=models,
        library=library,
        programs={kind: tuple(library.programs(kind).tolist()) for kind in HARVEST + ORDINARY},
        clocks=Clocks(what.days * 24),
        client_kinds={kind: np.array(numbers) for kind, numbers in kinds.items()},
    )


def _write_tables(book: Book, what: Scenario, out: Path) -> None:
    names = [c.name for c in cohorts_of.load(cohorts)] + [f"campaign:{c.name}" for c in what.campaigns]
    tables = {
        "accounts": ledger.accounts(book),
        "instruments": ledger.instruments(book),
        "releases": ledger.releases(book),
        "enforcement": ledger.enforcement(book),
        "networks": book.town.internet.table(book.town.seed, book.town.start),
        "truth/accounts": ledger.truth(
            book, names, [c.name for c in what.campaigns], [c.actor for c in what.campaigns]
        ),
        "truth/campaigns": ledger.campaigns(book, what.campaigns),
    }
    for name, table in tables.items():
        pq.write_table(table, out / f"{name}.parquet", compression="zstd", compression_level=1)


def _write_exchanges(
    book: Book,
    plan: Timetable,
    what: Scenario,
    out: Path,
    *,
    text: bool,
    progress: Callable[[int, int], None],
) -> int:
    """Slices in order of time: some are made while another is finished and written."""
    schema = EXCHANGES.schema
    harvested = 0
    settings = {"compression": "zstd", "compression_level": 1}
    with (
        pq.ParquetWriter(out / "exchanges.parquet", schema, **settings) as log,
        pq.ParquetWriter(out / "truth" / "exchanges.parquet", TRUTH_EXCHANGES.schema, **settings) as truth,
    ):

        def write(made: tuple[Draft, Linked]) -> tuple[int, int]:
            batch = finish(*made)
            answer = _harvest(book, made[0].part.plan, what, batch)
            log.write_batch(batch if text else _without_text(batch))
            truth.write_batch(answer)
            return made[0].part.at + batch.num_rows, answer.num_rows

        for done, inside in ahead(write, _linked(book, plan), threads=1):
            harvested += inside
            progress(done, plan.rows)
    return harvested


def _linked(book: Book, plan: Timetable) -> Iterator[tuple[Draft, Linked]]:
    """Slices in order of time, drafted in threads; conversations go on from one to the next."""
    talks = Talks.begin(plan.talks)
    shelves = Shelves.begin(book.streams)

    def made(rows: tuple[int, Plan]) -> Draft:
        return draft(cut(book, rows[1], rows[0]))

    for drafted in ahead(made, plan.slices(SLICE), threads=os.cpu_count() or 1):
        yield drafted, link(drafted, talks, shelves)


def _harvest(book: Book, plan: Plan, what: Scenario, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Truth about the exchanges of a slice that belong to a campaign."""
    names = pa.array([c.name for c in what.campaigns], pa.string())
    campaign = book.streams["campaign"][plan.stream]
    mask = pa.array(campaign >= 0)
    inside = names.take(pa.array(campaign[campaign >= 0]))
    taken = [batch.column("exchange_id").filter(mask), batch.column("account_id").filter(mask), inside]
    return pa.RecordBatch.from_arrays(taken, schema=TRUTH_EXCHANGES.schema)


def _without_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        pa.nulls(batch.num_rows, field.type) if field.name in TEXTS else column
        for field, column in zip(batch.schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of all files of a folder."""
    total = hashlib.sha256()
    for file in sorted(folder.rglob("*.parquet")):
        total.update(str(file.relative_to(folder)).encode())
        total.update(file.read_bytes())
    return total.hexdigest()
