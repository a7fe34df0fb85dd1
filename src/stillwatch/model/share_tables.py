"""The tables of exchange with partners, in the case store: rows are added and never changed, and audited.

State follows from rows: a budget is what the ledger says was spent, a message is retracted if a later one says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.model.table import Table, described

SHARED = described(
    "shared",
    "case",
    "The ledger of everything sent to partners.",
    """
    message_id! | string | the message; of a STIX object its id, version and recipient
    entry! | int64 | audit entry that covers the row
    partner_id! | string | fingerprint of the partner it went to
    agreement_id! | string | digest of the terms it went under
    kind! | string | kind of message, without version
    sequence! | int64 | its number in the series to this partner
    sent_at! | ts | when it was sealed
    expires_at! | ts | until when it may be read
    tlp! | string | TLP 2.0 marking
    pap! | string | PAP marking
    subject | string | our campaign it is about
    named | string | what the partner knows that by: the campaign of a summary, a session, or the id of a STIX object
    amount! | int64 | what it spends: elements, epsilon in thousandths, values in a set
    digest! | string | SHA-256 of the signed bytes
    bytes! | int64 | length of message and attachment
    person! | string | who approved it, or started what it follows from
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: the message, without attachment
    """,
    key=("message_id",),
)

RECEIVED = described(
    "received",
    "case",
    "The ledger of everything that came in, refused or not. A refused message changed nothing.",
    """
    receipt_id! | string | the row
    entry! | int64 | audit entry that covers the row
    partner_id! | string | fingerprint of the partner whose signature it bears; empty if none was verified
    message_id! | string | id it claims, of a STIX object with its version; empty if it could not be read
    agreement_id | string | digest of the terms it names
    kind! | string | kind of message, without version; empty if it could not be read
    sequence! | int64 | its number in the series of this partner; 0 if it could not be read
    received_at! | ts | when
    accepted! | bool | whether it was taken
    reason! | string | why not; empty if it was taken
    named | string | campaign or session that it is about, as partners name it; of a retraction the message
    amount! | int64 | what it spends: elements, values in a set
    digest! | string | SHA-256 of the signed bytes
    bytes! | int64 | length of message and attachment; 0 for an object of a bundle, which has a row of its own
    person! | string | who took it in: the name of the service
    role! | string | in which role
    key_id | string | key of the payload; null if refused
    sealed | bytes | encrypted: the message, without attachment; null if refused
    """,
    key=("receipt_id",),
)

AGREEMENTS = described(
    "agreements",
    "case",
    "Terms of exchange with partners; a change of state adds a row.",
    """
    row_id! | string | the row
    entry! | int64 | audit entry that covers the row
    agreement_id! | string | digest of the terms
    partner_id! | string | the other party
    state! | string | `proposed`, `accepted`, `ended`; the last row holds
    at! | ts | when
    person! | string | who proposed, accepted or ended it
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: the terms
    """,
    key=("row_id",),
)

APPROVALS = described(
    "approvals",
    "case",
    "Persons who allowed something to go to a partner.",
    """
    approval_id! | string | the row
    entry! | int64 | audit entry that covers the row
    agreement_id! | string | digest of the terms
    content! | string | digest of what may go, or `elements:` and a session
    at! | ts | when
    person! | string | who
    role! | string | in which role
    """,
    key=("approval_id",),
)

CORROBORATIONS = described(
    "corroborations",
    "case",
    "What a partner's message says about one of our campaigns, in bits before bounds. Retracted messages do not count.",
    """
    corroboration_id! | string | the row
    entry! | int64 | audit entry that covers the row
    campaign_id! | string | our campaign
    partner_id! | string | the partner
    message_id! | string | the message it rests on
    kind! | string | `opinion`, `sighting`, `overlap`, `likeness`
    weight! | int64 | bits for the campaign, in 1/1024, before bounds and independence
    at! | ts | when
    person! | string | who recorded it
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: statement, origins
    """,
    key=("corroboration_id",),
)

MATCHES = described(
    "matches",
    "case",
    "Values of our own that a partner named, as marks: they show which partners list the same, and when.",
    """
    row_id! | string | the row
    entry! | int64 | audit entry that covers the row
    partner_id! | string | the partner
    message_id! | string | the message that named it
    indicator_kind! | string | kind of value
    mark! | string | hash of the value under this store's own key
    named_at! | ts | when the message came in
    at! | ts | when it was found among our values
    person! | string | who looked
    role! | string | in which role
    """,
    key=("row_id",),
)

REVIEWS = described(
    "reviews",
    "case",
    "Decisions that must be looked at again because a message they rest on was taken back.",
    """
    row_id! | string | the row
    entry! | int64 | audit entry that covers the row
    decision_id! | string | the decision
    message_id! | string | the message that was taken back
    state! | string | `open`, `upheld`, `changed`; the last row holds
    path! | string | what leads from the message to the decision
    at! | ts | when
    person! | string | who recorded or settled it
    role! | string | in which role
    """,
    key=("row_id",),
)

SHARE_TABLES: Mapping[str, Table] = MappingProxyType(
    {t.name: t for t in (SHARED, RECEIVED, AGREEMENTS, APPROVALS, CORROBORATIONS, MATCHES, REVIEWS)}
)
