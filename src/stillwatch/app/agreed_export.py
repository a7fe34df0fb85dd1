"""An export under an agreement: its terms fill in what was not said; gate and ledger come before the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from stillwatch.app.casework import Desk
from stillwatch.app.export import ExportOrder, make_export
from stillwatch.model.errors import UsageError
from stillwatch.share.agreement import PLAIN, Terms
from stillwatch.share.bundles.say import release_finding
from stillwatch.share.partners import agreement, agreement_in_force
from stillwatch.share.publication import NEED_DATASET


@dataclass(frozen=True, slots=True)
class Given:
    """Which settings the user gave; the others come from the agreement."""

    tlp: bool = False
    pap: bool = False
    fields: bool = False
    audience: bool = False


def export_under(
    desk: Desk, wanted: str, place: tuple[Path, Path, Path], order: ExportOrder, given: Given
) -> tuple[Path, ...]:
    """Write an export for the partner of an agreement; `place` is results, folder to write to, key file.

    Raises `RefusedError` if the agreement does not allow it or nobody approved; then nothing was written anywhere.
    """
    results, out, key_file = place
    if given.audience:
        raise UsageError("the agreement says whom it is for", remedy="Leave out --audience or --agreement")
    with desk.database.writing(desk.stamp) as store:
        found, _, partner = agreement(store, wanted)
        terms = agreement_in_force(store, found.id, partner)
        made = make_export(results, out, agreed(order, terms, partner, given), key_file)
        files = {name: text.encode() for name, text in made.files.items()}
        release_finding(
            store, terms, partner, made.publication, files, [dict(o) for o in made.objects], made.campaigns
        )
        return made.write(out)


def agreed(order: ExportOrder, terms: Terms, partner: str, given: Given) -> ExportOrder:
    """The order with the partner as audience, and with what the terms say where the user said nothing.

    Plain values that need the dataset are left out if there is none.
    """
    plain = {name.removeprefix(PLAIN) for name in terms.fields if name.startswith(PLAIN)}
    can = plain if order.dataset is not None else plain - NEED_DATASET
    return replace(
        order,
        audience=partner,
        tlp=order.tlp if given.tlp else terms.tlp,
        pap=order.pap if given.pap else terms.pap,
        fields=order.fields if given.fields else frozenset(can),
    )
