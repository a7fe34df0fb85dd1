"""Sketches of the files of a dataset, kept from scan to scan: the text of new and changed files only is read.

One folder a file, named by a digest of everything the sketch depends on: address, size and time of change of the file,
key, networks, hidden columns, version. It is written beside and renamed, so it is whole or not there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import __version__
from stillwatch.app import stages
from stillwatch.app.live.partials import WORDS, SegmentPartials, sketched
from stillwatch.app.secret import fingerprint
from stillwatch.model.kernels.hashing import HashKey
from stillwatch.model.table import SCHEMA_VERSION
from stillwatch.signals.tables.sketch import Sketcher
from stillwatch.store.dataset import Dataset
from stillwatch.store.duck import DuckTables
from stillwatch.store.parts import Part
from stillwatch.store.segments import Segment, explained

FORM = 1  # of the folders; another one means that all are made anew


@dataclass(frozen=True, slots=True)
class KeptSketches:
    """The sketches of a dataset in a folder; satisfies `app.scan.Partials` once `load` has made what is missing."""

    held: SegmentPartials
    made: dict[str, int]

    def load(self, t: DuckTables, names: stages.Names, done: Callable[[int], None]) -> int:
        """Fill `keys` and `reasoning`, and the names; returns how many duplicates were dropped."""
        return self.held.load(t, names, done)

    @property
    def words(self) -> stages.Words:
        """The words of the exchanges."""
        return self.held.words


def keep_sketches(folder: Path, data: Dataset, key: HashKey) -> KeptSketches:
    """Sketch the files of a dataset that are new or changed since their sketches were kept in this folder, and forget
    those of files that are no longer there. `made` counts files read and files kept.

    Raises `ResourceError` if the folder cannot be written, and as `Dataset.batches` does.
    """
    sketcher = stages.sketcher(data, key)
    whole = Dataset(
        data.folder, data.hidden, None, data.beside, data.cloud
    )  # the limit of time is put on when loading
    surroundings = _surroundings(data, key)
    segments, read = [], 0
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for part in data.parts("exchanges"):
        place = folder / _name(part, surroundings)
        if not place.exists():
            _sketch(whole, part, sketcher, key, place)
            read += 1
        segments.append(Segment(place, "", 0, 0))
    _forget(folder, {segment.path for segment in segments})
    held = SegmentPartials(segments, data, key, data.before)
    return KeptSketches(held, {"read": read, "kept": len(segments) - read})


def _surroundings(data: Dataset, key: HashKey) -> str:
    """What all sketches of a dataset depend on."""
    networks = data.read("networks").select(["prefix", "asn", "kind"]).to_pylist()
    text = "prompt_text" in data.present("exchanges")
    said = [FORM, __version__, SCHEMA_VERSION, fingerprint(key), sorted(data.hidden), text, networks]
    return hashlib.blake2b(json.dumps(said, default=str).encode(), digest_size=16).hexdigest()


def _name(part: Part, surroundings: str) -> str:
    found = part.found
    said = json.dumps([surroundings, found.address, found.size, found.changed])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def _sketch(data: Dataset, part: Part, sketcher: Sketcher, key: HashKey, place: Path) -> None:
    fresh = place.parent / f".{uuid.uuid4().hex}"
    with explained(place):
        fresh.mkdir()
    writers: dict[str, pq.ParquetWriter | pa.ipc.RecordBatchFileWriter] = {}
    try:
        for batch in data.batches_of("exchanges", part, rows=stages.ROWS):
            with explained(place):
                for name, table in sketched(batch, sketcher, key).items():
                    _append(writers, fresh / name, table)
        with explained(place):
            for writer in writers.values():
                writer.close()
            fresh.rename(place)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _append(
    writers: dict[str, pq.ParquetWriter | pa.ipc.RecordBatchFileWriter], file: Path, table: pa.Table
) -> None:
    if file.name not in writers:
        made = (
            pa.ipc.new_file(str(file), table.schema)
            if file.name == WORDS
            else pq.ParquetWriter(file, table.schema)
        )
        writers[file.name] = made
    writers[file.name].write_table(table)


def _forget(folder: Path, held: set[Path]) -> None:
    with explained(folder):
        for old in folder.iterdir():
            ours = old.is_dir() and (old.name.startswith(".") or len(old.name) == 32)
            if ours and old not in held:
                shutil.rmtree(old)
