"""Records on their way to Arrow: one `Row` per exchange, many rows to one record batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from stillwatch.ingest.coerce import digest
from stillwatch.model.conversation import fold_turns, hash_turns
from stillwatch.model.input_tables import EXCHANGES
from stillwatch.model.kernels.hashing import hash_strings
from stillwatch.model.table import TS


class Row(msgspec.Struct, gc=False):
    """One exchange as a format reads it; names are those of the `exchanges` table unless said otherwise.

    `roles` and `texts` are all turns of the request that are not system messages; the first `turn` of them
    are earlier turns, the rest is the new input. `ts` is in microseconds since 1970 UTC. `tools` and
    `response_schema` are canonical JSON, hashed here. `reply` is the answer as a turn, with its tool calls.
    """

    exchange_id: str | None = None
    ts: int | None = None
    account_id: str | None = None
    model: str | None = None
    response_model: str | None = None
    api_key_id: str | None = None
    organization_id: str | None = None
    end_user: str | None = None
    request_metadata: list[tuple[str, str]] | None = None
    pathway: str | None = None
    operation: str | None = None
    conversation_id: str | None = None
    turn: int | None = None
    system_text: str | None = None
    prompt_text: str | None = None
    response_text: str | None = None
    tool_names: list[str] | None = None
    reasoning_in: list[str] | None = None
    reasoning_out: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    prompt_cache_key: str | None = None
    stream: bool | None = None
    logprobs: bool | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    finish_reason: str | None = None
    error_type: str | None = None
    status: int | None = None
    duration_ms: int | None = None
    client_address: str | None = None
    user_agent: str | None = None
    sdk: str | None = None
    ja4: str | None = None
    header_order: str | None = None
    sample_rate: float | None = None
    roles: list[int] | None = None
    texts: list[str] | None = None
    reply: str | None = None
    tools: str | None = None
    response_schema: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read: its line (0: the whole file), why, and its digest."""

    line: int
    reason: str
    digest: str | None = None
    file: str = ""  # where it is not the file being read


@dataclass(frozen=True, slots=True)
class Batch:
    """What a format hands on: exchanges with the line each came from, and rejects.

    `exchanges` has the columns of `WIDE`. `records[i]` is the record behind row i: bytes, digested only if
    the row is rejected later, or the digest itself. `files[i]` is its file, where that is not the file
    being read. `skipped` counts records that are well formed but no exchange (a list of models, say).
    """

    exchanges: pa.RecordBatch
    lines: Sequence[int]
    records: Sequence[bytes | str]
    rejects: list[Reject] = field(default_factory=list)
    skipped: int = 0
    files: Sequence[str] | None = None

    def reject(self, row: int, reason: str) -> Reject:
        """The reject that row becomes."""
        record = self.records[row]
        named = record if isinstance(record, str) else digest(record)
        return Reject(self.lines[row], reason, named, self.files[row] if self.files else "")


def _widened(kind: pa.DataType) -> pa.DataType:
    return pa.int64() if pa.types.is_integer(kind) or kind == TS else kind


WIDE = pa.schema([pa.field(c.name, _widened(c.type)) for c in EXCHANGES.columns])
_COMPUTED = frozenset({"prefix_key", "next_prefix_key", "tools_key", "response_schema_key", "source"})
_PLAIN = tuple(c for c in WIDE if c.name not in _COMPUTED)
_ASSISTANT = 2


def build(rows: Sequence[Row], *, source: str) -> pa.RecordBatch:
    """Rows as a record batch with the schema `WIDE`: integers and times as int64, checked later."""
    columns: dict[str, Any] = {c.name: pa.array(_field(rows, c.name), c.type) for c in _PLAIN}
    columns["prefix_key"], columns["next_prefix_key"] = _conversation_keys(rows)
    columns["tools_key"] = _hashed(_field(rows, "tools"))
    columns["response_schema_key"] = _hashed(_field(rows, "response_schema"))
    columns["source"] = pa.array([source] * len(rows), pa.string())
    return pa.record_batch([columns[c.name] for c in WIDE], schema=WIDE)


def _field(rows: Sequence[Row], name: str) -> list[Any]:
    return list(map(attrgetter(name), rows))


def _hashed(values: Sequence[str | None]) -> pa.Array:
    """XXH64 of each value, null where there is none."""
    strings = pa.array(values, pa.large_string())
    if strings.null_count == len(values):
        return pa.nulls(len(values), pa.int64())
    return pa.array(hash_strings(strings), mask=np.asarray(strings.is_null()))


def _conversation_keys(rows: Sequence[Row]) -> tuple[pa.Array, pa.Array]:
    """`prefix_key` (null without earlier turns) and `next_prefix_key` (null without an answer) of each
    row."""
    roles: list[int] = []
    texts: list[str] = []
    starts, splits = [0], [0] * len(rows)
    answered = np.zeros(len(rows), bool)
    for i, row in enumerate(rows):
        if row.roles and row.texts:
            splits[i] = row.turn or 0
            roles += row.roles
            texts += row.texts
            if row.reply is not None:
                answered[i] = True
                roles.append(_ASSISTANT)
                texts.append(row.reply)
        starts.append(len(texts))
    hashes = hash_turns(pa.array(texts, pa.large_string()))
    codes = np.array(roles, np.int8)
    begin, end = np.array(starts[:-1]), np.array(starts[1:])
    middle = begin + np.array(splits, np.int64)
    prefix = _fold_spans(codes, hashes, begin, middle, None)
    following = _fold_spans(codes, hashes, middle, end, prefix)
    return pa.array(prefix, mask=middle == begin), pa.array(following, mask=~answered)


def _fold_spans(codes: Any, hashes: Any, begin: Any, end: Any, start: Any) -> Any:
    """Fold the turns `begin[i]:end[i]`; gaps between spans belong to no record and are folded apart."""
    bounds = np.empty(2 * len(begin) + 1, np.int64)
    bounds[0:-1:2], bounds[1::2] = begin, end
    bounds[-1] = len(hashes)
    both = None if start is None else np.repeat(start, 2)
    return fold_turns(codes, hashes, bounds, both)[::2]
