"""Exhibits that hold a partner's message name it, so that its retraction reaches the decisions on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; rows that are there keep null, which is no part of their digest."""
    op.add_column("exhibits", sa.Column("message_id", sa.Text(), nullable=True))
