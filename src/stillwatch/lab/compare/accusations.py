"""What a detector accuses, written as results of ours are, so that one evaluation measures all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.model.errors import InputError
from stillwatch.model.result_tables import MEMBERS
from stillwatch.model.schemas import plain
from stillwatch.model.tables import TABLES
from stillwatch.store.results import write_json

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
CAMPAIGN = "accused"


def write_accusations(folder: Path, accounts: Sequence[str], scores: Floats, accused: Flags) -> Path:
    """A result folder in which the accused accounts are one campaign of distillation."""
    folder.mkdir(parents=True)
    ids = pa.array(accounts, pa.string())
    pq.write_table(
        pa.table({"account_id": ids, "score": scores, "accused": accused}), folder / "scores.parquet"
    )
    members = {
        "campaign_id": pa.array([CAMPAIGN] * int(accused.sum()), pa.string()),
        "account_id": ids.filter(pa.array(accused)),
        "role": pa.array(["unclear"] * int(accused.sum()), pa.string()),
        "p_member": np.ones(int(accused.sum())),
    }
    schema = pa.schema([pa.field(f.name, f.type) for f in MEMBERS.schema if f.name in members])
    pq.write_table(pa.table(members, schema=schema), folder / "members.parquet")
    campaign = [{"campaign_id": CAMPAIGN, "verdict": "distillation"}]
    rows = pa.Table.from_pylist(campaign, schema=plain(TABLES["campaigns"].schema))
    pq.write_table(rows, folder / "campaigns.parquet")
    write_json(folder, "summary.json", {"accused": int(accused.sum()), "accounts": len(accounts)})
    return folder


def write_truth(folder: Path, truth: Path, accounts: Sequence[str]) -> Path:
    """The truth about these accounts alone, for a detector that saw a sample."""
    folder.mkdir(parents=True)
    kept = pa.array(accounts, pa.string())
    for name in ("accounts", "exchanges"):
        table = read_truth(truth, name)
        pq.write_table(table.filter(pc.is_in(table["account_id"], kept)), folder / f"{name}.parquet")
    return folder


def hostile_accounts(truth: Path) -> dict[str, bool]:
    """Whether each account belongs to a planted campaign."""
    table = read_truth(truth, "accounts")
    ids, campaigns = table["account_id"].to_pylist(), table["campaign"].to_pylist()
    return {account: bool(campaign) for account, campaign in zip(ids, campaigns, strict=True)}


def read_truth(truth: Path, name: str) -> pa.Table:
    """A table of ground truth.

    Raises `InputError` if it is not there.
    """
    path = truth / f"{name}.parquet"
    if not path.exists():
        raise InputError(
            "no such file", where=str(path), remedy="Give the `truth` folder that `stillwatch simulate` wrote"
        )
    return pq.read_table(path)
