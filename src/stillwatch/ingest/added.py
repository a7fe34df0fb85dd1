"""What earlier runs read into a dataset folder, so that the next one reads only what is new or changed.

::

    exchanges/000000001.parquet   what the first run added
    rejects/000000001.parquet
    ingested.json                 every file that was read, with its size and time of change; replaced last

A run counts when `ingested.json` names it. What a killed run left is removed by the next one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.ingest.rows import Batch
from stillwatch.ingest.seen import Seen
from stillwatch.ingest.source import Source
from stillwatch.ingest.write import full_disk
from stillwatch.model.errors import StateError, UsageError
from stillwatch.model.input_tables import EXCHANGES, REJECTS
from stillwatch.model.kernels.hashing import hash_strings
from stillwatch.model.places import Found

RECORD = "ingested.json"
VERSION = 1
TABLES = (EXCHANGES.name, REJECTS.name)


@dataclass(frozen=True, slots=True)
class Added:
    """Runs so far, a digest of the settings they had, and the files they read by address."""

    runs: int = 0
    settings: str = ""
    files: Mapping[str, Found] = field(default_factory=dict)

    def news(self, sources: Sequence[Source]) -> tuple[list[Source], frozenset[str]]:
        """Sources that are new or changed since they were read, and the paths of the changed ones."""
        listed = [(source, source.listed()) for source in sources]
        fresh = [source for source, found in listed if self.files.get(found.address) != found]
        changed = frozenset(source.path for source in fresh if source.listed().address in self.files)
        return fresh, changed

    def after(self, read: Iterable[Found], settings: str) -> Added:
        """The same after one more run, which read these files."""
        return Added(self.runs + 1, settings, {**self.files, **{one.address: one for one in read}})


def settings_digest(**settings: Any) -> str:
    """A digest of settings that decide what an exchange is read as."""
    return hashlib.blake2b(
        json.dumps(settings, sort_keys=True, default=str).encode(), digest_size=8
    ).hexdigest()


def read_added(out: Path, settings: str) -> Added:
    """What earlier runs read into this folder; nothing before the first. Removes what a killed run left.

    Raises `UsageError` if the folder was written without adding, or with other settings, `StateError` if its record is
    damaged.
    """
    record = out / RECORD
    if not record.exists():
        if any((out / f"{name}.parquet").exists() for name in TABLES):
            raise UsageError(
                "holds a dataset that was written at once", where=str(out),
                remedy="Give --add from the first run on, or another folder",
            )  # fmt: skip
        found = Added()
    else:
        found = _read(record)
    if found.runs and found.settings != settings:
        raise UsageError(
            "was added to with another format, account, mapping or choice of text", where=str(out),
            remedy="Give the same options as before, or another folder",
        )  # fmt: skip
    with full_disk(out):
        for table in TABLES:
            for file in (out / table).glob("*.parquet"):
                if file.stem.isdecimal() and int(file.stem) > found.runs:
                    file.unlink()
    return found


def write_added(out: Path, added: Added) -> None:
    """Replace the record: from now on the run counts."""
    files = {a: [one.size, one.changed] for a, one in sorted(added.files.items())}
    said = {"version": VERSION, "runs": added.runs, "settings": added.settings, "files": files}
    part = out / f".{RECORD}.partial"
    with full_disk(part):
        part.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
        part.replace(out / RECORD)


def known_ids(out: Path) -> Iterator[np.ndarray[Any, np.dtype[np.int64]]]:
    """Hashes of the ids of all exchanges that earlier runs added."""
    for file in sorted((out / EXCHANGES.name).glob("*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(columns=["exchange_id"]):
            yield hash_strings(batch.column(0))


def without_known(batch: Batch, seen: Seen) -> tuple[Batch, int]:
    """The batch without exchanges that are there already, and how many those were."""
    known = seen.has(hash_strings(batch.exchanges["exchange_id"]))
    if not known.any():
        return batch, 0
    kept = np.flatnonzero(~known).tolist()
    rest = replace(
        batch,
        exchanges=batch.exchanges.filter(pa.array(~known)),
        lines=[batch.lines[i] for i in kept],
        records=_Chosen(batch.records, kept),
        files=[batch.files[i] for i in kept] if batch.files else None,
    )
    return rest, int(known.sum())


class _Chosen(Sequence[Any]):
    """Some records of a batch, fetched when asked for."""

    def __init__(self, records: Sequence[Any], kept: Sequence[int]) -> None:
        self._records, self._kept = records, kept

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, at: Any) -> Any:
        return self._records[self._kept[at]]


def _read(record: Path) -> Added:
    try:
        said = json.loads(record.read_text("utf-8"))
        files = {a: Found(a, int(size), int(changed)) for a, (size, changed) in said["files"].items()}
        version, found = said["version"], Added(int(said["runs"]), str(said["settings"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            "cannot be read",
            where=str(record),
            remedy="Bring it back from a backup, or start in another folder",
        ) from error
    if version != VERSION:
        raise StateError(
            f"has version {version}, this program reads version {VERSION}", where=str(record),
            remedy="Use the version of Stillwatch that wrote it, or start in another folder",
        )  # fmt: skip
    return found
