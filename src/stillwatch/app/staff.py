"""Options that commands about partners have in common: who works, with what, and whom they write to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import Office, approve_and_send, counterpart, hand_over, open_office, show
from stillwatch.model.records import Reading
from stillwatch.share.agreement import Terms
from stillwatch.share.envelope import Frame
from stillwatch.share.outbox import Outgoing
from stillwatch.share.partners import Partner
from stillwatch.share.rounds import Table

IdentityFile = Annotated[
    Path | None,
    typer.Option(
        "--identity", envvar="STILLWATCH_IDENTITY", help="Our keys towards partners, a file of mode 0600."
    ),
]
To = Annotated[str, typer.Option("--to", help="Partner: name, or beginning of the fingerprint.")]
Under = Annotated[
    str, typer.Option("--under", help="Agreement: beginning of its id; the only one by default.")
]
Trust = Annotated[
    Path | None,
    typer.Option("--trust", help="PEM file with the certificate to trust for the partner's server."),
]
OutFile = Annotated[
    Path | None, typer.Option("--out", help="Write the sealed message to a file instead of sending it.")
]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works with partners, with which keys and store, and how the answer is printed."""

    store: Store = ""
    case_key: CaseKey = None
    identity: IdentityFile = None
    by: By = ""
    role: Role = "legal"
    json_: AsJson = False

    def office(self, *, make: bool = False) -> Office:
        """Keys and store, opened."""
        return open_office(self.store, self.case_key, self.identity, by=self.by, role=self.role, make=make)

    def show(self, fields: Mapping[str, Any]) -> None:
        """Print a result."""
        show(fields, self.json_)


@dataclass(frozen=True, slots=True)
class Peer:
    """Which partner, under which agreement."""

    to: To = ""
    under: Under = ""

    def found(self, store: Reading) -> tuple[Partner, Terms]:
        """Partner and agreement."""
        return counterpart(store, self.to, self.under)


@dataclass(frozen=True, slots=True)
class Way:
    """How a message goes: to a server that is trusted by its certificate, or into a file."""

    trust: Trust = None
    file: OutFile = None

    def hand_over(self, office: Office, partner: Partner, frame: Frame) -> dict[str, Any]:
        """Send a sealed frame, or write it."""
        return hand_over(office, partner, frame, trust=self.trust, file=self.file)

    def send(
        self, office: Office, peer: Peer, out: Outgoing, *, table: Table | None = None
    ) -> dict[str, Any]:
        """Approve, seal, and send a message, or write it."""
        return approve_and_send(
            office, peer.to, peer.under, out, trust=self.trust, file=self.file, table=table
        )
