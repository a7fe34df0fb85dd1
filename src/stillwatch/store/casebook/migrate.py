"""Bring a database to the newest schema, or say why it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from stillwatch.model.errors import StateError

FOLDER = Path(__file__).parent / "migrations"


def revision_of(connection: sa.Connection, *, where: str) -> str | None:
    """The revision a database stands at; None if it is empty.

    Raises `StateError` if it holds other tables, or a revision that this version does not know.
    """
    names = set(sa.inspect(connection).get_table_names())
    if not names:
        return None
    if not {"alembic_version", "store_info"} <= names:
        raise StateError(
            "is a database of something else: it holds tables, and they are not a case store",
            where=where,
            remedy="Name another database with --store; nothing was changed",
        )
    found = MigrationContext.configure(connection).get_current_revision()
    if found not in {script.revision for script in _scripts().walk_revisions()}:
        raise StateError(
            f"the case store has schema {found}, which this version of Stillwatch does not know",
            where=where,
            remedy="Use the newer version of Stillwatch that wrote it; nothing was changed",
        )
    return found


def newest() -> str:
    """The revision that this version writes."""
    return str(_scripts().get_current_head())


def migrate(connection: sa.Connection) -> None:
    """Run what is missing, inside the transaction of `connection`."""
    config, scripts = _config(), _scripts()

    def missing(revision: Any, _: Any) -> Any:
        return scripts._upgrade_revs("head", revision)  # noqa: SLF001 - what `alembic upgrade` itself passes

    with EnvironmentContext(config, scripts, fn=missing) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
