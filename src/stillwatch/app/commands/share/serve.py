"""`stillwatch share serve`: take in messages of partners over HTTPS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.sharing import value_files
from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff
from stillwatch.model.errors import ResourceError, UsageError
from stillwatch.share.transport.server import ShareServer


@spread
def command(
    certificate: Annotated[Path, typer.Option(help="Certificate, PEM.", show_default=False)],
    tls_key: Annotated[Path, typer.Option("--tls-key", help="Its key, PEM.", show_default=False)],
    listen: Annotated[str, typer.Option(help="Address and port.")] = "127.0.0.1:8443",
    values: Annotated[
        list[str] | None, typer.Option("--values", help="KIND=FILE: our values of a kind, one a line.")
    ] = None,
    staff: Staff = Staff(role="engineer"),
) -> None:
    """Take in messages of partners over HTTPS, and answer intersections from the value files given.

    Example: `stillwatch share serve --certificate tls.pem --tls-key tls.key --values payment=cards.txt --by me`
    """
    office = staff.office()
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        raise UsageError(f"no address and port: {listen!r}", remedy="Write 127.0.0.1:8443")
    desk = office.desk(office.table(value_files(values or [])))
    try:
        server = ShareServer(
            (host or "127.0.0.1", int(port)), desk.handle, certificate=certificate, key=tls_key
        )
    except OSError as error:
        raise ResourceError(
            f"cannot listen: {error.strerror}", where=listen, remedy="Choose another --listen"
        ) from error
    staff.show(
        {"listening": f"{host}:{server.server_address[1]}", "fingerprint": office.identity.fingerprint}
    )
    with server:
        server.serve_forever()
