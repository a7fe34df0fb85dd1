"""Records for the tests of ingest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

NOW = datetime(2026, 12, 1, tzinfo=UTC)
START = 1_795_450_000


def litellm(number: int, **changes: Any) -> dict[str, Any]:
    """A LiteLLM record with an answer."""
    return {
        "id": f"call-{number}",
        "call_type": "acompletion",
        "status": "success",
        "startTime": START + number,
        "endTime": START + number + 1,
        "model": "m-1",
        "metadata": {"user_api_key_hash": f"key-{number % 3}"},
        "messages": [{"role": "user", "content": f"Question {number}"}],
        "response": {"choices": [{"message": {"role": "assistant", "content": f"Answer {number}"}}]},
        "model_parameters": {},
    } | changes


def write_lines(path: Path, records: list[dict[str, Any]]) -> str:
    """Write records as JSON lines; the path as text."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    """Rows of a table that ingest wrote."""
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return rows
