"""Which ids go on with new accounts, and which stand for others than before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.lab.reidentify import Reidentification, reidentify
from stillwatch.model.errors import InputError
from stillwatch.model.tables import TABLES

GROUPS = {"p": "pqrstu", "s": "abcdef", "t": "vwxyz"}  # a planted campaign and two innocent groups


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    folder = tmp_path / "truth"
    folder.mkdir()
    rows = [
        {"account_id": a, "group_id": g, "campaign": "raid" if g == "p" else None}
        for g, accounts in GROUPS.items()
        for a in accounts
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "accounts.parquet")
    return folder


def results(folder: Path, found: Mapping[str, str], innocent: str = "") -> Path:
    """Results with these campaigns: id and accounts, a letter each."""
    folder.mkdir()
    (folder / "summary.json").write_text("{}", "utf-8")
    campaigns = [
        {
            "campaign_id": c,
            "verdict": "innocent" if c in innocent else "distillation",
            "accounts": 1,
            "exchanges": 1,
        }
        for c in found
    ]
    members = [
        {"campaign_id": c, "account_id": a, "role": "unclear", "p_member": 1.0}
        for c, accounts in found.items()
        for a in accounts
    ]
    for name, rows in (("campaigns", campaigns), ("members", members)):
        plain = pa.schema([pa.field(f.name, f.type) for f in TABLES[name].schema])
        pq.write_table(pa.Table.from_pylist(rows, schema=plain), folder / f"{name}.parquet")
    return folder


def counts(found: Reidentification) -> tuple[list[tuple[int, int]], ...]:
    """Part and whole of each kind of tally."""
    return tuple(
        [(t.part, t.whole) for t in tallies for _ in range(t.times)]
        for tallies in (found.kept, found.accounts, found.false)
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param({"1": "pqr"}, {"1": "pqrstu"}, ([(1, 1)], [(3, 3)], [(0, 1)]), id="it goes on"),
        pytest.param({"1": "pqr"}, {"1": "pqr", "2": "stu"}, ([(0, 1)], [(0, 3)], [(0, 1)]), id="a new id"),
        pytest.param(
            {"1": "pqr"}, {"1": "vwx", "2": "stu"}, ([(0, 1)], [(0, 3)], [(1, 1)]), id="changed hands"
        ),
        pytest.param({"1": "pqrab"}, {"1": "pqabcd"}, ([(0, 1)], [], [(0, 1)]), id="a mixture is no change"),
    ],
)
def test_ids(
    tmp_path: Path, truth: Path, before: dict[str, str], after: dict[str, str], expected: tuple[object, ...]
) -> None:
    pair = results(tmp_path / "before", before), results(tmp_path / "after", after)
    assert expected == counts(reidentify(*pair, truth))


def test_innocent_groups_count_only_as_ids(tmp_path: Path, truth: Path) -> None:
    pair = results(tmp_path / "before", {"1": "abc"}, "1"), results(tmp_path / "after", {"1": "vwx"}, "1")
    assert ([], [], [(1, 1)]) == counts(reidentify(*pair, truth))


def test_no_truth(tmp_path: Path) -> None:
    pair = results(tmp_path / "before", {}), results(tmp_path / "after", {})
    with pytest.raises(InputError, match="no such file"):
        reidentify(*pair, tmp_path / "none")
