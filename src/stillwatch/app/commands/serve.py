"""`stillwatch serve`: services over the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.serving import Address, open_server, uvicorn_server
from stillwatch.model.errors import UsageError


def command(
    taxii: Annotated[
        Path | None,
        typer.Option(
            "--taxii", help="Folder of a TAXII server, made with `stillwatch taxii new`.", show_default=False
        ),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port.")] = 8443,
    cert: Annotated[Path | None, typer.Option("--cert", help="TLS certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Its key, PEM.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy before it does TLS; plain HTTP is then allowed.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object when it listens.")] = False,
) -> None:
    """Serve findings to partners over TAXII 2.1, until it is stopped.

    Without a certificate it listens on this machine only. Needs the extra `serve`.

    Example: `stillwatch serve --taxii taxii --host 0.0.0.0 --cert cert.pem --key key.pem`
    """
    if taxii is None:
        raise UsageError("nothing is to be served", remedy="Name the folder of a TAXII server with --taxii")
    address = Address(host, port, cert, key, behind_proxy)
    server = uvicorn_server(open_server(taxii), address)
    typer.echo(
        json.dumps({"taxii": address.url}) if json_ else f"TAXII 2.1 on {address.url}, stop with Ctrl-C"
    )
    server.run()
