"""Steps that several migrations take."""

from __future__ import annotations

from alembic import op

_REFUSE = """
CREATE OR REPLACE FUNCTION stillwatch_add_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of the case store are added and never changed'; END $$
"""


def add_only(table: str, *, may_go: bool = False) -> None:
    """Make the database refuse to change rows of a table, and to delete them unless they `may_go`.

    This keeps mistakes out, not attackers: those the audit chain finds.
    """
    events = ("UPDATE",) if may_go else ("UPDATE", "DELETE")
    if op.get_context().dialect.name == "postgresql":
        op.execute(_REFUSE)
        op.execute(
            f"CREATE TRIGGER {table}_add_only BEFORE {' OR '.join(events)} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION stillwatch_add_only()"
        )
        return
    for event in events:
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} BEGIN "
            "SELECT RAISE(ABORT, 'rows of the case store are added and never changed'); END"
        )
