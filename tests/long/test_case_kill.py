"""`kill -9` while a case store is written to: what was committed is there, the rest is not, and the chain is whole."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.casebook import store
from tests.conftest import ROOT
from tests.postgres import Server, server

pytestmark = pytest.mark.long

ROUNDS = 20
WRITER = """
import sys
from tests.casebook import note, stamp, store
database = store(sys.argv[1])
print("ready", flush=True)
for i in range(10_000):
    with database.writing(stamp(i)) as w:
        for _ in range(5):
            note(w, f"case-{i}")
    print(i, flush=True)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_writer_leaves_whole_transactions(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Killed at moments drawn by chance; each time all that was reported as written is there, five notes at a time."""
    draw = random.Random(7)  # noqa: S311 - moments of a test
    place = str(tmp_path / "cases.db") if kind == "sqlite" else request.getfixturevalue("postgres").database()
    reported = 0
    for _ in range(ROUNDS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, place], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert writer.stdout is not None
        assert "ready\n" == writer.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.6))
        writer.kill()
        reported += len(writer.stdout.read().splitlines())
        writer.wait()
        database = store(place)
        found = database.verify()
        assert found.sound, found.faults
        with database.reading() as r:
            notes = len(r.rows("notes"))
        assert notes % 5 == 0
        assert notes >= 5 * reported
        assert notes <= 5 * (reported + ROUNDS)
    assert reported
