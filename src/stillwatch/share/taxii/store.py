"""Objects of the collections in SQLite; rows are added, never changed: the database itself refuses anything else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stillwatch.model.errors import ResourceError, StateError
from stillwatch.share.inbound.bundle import Known, Refusal, digest_of, version_of
from stillwatch.share.inbound.judge import moment
from stillwatch.share.taxii.filters import Filters, Page, as_text, in_microseconds

VERSION = 1
APPLICATION = 0x53575458  # "SWTX"
TABLES = ("objects", "removed", "statuses", "refusals")
SCHEMA = """
CREATE TABLE objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    version INTEGER NOT NULL, version_text TEXT NOT NULL, spec_version TEXT NOT NULL, date_added INTEGER NOT NULL,
    digest TEXT NOT NULL, sender TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX objects_by_id ON objects (collection, id, version);
CREATE TABLE removed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, object_seq INTEGER NOT NULL UNIQUE REFERENCES objects (seq),
    at INTEGER NOT NULL, sender TEXT NOT NULL);
CREATE TABLE statuses (id TEXT PRIMARY KEY, at INTEGER NOT NULL, sender TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE refusals (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, sender TEXT NOT NULL, code TEXT NOT NULL,
    reason TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL);
"""
ONLY_ADDED = """
CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;
"""
THERE = "NOT EXISTS (SELECT 1 FROM removed r WHERE r.object_seq = {row}.seq)"
LIVE = f"FROM objects o WHERE o.collection = :collection AND {THERE.format(row='o')}"
OTHER = f"""NOT EXISTS (
    SELECT 1 FROM objects p WHERE p.collection = o.collection AND p.id = o.id
    AND (p.version, p.seq) {{order}} (o.version, o.seq) AND {THERE.format(row="p")})"""
LAST, FIRST = OTHER.format(order=">"), OTHER.format(order="<")


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object as it is kept."""

    seq: int
    id: str
    version_text: str
    date_added: int
    body: Mapping[str, Any]

    @property
    def added(self) -> str:
        """When it was added."""
        return as_text(self.date_added)


class TaxiiStore:
    """The store in a file; every call opens it anew, so that threads share nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as con:
            _prepare(con, path)

    def add(self, collection: str, objects: Sequence[Mapping[str, Any]], *, sender: str, at: datetime) -> int:
        """Keep objects that are not kept yet; returns how many were. All or none."""
        with self._open() as con, _whole(con):
            last = con.execute("SELECT coalesce(max(date_added), 0) FROM objects").fetchone()[0]
            now, added = in_microseconds(at), 0
            for thing in objects:
                last = max(now, last + 1)
                added += _add(con, collection, thing, sender=sender, date_added=last)
            return added

    @contextmanager
    def known(self, collection: str) -> Iterator[Known]:
        """A function from id and version to the digest of what is kept of it, removed or not; None if nothing is."""
        sql = "SELECT digest FROM objects WHERE collection = ? AND id = ? AND version = ?"
        with self._open() as con:

            def digest(object_id: str, version: str) -> str | None:
                row = con.execute(sql, (collection, object_id, in_microseconds(moment(version)))).fetchone()
                return None if row is None else str(row[0])

            yield digest

    def page(self, collection: str, page: Page) -> tuple[list[Stored], bool]:
        """Rows of a page in the order they were added, and whether there are more."""
        where, values = _conditions(page.filters)
        sql = f"SELECT seq, id, version_text, date_added, body {LIVE} AND seq > :after{where} "
        sql += "ORDER BY seq LIMIT :limit"
        told = {"collection": collection, "after": page.after, "limit": page.limit + 1, **values}
        with self._open() as con:
            rows = [Stored(a, b, c, d, json.loads(body)) for a, b, c, d, body in con.execute(sql, told)]
        return rows[: page.limit], len(rows) > page.limit

    def has(self, collection: str, object_id: str) -> bool:
        """Whether any version of an object is there."""
        sql = f"SELECT 1 {LIVE} AND id = :id LIMIT 1"
        with self._open() as con:
            return con.execute(sql, {"collection": collection, "id": object_id}).fetchone() is not None

    def remove(self, collection: str, page: Page, *, sender: str, at: datetime) -> int:
        """Mark versions of objects as removed, so that nobody is given them; returns how many."""
        where, values = _conditions(page.filters)
        sql = f"INSERT INTO removed (object_seq, at, sender) SELECT seq, :at, :sender {LIVE}{where}"
        told = {"collection": collection, "at": in_microseconds(at), "sender": sender, **values}
        with self._open() as con, _whole(con):
            return con.execute(sql, told).rowcount

    def put_status(self, status: Mapping[str, Any], *, sender: str, at: datetime) -> None:
        """Keep the status of a request."""
        with self._open() as con, _whole(con):
            row = (status["id"], in_microseconds(at), sender, json.dumps(status))
            con.execute("INSERT INTO statuses VALUES (?, ?, ?, ?)", row)

    def status(self, status_id: str, sender: str) -> Mapping[str, Any] | None:
        """The status of a request of this sender; None if it made no such request."""
        sql = "SELECT body FROM statuses WHERE id = ? AND sender = ?"
        with self._open() as con:
            row = con.execute(sql, (status_id, sender)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def refuse(self, refusal: Refusal) -> None:
        """Record a refusal."""
        row = (
            in_microseconds(refusal.at),
            refusal.sender,
            refusal.code,
            refusal.reason.encode(errors="replace").decode(),
            refusal.digest,
            refusal.bytes,
        )
        with self._open() as con, _whole(con):
            con.execute(
                "INSERT INTO refusals (at, sender, code, reason, digest, bytes) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )

    def refusals(self) -> list[tuple[str, str, str, str]]:
        """Time, sender, code and reason of each refusal, in order."""
        with self._open() as con:
            rows = con.execute("SELECT at, sender, code, reason FROM refusals ORDER BY seq").fetchall()
        return [(as_text(row[0]), row[1], row[2], row[3]) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as con:
                yield con
        except sqlite3.Error as error:
            raise ResourceError(
                f"the store cannot be used: {error}",
                where=str(self.path),
                remedy="Check free space and permissions; what was kept before is untouched",
            ) from error


@contextmanager
def _whole(con: sqlite3.Connection) -> Iterator[None]:
    """All statements of the block or none."""
    con.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


def _prepare(con: sqlite3.Connection, path: Path) -> None:
    application = con.execute("PRAGMA application_id").fetchone()[0]
    version = con.execute("PRAGMA user_version").fetchone()[0]
    empty = con.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if (application, version) == (APPLICATION, VERSION):
        return
    if not empty or application not in (0, APPLICATION):
        raise StateError(
            "is no TAXII store of this version",
            where=str(path),
            remedy="Give another folder; nothing was changed",
        )
    con.execute("PRAGMA journal_mode = WAL")
    triggers = "".join(ONLY_ADDED.format(table=t, verb=v) for t in TABLES for v in ("UPDATE", "DELETE"))
    con.executescript(
        f"BEGIN;{SCHEMA}{triggers}PRAGMA application_id = {APPLICATION};PRAGMA user_version = {VERSION};COMMIT;"
    )


def _add(
    con: sqlite3.Connection, collection: str, thing: Mapping[str, Any], *, sender: str, date_added: int
) -> int:
    digest, text = digest_of(thing), version_of(thing)
    same = (
        f"SELECT 1 FROM objects o WHERE collection = ? AND id = ? AND digest = ? AND {THERE.format(row='o')}"
    )
    if con.execute(same, (collection, thing["id"], digest)).fetchone():
        return 0
    version = in_microseconds(moment(text)) if text else date_added
    row = (
        collection,
        thing["id"],
        thing["type"],
        version,
        text or as_text(date_added),
        thing.get("spec_version", "2.1"),
        date_added,
        digest,
        sender,
        json.dumps(thing),
    )
    con.execute(
        "INSERT INTO objects (collection, id, type, version, version_text, spec_version, date_added, digest, sender, "
        "body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    return 1


def _conditions(f: Filters) -> tuple[str, dict[str, Any]]:
    """What follows `WHERE …` for these filters, and the values it names."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    if f.added_after is not None:
        parts.append("date_added > :added_after")
        values["added_after"] = f.added_after
    lists: tuple[tuple[str, Sequence[Any]], ...] = (
        ("id", f.ids),
        ("type", f.types),
        ("spec_version", f.spec_versions),
    )
    for column, wanted in lists:
        if wanted:
            parts.append(f"{column} IN (SELECT value FROM json_each(:{column}))")
            values[column] = json.dumps(wanted)
    if not f.every_version:
        which = [LAST] if f.last else []
        which += [FIRST] if f.first else []
        if f.versions:
            which.append("version IN (SELECT value FROM json_each(:versions))")
            values["versions"] = json.dumps(f.versions)
        parts.append(f"({' OR '.join(which)})")
    return "".join(f" AND {part}" for part in parts), values
