"""Which linking fields a log carries, in what share, and what a missing one costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FIELDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "prompt_text": ("content", "no templates, no intent: shared prompts stay unseen"),
        "response_text": ("protocol", "conversations carried on by another account stay unseen"),
        "system_text": ("content", "shared instructions stay unseen"),
        "prefix_key": ("protocol", "no exchange can be recognised as carrying on another"),
        "next_prefix_key": ("protocol", "no exchange can be recognised as carried on by another"),
        "tools_key": ("content", "shared tool sets stay unseen (few requests have tools)"),
        "response_schema_key": ("content", "shared output schemas stay unseen (few requests have one)"),
        "reasoning_in": ("protocol", "replayed reasoning blocks stay unseen"),
        "reasoning_out": ("protocol", "reasoning blocks cannot be traced to whom they were given"),
        "client_address": ("network", "no shared networks, no hand-over of addresses"),
        "user_agent": ("client", "clients cannot be told apart by name"),
        "sdk": ("client", "clients cannot be told apart by library and runtime"),
        "header_order": ("client", "clients cannot be told apart by their headers"),
        "ja4": ("client", "clients cannot be told apart by their TLS stack"),
        "end_user": ("identity", "the client's own users cannot be compared across accounts"),
        "organization_id": ("identity", "accounts of one customer look unrelated until declared in accounts"),
        "max_tokens": ("content", "consumption to the token limit and parameter sets stay unseen"),
        "temperature": ("content", "parameter sets say less"),
        "output_tokens": ("content", "volumes taken are not known"),
        "finish_reason": ("content", "answers cut at the limit cannot be told from whole ones"),
        "status": ("timing", "hand-offs after a refusal or a rate limit stay unseen"),
        "duration_ms": ("timing", "overlapping requests cannot be told from queued ones"),
    }
)


@dataclass(frozen=True, slots=True)
class FieldCoverage:
    """Share of exchanges (0 to 1) that carry a field, its evidence family, and what is lost without it."""

    field: str
    family: str
    share: float
    cost: str


def flags_of(rows: pa.RecordBatch) -> NDArray[np.int64]:
    """Which fields each exchange carries: bit i for the field at place i of `FIELDS`."""
    flags = np.zeros(len(rows), np.int64)
    for at, name in enumerate(FIELDS):
        flags |= np.asarray(rows[name].is_valid()).astype(np.int64) << at
    return flags


class Coverage:
    """Counts fields over batches."""

    def __init__(self) -> None:
        self._rows = 0
        self._given = dict.fromkeys(FIELDS, 0)

    def add(self, rows: pa.RecordBatch) -> None:
        """Count a batch."""
        self._rows += len(rows)
        for name in FIELDS:
            self._given[name] += len(rows) - rows[name].null_count

    def add_flags(self, flags: NDArray[np.int64]) -> None:
        """Count exchanges of which `flags_of` told what they carry."""
        self._rows += len(flags)
        for at, name in enumerate(FIELDS):
            self._given[name] += int(np.count_nonzero(flags >> at & 1))

    def add_counts(self, rows: int, given: Mapping[str, int]) -> None:
        """Count so many exchanges, of which `given` says how many carry each field."""
        self._rows += rows
        for name, count in given.items():
            self._given[name] += count

    def join(self, other: Coverage) -> None:
        """Count what another has counted."""
        self.count(other.counts())

    def counts(self) -> dict[str, int]:
        """Exchanges counted, under the empty name, and how many of them carry each field."""
        return {"": self._rows, **self._given}

    def count(self, counts: Mapping[str, int]) -> None:
        """Count what another coverage has counted and said by `counts`."""
        self._rows += counts[""]
        for name in FIELDS:
            self._given[name] += counts[name]

    def table(self) -> tuple[FieldCoverage, ...]:
        """One line per field, as in `FIELDS`."""
        rows = max(self._rows, 1)
        return tuple(
            FieldCoverage(name, family, float(np.round(self._given[name] / rows, 4)), cost)
            for name, (family, cost) in FIELDS.items()
        )
