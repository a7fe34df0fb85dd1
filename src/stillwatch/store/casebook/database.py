"""The case store as a whole: open or make it, read it, write to it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from stillwatch.model.errors import InputError, StateError
from stillwatch.model.records import Draft, Stamp
from stillwatch.store.casebook.engine import connect, explained, lock, parse
from stillwatch.store.casebook.migrate import migrate, newest, revision_of
from stillwatch.store.casebook.records import Look, Transaction
from stillwatch.store.casebook.sql import sql_tables
from stillwatch.store.casebook.vault import Vault
from stillwatch.store.casebook.verify import Anchor, Verification, head, verify


@dataclass(frozen=True, slots=True)
class Database:
    """An opened case store; `where` names it without its password, `tables` are described once for all transactions."""

    engine: sa.Engine
    tables: Mapping[str, sa.Table]
    vault: Vault
    store_id: str
    where: str

    @contextmanager
    def reading(self) -> Iterator[Look]:
        """Look at the store as it is at one moment."""
        with explained(self.where), _transaction(self.engine, writes=False) as connection:
            yield Look(connection, self.tables, self.vault)

    @contextmanager
    def writing(self, stamp: Stamp) -> Iterator[Transaction]:
        """Change the store: all of it is kept when the block ends well, and nothing otherwise. Writers take turns."""
        with explained(self.where), _transaction(self.engine, writes=True) as connection:
            lock(connection)
            yield Transaction(connection, self.tables, self.vault, stamp)

    def verify(self, anchor: Anchor | None = None) -> Verification:
        """Compare the whole store with its audit chain, and the chain with an anchor taken earlier."""
        with explained(self.where), _transaction(self.engine, writes=False) as connection:
            return verify(connection, self.tables, self.vault, self.store_id, anchor)

    def head(self) -> Anchor:
        """The last entry of the audit chain."""
        with explained(self.where), _transaction(self.engine, writes=False) as connection:
            return head(connection, self.tables, self.store_id)


def open_database(store: str, master: bytes, stamp: Stamp, *, make: bool = False) -> Database:
    """The case store at a path or URL, brought to the newest schema; made if it is not there and `make` says so.

    Raises `InputError` if it is not there, `StateError` if it is something else, newer than this program, or made with
    another key, `ResourceError` if it cannot be written.
    """
    url = parse(store)
    where = url.render_as_string(hide_password=True) if "://" in store else str(url.database)
    _look_for(url, where, make=make)
    engine, tables, vault = connect(url), sql_tables(), Vault(master)
    with explained(where):
        revision = _revision(engine, where)
        if revision is None and not make:
            raise _absent(where)
        if revision != newest():
            _bring_up(engine, tables, vault, stamp, where)
        with _transaction(engine, writes=False) as connection:
            store_id = _identity(connection, tables, vault, where)
    return Database(engine, tables, vault, store_id, where)


def stored(store: str) -> bool:
    """Whether there is a case store already, so that its key must be there as well."""
    url = parse(store)
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not _is_there(url):
        return False
    with explained(where):
        return _revision(connect(url), where) is not None


def _is_there(url: sa.URL) -> bool:
    """Whether the file of a SQLite database exists and holds anything; a URL of its own kind is not judged."""
    path = Path(url.database or "")
    return (url.database or "").startswith("file:") or (path.is_file() and path.stat().st_size > 0)


def _look_for(url: sa.URL, where: str, *, make: bool) -> None:
    if url.get_backend_name() != "sqlite" or _is_there(url):
        return
    path = Path(url.database or "")
    if path.is_dir():
        raise InputError("is a folder", where=where, remedy="Name a file with --store")
    if not make:
        raise _absent(where)
    with explained(where):
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        except OSError as error:
            raise InputError(
                f"cannot be made: {error.strerror or error}",
                where=where,
                remedy="Name another file with --store",
            ) from error


def _absent(where: str) -> InputError:
    return InputError(
        "there is no case store",
        where=where,
        remedy="`stillwatch case open` makes one; --store names another place",
    )


def _revision(engine: sa.Engine, where: str) -> str | None:
    with _transaction(engine, writes=False) as connection:
        return revision_of(connection, where=where)


def _bring_up(
    engine: sa.Engine, tables: Mapping[str, sa.Table], vault: Vault, stamp: Stamp, where: str
) -> None:
    """Migrate, and begin the chain if the store is new; another process may be doing the same."""
    with _transaction(engine, writes=True) as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7305801)"))
        before = revision_of(connection, where=where)
        if before == newest():
            return
        if before is not None:
            _identity(connection, tables, vault, where)
        migrate(connection)
        writing = Transaction(connection, tables, vault, stamp)
        if before is None:
            store_id = str(uuid.uuid4())
            writing.begin_chain(store_id)
            row = {"store_id": store_id, "made_at": stamp.at, "key_check": vault.check}
            writing.add("store_info", [Draft(row)], action="make store")
        writing.record("migrate", newest(), "")


def _identity(connection: sa.Connection, tables: Mapping[str, sa.Table], vault: Vault, where: str) -> str:
    """The store's id. Raises `StateError` if another key made it or its one row is not one."""
    found = connection.execute(sa.select(tables["store_info"])).mappings().all()
    if len(found) != 1:
        raise StateError(
            f"a case store has one row in store_info, this one has {len(found)}",
            where=where,
            remedy="Bring it back from a backup",
        )
    if found[0]["key_check"] != vault.check:
        raise StateError(
            f"the case store was made with another key (check {found[0]['key_check']}, this key has {vault.check})",
            where=where,
            remedy="Give the --case-key it was made with; without it payloads cannot be read",
        )
    return str(found[0]["store_id"])


@contextmanager
def _transaction(engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
    with engine.connect() as plain:
        connection = plain.execution_options(writes=writes)
        if (
            not writes and engine.dialect.name != "sqlite"
        ):  # everything read is of one moment, as it is in SQLite
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        began = connection.begin()
        try:
            yield connection
            if writes:
                began.commit()
        finally:
            if began.is_active:  # a look ends like this, too: of a damaged file nothing can be committed
                began.rollback()
