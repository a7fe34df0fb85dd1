"""No record, however mangled, stops a run: parts of good records are swapped for values of other kinds."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest.logs import log_formats, read_logs

CASES = Path(__file__).parents[2] / "cases/ingest"
NOW = datetime(2026, 12, 1, tzinfo=UTC)
ODD = (
    None,
    True,
    -1,
    0,
    2**70,
    1e300,
    "",
    "text",
    "\x00",
    "{",
    "[1]",
    '{"a": 1}',
    [],
    [[]],
    {},
    {"a": []},
    [None],
)
COPIES = 60


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a record as (container, key)."""
    for key, inner in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(inner, (dict, list)):
            yield from _places(inner)


def _mangled(lines: list[str], seed: int) -> Iterator[str]:
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    for _ in range(COPIES):
        for line in lines:
            record = json.loads(line)
            for _ in range(draw.randint(1, 3)):
                container, key = draw.choice(list(_places(record)))
                container[key] = copy.deepcopy(draw.choice(ODD))
            yield json.dumps(record)


@pytest.mark.parametrize("name", log_formats())
def test_mangled_records_become_rows_or_rejects(name: str, tmp_path: Path) -> None:
    lines = [
        line for file in sorted((CASES / name).glob("input*.jsonl")) for line in file.read_text().splitlines()
    ]
    log = tmp_path / "mangled.jsonl"
    log.write_text("\n".join(_mangled(lines, seed=len(name) + 1)))
    done = read_logs([str(log)], out=tmp_path / "out", now=NOW, format=name)
    assert done.exchanges + done.rejects + done.skipped >= COPIES * len(lines) * 0.9
