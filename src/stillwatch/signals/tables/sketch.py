"""Sketch of one batch of exchanges: strings in, keyed integers out (table `keys`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.model.between_tables import KEYS, REASONING
from stillwatch.model.kernels.address import NONE, Ranges, parse_addresses, prefixes
from stillwatch.model.kernels.hashing import HashKey, keyed, keyed_strings, mix
from stillwatch.model.kernels.intent import IntentWeights
from stillwatch.model.kernels.sketch import INTENT_COLUMNS, sketch_text

Ints = NDArray[np.int64]

FINISH: Mapping[str, int] = MappingProxyType(
    {
        "stop": 1, "end_turn": 1, "stop_sequence": 1, "completed": 1, "finish": 1, "complete": 1,
        "length": 2, "max_tokens": 2, "max_output_tokens": 2, "incomplete": 2,
        "tool_calls": 3, "tool_use": 3, "function_call": 3,
        "error": 4, "content_filter": 4, "guardrail_intervened": 4,
    }
)  # fmt: skip
PROFILE = (
    "system_key", "tools_key", "schema_key", "params_key", "client_key", "user_agent_key", "sdk_key", "ja4_key",
    "header_key", "model_key", "pathway_key", "api_key_key", "organization_key", "end_user_key",
    "metadata_key", "address_key", "net_key", "network_kind", "asn_key",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sketcher:
    """What a sketch needs besides the rows: the secret, the intent weights, the kinds of network."""

    key: HashKey
    intent: IntentWeights | None
    networks: Ranges
    network_kinds: NDArray[np.int16]
    asns: Ints

    def batch(self, rows: pa.RecordBatch, first_row: int) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Rows of `keys` and of `reasoning` for a batch of `exchanges`."""
        columns: dict[str, pa.Array] = {
            "exchange_id": pa.array(self._strings(rows, "exchange_id")),
            "account_id": pa.array(self._strings(rows, "account_id")),
            "ts": rows.column("ts"),
            "row": pa.array(np.arange(first_row, first_row + rows.num_rows)),
        }
        text = sketch_text(rows.column("prompt_text"), self.key, intent=self.intent)
        columns |= dict(zip(text.schema.names, text.columns, strict=True))
        columns |= self._system(rows, columns)
        columns |= self._client(rows) | self._network(rows) | self._shape(rows)
        profile = np.zeros(rows.num_rows, np.int64)
        for name in PROFILE:
            profile = mix(profile, _values(columns[name]))
        columns["profile_key"] = pa.array(profile)
        arrays = [columns[f.name].cast(f.type) for f in KEYS.schema]
        names = KEYS.schema.names
        return pa.RecordBatch.from_arrays(arrays, names=names), self._reasoning(rows, columns)

    def _system(self, rows: pa.RecordBatch, text: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Key of the system text, and intents of prompt or system text, whichever is stronger; each system text is
        read once a batch."""
        system = rows.column("system_text")
        if system.null_count == len(system):
            return {"system_key": pa.nulls(len(system), pa.int64())}
        coded = system.dictionary_encode()
        sketched = sketch_text(coded.dictionary, self.key, intent=self.intent)
        found = {"system_key": sketched.column("exact_key").take(coded.indices)}
        for name in INTENT_COLUMNS if self.intent is not None else ():
            found[name] = pc.max_element_wise(text[name], sketched.column(name).take(coded.indices))
        return found

    def _strings(self, rows: pa.RecordBatch, name: str) -> Ints:
        return keyed_strings(rows.column(name), self.key)

    def _client(self, rows: pa.RecordBatch) -> dict[str, pa.Array]:
        parts = {
            "user_agent_key": self._strings(rows, "user_agent"),
            "sdk_key": self._strings(rows, "sdk"),
            "ja4_key": self._strings(rows, "ja4"),
            "header_key": self._strings(rows, "header_order"),
            "model_key": self._strings(rows, "model"),
            "pathway_key": self._strings(rows, "pathway"),
            "api_key_key": self._strings(rows, "api_key_id"),
            "organization_key": self._strings(rows, "organization_id"),
            "end_user_key": self._strings(rows, "end_user"),
            "metadata_key": self._metadata(rows),
        }
        client = np.zeros(rows.num_rows, np.int64)
        for name in ("user_agent_key", "sdk_key", "header_key", "ja4_key"):
            client = mix(client, parts[name])
        known = (parts["user_agent_key"] | parts["sdk_key"] | parts["header_key"] | parts["ja4_key"]) != 0
        parts["client_key"] = np.where(known, client, 0)
        return {name: _nullable(values) for name, values in parts.items()}

    def _metadata(self, rows: pa.RecordBatch) -> Ints:
        """Key of the whole map; entries in the order the client sent them."""
        column = rows.column("request_metadata")
        if column.null_count == len(column):
            return np.zeros(len(column), np.int64)
        starts = column.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
        pairs = mix(keyed_strings(column.keys, self.key), keyed_strings(column.items, self.key))
        sums = np.concatenate([[0], np.cumsum(pairs[: starts[-1]], dtype=np.int64)])
        total = sums[starts[1:]] - sums[starts[:-1]]
        return np.where(np.asarray(column.is_valid()) & (starts[1:] > starts[:-1]), total, 0)

    def _network(self, rows: pa.RecordBatch) -> dict[str, pa.Array]:
        addresses = parse_addresses(rows.column("client_address"))
        known = addresses != NONE
        found = self.networks.find(addresses)
        hit = found >= 0
        kinds = self.network_kinds[found] if len(self.network_kinds) else np.zeros(len(found), np.int16)
        asns = self.asns[found] if len(self.asns) else np.zeros(len(found), np.int64)
        return {
            "address_key": _nullable(np.where(known, keyed(addresses, self.key), 0)),
            "net_key": _nullable(np.where(known, keyed(mix(prefixes(addresses), 1), self.key), 0)),
            "network_kind": pa.array(kinds, mask=~hit),
            "asn_key": _nullable(np.where(hit & (asns > 0), keyed(mix(asns, 2), self.key), 0)),
        }

    def _shape(self, rows: pa.RecordBatch) -> dict[str, pa.Array]:
        return {
            "tools_key": self._rekeyed(rows, "tools_key"),
            "schema_key": self._rekeyed(rows, "response_schema_key"),
            "params_key": self._params(rows),
            "prefix_key": self._rekeyed(rows, "prefix_key"),
            "next_prefix_key": self._rekeyed(rows, "next_prefix_key"),
            "turn": rows.column("turn"),
            "output_tokens": rows.column("output_tokens"),
            "finish": _finish(rows.column("finish_reason")),
            "status": rows.column("status"),
        }

    def _rekeyed(self, rows: pa.RecordBatch, name: str) -> pa.Array:
        column = rows.column(name)
        values = keyed(column.fill_null(0).to_numpy(zero_copy_only=False), self.key)
        return pa.array(values, mask=np.asarray(column.is_null()))

    def _params(self, rows: pa.RecordBatch) -> pa.Array:
        """One key for the vector of parameters; null where the log holds none of them."""
        total = np.zeros(rows.num_rows, np.int64)
        known = np.zeros(rows.num_rows, bool)
        for name in ("temperature", "top_p", "max_tokens", "stream", "logprobs"):
            column = rows.column(name)
            part = pc.fill_null(column.cast(pa.float64()), -1.0).to_numpy(zero_copy_only=False)
            total = mix(total, np.round(part * 1000).astype(np.int64))
            known |= np.asarray(column.is_valid())
        effort = self._strings(rows, "reasoning_effort")
        total = keyed(mix(total, effort), self.key)
        return pa.array(total, mask=~(known | (effort != 0)))

    def _reasoning(self, rows: pa.RecordBatch, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
        parts = []
        for name, returned in (("reasoning_in", False), ("reasoning_out", True)):
            lists = rows.column(name)
            if lists.null_count == len(lists):
                continue
            parents = pc.list_parent_indices(lists)
            blocks = keyed_strings(pc.list_flatten(lists), self.key)
            parts.append(
                pa.RecordBatch.from_arrays(
                    [
                        columns["exchange_id"].take(parents),
                        columns["account_id"].take(parents),
                        columns["ts"].take(parents),
                        pa.array(blocks),
                        pa.repeat(pa.scalar(returned), len(blocks)),
                    ],
                    names=REASONING.schema.names,
                )
            )
        if not parts:
            return pa.RecordBatch.from_pylist([], schema=REASONING.schema)
        table = pa.Table.from_batches(parts).combine_chunks()
        return table.to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], REASONING.schema)


def _values(column: pa.Array) -> Ints:
    return np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), np.int64)


def _nullable(values: Ints) -> pa.Array:
    return pa.array(values, mask=values == 0)


def _finish(column: pa.Array) -> pa.Array:
    known = pa.array(list(FINISH), pa.string())
    at = pc.index_in(pc.utf8_lower(column.cast(pa.string())), known)
    codes = pa.array(list(FINISH.values()), pa.int16())
    return codes.take(at).fill_null(0)
