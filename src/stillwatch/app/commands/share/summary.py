"""`stillwatch share summary`: tell a partner of a campaign without its customers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec import to_builtins

from stillwatch.app.campaign_values import campaign_facts
from stillwatch.app.spread import spread
from stillwatch.app.staff import Peer, Staff, Way
from stillwatch.share.indicators import epoch_key
from stillwatch.share.outbox import Outgoing, epsilon_spent
from stillwatch.share.summary import summarise


@spread
def command(
    results: Annotated[Path, typer.Argument(help="Result folder of a scan.", show_default=False)],
    campaign: Annotated[str, typer.Argument(help="Campaign.", show_default=False)],
    epsilon: Annotated[
        float, typer.Option(min=0, help="Add noise for this privacy loss instead of rounding.")
    ] = 0.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")
    ] = False,
    peer: Peer = Peer(),
    way: Way = Way(),
    staff: Staff = Staff(),
) -> None:
    """Tell a partner of a campaign without its customers, to ask: do you see this, too?

    Example: `stillwatch share summary results c-17 --to Borealis --epsilon 0.5 --by dana`
    """
    office = staff.office()
    facts = campaign_facts(results, campaign, office.identity.fingerprint)
    with office.reading() as reading:
        partner, terms = peer.found(reading)
    epoch = terms.epoch(int(datetime.now(UTC).timestamp()))
    key = epoch_key(office.identity, bytes.fromhex(partner.card.exchange), terms, epoch)
    body = summarise(
        facts,
        fields=terms.fields,
        key=key,
        epoch=epoch,
        method="private" if epsilon else "rounded",
        epsilon_permille=round(epsilon * 1000),
    )
    if dry_run:
        staff.show(to_builtins(body))
        return
    done = way.send(office, peer, Outgoing(body, subject=campaign))
    with office.reading() as reading:
        left = terms.epsilon_permille - epsilon_spent(reading, partner.id, campaign)
    told = {"campaign": campaign, "known_to_partner_as": body.campaign, "epsilon_left": left / 1000}
    staff.show({**told, **done})
