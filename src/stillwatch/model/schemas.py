"""Schemas as data carries them."""

from __future__ import annotations

import pyarrow as pa


def plain(schema: pa.Schema) -> pa.Schema:
    """The schema without nullability and metadata, as batches carry it."""
    return pa.schema([pa.field(f.name, f.type) for f in schema])
