"""Frames over HTTPS on loopback: what comes through, what the server and the client refuse."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.certificates import make_certificate

from stillwatch.model.errors import InputError, ResourceError, StateError, UsageError
from stillwatch.share.inbox import Receipt
from stillwatch.share.messages import Retraction
from stillwatch.share.transport.client import post
from stillwatch.share.transport.server import LIMIT, PATH, ShareServer


def _handle(data: bytes) -> tuple[Receipt, bytes]:
    """A desk that takes what begins with y, refuses the rest, and breaks on `broken`."""
    if data == b"broken":
        raise StateError("a secret that must not get out")
    if data[:1] != b"y":
        return Receipt("flooding" if data == b"flood" else "malformed", "no"), b""
    message: object = Retraction(message="ab" * 16, reason="mistaken")
    return Receipt("", "accepted", message), data[::-1]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of a server and the certificate to trust."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    with ShareServer(("127.0.0.1", 0), _handle, certificate=certificate, key=key) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{listening.server_address[1]}", certificate
        listening.shutdown()
        thread.join()


def test_a_frame_goes_over_and_its_answer_comes_back(server: tuple[str, Path]) -> None:
    """Bytes as they are."""
    address, trust = server
    data = b"y" + bytes(range(256)) * 500
    assert ("", data[::-1]) == post(address, data, authority=trust)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"x", "malformed"), (b"flood", "flooding"), (b"broken", "unavailable")]
)
def test_a_refusal_comes_back_with_its_reason(server: tuple[str, Path], data: bytes, reason: str) -> None:
    """And without what went wrong inside."""
    assert (reason, b"") == post(server[0], data, authority=server[1])


def test_a_certificate_that_is_not_trusted_stops_the_client(server: tuple[str, Path]) -> None:
    """Before anything is sent."""
    with pytest.raises(ResourceError, match="cannot be reached"):
        post(server[0], b"y")


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:1", "ftp://x", "https://"])
def test_only_https_is_spoken(endpoint: str) -> None:
    """No plain text."""
    with pytest.raises(UsageError, match="https"):
        post(endpoint, b"y")


def _raw(server: tuple[str, Path], method: str, path: str, headers: dict[str, str]) -> int:
    context = ssl.create_default_context(cafile=str(server[1]))
    host, _, port = server[0].removeprefix("https://").partition(":")
    connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=20)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_odd_requests_are_turned_away(server: tuple[str, Path]) -> None:
    """Other paths and methods, no length, a length above the limit: answered before the body is read."""
    assert 404 == _raw(server, "POST", "/other", {"Content-Length": "0"})
    assert 405 == _raw(server, "GET", PATH, {})
    assert 411 == _raw(server, "POST", PATH, {})
    assert 411 == _raw(server, "POST", PATH, {"Content-Length": "-5"})
    assert 413 == _raw(server, "POST", PATH, {"Content-Length": str(LIMIT + 1)})


def test_a_silent_connection_stops_nobody(server: tuple[str, Path]) -> None:
    """It never shakes hands; others are served meanwhile."""
    host, _, port = server[0].removeprefix("https://").partition(":")
    with socket.create_connection((host, int(port))):
        assert "" == post(server[0], b"y", authority=server[1])[0]


def test_what_is_no_share_server_is_named(tmp_path: Path) -> None:
    """Another server that answers with TLS."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            raw, _ = listening.accept()
            with context.wrap_socket(raw, server_side=True) as connection:
                heard = b""
                while not heard.endswith(b"y"):
                    heard += connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(InputError, match="no share server"):
            post(f"https://127.0.0.1:{listening.getsockname()[1]}", b"y", authority=certificate)
        thread.join()
