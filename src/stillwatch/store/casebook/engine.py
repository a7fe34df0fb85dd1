"""Open SQLite or PostgreSQL so that a transaction means the same in both, and say in plain words what went wrong."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from stillwatch.model.errors import InputError, ResourceError, StateError, StillwatchError, UsageError

WAIT_SECONDS = 60  # for another process that is writing
POSTGRES = "postgresql"
TLS = ("disable", "require", "verify-full")  # `require` encrypts and checks no certificate
OPTIONS = ("unix_sock", "sslmode", "sslrootcert")


def parse(store: str) -> sa.URL:
    """The database a path or URL names. Raises `UsageError` for one that is neither SQLite nor PostgreSQL."""
    if "://" not in store:
        return sa.URL.create("sqlite", database=str(Path(store).expanduser()))
    try:
        url = sa.make_url(store)
    except ArgumentError as error:
        raise UsageError(
            "--store is no database URL",
            remedy="Write postgresql://USER@HOST/DATABASE, or the path of a file",
        ) from error
    kind = url.get_backend_name()
    if kind not in ("sqlite", POSTGRES):
        raise UsageError(
            f"cases cannot be kept in {kind}", remedy="Give the path of a SQLite file, or a postgresql:// URL"
        )
    if kind == POSTGRES:
        _check(url)
    return url.set(drivername=f"{POSTGRES}+pg8000") if url.drivername == POSTGRES else url


def _check(url: sa.URL) -> None:
    """Raise `UsageError` for a PostgreSQL URL that names no user or database, or an option that is not known."""
    unknown = set(url.query) - set(OPTIONS)
    if not url.username or not url.database or unknown:
        what = f"has the unknown option {sorted(unknown)[0]!r}" if unknown else "names no user or no database"
        raise UsageError(
            f"the URL in --store {what}",
            remedy=f"Write postgresql://USER@HOST/DATABASE; options after `?` are {', '.join(OPTIONS)}",
        )
    if url.query.get("sslmode", "verify-full") not in TLS:
        raise UsageError("sslmode in --store is not known", remedy=f"Use {', '.join(TLS)}")


def connect(url: sa.URL) -> sa.Engine:
    """An engine whose transactions are serial for writers; nothing is opened yet."""
    try:
        bare = url.difference_update_query(("sslmode", "sslrootcert"))
        engine = sa.create_engine(bare, poolclass=sa.NullPool, **_arguments(url))
    except OSError as error:
        raise InputError(
            f"the certificate named by sslrootcert cannot be read: {error}",
            where=str(url.query.get("sslrootcert", "")),
            remedy="Name a PEM file",
        ) from error
    except (NoSuchModuleError, ImportError) as error:
        raise UsageError(
            f"this database needs a driver that is not installed: {error}",
            remedy="Install it with: pip install 'stillwatch[cases]'",
        ) from error
    if url.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _arguments(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": WAIT_SECONDS}}
    found: dict[str, Any] = {"isolation_level": "READ COMMITTED", "connect_args": {"timeout": None}}
    mode = url.query.get("sslmode", "disable")
    if mode != "disable":
        authority = url.query.get("sslrootcert")
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
        if mode == "require":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        found["connect_args"]["ssl_context"] = context
    return found


def _prepare(raw: Any, _: object) -> None:
    """Transactions are begun by us; deleted bytes are overwritten; a commit is on disk when it returns."""
    raw.isolation_level = None
    for name, value in (("secure_delete", "ON"), ("synchronous", "EXTRA"), ("foreign_keys", "ON")):
        raw.execute(f"PRAGMA {name} = {value}")


def _begin(connection: sa.Connection) -> None:
    """Writers queue from the start, so that none has to give up half way."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def lock(connection: sa.Connection) -> None:
    """Wait until nobody else appends to the chain; SQLite did so when the transaction began."""
    if connection.dialect.name == POSTGRES:
        connection.execute(sa.text("LOCK TABLE audit IN EXCLUSIVE MODE"))


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Errors of the database as errors of ours."""
    try:
        yield
    except DBAPIError as error:
        raise _explained(error, where) from error
    except SQLAlchemyError as error:
        raise StateError(
            f"the database cannot be used: {_first_line(error)}", where=where, remedy=VERIFY
        ) from error
    except (
        UnicodeDecodeError
    ) as error:  # SQLite quotes the damaged bytes, and its driver cannot read its message
        raise StateError(
            "the database is damaged: its schema is not text", where=where, remedy=VERIFY
        ) from error


VERIFY = "Run `stillwatch audit verify`, and compare with a backup"


def _explained(error: DBAPIError, where: str) -> StillwatchError:
    text = _first_line(error.orig or error)
    low = text.lower()
    if "readonly" in low or "read-only" in low or "permission denied" in low:
        return ResourceError(
            f"may not be written: {text}", where=where, remedy="Check its permissions, or use another --store"
        )
    if "disk is full" in low or "no space" in low:
        return ResourceError("the disk is full", where=where, remedy="Free space; nothing was changed")
    if "locked" in low or "busy" in low:
        return ResourceError(
            f"another process has been writing for {WAIT_SECONDS} seconds", where=where, remedy="Try again"
        )
    if "not a database" in low:
        return StateError("is no SQLite database", where=where, remedy="Name another file with --store")
    if "malformed" in low or "corrupt" in low or "decode to utf-8" in low:
        return StateError(f"the database is damaged: {text}", where=where, remedy=VERIFY)
    unreachable = (
        "unable to open" in low or "connect" in low or "authentication" in low or "does not exist" in low
    )
    if unreachable:
        return InputError(
            f"cannot be opened: {text}", where=where, remedy="Check that it is there and may be used"
        )
    return StateError(f"the database refused: {text}", where=where, remedy=VERIFY)


def _first_line(error: BaseException) -> str:
    """What a driver said, in one line; pg8000 hands over the fields of the server's message."""
    first = error.args[0] if error.args else error
    text = str(first.get("M", first)) if isinstance(first, dict) else str(first)
    return text.splitlines()[0] if text else type(error).__name__
