"""The tables of exchange with partners."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from stillwatch.store.casebook.migrations.steps import add_only
from stillwatch.store.casebook.sql import UtcTime

revision = "0002"
down_revision = "0001"

# columns by table; `!` ends those that are never null, the first is the primary key
TABLES: tuple[tuple[str, str], ...] = (
    (
        "shared",
        (
            "message_id! entry! partner_id! agreement_id! kind! sequence! sent_at! expires_at! tlp! pap! subject named "
            "amount! digest! bytes! person! role! key_id! sealed!"
        ),
    ),
    (
        "received",
        (
            "receipt_id! entry! partner_id! message_id! agreement_id kind! sequence! received_at! accepted! reason! "
            "named amount! digest! bytes! person! role! key_id sealed"
        ),
    ),
    ("agreements", "row_id! entry! agreement_id! partner_id! state! at! person! role! key_id! sealed!"),
    ("approvals", "approval_id! entry! agreement_id! content! at! person! role!"),
    (
        "corroborations",
        "corroboration_id! entry! campaign_id! partner_id! message_id! kind! weight! at! person! role! key_id! sealed!",
    ),
    ("matches", "row_id! entry! partner_id! message_id! indicator_kind! mark! named_at! at! person! role!"),
    ("reviews", "row_id! entry! decision_id! message_id! state! path! at! person! role!"),
)
INDEXES = (
    ("shared", "partner_id"),
    ("shared", "named"),
    ("received", "partner_id"),
    ("received", "named"),
    ("agreements", "agreement_id"),
    ("approvals", "content"),
    ("corroborations", "campaign_id"),
    ("matches", "partner_id"),
)
TIMES = ("sent_at", "expires_at", "received_at", "at", "named_at")
NUMBERS = ("entry", "sequence", "amount", "bytes", "weight")


def upgrade() -> None:
    """Make the tables."""
    for name, described in TABLES:
        op.create_table(name, *(_column(text, first=i == 0) for i, text in enumerate(described.split())))
        op.create_index(f"{name}_entry", name, ["entry"], unique=True)
        add_only(name)
    for table, column in INDEXES:
        op.create_index(f"{table}_{column}", table, [column])


def _column(text: str, *, first: bool) -> sa.Column[object]:
    name = text.rstrip("!")
    kind: sa.types.TypeEngine[Any] = sa.Text()
    if name in TIMES:
        kind = UtcTime()
    elif name in NUMBERS:
        kind = sa.BigInteger()
    elif name == "sealed":
        kind = sa.LargeBinary()
    elif name == "accepted":
        kind = sa.Boolean()
    return sa.Column(name, kind, primary_key=first, nullable=not text.endswith("!"), autoincrement=False)
