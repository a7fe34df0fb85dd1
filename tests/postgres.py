"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, gone when they end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pg8000.native

PATIENCE = 60  # seconds


def program(name: str) -> str:
    """A program of PostgreSQL, wherever the distribution keeps it."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(kept[-1]) if kept else shutil.which(name)
    assert found, "install PostgreSQL (Debian: apt-get install postgresql) to run the tests of the case store"
    return found


class Server:
    """A running server; `database()` makes an empty database and returns its URL."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder, self.user = folder, user

    @property
    def _socket(self) -> str:
        return str(self.folder / ".s.PGSQL.5432")

    def execute(self, statement: str, database: str = "postgres") -> Any:
        """Run one statement outside of any transaction."""
        link = pg8000.native.Connection(self.user, unix_sock=self._socket, database=database)
        try:
            return link.run(statement)
        finally:
            link.close()

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"cases_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://{self.user}@/{name}?unix_sock={self._socket}"


@contextmanager
def server() -> Iterator[Server]:
    """Start a server, as another user if we are root, and stop it."""
    folder = Path(tempfile.mkdtemp(prefix="swpg"))
    user, how = _somebody(folder)
    data = folder / "data"
    try:
        setup = [
            program("initdb"),
            "-D",
            data,
            "-U",
            user,
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(setup, check=True, capture_output=True, cwd=folder, **how)
        started = [
            program("postgres"),
            "-D",
            data,
            "-k",
            folder,
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(started, stdout=log, stderr=log, cwd=folder, **how)
        try:
            running = Server(folder, user)
            _wait(running, process, folder / "log")
            yield running
        finally:
            process.terminate()
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _somebody(folder: Path) -> tuple[str, dict[str, Any]]:
    """Who runs the server: it refuses to be run by root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name, {}
    names = {p.pw_name for p in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return entry.pw_name, {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _wait(running: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            running.execute("SELECT 1")
        except (pg8000.native.InterfaceError, pg8000.native.DatabaseError, OSError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        else:
            return
