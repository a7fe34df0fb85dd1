"""Ports of servers that tests start on loopback: free ones, and waiting until somebody listens."""

from __future__ import annotations

import socket
import time


def free_ports(many: int) -> list[int]:
    """As many different ports that nobody listens on."""
    held = [socket.socket() for _ in range(many)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_for(port: int, what: str, *, seconds: float) -> None:
    """Wait until somebody listens; fails, naming `what`, if nobody does in time."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, f"{what} does not start"
            time.sleep(0.05)
        else:
            return
