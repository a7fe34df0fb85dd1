"""A calibration from the user's own history: the scan's groups of accounts assumed benign, and their scores."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from stillwatch import __version__
from stillwatch.app.resources import hypotheses
from stillwatch.app.scan import ScanSettings, scan
from stillwatch.attribute.assess import UNIT
from stillwatch.attribute.calibration import (
    CLASSES,
    Calibration,
    Span,
    calibration_json,
    expectations_digest,
)
from stillwatch.model.errors import InputError, ResourceError, UsageError
from stillwatch.store.dataset import open_dataset
from stillwatch.store.files import replace_text
from stillwatch.store.results import MARK, read_table

BANNED, UNLISTED = "with a banned account", "with an account that is not in the list"


@dataclass(frozen=True, slots=True)
class CalibrateSettings:
    """`benign`: the only accounts that may be in a group (None: all but banned ones); `keep_banned` takes groups
    with banned accounts as well; `scan` is how the history is scanned."""

    benign: frozenset[str] | None = None
    keep_banned: bool = False
    scan: ScanSettings = field(default_factory=lambda: ScanSettings(quiet=True))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What became of it: the calibration, and how many of its groups a scan would call distillation."""

    calibration: Calibration
    accused: int


def calibrate(folders: Sequence[Path], out: Path, settings: CalibrateSettings | None = None) -> Calibrated:
    """Scan each folder of history, keep the scores of its benign groups, write them to the file `out`.

    Raises `InputError` if a folder cannot be used, if logs with text are mixed with logs without, or if no group is
    left; `ResourceError` if disk or memory run out. What was at `out` before then stays.
    """
    s = settings or CalibrateSettings()
    for folder in folders:
        open_dataset(folder)
    if out.is_dir():
        raise UsageError(f"--out {out} is a folder", remedy="Name a file, such as calibration.json")
    parts = [_history(folder, out, s) for folder in folders]
    if len({part.text for part in parts}) > 1:
        raise InputError(
            "some of the folders hold text and others none",
            where=", ".join(map(str, folders)),
            remedy="Calibrate each kind by itself",
        )
    scores: dict[str, list[int]] = {name: [] for name in CLASSES}
    for part in parts:
        for name, values in part.scores.items():
            scores[name] += values
    calibration = Calibration(
        "own",
        __version__,
        expectations_digest(hypotheses()),
        parts[0].text,
        tuple(part.span for part in parts),
        {name: tuple(sorted(values)) for name, values in scores.items()},
    )
    if not calibration.groups:
        raise InputError(
            "no group of benign accounts was formed, so there is nothing to rank against",
            where=", ".join(map(str, folders)),
            remedy="Give more history, or a longer list of benign accounts",
        )
    replace_text(out, calibration_json(calibration))
    return Calibrated(calibration, sum(part.accused for part in parts))


def read_benign(path: Path) -> frozenset[str]:
    """Account ids of a text file, one a line; empty lines and lines that begin with # do not count.

    Raises `InputError` if the file cannot be read or names nobody.
    """
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "cannot be read as text", where=str(path), remedy="Give a file with one account id a line"
        ) from error
    found = frozenset(line for line in lines if line and not line.startswith("#"))
    if not found:
        raise InputError("names no account", where=str(path), remedy="Write one account id a line")
    return found


@dataclass(frozen=True, slots=True)
class _History:
    """What one folder gave."""

    span: Span
    text: bool
    scores: Mapping[str, list[int]]
    accused: int


def _history(folder: Path, out: Path, s: CalibrateSettings) -> _History:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as place:
            results = scan(folder, Path(place) / "results", replace(s.scan, report=False))
            return _taken(folder, results, s)
    except OSError as error:
        raise ResourceError(
            f"cannot be written: {error.strerror or error}", where=str(out), remedy="Choose another place"
        ) from error


def _taken(folder: Path, results: Path, s: CalibrateSettings) -> _History:
    """Groups of a scan's results, each counted as benign or left out for its reason."""
    members: dict[str, list[str]] = defaultdict(list)
    for row in read_table(results, "members").select(["campaign_id", "account_id"]).to_pylist():
        members[row["campaign_id"]].append(row["account_id"])
    leave = _reason(s.benign, frozenset() if s.keep_banned else banned(folder))
    scores: dict[str, list[int]] = defaultdict(list)
    left: dict[str, int] = defaultdict(int)
    accused = 0
    for row in read_table(results, "campaigns").to_pylist():
        reason = leave(members[row["campaign_id"]])
        if reason:
            left[reason] += 1
            continue
        scores[row["traffic_class"]].append(round(row["weight_bits"] * UNIT))
        accused += row["verdict"] == "distillation"
    summary = json.loads((results / MARK).read_text("utf-8"))
    span = _span(summary, sum(map(len, scores.values())), left)
    return _History(span, summary["settings"]["assess"]["needs_content"], scores, accused)


def banned(folder: Path) -> frozenset[str]:
    """Accounts that were banned or suspended, by `enforcement` or by their status in `accounts`."""
    data = open_dataset(folder)
    done, known = data.read("enforcement"), data.read("accounts")
    done = done.filter(pc.is_in(done["action"], pc.cast(["ban", "suspend"], "string")))
    known = known.filter(pc.is_in(known["status"], pc.cast(["banned", "suspended"], "string")))
    return frozenset(done["account_id"].to_pylist()) | frozenset(known["account_id"].to_pylist())


def _reason(benign: frozenset[str] | None, out: frozenset[str]) -> Callable[[Sequence[str]], str]:
    """Why a group of these members is left out; empty if it is not."""

    def reason(accounts: Sequence[str]) -> str:
        if not out.isdisjoint(accounts):
            return BANNED
        return UNLISTED if benign is not None and not benign.issuperset(accounts) else ""

    return reason


def _span(summary: Mapping[str, Any], groups: int, left: Mapping[str, int]) -> Span:
    read = summary["input"]
    first, last = datetime.fromisoformat(read["first"]), datetime.fromisoformat(read["last"])
    return Span(first, last, read["exchanges"], read["accounts"], groups, dict(left))
