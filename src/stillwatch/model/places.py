"""Where files lie: an address names a file of this machine, or an object of a cloud store (`s3://`, `gs://`, `az://`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeVar
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.fs as pafs

from stillwatch.model.errors import InputError

SCHEMES: Mapping[str, str] = MappingProxyType(
    {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
)  # how an address begins: whose store that is
WILD = re.compile(r"[*?]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it was listed: its address, its size in bytes, and when it was last changed (ns since 1970, or 0)."""

    address: str
    size: int
    changed: int


class Files(Protocol):
    """Files that do not lie on this machine."""

    def find(self, address: str) -> Sequence[Found]:
        """The file of this address, or those in the folder, or those that fit the pattern; sorted, none where there is
        nothing. Raises `InputError` if the store cannot be asked or refuses to answer."""
        ...

    def open(self, found: Found) -> pa.NativeFile:
        """A listed file, to be read at any place.

        Raises `VanishedError` if it is no longer there, `InputError` if it cannot be had.
        """
        ...

    def filesystem(self, address: str) -> tuple[pafs.FileSystem, str]:
        """The store as Arrow knows it, and the path of the address in it."""
        ...

    def asked(self, ask: Callable[[], T]) -> T:
        """What a question to a store gives, asked again while the store cannot be reached."""
        ...

    def failed(self, error: Exception) -> bool:
        """Whether an error is the store's own, and not that what it holds is damaged."""
        ...

    def explained(self, address: str, error: Exception) -> InputError:
        """What an error of the store means, as one of ours."""
        ...


def scheme(address: str) -> str:
    """How an address begins, in lower case: `s3` of `s3://bucket/logs`; empty for a path of this machine."""
    match = _SCHEME.match(address)
    return match.group(1).lower() if match else ""


def below(address: str, name: str) -> str:
    """The address of what lies in a folder under this name."""
    return f"{address.rstrip('/')}/{name}"


def hidden(parts: Iterable[str]) -> bool:
    """Whether a path inside a folder is none that people mean: a part of it begins with a dot or an underscore.

    `_model=x` is a partition and no such part.
    """
    return any(part.startswith((".", "_")) and "=" not in part for part in parts)


def partitions(folders: Iterable[str]) -> dict[str, str | None]:
    """Columns that folders of the way to a file name, `day=2026-02-01` for one.

    >>> partitions(["logs", "model=gpt%2D4o", "day=2026-02-01"])
    {'model': 'gpt-4o', 'day': '2026-02-01'}
    """
    named = (folder.partition("=") for folder in folders if "=" in folder.strip("="))
    return {name: None if value == _NO_VALUE else unquote(value) for name, _, value in named if name}


def pattern(text: str) -> re.Pattern[str]:
    """What fits a pattern: `*` and `?` inside a folder, `**` through folders.

    >>> bool(pattern("a/**/*.gz").fullmatch("a/b/c/x.gz")), bool(pattern("a/*.gz").fullmatch("a/b/x.gz"))
    (True, False)
    """
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", text)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meant.get(piece) or re.escape(piece) for piece in pieces))
