"""Bring a database to the tables this code knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from bot.errors import StoreVersion
from bot.store.database import Database

# Oldest first. Kept here too, so that a start with nothing to do need not import Alembic (0.2 s).
REVISIONS = ("0001", "0002", "0003", "0004", "0005")
HEAD = REVISIONS[-1]


def current_revision(db: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with db.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return str(row[0]) if row else None


def migrate(db: Database) -> None:
    """Create or upgrade the tables; quick where nothing is to do.

    Raises StoreVersion for a database made by a newer version.
    """
    revision = current_revision(db)
    if revision == HEAD:
        return
    if revision is not None and revision not in REVISIONS:
        raise StoreVersion(
            f"このデータベースは新しい版のまどぐちで作られています（{revision}、この版は{HEAD}まで）。"
            "まどぐちを新しい版にしてから始めてください。"
        )
    _alembic(db, "upgrade", HEAD)


def downgrade(db: Database, revision: str = "base") -> None:
    """Go back to `revision`; the columns and tables added since, and what is in them, go."""
    _alembic(db, "downgrade", revision)


def _alembic(db: Database, command: str, revision: str) -> None:
    # Here and not above: importing Alembic would slow every start, see REVISIONS.
    import alembic.command
    from alembic.config import Config

    def run(connection: Connection) -> None:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        config.set_main_option("path_separator", "os")
        step: Any = getattr(alembic.command, command)
        step(config, revision)

    db.write(run)
