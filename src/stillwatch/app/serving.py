"""Run the TAXII server with uvicorn, an optional package."""

from __future__ import annotations

import importlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.app.asgi import taxii_application
from stillwatch.app.https import LOOPBACK
from stillwatch.model.errors import InputError, UsageError
from stillwatch.share.taxii.server import TaxiiServer
from stillwatch.share.taxii.settings import TaxiiSettings, parse_settings
from stillwatch.share.taxii.store import TaxiiStore

SETTINGS = "taxii.toml"
STORE = "taxii.sqlite"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and with which certificate; `behind_proxy` says that something else does TLS."""

    host: str = "127.0.0.1"
    port: int = 8443
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    @property
    def url(self) -> str:
        """The discovery address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/taxii2/"


def read_settings(folder: Path) -> TaxiiSettings:
    """Settings of the server in a folder. Raises `InputError`."""
    path = folder / SETTINGS
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "there are no settings of a TAXII server",
            where=str(path),
            remedy="Make some with `stillwatch taxii new`",
        ) from error
    return parse_settings(text, where=str(path))


def open_server(folder: Path) -> TaxiiServer:
    """The server of a folder, with its store."""
    return TaxiiServer(read_settings(folder), TaxiiStore(folder / STORE), lambda: datetime.now(UTC))


def uvicorn_server(server: TaxiiServer, address: Address) -> Any:
    """A server of uvicorn that answers there; its `run` goes on until it is stopped.

    Raises `UsageError` if uvicorn is not installed or the address would send secrets in the clear.
    """
    if (address.certificate is None) != (address.key is None):
        raise UsageError("a certificate needs its key", remedy="Give both --cert and --key")
    if address.certificate is None and address.host not in LOOPBACK and not address.behind_proxy:
        raise UsageError(
            f"{address.host} is not this machine, and there is no certificate",
            remedy="Give --cert and --key, or --behind-proxy if a proxy does TLS",
        )
    try:
        uvicorn = importlib.import_module("uvicorn")
    except ImportError as error:
        raise UsageError(
            "serving needs uvicorn", remedy="Install it with: pip install 'stillwatch[serve]'"
        ) from error
    tls: dict[str, Any] = {}
    if address.certificate is not None:
        _check_certificate(address)
        tls = {"ssl_certfile": str(address.certificate), "ssl_keyfile": str(address.key)}
    config = uvicorn.Config(
        taxii_application(server),
        host=address.host,
        port=address.port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=address.behind_proxy,
        limit_concurrency=64,
        timeout_keep_alive=15,
        **tls,
    )
    return uvicorn.Server(config)


def _check_certificate(address: Address) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(str(address.certificate), str(address.key))
    except OSError as error:
        raise InputError(
            f"certificate and key do not fit or cannot be read: {error.strerror or error}",
            where=str(address.certificate),
            remedy="Give a PEM certificate and its unencrypted key",
        ) from error
