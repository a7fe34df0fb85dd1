"""What goes out in a bundle under an agreement: our findings, our word on a partner's, and what we take back."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from stillwatch.model.errors import RefusedError, UsageError
from stillwatch.model.records import Reading, Row, Writing
from stillwatch.share.agreement import Terms
from stillwatch.share.bundles.gate import FINDING, OPINION, SIGHTING, check_finding, check_objects
from stillwatch.share.bundles.ledger import RETRACTION, Item, message_of_object, object_of, release, text_of
from stillwatch.share.bundles.words import BASIS, STIX_CONFIDENCE, STIX_OPINION
from stillwatch.share.canonical import digest
from stillwatch.share.inbound.bundle import version_of
from stillwatch.share.inbound.judge import moment
from stillwatch.share.ledger import seconds
from stillwatch.share.partners import ACTIVE, partner_by_id
from stillwatch.share.publication import Publication
from stillwatch.share.stix.objects import OURS, Object, domain_object, identity_id, stamp
from stillwatch.share.tlp import tlp_marking
from stillwatch.share.weigh import BIT, standing

SURE_BITS, LIKELY_BITS = (
    3.0,
    0.0,
)  # likeness from which our word is `confirmed`, and above which `investigate`


def release_finding(
    store: Writing,
    terms: Terms,
    partner: str,
    publication: Publication,
    files: Mapping[str, bytes],
    objects: Sequence[Object],
    campaigns: Sequence[str],
) -> tuple[str, ...]:
    """Let the files of an export go under an agreement: through the gate, and into the ledger.

    `objects` are those of a STIX bundle, empty for other forms, `campaigns` our ids. Raises `RefusedError`.
    """
    _check_partner(store, partner)
    now = seconds(store.stamp.at)
    check_finding(terms, publication.fields, publication.tlp, publication.pap, now)
    if objects:
        check_objects(terms, objects, now)
        _check_not_taken_back(store, partner, objects)
    items = list(
        _finding_items(store, partner, objects, campaigns) if objects else _file_items(files, partner)
    )
    content = digest(
        [
            *(hashlib.sha256(data).hexdigest() for _, data in sorted(files.items())),
            publication.tlp,
            publication.pap,
        ]
    )
    return release(store, terms, partner, items, content=content, tlp=publication.tlp, pap=publication.pap)


def answer(
    store: Writing, terms: Terms, partner: str, publication: Publication, campaign_id: str
) -> list[Object]:
    """Our word on the partner's findings that a campaign of ours was matched with: an opinion and a sighting of each.

    What speaks comes from the corroborations that stand. They go through the gate, and into the ledger.
    Raises `UsageError` if there is none, `RefusedError` if the agreement does not allow it.
    """
    _check_partner(store, partner)
    rows = [r for r in standing(store, campaign_id) if r["partner_id"] == partner and r["kind"] == "likeness"]
    found: dict[str, Row] = {}
    for row in rows:
        target = str(row["message_id"]).partition("@")[0]
        if "--" in target:
            found[target] = row
    if not found:
        raise UsageError(
            f"no finding of this partner was matched with {campaign_id}",
            remedy="Match one: stillwatch share match … --keep",
        )
    publisher = _publisher(publication)
    objects: list[Object] = [tlp_marking(publication.tlp), publisher]
    items = []
    for target, row in sorted(found.items()):
        words = _words(store, publication, publisher, target, row)
        said = [thing for thing in words if thing["type"] in terms.messages]
        if not said:
            raise RefusedError(
                "not_agreed",
                "the agreement has neither opinion nor sighting",
                remedy=f"It has: {', '.join(terms.messages)}",
            )
        objects += said
        items += [
            _item(thing, str(thing["type"]), campaign_id, partner, [str(row["message_id"])]) for thing in said
        ]
    check_objects(terms, objects, seconds(store.stamp.at))
    _check_not_taken_back(store, partner, objects)
    _let_go(store, terms, partner, items, publication.tlp, publication.pap)
    return objects


def revoke(store: Writing, terms: Terms, partner: str, wanted: str) -> list[Object]:
    """The objects of a partner's that we take back, as revoked versions; `wanted` begins the id of what we sent.

    This is possible under an agreement that was ended as well. Raises `UsageError` unless it names one object that
    stands.
    """
    rows = [
        r
        for r in store.rows("shared", partner_id=partner)
        if wanted and str(r["message_id"]).startswith(wanted) and r["kind"] in (FINDING, OPINION, SIGHTING)
    ]
    taken_back = {str(r["named"]) for r in store.rows("shared", partner_id=partner, kind=RETRACTION)}
    open_rows = [r for r in rows if r["message_id"] not in taken_back]
    things = {str(o["id"]): o for r in open_rows if (o := object_of(store, "shared", r)) is not None}
    if len(things) != 1:
        raise UsageError(
            f"{len(things)} objects that stand begin with {wanted!r}", remedy="See: stillwatch share ledger"
        )
    (last,) = things.values()
    version = max(store.stamp.at, moment(version_of(last)) + timedelta(milliseconds=1))
    gone = {**last, "revoked": True, "modified": stamp(_whole(version))}
    marking = [m for r in open_rows[-1:] for m in [tlp_marking(str(r["tlp"]))]]
    items = []
    for row in open_rows:
        name = message_of_object(str(gone["id"]), f"{gone['modified']}~{row['sequence']}", partner)
        payload = {"object": gone}
        items.append(
            Item(name, RETRACTION, str(row["message_id"]), str(row["subject"] or ""), text_of(gone), payload)
        )
    _let_go(store, terms, partner, items, str(open_rows[-1]["tlp"]), str(open_rows[-1]["pap"]))
    return [*marking, gone]


def bundle_of(objects: Sequence[Mapping[str, Any]]) -> Object:
    """Objects as a bundle whose id follows from its content."""
    text = b"".join(text_of(thing) for thing in objects).hex()
    return {"type": "bundle", "id": f"bundle--{uuid.uuid5(OURS, text)}", "objects": list(objects)}


def _finding_items(
    store: Reading, partner: str, objects: Sequence[Object], campaigns: Collection[str]
) -> Iterable[Item]:
    """A row for each campaign, under the id by which the partner will speak of it."""
    told = [o for o in objects if o["type"] == "campaign"]
    for thing in told:
        own = next((c for c in sorted(campaigns) if str(thing["name"]).endswith(f" {c}")), "")
        rests = sorted({str(r["message_id"]) for r in standing(store, own)})
        yield _item(thing, FINDING, own, partner, rests)


def _file_items(files: Mapping[str, bytes], partner: str) -> Iterable[Item]:
    """A row for each file of a form that nobody answers to by id."""
    for name, data in sorted(files.items()):
        mark = hashlib.sha256(data).hexdigest()
        yield Item(f"file-{mark[:32]}/{partner[:8]}", FINDING, "", "", data, {"file": name})


def _item(thing: Object, kind: str, subject: str, partner: str, rests_on: Sequence[str]) -> Item:
    name = message_of_object(str(thing["id"]), version_of(thing), partner)
    payload = {"object": thing, "rests_on": list(rests_on)}
    return Item(name, kind, str(thing["id"]), subject, text_of(thing), payload)


def _let_go(store: Writing, terms: Terms, partner: str, items: Sequence[Item], tlp: str, pap: str) -> None:
    content = digest([*(hashlib.sha256(item.content).hexdigest() for item in items), tlp, pap])
    release(store, terms, partner, items, content=content, tlp=tlp, pap=pap)


def _words(
    store: Reading, publication: Publication, publisher: Object, target: str, row: Row
) -> Iterable[Object]:
    """An opinion on a finding and, unless it speaks against it, a sighting of it."""
    bits = int(row["weight"]) / BIT
    word = "confirmed" if bits >= SURE_BITS else "investigate" if bits > LIKELY_BITS else "not_seen"
    sure = STIX_CONFIDENCE["high" if bits >= SURE_BITS else "moderate" if bits > LIKELY_BITS else "low"]
    labels = [f"{BASIS}own_observation", f"PAP:{publication.pap.upper()}"]
    told = str((store.payload("corroborations", row) or {}).get("statement", ""))
    yield domain_object(
        "opinion",
        publication,
        target,
        opinion=STIX_OPINION[word],
        explanation=told,
        object_refs=[target],
        confidence=sure,
        labels=labels,
    )
    if bits > LIKELY_BITS:
        yield domain_object(
            "sighting",
            publication,
            target,
            "partner",
            sighting_of_ref=target,
            where_sighted_refs=[publisher["id"]],
            confidence=sure,
            labels=labels,
        )


def _publisher(publication: Publication) -> Object:
    thing = domain_object("identity", publication, name=publication.publisher, identity_class="organization")
    del thing["created_by_ref"]
    return {**thing, "id": identity_id(publication.publisher)}


def _check_partner(store: Reading, partner: str) -> None:
    known = partner_by_id(store, partner)
    if known is None or known.state != ACTIVE:
        raise RefusedError(
            "unknown_recipient",
            "no active partner has this fingerprint",
            remedy="See: stillwatch partner list",
        )


def _check_not_taken_back(store: Reading, partner: str, objects: Iterable[Object]) -> None:
    """STIX knows no way back: an object that was revoked cannot be said again."""
    gone = {
        str(r["named"]).partition("@")[0] for r in store.rows("shared", partner_id=partner, kind=RETRACTION)
    }
    again = sorted({str(o["id"]) for o in objects} & gone)
    if again:
        raise RefusedError(
            "contradictory", f"{again[0]} was taken back", remedy="Leave the campaign out, with --campaign"
        )


def _whole(at: datetime) -> datetime:
    """The next whole millisecond, as STIX writes it."""
    cut = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return cut if cut == at else cut + timedelta(milliseconds=1)
