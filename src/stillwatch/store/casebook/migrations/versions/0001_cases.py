"""The tables of the first case store, and triggers that let rows be added and nothing else."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from stillwatch.store.casebook.migrations.steps import add_only
from stillwatch.store.casebook.sql import UtcTime

revision = "0001"
down_revision = None

SEALED = "person! role! key_id! sealed!"
# columns by table; `!` ends those that are never null, the first is the primary key
TABLES: tuple[tuple[str, str], ...] = (
    ("store_info", "store_id! entry! made_at! key_check!"),
    ("data_keys", "key_id! entry! owner! kind! account_key made_at! wrapped!"),
    ("cases", "case_id! entry! campaign_id! opened_at! person! role! key_id! sealed!"),
    (
        "exhibits",
        "exhibit_id! entry! case_id! number! kind! reliability! credibility! partner_id added_at! " + SEALED,
    ),
    ("exhibit_texts", "text_id! entry! case_id! exhibit_id! key_id! sealed!"),
    ("exhibit_accounts", "row_id! entry! case_id! exhibit_id! account_key! key_id! sealed!"),
    ("notes", "note_id! entry! case_id! added_at! person! role! key_id! sealed!"),
    (
        "decisions",
        "decision_id! entry! case_id! number! kind! account_key supersedes exhibits! evidence! decided_at! "
        + SEALED,
    ),
    ("holds", "hold_id! entry! case_id! placed! at! person! role! key_id! sealed!"),
    ("actors", "row_id! entry! actor! profile_version! case_id! added_at! person! role!"),
    ("partners", "row_id! entry! partner_id! version! state! added_at! person! role! key_id! sealed!"),
    (
        "audit",
        "sequence! at! person! role! action! subject_table! subject! digest! previous! hash! seal!",
    ),
)
INDEXES = (
    ("data_keys", "owner"),
    ("exhibits", "case_id"),
    ("exhibit_texts", "case_id"),
    ("exhibit_accounts", "case_id"),
    ("exhibit_accounts", "account_key"),
    ("notes", "case_id"),
    ("decisions", "case_id"),
    ("holds", "case_id"),
    ("audit", "subject"),
)
TIMES = ("made_at", "opened_at", "added_at", "decided_at", "at")
NUMBERS = ("entry", "number", "credibility", "exhibits", "version", "sequence")
BYTES = ("wrapped", "sealed")


def upgrade() -> None:
    """Make the tables."""
    for name, described in TABLES:
        columns = [_column(text, first=i == 0) for i, text in enumerate(described.split())]
        op.create_table(name, *columns)
        if name != "audit":
            op.create_index(f"{name}_entry", name, ["entry"], unique=True)
        add_only(name, may_go=name == "data_keys")
    for table, column in INDEXES:
        op.create_index(f"{table}_{column}", table, [column])
    for table in ("exhibits", "decisions"):
        op.create_index(f"{table}_number", table, ["case_id", "number"], unique=True)


def _column(text: str, *, first: bool) -> sa.Column[Any]:
    name = text.rstrip("!")
    kind: sa.types.TypeEngine[Any] = sa.Text()
    if name in TIMES:
        kind = UtcTime()
    elif name in NUMBERS:
        kind = sa.BigInteger()
    elif name in BYTES:
        kind = sa.LargeBinary()
    elif name == "placed":
        kind = sa.Boolean()
    return sa.Column(name, kind, primary_key=first, nullable=not text.endswith("!"), autoincrement=False)
