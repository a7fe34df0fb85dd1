"""Objects of cloud stores as files: found by address, folder or pattern, and opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

import pyarrow as pa
import pyarrow.fs as pafs

from stillwatch.model.errors import InputError
from stillwatch.model.places import WILD, Found, hidden, pattern, scheme
from stillwatch.store.cloud.connect import GOOGLE_PATIENCE, Address, connect, read_address
from stillwatch.store.cloud.patience import PATIENCE, asked
from stillwatch.store.cloud.troubles import explained, no_bucket, trouble

T = TypeVar("T")


class CloudFiles:
    """Satisfies `model.places.Files`. A store is connected to when it is first asked, once for each bucket; one that
    cannot be reached is asked again for as long as `patience` says."""

    def __init__(self, environment: Mapping[str, str], *, patience: timedelta = PATIENCE) -> None:
        self._environment = environment
        self._patience = patience
        self._stores: dict[tuple[str, str, str], pafs.FileSystem] = {}

    def find(self, address: str) -> list[Found]:
        """The object of this address, or those in the folder, or those that fit the pattern; sorted, none where there
        is nothing. Raises `InputError` if the store cannot be asked, denies access, or has no such bucket."""
        at = read_address(address)
        store = self._store(at)
        base = _still(at)
        try:
            info, listed = self.asked(lambda: _listed(store, base))
        except (OSError, pa.ArrowException) as error:
            raise explained(error, address, at.kind) from error
        if info.type == pafs.FileType.NotFound:
            if info.path == at.bucket:
                raise no_bucket(f"{scheme(address)}://{at.bucket}")
            return []
        files = [info for info in listed if info.type == pafs.FileType.File]
        if WILD.search(at.key):
            wanted = pattern(at.path)
            files = [info for info in files if wanted.fullmatch(info.path)]
        elif info.type != pafs.FileType.File:
            files = [i for i in files if not hidden(i.path[len(base.path) :].strip("/").split("/"))]
        start = address[: len(address.rstrip("/")) - len(at.key)].rstrip("/")
        return sorted((_found(start, at, info) for info in files), key=lambda found: found.address)

    def open(self, found: Found) -> pa.NativeFile:
        """A listed object, to be read at any place.

        Raises `VanishedError` if it is no longer there, `InputError` if it cannot be had.
        """
        store, path = self.filesystem(found.address)
        try:
            return self.asked(lambda: store.open_input_file(path))
        except (OSError, pa.ArrowException) as error:
            raise self.explained(found.address, error) from error

    def filesystem(self, address: str) -> tuple[pafs.FileSystem, str]:
        """The store as Arrow knows it, and the path of the address in it."""
        at = read_address(address)
        return self._store(at), at.path

    def asked(self, ask: Callable[[], T]) -> T:
        """What a question to a store gives, asked again while the store cannot be reached."""
        return asked(ask, self._patience)

    def failed(self, error: Exception) -> bool:
        """Whether an error is the store's own, and not that what it holds is damaged."""
        return trouble(error) != ""

    def explained(self, address: str, error: Exception) -> InputError:
        """What an error of the store means, as one of ours."""
        return explained(error, address, read_address(address).kind)

    def _store(self, at: Address) -> pafs.FileSystem:
        name = (at.kind, at.account, at.bucket)
        if name not in self._stores:
            self._stores[name] = connect(at, self._environment, patience=min(self._patience, GOOGLE_PATIENCE))
        return self._stores[name]


def _listed(store: pafs.FileSystem, base: Address) -> tuple[pafs.FileInfo, list[pafs.FileInfo]]:
    """What stands at a place, and the files of it; of the bucket, if neither place nor bucket is there."""
    info = store.get_file_info(base.path)
    if info.type == pafs.FileType.NotFound:
        bucket = store.get_file_info(base.bucket)
        return (bucket if bucket.type == pafs.FileType.NotFound else info), []
    if info.type == pafs.FileType.File:
        return info, [info]
    return info, store.get_file_info(pafs.FileSelector(base.path, recursive=True))


def _still(at: Address) -> Address:
    """The folder of an address above its first wildcard; the address itself where it has none."""
    parts = at.key.split("/")
    wild = next((n for n, part in enumerate(parts) if WILD.search(part)), len(parts))
    return Address(at.kind, at.account, at.bucket, "/".join(parts[:wild]))


def _found(start: str, at: Address, info: pafs.FileInfo) -> Found:
    key = info.path.removeprefix(f"{at.bucket}/")
    return Found(f"{start}/{key}", info.size or 0, info.mtime_ns or 0)
