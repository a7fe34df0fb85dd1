"""Check the chain: every entry follows from the one before, every row is the one its entry saw, no row is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from stillwatch.store.casebook import chain
from stillwatch.store.casebook.records import DESTROY
from stillwatch.store.casebook.vault import Vault

BATCH = 2_000
MOST = 200  # findings listed; a store that was tampered with all over needs no longer list


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far the chain had come at some moment: kept elsewhere, it shows that nothing was cut off since."""

    store_id: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and at which entry (0 if none can be named)."""

    sequence: int
    subject: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked and what was found; `more` says that the list of faults was cut."""

    entries: int
    rows: int
    destroyed_keys: int
    head: Anchor
    faults: tuple[Fault, ...]
    more: bool

    @property
    def sound(self) -> bool:
        """Whether nothing was altered, removed, reordered, inserted or cut off."""
        return not self.faults


def head(connection: sa.Connection, tables: Mapping[str, sa.Table], store_id: str) -> Anchor:
    """The last entry of the chain."""
    t = tables["audit"]
    found = connection.execute(
        sa.select(t.c.sequence, t.c.hash).order_by(t.c.sequence.desc()).limit(1)
    ).one_or_none()
    return Anchor(store_id, found[0], found[1]) if found else Anchor(store_id, 0, chain.beginning(store_id))


def verify(
    connection: sa.Connection,
    tables: Mapping[str, sa.Table],
    vault: Vault,
    store_id: str,
    anchor: Anchor | None = None,
) -> Verification:
    """Read the whole store in one transaction and compare it with its chain."""
    counts = {"entries": 0, "rows": 0, "destroyed": 0}
    found: list[Fault] = []
    more = False
    for fault in _faults(connection, tables, vault, store_id, anchor, counts):
        if len(found) == MOST:
            more = True
            break
        found.append(fault)
    try:
        last = head(connection, tables, store_id)
    except (SQLAlchemyError, ValueError):
        last = Anchor(store_id, 0, "")
    ordered = tuple(sorted(found, key=lambda f: (f.sequence, f.subject, f.what)))
    return Verification(counts["entries"], counts["rows"], counts["destroyed"], last, ordered, more)


def _faults(
    connection: sa.Connection,
    tables: Mapping[str, sa.Table],
    vault: Vault,
    store_id: str,
    anchor: Anchor | None,
    counts: dict[str, int],
) -> Iterator[Fault]:
    try:
        yield from _file(connection)
        yield from _entries(connection, tables, vault, store_id, anchor, counts)
        for name in tables:
            if name != "audit":
                yield from _rows(connection, tables, name, counts)
    except (SQLAlchemyError, ValueError, TypeError, AttributeError) as error:
        # what was altered need no longer be of its type, or be a table at all
        yield Fault(0, "database", f"cannot be read to its end: {str(error).splitlines()[0]}")


def _file(connection: sa.Connection) -> Iterator[Fault]:
    """What SQLite itself finds wrong with its file."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").fetchall():
        if said != "ok":
            yield Fault(0, "database", f"the file is damaged: {said}")


def _entries(
    connection: sa.Connection,
    tables: Mapping[str, sa.Table],
    vault: Vault,
    store_id: str,
    anchor: Anchor | None,
    counts: dict[str, int],
) -> Iterator[Fault]:
    """Faults of the chain itself."""
    t = tables["audit"]
    previous, expected = chain.beginning(store_id), 1
    query = sa.select(t).order_by(t.c.sequence).execution_options(yield_per=BATCH)
    for found in connection.execute(query).mappings():
        row = {c.name: found[c.name] for c in t.columns}
        counts["entries"] += 1
        sequence, name = row["sequence"], str(row["subject"])
        if sequence != expected:
            yield Fault(sequence, name, f"entries {expected} to {sequence - 1} are missing before it")
        if row["previous"] != previous:
            yield Fault(sequence, name, "does not follow from the entry before it")
        if chain.entry_hash(row) != row["hash"]:
            yield Fault(sequence, name, "the entry was altered: its hash is another")
        if vault.entry_seal(row["hash"]) != row["seal"]:
            yield Fault(sequence, name, "the entry was not written with this store's key")
        if anchor is not None and sequence == anchor.sequence and row["hash"] != anchor.hash:
            yield Fault(sequence, name, "is not the entry that the anchor was taken from")
        previous, expected = row["hash"], sequence + 1
    if anchor is not None and anchor.store_id != store_id:
        yield Fault(0, "anchor", f"was taken from another store ({anchor.store_id})")
    elif anchor is not None and expected <= anchor.sequence:
        yield Fault(
            expected, "", f"entries {expected} to {anchor.sequence} were cut off: the anchor knows them"
        )


def _rows(
    connection: sa.Connection, tables: Mapping[str, sa.Table], name: str, counts: dict[str, int]
) -> Iterator[Fault]:
    """Rows of a table that are not what their entry saw, and entries whose row is not there."""
    t, audit = tables[name], tables["audit"]
    key = next(iter(t.primary_key.columns))
    saw = (
        audit.c.digest.label("_digest"),
        audit.c.subject_table.label("_table"),
        audit.c.subject.label("_subject"),
    )
    query = (
        sa.select(t, *saw).select_from(t.outerjoin(audit, audit.c.sequence == t.c.entry)).order_by(t.c.entry)
    )
    for found in connection.execute(query.execution_options(yield_per=BATCH)).mappings():
        counts["rows"] += 1
        row = {c.name: found[c.name] for c in t.columns}
        saw_it = {label: found[label] for label in ("_digest", "_table", "_subject")}
        yield from _row(name, key.name, row, saw_it)
    gone = sa.select(audit.c.sequence, audit.c.subject, audit.c.action).where(
        audit.c.subject_table == name, ~sa.exists().where(t.c.entry == audit.c.sequence)
    )
    lacking = connection.execute(gone.order_by(audit.c.sequence)).all()
    destroyed = {subject for _, subject, action in lacking if name == "data_keys" and action == DESTROY}
    counts["destroyed"] += len(destroyed)
    for sequence, subject, action in lacking:
        if action != DESTROY and subject not in destroyed:
            yield Fault(sequence, subject, f"its row in {name} was removed")
    if destroyed:
        yield from _brought_back(connection, t, destroyed)


def _row(name: str, key: str, row: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Fault]:
    entry, subject = row["entry"], str(row[key])
    if found["_digest"] is None:
        yield Fault(0, subject, f"this row of {name} was inserted: no entry covers it")
    elif found["_table"] != name or found["_subject"] != subject:
        yield Fault(
            entry, subject, f"this row of {name} was inserted or renamed: its entry is about another row"
        )
    elif chain.row_digest(name, row) != found["_digest"]:
        yield Fault(entry, subject, f"its row in {name} was altered")


def _brought_back(connection: sa.Connection, t: sa.Table, destroyed: set[str]) -> Iterator[Fault]:
    for entry, key_id in connection.execute(sa.select(t.c.entry, t.c.key_id)):
        if key_id in destroyed:
            yield Fault(entry, key_id, "the key was destroyed and is there again")
