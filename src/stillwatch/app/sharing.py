"""Wiring of exchange with partners: options in common, keys and stores on this machine, frames to partners and back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from stillwatch.app.casework import open_desk
from stillwatch.app.secret import default_key_file
from stillwatch.model.clean_text import clean
from stillwatch.model.errors import InputError, ResourceError, UsageError
from stillwatch.model.records import Reading, Stamp, Writing
from stillwatch.share.agreement import Terms
from stillwatch.share.bundles.say import bundle_of
from stillwatch.share.desk import Desk
from stillwatch.share.envelope import Frame
from stillwatch.share.identity import Identity, read_identity
from stillwatch.share.inbound.strict_json import Limits
from stillwatch.share.inbox import Receipt
from stillwatch.share.indicators import PRIVATE_KINDS
from stillwatch.share.oprf import Oprf
from stillwatch.share.outbox import Outgoing, approve, send
from stillwatch.share.partners import Partner, agreement, agreements, find_partner
from stillwatch.share.rounds import BACKGROUND, Table
from stillwatch.share.sessions import Sessions
from stillwatch.share.transport.client import post
from stillwatch.share.transport.server import LIMIT

if TYPE_CHECKING:  # its packages are optional: the command line starts without them
    from stillwatch.store.casebook.database import Database

SESSION_DAYS = 30  # as long as a message may live


@dataclass(frozen=True, slots=True)
class Office:
    """Our keys, the case store, and the person who works with them."""

    identity: Identity
    database: Database
    folder: Path
    person: str
    role: str

    def reading(self) -> AbstractContextManager[Reading]:
        """A look at the store."""
        return self.database.reading()

    def writing(self) -> AbstractContextManager[Writing]:
        """A transaction that carries the person's name."""
        return self.database.writing(Stamp(self.person, self.role, _now()))

    def table(self, values: Mapping[str, Path], background: float = BACKGROUND) -> Table:
        """What intersections need; values are read from files when they are asked for. Old sessions are forgotten."""
        sessions = Sessions(self.folder / "sessions")
        sessions.drop_older(_now().timestamp() - SESSION_DAYS * 86_400)
        return Table(
            Oprf(),
            sessions,
            lambda kind: read_values(values[kind]) if kind in values else (),
            background,
        )

    def desk(self, table: Table) -> Desk:
        """The desk that handles messages."""
        return Desk(self.identity, table, self.reading, self.writing, lambda: int(_now().timestamp()))


def identity_file(given: Path | None) -> Path:
    """Where our keys towards partners are: beside the other keys unless the user says otherwise."""
    return given or default_key_file().with_name("identity.key")


def open_office(
    store: str, case_key: Path | None, identity: Path | None, *, by: str, role: str, make: bool = False
) -> Office:
    """Keys and store, opened. With `make`, a store and its master key are made if they are not there."""
    place = identity_file(identity)
    keys = read_identity(place)
    desk = open_desk(store, case_key, by, role, make=make)
    return Office(keys, desk.database, place.parent, desk.stamp.person, desk.stamp.role)


def counterpart(store: Reading, to: str, under: str) -> tuple[Partner, Terms]:
    """The partner and the agreement meant: by name, and by id or as the only accepted one."""
    partner = find_partner(store, to)
    if under:
        terms, _, other = agreement(store, under)
        if other != partner.id:
            raise UsageError("this agreement is with another partner", remedy="See: stillwatch partner list")
        return partner, terms
    found = [
        terms for terms, state, other in agreements(store) if other == partner.id and state == "accepted"
    ]
    if len(found) != 1:
        raise UsageError(
            f"{len(found)} accepted agreements with {partner.card.name}",
            remedy="Name one with --under" if found else "Agree first: stillwatch partner propose",
        )
    return partner, found[0]


def approve_and_send(
    office: Office,
    to: str,
    under: str,
    out: Outgoing,
    *,
    trust: Path | None,
    file: Path | None,
    table: Table | None = None,
) -> dict[str, Any]:
    """Approve by the person of the office, seal, and hand to the partner or write to a file."""
    with office.writing() as store:
        partner, terms = counterpart(store, to, under)
        frame = send(store, office.identity, partner.id, terms.id, out, approve(store, terms, out.body))
    return hand_over(office, partner, frame, trust=trust, file=file, table=table)


def hand_over(
    office: Office,
    partner: Partner,
    frame: Frame,
    *,
    trust: Path | None,
    file: Path | None,
    table: Table | None = None,
) -> dict[str, Any]:
    """Send a sealed frame, handle the answers; or write it to a file."""
    if file is not None:
        write_frame(file, frame.to_bytes())
        return {"written": str(file), "bytes": len(frame.to_bytes())}
    desk = office.desk(table or office.table({}))
    receipt = desk.post(frame.to_bytes(), lambda data: post(partner.card.endpoint, data, authority=trust))
    return {"sent_to": partner.card.name, "answer": answer_of(receipt)}


def answer_of(receipt: Receipt) -> str:
    """What the last answer was, in a word."""
    if receipt.message is None:
        return receipt.reason or "taken"
    return str(receipt.message.body.__struct_config__.tag).partition(".")[0]


def read_values(path: Path) -> Sequence[str]:
    """Values, one a line. Raises `InputError` if the file cannot be read."""
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "cannot be read as lines of text", where=str(path), remedy="One value a line, in UTF-8"
        ) from error


def value_files(named: Sequence[str]) -> Mapping[str, Path]:
    """Files of values by kind, from KIND=FILE. Raises `UsageError` for anything else."""
    found = {}
    for one in named:
        kind, equals, file = one.partition("=")
        if not equals or kind not in PRIVATE_KINDS or not file:
            raise UsageError(
                f"--values {one!r}", remedy=f"Write KIND=FILE; kinds: {', '.join(PRIVATE_KINDS)}"
            )
        if not Path(file).is_file():
            raise InputError("no such file", where=file, remedy="Name a file of values, one a line")
        found[kind] = Path(file)
    return found


def read_frame(path: Path) -> bytes:
    """A sealed message from a file, read up to the limit, so that the inbox can refuse what is longer."""
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), remedy="Name another file"
        ) from error


def show(fields: Mapping[str, Any], as_json: bool) -> None:
    """Print a result: one JSON object, or a line per field; records of one shape as columns with their names."""
    if as_json:
        typer.echo(json.dumps(fields))
        return
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            typer.echo(f"{name}:{'' if value else ' none'}")
            for line in _columns(value):
                typer.echo(clean(f"  {line}"))
        else:
            typer.echo(clean(f"{name}: {value}"))


def _columns(values: Sequence[Any]) -> list[str]:
    """Records of one shape in columns under the names of their fields; anything else a line each."""
    if not values or not all(isinstance(v, dict) and v.keys() == values[0].keys() for v in values):
        return [_word(list(v.values()) if isinstance(v, dict) else v) for v in values]
    rows = [[n.replace("_", " ") for n in values[0]], *([_word(cell) for cell in v.values()] for v in values)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _word(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None or value == "" else str(value)


def new_session() -> str:
    """A random id for an intersection."""
    return secrets.token_hex(16)


def write_frame(path: Path, data: bytes) -> None:
    """Write a message to a file."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ResourceError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="Choose another --out"
        ) from error


def read_bundle_file(path: Path) -> bytes:
    """A bundle from a file, read up to the limit, so that what is longer is refused and recorded."""
    try:
        with path.open("rb") as file:
            return file.read(Limits().bytes + 1)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=str(path), remedy="Name another file"
        ) from error


def write_bundle(path: Path, objects: Sequence[Mapping[str, Any]]) -> None:
    """Write objects to a file as a bundle."""
    write_frame(path, (json.dumps(bundle_of(objects), indent=1, ensure_ascii=False) + "\n").encode())


def _now() -> datetime:
    return datetime.now(UTC)
