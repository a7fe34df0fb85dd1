"""A finished population with all its numbered lists frozen:
what the writing of exchanges looks things up in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.lab.population.choices import Choices, Picker
from stillwatch.lab.population.clocks import HOUR_US
from stillwatch.lab.population.draws import unit, word
from stillwatch.lab.population.families import families
from stillwatch.lab.population.frame import Frame
from stillwatch.lab.population.levels import Levels
from stillwatch.lab.population.scripts import NONE, Script
from stillwatch.lab.population.specs import Crowd
from stillwatch.lab.population.town import Params, Town
from stillwatch.lab.text.clients import Client
from stillwatch.model.input_tables import EXCHANGES

PER = ("exchange", "session", "stream")
FILLS = ("own", "shares", "pool")
TOOLSETS = (
    ("read_file", "write_file", "run_command", "search"),
    ("search_documents", "open_document"),
    ("get_weather", "get_time", "send_message"),
    ("browser_open", "browser_click", "browser_type", "screenshot"),
    ("python", "bash"),
    ("record_label",),
    ("query_database", "plot"),
    ("create_ticket", "find_customer", "refund"),
)


@dataclass(frozen=True, slots=True)
class ScriptTable:
    """All scripts as arrays; row = number of the script."""

    programs: Picker
    follow: Picker
    systems: Picker  # numbers of rows of `system_texts`
    system_texts: npt.NDArray[np.int64]  # programme, filling
    per: npt.NDArray[np.int8]
    fills: npt.NDArray[np.int8]
    span: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]
    repeats: npt.NDArray[np.int64]
    reword: npt.NDArray[np.float32]
    material: npt.NDArray[np.int32]
    pieces: npt.NDArray[np.int64]
    tag: npt.NDArray[np.int64]
    tools: npt.NDArray[np.int64]
    schema: npt.NDArray[np.int64]

    @classmethod
    def of(cls, scripts: Sequence[Script]) -> ScriptTable:
        """The table of these scripts."""
        pairs = dict.fromkeys(pair for s in scripts for pair in s.systems)
        texts = {pair: number for number, pair in enumerate(pairs)}
        return cls(
            programs=_lists([s.programs for s in scripts]),
            follow=_lists([s.follow or s.programs for s in scripts]),
            systems=_lists([[texts[pair] for pair in s.systems] or [NONE] for s in scripts]),
            system_texts=np.array([*texts, (0, 0)], np.int64),
            per=np.array([PER.index(s.per) for s in scripts], np.int8),
            fills=np.array([FILLS.index(s.fills) for s in scripts], np.int8),
            span=np.array([s.span for s in scripts], np.int64),
            base=np.array([s.base for s in scripts], np.int64),
            repeats=np.array([s.repeats for s in scripts], np.int64),
            reword=np.array([s.reword for s in scripts], np.float32),
            material=np.array([s.material for s in scripts], np.int32),
            pieces=np.array([s.pieces for s in scripts], np.int64),
            tag=np.array([s.tag for s in scripts], np.int64),
            tools=np.array([s.tools for s in scripts], np.int64),
            schema=np.array([s.schema for s in scripts], np.int64),
        )


@dataclass(frozen=True, slots=True)
class Book:
    """A town and its crowd, frozen."""

    town: Town
    accounts: Frame
    ended: npt.NDArray[np.int64]  # when each account was closed, suspended or banned, if it was; microseconds
    streams: Frame
    scripts: ScriptTable
    families: npt.NDArray[np.int8]  # by programme: its number in FAMILIES
    levels: Levels
    handed_out: npt.NDArray[np.int64]  # per stream: requests of earlier streams with the same script
    clock_edges: npt.NDArray[np.float64]
    pools: Picker
    clients: Picker
    params: Picker
    mixes: Picker
    pathways: Picker
    client_columns: dict[str, pa.Array]
    param_columns: dict[str, pa.Array]
    tool_names: pa.Array
    tool_keys: npt.NDArray[np.int64]

    @classmethod
    def close(cls, town: Town, crowd: Crowd, clients: Sequence[Client]) -> Book:
        """Freeze everything."""
        ended = _ends(town, crowd.accounts, crowd.streams)
        streams = _stopped(town, crowd.streams, crowd.accounts, ended)
        return cls(
            town=town,
            accounts=crowd.accounts,
            ended=ended,
            streams=streams,
            scripts=ScriptTable.of(list(town.scripts)),
            families=families(town.library, [p for s in town.scripts for p in (*s.programs, *s.follow)]),
            levels=Levels.load(),
            handed_out=_handed_out(streams),
            clock_edges=town.clocks.freeze(),
            pools=town.pools.freeze(),
            clients=town.clients.freeze(),
            params=town.params.freeze(),
            mixes=town.mixes.freeze(),
            pathways=town.pathways.freeze(),
            client_columns={
                name: pa.array([getattr(client, name) or None for client in clients], pa.string())
                for name in ("user_agent", "sdk", "ja4", "header_order")
            },
            param_columns=_param_columns(list(town.vectors)),
            tool_names=pa.array(TOOLSETS, pa.list_(pa.string())),
            tool_keys=np.array([word("tools", names) >> 1 for names in TOOLSETS], np.int64),
        )


def _param_columns(vectors: Sequence[Params]) -> dict[str, pa.Array]:
    names = {"effort": "reasoning_effort"}
    columns = {}
    for name in ("temperature", "top_p", "max_tokens", "stream", "logprobs", "effort"):
        column = names.get(name, name)
        kind = EXCHANGES.schema.field(column).type
        columns[column] = pa.array([getattr(v, name) for v in vectors], kind)
    return columns


def _lists(lists: Sequence[Sequence[int]]) -> Picker:
    choices = Choices()
    table = [choices.add(items) for items in lists]
    picker = choices.freeze()
    return Picker(picker.items, picker.edges, picker.starts, np.array(table, np.int64))


def _handed_out(streams: Frame) -> npt.NDArray[np.int64]:
    """For data sets shared out among accounts: where each stream's part begins."""
    order = np.argsort(streams["script"], kind="stable")
    script, requests = streams["script"][order], streams["requests"][order]
    before = np.cumsum(requests) - requests
    starts = before[np.searchsorted(script, script, side="left")]
    out = np.empty(len(order), np.int64)
    out[order] = before - starts
    return out


def _ends(town: Town, accounts: Frame, streams: Frame) -> npt.NDArray[np.int64]:
    """When accounts stop that are not active any more: late in the window, and not before they were used."""
    owner, first = np.unique(streams["account"], return_index=True)
    since = np.zeros(len(accounts))
    since[owner] = streams["since"][first]
    life = np.minimum(streams["until"][first], town.hours) - streams["since"][first]
    since[owner] += np.maximum(0.3 * life, 0.2)
    share = 0.3 + 0.7 * unit(np.arange(len(accounts)), town.seed, 49)
    some_time = np.minimum(np.maximum(share * town.hours, since), town.hours)
    return town.at(np.where(accounts["ends"] < town.hours, accounts["ends"], some_time))


def _stopped(town: Town, streams: Frame, accounts: Frame, ended: npt.NDArray[np.int64]) -> Frame:
    """Streams end with their account; what would have come later is left out."""
    owner = streams["account"]
    last = np.where(accounts["status"][owner] > 0, (ended[owner] - town.start) / HOUR_US, town.hours)
    since, until = streams["since"], np.minimum(streams["until"], town.hours)
    kept = np.clip((last - since) / np.maximum(until - since, 0.01), 0.0, 1.0)
    return streams.having(
        until=np.minimum(until, last),
        requests=np.floor(streams["requests"] * kept + 1e-9).astype(np.int64),
        barred=np.isin(accounts["status"][owner], (1, 2)) & (last < until),
    )
