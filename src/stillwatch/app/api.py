"""The Python interface: logs to a dataset, a dataset to campaigns, campaigns to what is known of their actors.

The tables that these functions return are those of the reference; records and errors are in `stillwatch.model`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from stillwatch.app import stages
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.app.secret import default_key_file, read_key
from stillwatch.ingest import logs
from stillwatch.ingest.coverage import Coverage
from stillwatch.model.engine import Window
from stillwatch.store.cloud.objects import CloudFiles
from stillwatch.store.dataset import open_dataset
from stillwatch.store.duck import open_duck
from stillwatch.store.results import read_table

__all__ = ["ScanSettings", "attribute", "find_campaigns", "read_logs", "score"]


def read_logs(
    paths: Iterable[str | Path],
    out: Path,
    *,
    format: str = "auto",  # noqa: A002 - the option's name
    add: bool = False,
) -> logs.Ingested:
    """Read native logs, here or in cloud stores, into a dataset folder; what could not be read is in its `rejects`.

    With `add` what the folder holds stays, and only files are read that are new or changed since.

    Raises `InputError` if a file cannot be used at all, `ResourceError` if `out` cannot be written.
    """
    files = CloudFiles(os.environ)
    now = datetime.now(UTC)
    return logs.read_logs([str(p) for p in paths], out=out, now=now, format=format, files=files, add=add)


def find_campaigns(data: Path | str, out: Path, settings: ScanSettings | None = None) -> pa.Table:
    """Scan a dataset folder, here or at the address of a cloud store; all tables stand in `out`, `campaigns`
    comes back.

    Raises `InputError` for a folder that cannot be used, `ResourceError` when disk or memory run out.
    """
    return read_table(scan(data, out, settings or ScanSettings(quiet=True)), "campaigns")


def attribute(results: Path) -> pa.Table:
    """The `attributions` table of a result folder: probabilities over actors, an unknown one always among them.

    Raises `InputError` if the folder holds no results.
    """
    return read_table(results, "attributions")


def score(data: Path, *, key_file: Path | None = None) -> pa.Table:
    """Values of all signals for the accounts of a dataset: account_id, signal, version, value, n.

    Raises `InputError` for a folder that cannot be used.
    """
    dataset, key = open_dataset(data), read_key(key_file or default_key_file())
    names = stages.Names(set(), Coverage())
    with tempfile.TemporaryDirectory(prefix="stillwatch-") as scratch, open_duck(Path(scratch)) as t:
        stages.sketch(t, dataset, key, names=names, threads=1, done=lambda _: None)
        stages.holdings(t, dataset, key)
        ends = t.query("SELECT min(ts) AS first, max(ts) AS last FROM keys").to_pylist()[0]
        stages.scores(t, Window(ends["first"], ends["last"] + timedelta(microseconds=1)))
        stages.name_accounts(t, names, key)
        return t.query(
            """
            SELECT a.name AS account_id, s.signal, s.version, s.value, s.n FROM scores s
            JOIN account_names a ON a.account_id = s.subject ORDER BY 1, 2
            """
        )
