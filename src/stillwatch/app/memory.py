"""How a scan divides the memory that it may use: the program, the engine, and arrays beside the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stillwatch.model.errors import UsageError
from stillwatch.signals.tables.frames import FrameSettings

PROGRAM = 400_000_000  # bytes of the interpreter, libraries and compiled kernels
ENGINE = 0.5  # share of the rest that is the engine's, which spills to disk when it reaches it
LEAST = 0.25  # share of the whole that the engine has in any case
FEWEST = 64_000_000  # bytes; less cannot be meant
PER_TEXT = 400  # bytes while frames are looked for, copies included
PER_SLOT = 4
UNITS: Mapping[str, int] = MappingProxyType(
    {
        "": 1,
        "k": 10**3,
        "m": 10**6,
        "g": 10**9,
        "t": 10**12,
        "ki": 2**10,
        "mi": 2**20,
        "gi": 2**30,
        "ti": 2**40,
    }
)
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shares:
    """Limit of the engine ("" for its own choice), and how frames are looked for."""

    engine: str
    frames: FrameSettings


def read_size(text: str) -> int:
    """Bytes of a size such as 4GB or 512MiB.

    Raises `UsageError` if it is none.

    >>> read_size("1.5GB"), read_size("2 MiB"), read_size("700")
    (1500000000, 2097152, 700)
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise UsageError(f"--memory {text!r} is no size", remedy="Give a size such as 4GB or 512MB")
    return round(float(found[1]) * UNITS[(found[2] or "").lower()])


def shares(memory: str) -> Shares:
    """What the engine and the arrays get of a limit for the whole process; without one, what they take by default.

    Raises `UsageError` for what is no size, or less than `FEWEST`.
    """
    usual = FrameSettings()
    if not memory:
        return Shares("", usual)
    whole = read_size(memory)
    if whole < FEWEST:
        raise UsageError(
            f"--memory {memory!r} is less than any scan needs", remedy="Give at least 64MB; 2GB for real traffic"
        )
    engine = max(int((whole - PROGRAM) * ENGINE), int(whole * LEAST))
    arrays = max(whole - PROGRAM - engine, whole // 8)
    chunk = min(max(arrays // 2 // PER_TEXT, 10_000), usual.chunk)
    slots = 1 << max(arrays // 4 // PER_SLOT, 1024).bit_length() - 1
    return Shares(f"{max(engine // 1000, 1)}kB", FrameSettings(chunk=chunk, slots=min(slots, usual.slots)))
