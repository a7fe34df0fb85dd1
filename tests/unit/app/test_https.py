"""Requests to servers that trickle, never end, or have addresses that are none: one clear error each, in time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from stillwatch.app.https import sender
from stillwatch.model.errors import ResourceError, StillwatchError, UsageError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def serve() -> Iterator[Callable[[list[bytes]], str]]:
    """Starts a server that sends these pieces, the last of them again and again while somebody listens."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(pieces: list[bytes]) -> None:
        with listening.accept()[0] as one:
            one.recv(10_000)
            for piece in pieces[:-1]:
                one.sendall(piece)
            while not over.wait(0.02):
                try:
                    one.sendall(pieces[-1])
                except OSError:
                    return

    def start(pieces: list[bytes]) -> str:
        threading.Thread(target=answer, args=(pieces,), daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/taxii2/"

    yield start
    over.set()
    listening.close()


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"Content-Length: 100000\r\n\r\n", b"x"],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"],
        [HEAD + b"\r\n", b"x"],
        [b"", b"HTTP/1.1 100 Continue\r\n\r\n"],
    ],
    ids=["length", "chunks", "until the end", "continue"],
)
def test_an_answer_that_trickles_for_ever_is_cut_off(
    serve: Callable[[list[bytes]], str], pieces: list[bytes]
) -> None:
    begun = time.monotonic()
    with pytest.raises(ResourceError, match=r"did not answer in full within 0\.5 seconds"):
        sender(patience=0.5)("GET", serve(pieces), {}, b"")
    assert time.monotonic() - begun < 20


def test_an_answer_larger_than_allowed_is_refused(serve: Callable[[list[bytes]], str]) -> None:
    with pytest.raises(StillwatchError, match="more than 1,000 bytes"):
        sender(most_bytes=1_000)("GET", serve([HEAD + b"\r\n", b"x" * 500]), {}, b"")


@pytest.mark.parametrize("url", ["http://[", "https://host:port/", "ftp://h/", "http://far.example/", ""])
def test_what_is_no_safe_address_is_said_to_be_none(url: str) -> None:
    with pytest.raises(UsageError):
        sender()("GET", url, {}, b"")


@pytest.mark.parametrize("path", ["ä", "a b", "\x00"])
def test_a_path_that_cannot_be_sent_is_one_clear_error(
    serve: Callable[[list[bytes]], str], path: str
) -> None:
    with pytest.raises(ResourceError, match="cannot be reached"):
        sender(patience=2)("GET", serve([HEAD + b"\r\n", b"x"]) + path, {}, b"")
