"""Which store an address names, and how its provider's own environment variables say to reach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from stillwatch.model.errors import InputError, UsageError
from stillwatch.model.places import SCHEMES, scheme

ATTEMPTS = 6  # of the client of S3, with pauses of 16 seconds in all on average
CONNECT_SECONDS = 5
REQUEST_SECONDS = 60
GOOGLE_PATIENCE = timedelta(seconds=20)  # its client counts time and not attempts
_AZURE = "dfs.core.windows.net"
Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Address:
    """A place in a store: whose store it is (`s3`, `gcs`, `azure`), the account (Azure), the bucket, the key in it."""

    kind: str
    account: str
    bucket: str
    key: str

    @property
    def path(self) -> str:
        """Bucket and key, as Arrow wants them."""
        return f"{self.bucket}/{self.key}" if self.key else self.bucket


def read_address(text: str) -> Address:
    """What an address says.

    Raises `UsageError` if it begins in a way that is not known or names no bucket.

    >>> read_address("s3://logs/2026/a.jsonl").path
    'logs/2026/a.jsonl'
    >>> read_address("abfss://logs@acme.dfs.core.windows.net/2026")
    Address(kind='azure', account='acme', bucket='logs', key='2026')
    """
    kind = SCHEMES.get(scheme(text))
    if kind is None:
        raise UsageError(
            f"no store is known for {scheme(text)}://",
            where=text,
            remedy=f"Begin with one of {', '.join(f'{name}://' for name in SCHEMES)}, or give a path",
        )
    host, _, key = text.partition("://")[2].partition("/")
    bucket, _, domain = host.partition("@")
    if not bucket:
        raise UsageError("the address names no bucket", where=text, remedy="Write it like s3://bucket/folder")
    account = domain.partition(".")[0] if kind == "azure" else ""
    return Address(kind, account, bucket, key.rstrip("/"))


def connect(
    address: Address, environment: Environment, *, patience: timedelta = GOOGLE_PATIENCE
) -> pafs.FileSystem:
    """The store of an address, ready to be asked; nothing is sent yet, but for the region of a bucket of S3.

    `patience` is how long a client may try by itself that counts time. Raises `InputError` if this build of Arrow has
    no client for it, `UsageError` if the environment says too little.
    """
    makers: Mapping[str, Callable[[], pafs.FileSystem]] = {
        "s3": lambda: _s3(address, environment),
        "gcs": lambda: _gcs(environment, patience),
        "azure": lambda: _azure(address, environment),
    }
    try:
        return makers[address.kind]()
    except ImportError as error:
        raise InputError(
            f"this build of pyarrow has no client for {NAMES[address.kind]}",
            where=address.bucket,
            remedy="Install the pyarrow wheel of the Python package index; some distributions leave clients out",
        ) from error


NAMES: Mapping[str, str] = MappingProxyType(
    {"s3": "S3", "gcs": "Google Cloud Storage", "azure": "Azure Blob Storage"}
)


def _s3(address: Address, env: Environment) -> pafs.FileSystem:
    endpoint = env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or ""
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or ""
    settings: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "request_timeout": REQUEST_SECONDS,
        "retry_strategy": pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    }
    if endpoint:
        at = _endpoint(endpoint, "AWS_ENDPOINT_URL")
        settings |= {"scheme": at.scheme, "endpoint_override": at.netloc}
    if env.get("AWS_ACCESS_KEY_ID") and env.get("AWS_SECRET_ACCESS_KEY"):
        settings |= {"access_key": env["AWS_ACCESS_KEY_ID"], "secret_key": env["AWS_SECRET_ACCESS_KEY"]}
        settings["session_token"] = env.get("AWS_SESSION_TOKEN") or None
    if env.get("AWS_CA_BUNDLE"):
        settings["tls_ca_file_path"] = env["AWS_CA_BUNDLE"]
    settings["region"] = region or ("us-east-1" if endpoint else _region(address.bucket))
    return pafs.S3FileSystem(**settings)


def _region(bucket: str) -> str | None:
    """Where a bucket lies, as S3 says without credentials; nothing if it does not say."""
    try:
        found: str = pafs.resolve_s3_region(bucket)
    except (OSError, pa.ArrowException):
        return None
    return found


def _gcs(env: Environment, patience: timedelta) -> pafs.FileSystem:
    settings: dict[str, Any] = {"retry_time_limit": patience}
    emulator = env.get("STORAGE_EMULATOR_HOST") or env.get("CLOUD_STORAGE_EMULATOR_ENDPOINT") or ""
    if emulator:
        at = _endpoint(
            emulator if "://" in emulator else f"http://{emulator}",
            "STORAGE_EMULATOR_HOST",
        )
        settings |= {"scheme": at.scheme, "endpoint_override": at.netloc, "anonymous": True}
    return pafs.GcsFileSystem(**settings)


def _azure(address: Address, env: Environment) -> pafs.FileSystem:
    said = _connection(env.get("AZURE_STORAGE_CONNECTION_STRING", ""))
    account = address.account or said.get("AccountName") or env.get("AZURE_STORAGE_ACCOUNT", "")
    if not account:
        raise UsageError(
            "the address names no storage account",
            where=f"az://{address.path}",
            remedy=f"Set AZURE_STORAGE_ACCOUNT, or write abfss://{address.bucket}@ACCOUNT.{_AZURE}/…",
        )
    key = said.get("AccountKey") or env.get("AZURE_STORAGE_KEY")
    token = said.get("SharedAccessSignature") or env.get("AZURE_STORAGE_SAS_TOKEN")
    settings: dict[str, Any] = {"account_key": key} if key else {"sas_token": token} if token else {}
    if "BlobEndpoint" in said:
        at = _endpoint(said["BlobEndpoint"], "BlobEndpoint")
        for service in ("blob", "dfs"):
            settings |= {f"{service}_storage_authority": at.netloc, f"{service}_storage_scheme": at.scheme}
    elif "EndpointSuffix" in said:
        for service in ("blob", "dfs"):
            settings[f"{service}_storage_authority"] = f".{service}.{said['EndpointSuffix']}"
    return pafs.AzureFileSystem(account_name=account, **settings)


def _connection(text: str) -> Mapping[str, str]:
    """The parts of a connection string of Azure."""
    parts = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, _, value in parts}


def _endpoint(text: str, variable: str) -> Any:
    at = urlsplit(text)
    if at.scheme not in ("http", "https") or not at.netloc:
        raise UsageError(
            f"{variable} {text!r} is no URL", remedy="Write it like https://store.example.com:9000"
        )
    return at
