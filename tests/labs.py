"""Two deployments in one process: each with its keys, its case store in SQLite, and a clock that a test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stillwatch.model.records import Reading, Stamp, Writing
from stillwatch.share.agreement import Terms
from stillwatch.share.desk import Desk
from stillwatch.share.envelope import Frame
from stillwatch.share.gate import Approval
from stillwatch.share.identity import Identity, make_identity
from stillwatch.share.messages import AnyBody
from stillwatch.share.oprf import Oprf
from stillwatch.share.outbox import Outgoing, approve, send
from stillwatch.share.partners import accept, propose, save_partner
from stillwatch.share.rounds import Table
from stillwatch.share.sessions import Sessions
from stillwatch.store.casebook.database import Database, open_database

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MASTER = bytes(range(32))


@dataclass
class Lab:
    """One deployment."""

    name: str
    identity: Identity
    database: Database
    folder: Path
    values: dict[str, Sequence[str]] = field(default_factory=dict)
    at: datetime = START

    @property
    def id(self) -> str:
        """Fingerprint."""
        return self.identity.fingerprint

    def later(self, **span: float) -> None:
        """Turn the clock."""
        self.at += timedelta(**span)

    @contextmanager
    def writing(self, role: str = "legal", person: str = "dana") -> Iterator[Writing]:
        """A transaction by a person."""
        with self.database.writing(Stamp(person, role, self.at)) as store:
            yield store

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A look."""
        with self.database.reading() as store:
            yield store

    def rows(self, table: str, **equal: object) -> tuple[Mapping[str, object], ...]:
        """Rows of the store."""
        with self.reading() as store:
            return store.rows(table, **equal)

    def desk(self) -> Desk:
        """The desk that handles messages."""
        table = Table(
            Oprf(threads=1), Sessions(self.folder / "sessions"), lambda kind: self.values.get(kind, ())
        )
        return Desk(self.identity, table, self.reading, self.writing, lambda: int(self.at.timestamp()))

    def send(self, to: Lab, terms: Terms, body: AnyBody, attachment: bytes = b"", **more: str) -> Frame:
        """Approve and seal a message."""
        with self.writing() as store:
            approval: Approval = approve(store, terms, body)
            return send(store, self.identity, to.id, terms.id, Outgoing(body, attachment, **more), approval)


def make_lab(name: str, folder: Path) -> Lab:
    """A deployment with new keys and a new store."""
    home = folder / name
    identity = make_identity(home / "identity.key")
    database = open_database(str(home / "cases.db"), MASTER, Stamp("dana", "engineer", START), make=True)
    return Lab(name, identity, database, home)


def make_terms(a: Lab, b: Lab, **changes: object) -> Terms:
    """Terms between two labs that allow everything that can be allowed."""
    fields: dict[str, object] = {
        "parties": tuple(sorted((a.id, b.id))),
        "purpose": "distillation campaigns",
        "starts": int(START.timestamp()) - 86_400,
        "ends": int(START.timestamp()) + 90 * 86_400,
        "messages": ("indicators", "psi_request", "summary", "opinion", "sighting"),
        "fields": ("accounts", "exchanges", "capabilities", "timing", "templates"),
        "keyed_kinds": ("payment", "email", "client", "template"),
        "private_kinds": ("payment", "address", "mail_domain"),
        "smallest_set": 5,
    }
    return Terms(**(fields | changes))  # type: ignore[arg-type]


def introduce(a: Lab, b: Lab, terms: Terms) -> None:
    """Each knows the other and has accepted the terms."""
    for one, other in ((a, b), (b, a)):
        with one.writing() as store:
            save_partner(store, other.identity.card(other.name, "https://127.0.0.1:1"), reliability="B")
            propose(store, terms, one.id)
            accept(store, terms.id, one.id)
