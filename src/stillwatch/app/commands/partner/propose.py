"""`stillwatch partner propose`: propose terms from a TOML file to a partner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.app.spread import spread
from stillwatch.app.staff import Staff, To, Way
from stillwatch.share.messages import Proposal
from stillwatch.share.outbox import Outgoing, approve, send
from stillwatch.share.partners import find_partner, propose
from stillwatch.share.terms_file import read_terms


@spread
def command(
    terms: Annotated[Path, typer.Argument(help="Terms, a TOML file.", show_default=False)],
    to: To = "",
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Propose terms from a TOML file to a partner.

    Example: `stillwatch partner propose terms.toml --to Borealis --by dana`
    """
    office = staff.office()
    with office.writing() as writing:
        partner = find_partner(writing, to)
        wanted = read_terms(terms, (office.identity.fingerprint, partner.id))
        propose(writing, wanted, office.identity.fingerprint)
        out = Outgoing(Proposal(terms=wanted))
        frame = send(writing, office.identity, partner.id, wanted.id, out, approve(writing, wanted, out.body))
    done = way.hand_over(office, partner, frame)
    staff.show({"agreement": wanted.id, **done})
