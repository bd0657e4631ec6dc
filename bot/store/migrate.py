"""Bring a database to the tables this code knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Connection, inspect, text

from bot.errors import StoreVersion
from bot.store import fresh
from bot.store.database import Database
from bot.store.tables import metadata

# Oldest first. Kept here too, so that a start with nothing to do need not import Alembic (0.2 s).
REVISIONS = tuple(f"{number:04}" for number in range(1, 13))
HEAD = REVISIONS[-1]
_MIGRATION_LOCK = 0x6D61646F  # any number that no other program on this server uses


def current_revision(db: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with db.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return str(row[0]) if row else None


def migrate(db: Database) -> None:
    """Create or upgrade the tables; quick where nothing is to do.

    Several processes may start at once. Raises StoreVersion for a database made by a newer
    version, by another program, or in another encoding than UTF8.
    """
    require_encoding(db)
    revision = current_revision(db)
    if revision == HEAD:
        return
    if revision is None:
        _refuse_foreign(db)
        if _made_at_once(db):
            return
    if revision is not None and revision not in REVISIONS:
        _refuse_newer(revision)
    _alembic(db, "upgrade", HEAD)


def require_current(db: Database) -> None:
    """Raises StoreVersion unless the tables are exactly those of this version."""
    revision = current_revision(db)
    if revision == HEAD:
        return
    if revision in REVISIONS:
        raise StoreVersion(
            f"このデータベースは古い版のままです（{revision}、この版は{HEAD}）。"
            "一度 madoguchi serve を始めると、新しい形に直ります。"
        )
    if revision is None:
        raise StoreVersion("このデータベースは空か、まどぐちのものではありません。")
    _refuse_newer(revision)


def require_encoding(db: Database) -> None:
    """Raises StoreVersion for a server's database that cannot hold every character.

    A resident's word in another one could never be kept, and LINE would deliver it again and again.
    """
    with db.read() as connection:
        if connection.dialect.name != "postgresql":
            return
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise StoreVersion(
            f"このデータベースの文字コードは {encoding} です。UTF8 で作り直してください"
            "（例：createdb --encoding=UTF8 --template=template0 madoguchi）。"
        )


def downgrade(db: Database, revision: str = "base") -> None:
    """Go back to `revision`; the columns and tables added since, and what is in them, go."""
    _alembic(db, "downgrade", revision)


def _refuse_newer(revision: str) -> NoReturn:
    raise StoreVersion(
        f"このデータベースは新しい版のまどぐちで作られています（{revision}、この版は{HEAD}まで）。"
        "まどぐちを新しい版にしてから始めてください。"
    )


def _refuse_foreign(db: Database) -> None:
    """A table of another program under the name of one of ours must not be mixed up with it."""
    with db.read() as connection:
        taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
        if taken and not inspect(connection).has_table("alembic_version"):
            raise StoreVersion(
                f"このデータベースには、まどぐちのものではない表（{'・'.join(taken)}）があります。"
                "空のデータベースを用意してください。"
            )


def _made_at_once(db: Database) -> bool:
    """Whether it was a SQLite file without tables, which has them all now."""

    def run(connection: Connection) -> bool:
        if not fresh.is_empty(connection):
            return False
        fresh.make(connection, HEAD)
        return True

    return db.write(run)


def _alembic(db: Database, command: str, revision: str) -> None:
    # Here and not above: importing Alembic would slow every start, see REVISIONS.
    import alembic.command
    from alembic.config import Config

    def run(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            # The first process to start migrates, the others wait and find it done.
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        config.set_main_option("path_separator", "os")
        step: Any = getattr(alembic.command, command)
        step(config, revision)

    db.write(run)
