"""`stillwatch partner propose`: propose terms from a TOML file to a partner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.casework import AsJson, By, CaseKey, Role, Store
from stillwatch.app.sharing import IdentityFile, OutFile, To, Trust, hand_over, open_office, show
from stillwatch.share.messages import Proposal
from stillwatch.share.outbox import Outgoing, approve, send
from stillwatch.share.partners import find_partner, propose
from stillwatch.share.terms_file import read_terms


def command(
    terms: Annotated[Path, typer.Argument(help="Terms, a TOML file.", show_default=False)],
    to: To = "",
    trust: Trust = None,
    file: OutFile = None,
    store: Store = "",
    case_key: CaseKey = None,
    identity: IdentityFile = None,
    by: By = "",
    role: Role = "legal",
    json_: AsJson = False,
) -> None:
    """Propose terms from a TOML file to a partner.

    Example: `stillwatch partner propose terms.toml --to Borealis --by dana`
    """
    office = open_office(store, case_key, identity, by=by, role=role)
    with office.writing() as writing:
        partner = find_partner(writing, to)
        wanted = read_terms(terms, (office.identity.fingerprint, partner.id))
        propose(writing, wanted, office.identity.fingerprint)
        out = Outgoing(Proposal(terms=wanted))
        frame = send(writing, office.identity, partner.id, wanted.id, out, approve(writing, wanted, out.body))
    done = hand_over(office, partner, frame, trust=trust, file=file)
    show({"agreement": wanted.id, **done}, json_)
