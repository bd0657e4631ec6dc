"""Writes bot/store/fresh.sql anew after a migration was added: `python -m tests.store.fresh_tables`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bot.store import fresh
from bot.store.database import Database, open_database
from bot.store.migrate import HEAD, _alembic


def migrated(folder: Path) -> Database:
    """A database that went through every migration."""
    db = open_database(f"sqlite:///{folder}/migrated.db")
    _alembic(db, "upgrade", HEAD)
    return db


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        db = migrated(Path(folder))
        with db.read() as connection:
            text = fresh.statements(connection)
        db.close()
    (Path(fresh.__file__).with_name("fresh.sql")).write_text(f"{text}\n", "utf-8")
