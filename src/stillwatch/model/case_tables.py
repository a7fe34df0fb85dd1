"""The tables of the case store: rows are added and never changed, and an audit entry covers each of them.

They live in SQLite or PostgreSQL, not in Parquet. A column that is added later may be null: nulls are no part of a
row's digest, so rows written before keep theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stillwatch.model.share_tables import SHARE_TABLES
from stillwatch.model.table import Table, described

STORE_INFO = described(
    "store_info",
    "case",
    "What this store is: one row, written when it is made.",
    """
    store_id! | string | random; the chain begins with its digest
    entry! | int64 | audit entry that covers the row
    made_at! | ts | when the store was made
    key_check! | string | tells whether a master key is this store's, and nothing else about it
    """,
    key=("store_id",),
)

DATA_KEYS = described(
    "data_keys",
    "case",
    "Keys that payloads are encrypted with, wrapped by the master key. The only rows that go: that is deletion.",
    """
    key_id! | string | the key
    entry! | int64 | audit entry that covers the row
    owner! | string | case or partner whose payloads it opens
    kind! | string | `case`, `text` (notes, readable signatures), `account` (what stands against one account), `partner`
    account_key | string | keyed hash of the account id, for kind `account`
    made_at! | ts | when it was made
    wrapped! | bytes | the key, encrypted with the master key
    """,
    key=("key_id",),
)

CASES = described(
    "cases",
    "case",
    "One row per case. Its state follows from its decisions.",
    """
    case_id! | string | the case
    entry! | int64 | audit entry that covers the row
    campaign_id! | string | the campaign it is about
    opened_at! | ts | when it was opened
    person! | string | who opened it
    role! | string | `analyst`, `reviewer`, `legal`, `engineer`
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: title
    """,
    key=("case_id",),
)

EXHIBITS = described(
    "exhibits",
    "case",
    "What a case rests on, frozen when it was added.",
    """
    exhibit_id! | string | the exhibit
    entry! | int64 | audit entry that covers the row
    case_id! | string | the case
    number! | int64 | number within the case, from 1
    kind! | string | `scan`, `rescan`, `evaluation` (measured error rates), `document`, `partner`
    reliability! | string | Admiralty code: of the source, `A` to `F`
    credibility! | int64 | Admiralty code: of the information, 1 to 6
    partner_id | string | partner it came from
    added_at! | ts | when it was added
    person! | string | who added it
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: title, digests, and the frozen rows or the file
    message_id | string | message of the partner that it holds; null unless it is one
    """,
    key=("exhibit_id",),
)

EXHIBIT_TEXTS = described(
    "exhibit_texts",
    "case",
    "Readable template signatures of an exhibit: apart, since text is kept for a shorter time.",
    """
    text_id! | string | the row
    entry! | int64 | audit entry that covers the row
    case_id! | string | the case
    exhibit_id! | string | the exhibit
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: rows of `campaign_templates`
    """,
    key=("text_id",),
)

EXHIBIT_ACCOUNTS = described(
    "exhibit_accounts",
    "case",
    "What an exhibit holds against one account, encrypted with a key of that account's own.",
    """
    row_id! | string | the row
    entry! | int64 | audit entry that covers the row
    case_id! | string | the case
    exhibit_id! | string | the exhibit
    account_key! | string | keyed hash of the account id
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: membership, evidence, exchanges
    """,
    key=("row_id",),
)

NOTES = described(
    "notes",
    "case",
    "What people wrote down.",
    """
    note_id! | string | the note
    entry! | int64 | audit entry that covers the row
    case_id! | string | the case
    added_at! | ts | when it was written
    person! | string | who wrote it
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: the text
    """,
    key=("note_id",),
)

DECISIONS = described(
    "decisions",
    "case",
    "What was decided, by whom, on which evidence. A later decision replaces an earlier one; none is deleted.",
    """
    decision_id! | string | the decision
    entry! | int64 | audit entry that covers the row
    case_id! | string | the case
    number! | int64 | number within the case, from 1
    kind! | string | `confirm`, `dismiss`, `undecided`, `accuse`, `clear` (one account), `close`, `reopen`
    account_key | string | the account, for `accuse` and `clear`
    supersedes | string | decision whose place it takes
    exhibits! | int64 | number of the last exhibit that was known
    evidence! | string | digest of the exhibits that were known
    decided_at! | ts | when
    person! | string | who
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: the reason
    """,
    key=("decision_id",),
)

HOLDS = described(
    "holds",
    "case",
    "Legal holds: while the last one of a case is placed, nothing of it is deleted.",
    """
    hold_id! | string | the row
    entry! | int64 | audit entry that covers the row
    case_id! | string | the case
    placed! | bool | placed; otherwise released
    at! | ts | when
    person! | string | who
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: the reason
    """,
    key=("hold_id",),
)

ACTORS = described(
    "actors",
    "case",
    "Actors that the evidence of a case names, by version of their profile.",
    """
    row_id! | string | the row
    entry! | int64 | audit entry that covers the row
    actor! | string | the actor
    profile_version! | string | version of the profile; empty if none was stated
    case_id! | string | the case that first named it
    added_at! | ts | when
    person! | string | who opened or added to that case
    role! | string | in which role
    """,
    key=("row_id",),
)

PARTNERS = described(
    "partners",
    "case",
    "Companies that findings are exchanged with; a change adds a row with the next version.",
    """
    row_id! | string | the row
    entry! | int64 | audit entry that covers the row
    partner_id! | string | the partner
    version! | int64 | from 1; the highest holds
    state! | string | `active`, `suspended`, `ended`
    added_at! | ts | when
    person! | string | who added or changed it
    role! | string | in which role
    key_id! | string | key of the payload
    sealed! | bytes | encrypted: name, public key, agreement
    """,
    key=("row_id",),
)

AUDIT = described(
    "audit",
    "case",
    "The chain: one entry per row written, key destroyed or report exported. Holds digests only.",
    """
    sequence! | int64 | from 1, without gaps
    at! | ts | when
    person! | string | who
    role! | string | in which role
    action! | string | what was done
    subject_table! | string | table of the row; empty if there is none
    subject! | string | key of the row, or what else was acted on
    digest! | string | SHA-256 of the row as it stands in its table, payload encrypted
    previous! | string | hash of the entry before; of the first, a digest of the store id
    hash! | string | SHA-256 of all the above
    seal! | string | HMAC of the hash under the master key: who has no key can make no entry
    """,
    key=("sequence",),
)

CASE_TABLES: Mapping[str, Table] = MappingProxyType(
    {
        t.name: t
        for t in (
            STORE_INFO,
            DATA_KEYS,
            CASES,
            EXHIBITS,
            EXHIBIT_TEXTS,
            EXHIBIT_ACCOUNTS,
            NOTES,
            DECISIONS,
            HOLDS,
            ACTORS,
            PARTNERS,
            AUDIT,
        )
    }
    | dict(SHARE_TABLES)
)
