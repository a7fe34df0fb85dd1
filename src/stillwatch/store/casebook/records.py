"""One transaction on the case store, as `model.records` describes it: every row written gets its audit entry."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from stillwatch.model.case_tables import CASE_TABLES
from stillwatch.model.errors import StateError
from stillwatch.model.records import Draft, Row, Scope, Stamp
from stillwatch.store.casebook import chain
from stillwatch.store.casebook.vault import Vault, seal, unseal

AT_ONCE = 400  # rows in one statement
DESTROY = "destroy key"  # actions that verification knows
CREATE_KEY = "make key"


class Look:
    """Reads: everything seen through it is of one transaction."""

    def __init__(self, connection: sa.Connection, tables: Mapping[str, sa.Table], vault: Vault) -> None:
        self._connection, self._tables, self._vault = connection, tables, vault
        self._keys: dict[str, bytes | None] = {}

    def rows(self, table: str, **equal: Any) -> tuple[Row, ...]:
        """Rows of a table with these values, in the order they were written."""
        t = self._tables[table]
        order = t.c["sequence" if table == "audit" else "entry"]
        query = sa.select(t).where(*(t.c[name] == value for name, value in equal.items())).order_by(order)
        return tuple(dict(row) for row in self._connection.execute(query).mappings())

    def payload(self, table: str, row: Row) -> dict[str, Any] | None:
        """The payload of a row; None if its key was destroyed."""
        key = self._key(row["key_id"])
        return None if key is None else unseal(key, _place(table, row), row["sealed"])

    def account_key(self, account_id: str) -> str:
        """The keyed hash that stands for an account id in this store."""
        return self._vault.account_key(account_id)

    def _key(self, key_id: str) -> bytes | None:
        """A key by its id; None if it was destroyed. Reads all keys of its owner at once."""
        if key_id not in self._keys:
            t = self._tables["data_keys"]
            owner = sa.select(t.c.owner).where(t.c.key_id == key_id).scalar_subquery()
            query = sa.select(t.c.key_id, t.c.wrapped).where(t.c.owner == owner)
            for found, wrapped in self._connection.execute(query):
                if found not in self._keys:
                    self._keys[found] = self._vault.unwrap(found, bytes(wrapped))
            self._keys.setdefault(key_id, None)
        return self._keys[key_id]


class Transaction(Look):
    """Writes: all of it is kept, or none; each carries the stamp."""

    def __init__(
        self, connection: sa.Connection, tables: Mapping[str, sa.Table], vault: Vault, stamp: Stamp
    ) -> None:
        super().__init__(connection, tables, vault)
        self.stamp = stamp
        self._last: tuple[int, str] | None = None  # sequence and hash of the last entry
        self._scopes: dict[Scope, str] = {}
        self._owners: set[str] = set()

    def new_id(self, prefix: str) -> str:
        """A random id that begins with `prefix`."""
        return f"{prefix}-{secrets.token_hex(6)}"

    def add(self, table: str, drafts: Iterable[Draft], *, action: str) -> tuple[Row, ...]:
        """Add rows, each with an audit entry; `entry`, `key_id` and `sealed` are filled in. Returns them as written."""
        wanted = list(drafts)
        keys = self._keys_for([d.scope for d in wanted if d.scope is not None])
        rows = []
        for draft in wanted:
            row = dict(draft.row)
            if draft.scope is not None:
                row["key_id"] = key_id = keys[draft.scope]
                row["sealed"] = seal(self._known(key_id), _place(table, row), draft.payload or {})
            rows.append(row)
        return self._write(table, rows, action)

    def destroy(self, key_ids: Sequence[str]) -> int:
        """Destroy keys, each with an audit entry: what they opened can never be read again. Returns how many."""
        t = self._tables["data_keys"]
        gone: list[Row] = []
        for part in _parts(key_ids):
            found = self._connection.execute(sa.select(t).where(t.c.key_id.in_(part)).order_by(t.c.key_id))
            gone += [dict(row) for row in found.mappings()]
            self._connection.execute(sa.delete(t).where(t.c.key_id.in_(part)))
        first, _ = self._tail()
        entries = [
            self._entry(first + i, DESTROY, "data_keys", row["key_id"], chain.row_digest("data_keys", row))
            for i, row in enumerate(gone, 1)
        ]
        self._insert("audit", entries)
        for row in gone:
            self._keys[row["key_id"]] = None
        self._scopes, self._owners = {}, set()
        return len(gone)

    def record(self, action: str, subject: str, digest: str) -> int:
        """Write an audit entry that covers no row, such as an export; returns its sequence number."""
        sequence = self._tail()[0] + 1
        self._insert("audit", [self._entry(sequence, action, "", subject, digest)])
        return sequence

    def begin_chain(self, store_id: str) -> None:
        """Let the chain of an empty store begin."""
        self._last = (0, chain.beginning(store_id))

    def _write(self, table: str, rows: Sequence[dict[str, Any]], action: str) -> tuple[Row, ...]:
        first, _ = self._tail()
        entries = []
        for i, row in enumerate(rows, 1):
            row["entry"] = first + i
            subject = str(row[CASE_TABLES[table].key[0]])
            entries.append(self._entry(first + i, action, table, subject, chain.row_digest(table, row)))
        self._insert(table, rows)
        self._insert("audit", entries)
        return tuple(rows)

    def _entry(self, sequence: int, action: str, table: str, subject: str, digest: str) -> dict[str, Any]:
        """The next entry; remembers that it is the last."""
        _, previous = self._tail()
        entry: dict[str, Any] = {
            "sequence": sequence,
            "at": self.stamp.at,
            "person": self.stamp.person,
            "role": self.stamp.role,
            "action": action,
            "subject_table": table,
            "subject": subject,
            "digest": digest,
            "previous": previous,
        }
        entry["hash"] = chain.entry_hash(entry)
        entry["seal"] = self._vault.entry_seal(entry["hash"])
        self._last = (sequence, entry["hash"])
        return entry

    def _tail(self) -> tuple[int, str]:
        if self._last is None:
            t = self._tables["audit"]
            query = sa.select(t.c.sequence, t.c.hash).order_by(t.c.sequence.desc()).limit(1)
            found = self._connection.execute(query).one_or_none()
            if found is None:
                raise StateError(
                    "the audit chain of this case store is empty",
                    remedy="Bring the store back from a backup; entries were removed",
                )
            self._last = (found[0], found[1])
        return self._last

    def _keys_for(self, scopes: Sequence[Scope]) -> Mapping[Scope, str]:
        """Ids of the keys of scopes; those that are not there are made."""
        for owner in sorted({s.owner for s in scopes} - self._owners):
            for row in self.rows("data_keys", owner=owner):
                self._scopes[Scope(owner, row["kind"], row["account_key"] or "")] = row["key_id"]
            self._owners.add(owner)
        missing = [s for s in dict.fromkeys(scopes) if s not in self._scopes]
        rows = [self._new_key(scope) for scope in missing]
        self._write("data_keys", rows, CREATE_KEY)
        return self._scopes

    def _new_key(self, scope: Scope) -> dict[str, Any]:
        key_id = self.new_id("key")
        plain, wrapped = self._vault.new_key(key_id)
        self._keys[key_id] = plain
        self._scopes[scope] = key_id
        return {
            "key_id": key_id,
            "owner": scope.owner,
            "kind": scope.kind,
            "account_key": scope.account_key or None,
            "made_at": self.stamp.at,
            "wrapped": wrapped,
        }

    def _known(self, key_id: str) -> bytes:
        key = self._key(key_id)
        if key is None:
            raise StateError(f"key {key_id} is gone", remedy="Run `stillwatch audit verify`")
        return key

    def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        names = [c.name for c in CASE_TABLES[table].columns]
        into = sa.insert(self._tables[table])
        for part in _parts(rows):
            complete = [{name: row.get(name) for name in names} for row in part]
            if self._connection.dialect.name == "sqlite":
                self._connection.execute(into, complete)
            else:  # the driver would make a journey to the server for every row
                self._connection.execute(into.values(complete))


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[i : i + AT_ONCE] for i in range(0, len(items), AT_ONCE))


def _place(table: str, row: Row) -> str:
    """What a payload is bound to: its table, its row, its key."""
    return f"{table}/{row[CASE_TABLES[table].key[0]]}/{row['key_id']}"
