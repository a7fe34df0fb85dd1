"""The audit chain: whatever is done to the store behind its back is found, and the entry is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.casebook import altered, filled, note, stamp, tampering

from stillwatch.store.casebook import chain
from stillwatch.store.casebook.database import Database
from stillwatch.store.casebook.sql import sql_tables
from stillwatch.store.casebook.vault import Vault
from stillwatch.store.casebook.verify import Anchor

T = sql_tables()
NOTES, AUDIT = T["notes"], T["audit"]


def _entry_of_third_note(database: Database) -> int:
    with database.reading() as r:
        return int(r.rows("notes")[2]["entry"])


def _alter_payload(c: sa.Connection, entry: int) -> None:
    sealed = c.execute(sa.select(NOTES.c.sealed).where(NOTES.c.entry == entry)).scalar_one()
    c.execute(sa.update(NOTES).where(NOTES.c.entry == entry).values(sealed=altered(bytes(sealed))))


def _alter_person(c: sa.Connection, entry: int) -> None:
    c.execute(sa.update(NOTES).where(NOTES.c.entry == entry).values(person="bob"))


def _remove_row(c: sa.Connection, entry: int) -> None:
    c.execute(sa.delete(NOTES).where(NOTES.c.entry == entry))


def _alter_entry(c: sa.Connection, entry: int) -> None:
    c.execute(sa.update(AUDIT).where(AUDIT.c.sequence == entry).values(person="bob"))


def _remove_entry(c: sa.Connection, entry: int) -> None:
    c.execute(sa.delete(AUDIT).where(AUDIT.c.sequence == entry))
    c.execute(sa.delete(NOTES).where(NOTES.c.entry == entry))


def _swap_entries(c: sa.Connection, entry: int) -> None:
    for old, new in ((entry, -1), (entry + 1, entry), (-1, entry + 1)):
        c.execute(sa.update(AUDIT).where(AUDIT.c.sequence == old).values(sequence=new))


def _swap_rows(c: sa.Connection, entry: int) -> None:
    for old, new in ((entry, -1), (entry - 1, entry), (-1, entry - 1)):
        c.execute(sa.update(NOTES).where(NOTES.c.entry == old).values(entry=new))


def _move_payload(c: sa.Connection, entry: int) -> None:
    other = c.execute(sa.select(NOTES.c.sealed).where(NOTES.c.entry != entry).limit(1)).scalar_one()
    c.execute(sa.update(NOTES).where(NOTES.c.entry == entry).values(sealed=bytes(other)))


TAMPERED: dict[str, Callable[[sa.Connection, int], None]] = {
    "altered payload": _alter_payload,
    "altered column": _alter_person,
    "removed row": _remove_row,
    "altered entry": _alter_entry,
    "swapped entries": _swap_entries,
    "swapped rows": _swap_rows,
    "moved payload": _move_payload,
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_is_found_and_the_entry_named(place: str, how: str) -> None:
    database = filled(place)
    assert database.verify().sound
    entry = _entry_of_third_note(database)
    with tampering(database) as connection:
        TAMPERED[how](connection, entry)
    found = database.verify()
    assert not found.sound
    assert entry in [f.sequence for f in found.faults], found.faults


def test_removed_entry_is_missed_by_the_next(place: str) -> None:
    database = filled(place)
    entry = _entry_of_third_note(database)
    with tampering(database) as connection:
        _remove_entry(connection, entry)
    faults = {f.sequence: f.what for f in database.verify().faults if "missing" in f.what}
    assert {entry + 1: f"entries {entry} to {entry} are missing before it"} == faults


def test_inserted_row_has_no_entry(place: str) -> None:
    database = filled(place)
    with database.reading() as r:
        row = dict(r.rows("notes")[0])
    with tampering(database) as connection:
        connection.execute(sa.insert(NOTES).values({**row, "note_id": "note-x", "entry": 999}))
    assert [(0, "note-x")] == [(f.sequence, f.subject) for f in database.verify().faults]


def test_entry_appended_without_the_key_is_found(place: str) -> None:
    """Hashes can be computed by anybody; the mark on an entry only with the master key."""
    database = filled(place)
    with database.reading() as r:
        last = dict(r.rows("audit")[-1])
    forged = {
        **last,
        "sequence": last["sequence"] + 1,
        "previous": last["hash"],
        "action": "export",
        "subject_table": "",
    }
    forged["hash"] = chain.entry_hash(forged)
    forged["seal"] = Vault(b"x" * 32).entry_seal(forged["hash"])
    with tampering(database) as connection:
        connection.execute(sa.insert(AUDIT).values(forged))
    (fault,) = database.verify().faults
    assert (forged["sequence"], "the entry was not written with this store's key") == (
        fault.sequence,
        fault.what,
    )


def test_cut_off_end_is_found_by_an_anchor(place: str) -> None:
    database = filled(place)
    anchor = database.head()
    with tampering(database) as connection:
        _remove_entry(connection, anchor.sequence)
    assert database.verify().sound
    (fault,) = database.verify(anchor).faults
    assert anchor.sequence == fault.sequence
    assert "cut off" in fault.what


def test_anchor_of_an_older_moment_still_holds(place: str) -> None:
    database = filled(place)
    anchor = database.head()
    with database.writing(stamp(9)) as w:
        note(w)
    assert database.verify(anchor).sound
    assert not database.verify(Anchor(anchor.store_id, anchor.sequence, "0" * 64)).sound
    assert not database.verify(Anchor("another", anchor.sequence, anchor.hash)).sound


def test_destroyed_keys_leave_the_chain_whole(place: str) -> None:
    database = filled(place)
    with database.reading() as r:
        (key,) = r.rows("data_keys", owner="case-0")
    with database.writing(stamp(9)) as w:
        assert 1 == w.destroy([key["key_id"]])
    found = database.verify()
    assert (True, 1) == (found.sound, found.destroyed_keys)
    with database.reading() as r:
        texts = [r.payload("notes", row) for row in r.rows("notes", case_id="case-0")]
    assert [None, None] == texts


def test_key_that_vanished_or_came_back_is_found(place: str) -> None:
    database = filled(place)
    with database.reading() as r:
        first, second = (dict(k) for k in r.rows("data_keys"))
    with database.writing(stamp(9)) as w:
        w.destroy([first["key_id"]])
    with tampering(database) as connection:
        connection.execute(sa.insert(T["data_keys"]).values(first))
        connection.execute(sa.delete(T["data_keys"]).where(T["data_keys"].c.key_id == second["key_id"]))
    said = {f.subject: f.what for f in database.verify().faults}
    assert "the key was destroyed and is there again" == said[first["key_id"]]
    assert "its row in data_keys was removed" == said[second["key_id"]]


@pytest.mark.parametrize(
    "statement", ["UPDATE notes SET person = 'bob'", "DELETE FROM notes", "DELETE FROM audit"]
)
def test_the_database_itself_refuses_changes(place: str, statement: str) -> None:
    database = filled(place)
    with (
        pytest.raises(sa.exc.DBAPIError, match="added and never changed"),
        database.engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))
    assert database.verify().sound
