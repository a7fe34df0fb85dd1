"""The stages of a scan, in order: each reads tables and leaves tables, timed under its name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch import signals
from stillwatch.app.resources import disposable_domains, intent_weights, reference_texts
from stillwatch.attribute.assess import Assessment
from stillwatch.ingest.coverage import Coverage
from stillwatch.model.ahead import ahead
from stillwatch.model.engine import Tables, Window
from stillwatch.model.kernels.address import ranges
from stillwatch.model.kernels.hashing import HashKey, keyed_strings
from stillwatch.model.kernels.sketch import normalised_key, sketch_text
from stillwatch.model.kernels.wording import WordSets, one_after_another
from stillwatch.model.registry import SignalSpec, scan
from stillwatch.model.schemas import plain
from stillwatch.model.tables import TABLES
from stillwatch.signals.tables.activity import write_activity
from stillwatch.signals.tables.crossings import write_crossings
from stillwatch.signals.tables.facts import write_events, write_facts
from stillwatch.signals.tables.frames import TEXT_KEYS, FrameSettings, write_frames
from stillwatch.signals.tables.handovers import write_handovers
from stillwatch.signals.tables.holdings import write_holdings
from stillwatch.signals.tables.keys import write_keys
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.signals.tables.templates import write_templates
from stillwatch.signals.tables.wordings import TEXTS, Fitter, words_of, write_wordings
from stillwatch.store.dataset import Dataset

Ints = NDArray[np.int64]

ROWS = 16_384  # of exchanges that a thread takes at a time, so that their texts stay small
NETWORK_KINDS = (
    "residential", "mobile", "hosting", "vpn", "cgnat", "education", "enterprise_gateway", "relay", "business",
    "tor_exit", "government",
)  # fmt: skip


@dataclass
class Stopwatch:
    """Seconds and rows of each stage, in the order they ran."""

    stages: list[dict[str, float | int | str]] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, rows: int = 0) -> Iterator[None]:
        """Time the block under this name."""
        start = time.perf_counter()
        yield
        seconds = time.perf_counter() - start
        self.stages.append(
            {
                "stage": name,
                "seconds": round(seconds, 3),
                "rows": rows,
                "rate": round(rows / max(seconds, 1e-9)),
            }
        )


@dataclass(frozen=True)
class Names:
    """Ids of accounts as the log wrote them, and coverage, gathered while the exchanges stream by."""

    seen: set[str]
    coverage: Coverage

    def watch(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches; their account ids are remembered, their fields counted."""
        for batch in batches:
            self.coverage.add(batch)
            self.seen.update(batch.column("account_id").unique().to_pylist())
            yield batch


def sketch(
    t: Tables, data: Dataset, key: HashKey, *, names: Names, threads: int, done: Callable[[int], None]
) -> int:
    """Tables `keys`, `reasoning` and `activity`; returns how many duplicates were dropped."""
    return write_keys(
        t, names.watch(data.batches("exchanges", rows=ROWS)), sketcher(data, key), threads=threads, done=done
    )


def sketcher(data: Dataset, key: HashKey, *, text: bool | None = None) -> Sketcher:
    """What sketches the exchanges of a dataset; `text` says whether there will be any, if that is known otherwise."""
    text = "prompt_text" in data.present("exchanges") if text is None else text
    networks = data.read("networks")
    kinds = np.array(
        [NETWORK_KINDS.index(k) + 1 if k in NETWORK_KINDS else 99 for k in networks["kind"].to_pylist()],
        np.int16,
    )
    asns = np.asarray(networks["asn"].fill_null(0).to_numpy(), np.int64)
    table = ranges(networks["prefix"].to_pylist(), np.arange(networks.num_rows))
    return Sketcher(key, intent_weights() if text else None, table, kinds, asns)


def name_accounts(t: Tables, names: Names, key: HashKey) -> None:
    """Table `account_names`: the id of each account as the log wrote it."""
    ids = pa.array(sorted(names.seen), pa.string())
    t.put("account_names", pa.table({"account_id": keyed_strings(ids, key), "name": ids}))


@dataclass(frozen=True, slots=True)
class TextWords:
    """Words of a dataset's exchanges, from their texts, counted in threads."""

    data: Dataset
    threads: int = 1

    def at(self, rows: Ints) -> WordSets:
        """Words of the exchanges at these sorted positions."""
        texts = self.data.batches_at("exchanges", rows, columns=TEXTS, threads=self.threads)
        return one_after_another(list(ahead(words_of, texts, threads=self.threads)))

    def every(self) -> Iterator[WordSets]:
        """Words of all exchanges, in order of position."""
        texts = self.data.batches("exchanges", columns=TEXTS, rows=ROWS)
        return ahead(words_of, texts, threads=self.threads)


class Words(Protocol):
    """Where the words of exchanges come from."""

    def at(self, rows: Ints) -> WordSets:
        """Words of the exchanges at these sorted positions."""
        ...

    def every(self) -> Iterator[WordSets]:
        """Words of all exchanges, in order of position."""
        ...


@runtime_checkable
class Spreads(Protocol):
    """Words that are far away: what fits a wording is found where they are."""

    def fits(self, name: str, fitter: Fitter) -> None:
        """Fill a table (row, wording_id) with the exchanges that fit."""
        ...


def holdings(
    t: Tables,
    data: Dataset,
    key: HashKey,
    words: Words | None = None,
    *,
    threads: int = 1,
    frames: FrameSettings | None = None,
) -> None:
    """Tables `templates`, `exchange_templates`, `holdings`, `facts`, `release_times`, `ban_times`.

    The text is read again for its words, in threads, unless `words` has them; `frames` says how these are looked for.
    """
    source = words or TextWords(data, threads)
    write_activity(t)
    write_frames(
        t, reference=reference_keys(key), settings=replace(frames or FrameSettings(), threads=threads)
    )
    write_wordings(
        t,
        source.at,
        source.every,
        reference=pa.concat_arrays(reference_texts().chunks),
        spread=source.fits if isinstance(source, Spreads) else None,
        threads=threads,
    )
    write_templates(t)
    accounts = data.read("accounts")
    write_holdings(t, accounts, data.read("instruments"), key)
    write_crossings(t)
    write_handovers(t)
    write_facts(t, accounts, key, disposable=disposable_domains())
    write_events(t, data.read("releases"), data.read("enforcement"), key)


@cache
def reference_keys(key: HashKey) -> frozenset[int]:
    """Sketch keys and system keys of the reference corpus."""
    texts = reference_texts()
    sketched = sketch_text(texts, key)
    found: set[int] = set(normalised_key(texts, key).tolist())
    for name in TEXT_KEYS:
        found.update(sketched.column(name).drop_null().to_pylist())
    return frozenset(found)


def scores(t: Tables, window: Window) -> Sequence[str]:
    """Table `scores`: every signal of the registry; returns their names."""
    parts = []
    found = scan(signals, SignalSpec, group="stillwatch.signals")
    for name, entry in found.items():
        relation = entry.thing(t, window=window)
        t.define(f"score_{name}", relation.sql)
        parts.append(
            f"""
            SELECT subject, '{name}' AS signal, CAST({entry.spec.version} AS INTEGER) AS version, value, n,
                   '{_settings(entry.thing)}' AS settings FROM score_{name}
            """
        )
    t.define("scores", " UNION ALL ".join(parts))
    for name in found:
        t.drop(f"score_{name}")
    return tuple(found)


def _settings(signal: Callable[..., object]) -> str:
    """A signal's settings as JSON: the defaults of its keyword arguments."""
    defaults = getattr(signal, "__kwdefaults__", None) or {}
    return json.dumps(defaults, sort_keys=True).replace("'", "''")


def name_verdicts(t: Tables, found: Mapping[int, Assessment]) -> None:
    """Table `verdicts` of the groups that stand."""
    verdicts = pa.array([a.verdict for a in found.values()], pa.string())
    t.put("verdicts", pa.table({"group_id": pa.array(list(found), pa.int64()), "verdict": verdicts}))


def no_reasoning() -> pa.Table:
    """Rows of `reasoning` where no exchange holds a reasoning block."""
    return plain(TABLES["reasoning"].schema).empty_table()
