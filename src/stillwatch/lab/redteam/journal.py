"""The trials of a search, one a line, so that an interrupted search goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from stillwatch.lab.redteam.search import Outcome
from stillwatch.model.errors import InputError, ResourceError


def journal_of(folder: Path, *, code: str, accounts: int, seed: int) -> Path:
    """The file of trials with this program, so many accounts and this seed."""
    key = hashlib.blake2b(json.dumps([code, accounts, seed]).encode(), digest_size=8).hexdigest()
    return folder / f"trials-{key}.jsonl"


def read_trials(file: Path) -> list[Outcome]:
    """Trials of an earlier search; a last line that was cut off is left out.

    Raises `InputError` if another line is damaged.
    """
    lines: Sequence[bytes] = file.read_bytes().split(b"\n")[:-1] if file.exists() else ()
    try:
        return [msgspec.json.decode(line, type=Outcome) for line in lines]
    except msgspec.MsgspecError as error:
        raise InputError(f"is damaged: {error}", where=str(file), remedy="Delete the file") from error


def add_trial(file: Path, outcome: Outcome) -> None:
    """Write one more trial at the end, over what was cut off there."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole = file.read_bytes() if file.exists() else b""
        with file.open("ab") as journal:
            journal.truncate(whole.rfind(b"\n") + 1)
            journal.write(msgspec.json.encode(outcome) + b"\n")
    except OSError as error:
        raise ResourceError(f"cannot write: {error}", where=str(file), remedy="Free space") from error
