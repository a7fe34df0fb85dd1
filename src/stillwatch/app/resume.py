"""What an interrupted scan needs to go on: what its stages were made from, and what they left besides tables."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

import stillwatch
from stillwatch import __version__
from stillwatch.app.stages import Names
from stillwatch.attribute.assess import Assessment, Item, Joined
from stillwatch.attribute.hypotheses import Hypothesis
from stillwatch.model.table import SCHEMA_VERSION
from stillwatch.model.tables import TABLES
from stillwatch.model.tie import Tie
from stillwatch.store.dataset import Dataset

PLAIN = (
    "verdict",
    "prior",
    "weight",
    "low",
    "high",
    "correction",
    "purpose",
    "asked",
    "purpose_asked",
)  # of an assessment


def stages_folder(out: Path) -> Path:
    """Where the stages of a scan to `out` are kept: a hidden folder beside it."""
    return out.parent / f".{out.name}.stages"


def owner(data: Dataset, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the stages of a scan depend on: input, settings, versions. Stages of another owner are of no use."""
    return {
        "input": _digest(_input(data)),
        "settings": {name: repr(value) for name, value in settings.items()},
        "program": [__version__, SCHEMA_VERSION, _digest(_program())],
        "versions": [platform.python_version(), duckdb.__version__, pa.__version__, np.__version__],
    }


def _digest(parts: Iterator[bytes]) -> str:
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def _input(data: Dataset) -> Iterator[bytes]:
    """Name, size, time and metadata of each file of the input; the metadata holds the extremes of every column."""
    for name, table in TABLES.items():
        for part in data.parts(name) if table.stage == "input" else ():
            found = part.found
            file = found.address.rpartition("/")[2]
            yield repr((name, file, sorted(part.named.items()), found.size, found.changed)).encode()
            yield data.footer(part)


def _program() -> Iterator[bytes]:
    """Name, size and time of every file of this package: whoever changes a stage does not want its old results."""
    folder = Path(stillwatch.__file__).parent
    for file in sorted(folder.rglob("*")):
        if file.suffix != ".pyc" and "__pycache__" not in file.parts and file.is_file():
            status = file.stat()
            yield repr((str(file.relative_to(folder)), status.st_size, status.st_mtime_ns)).encode()


def names_as_values(names: Names) -> dict[str, Any]:
    """What the stream of exchanges showed, to be kept."""
    return {"accounts": sorted(names.seen), "coverage": names.coverage.counts()}


def names_from_values(names: Names, values: Mapping[str, Any]) -> None:
    """Fill names with what was kept."""
    names.seen.update(values["accounts"])
    names.coverage.count(values["coverage"])


def findings_as_values(found: Mapping[int, Assessment]) -> list[dict[str, Any]]:
    """Assessments, to be kept."""
    return [
        {
            "group": group,
            "best": a.best.name,
            "families": {name: list(bits) for name, bits in a.families.items()},
            "items": [[getattr(item, f.name) for f in fields(Item)] for item in a.items],
            "log2_lr": dict(a.log2_lr),
            "posterior": dict(a.posterior),
            "joined": [[j.accounts, j.low, [astuple(tie) for tie in j.ties]] for j in a.joined],
            **{name: getattr(a, name) for name in PLAIN},
        }
        for group, a in found.items()
    ]


def findings_from_values(
    values: Sequence[Mapping[str, Any]], hypotheses: Sequence[Hypothesis]
) -> dict[int, Assessment]:
    """Assessments that were kept."""
    known = {h.name: h for h in hypotheses}
    return {
        row["group"]: Assessment(
            best=known[row["best"]],
            families={name: (bits[0], bits[1], bits[2]) for name, bits in row["families"].items()},
            items=tuple(Item(*item) for item in row["items"]),
            log2_lr=row["log2_lr"],
            posterior=row["posterior"],
            joined=tuple(
                Joined(tuple(own), low, tuple(Tie(*tie) for tie in ties)) for own, low, ties in row["joined"]
            ),
            **{name: row[name] for name in PLAIN},
        )
        for row in values
    }
