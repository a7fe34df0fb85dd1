"""Tables in a cloud store whose folders hold more than their present files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.fs as pafs
import pytest

from stillwatch.model.errors import InputError
from stillwatch.model.places import Found, hidden
from stillwatch.store.parts import cloud_folder

HOME = "s3://logs/data"
T = TypeVar("T")


class Listed:
    """Files of a store that holds these names; none can be opened. Satisfies `model.places.Files`."""

    def __init__(self, *names: str) -> None:
        self._names = sorted(names)

    def find(self, address: str) -> Sequence[Found]:
        """Names below an address; hidden ones are asked for by name."""
        below = [n.removeprefix(address) for n in self._names if n.startswith(f"{address}/")]
        return [Found(address + n, 1, 0) for n in below if not hidden(n.strip("/").split("/"))]

    def open(self, found: Found) -> pa.NativeFile:
        """Nobody asks for it."""
        raise AssertionError(found)

    def filesystem(self, address: str) -> tuple[pafs.FileSystem, str]:
        """Nobody asks for it."""
        raise AssertionError(address)

    def asked(self, ask: Callable[[], T]) -> T:
        """Once."""
        return ask()

    def failed(self, error: Exception) -> bool:
        """Nobody asks for it."""
        raise AssertionError(error)

    def explained(self, address: str, error: Exception) -> InputError:
        """What was raised, as it is."""
        return InputError(str(error), where=address)


@pytest.mark.parametrize(
    ("beside", "kind"),
    [
        ("exchanges/_delta_log/00000000000000000000.json", "a Delta"),
        ("exchanges/metadata/00001-6c3b.metadata.json", "an Iceberg"),
    ],
)
def test_a_lake_in_a_store_is_refused(beside: str, kind: str) -> None:
    """Its folder holds files of the past, which would be read with those of today."""
    files = Listed(f"{HOME}/exchanges/day=1/a.parquet", f"{HOME}/accounts.parquet", f"{HOME}/{beside}")
    with pytest.raises(InputError, match=f"is {kind} table"):
        cloud_folder(HOME, files)


def test_folders_of_plain_files_are_none() -> None:
    """Other files beside them do not matter."""
    files = Listed(
        f"{HOME}/exchanges/day=1/a.parquet", f"{HOME}/exchanges/_SUCCESS", f"{HOME}/accounts.parquet",
        f"{HOME}/_delta_log/0.json",
    )  # fmt: skip
    found = cloud_folder(HOME, files)
    assert {"exchanges", "accounts"} == set(found.tables)
