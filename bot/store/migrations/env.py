"""Alembic's entry: migrates over the connection it is handed, inside that transaction."""

from __future__ import annotations

from alembic import context

from bot.store.announcement_tables import announcements

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=announcements.metadata,  # all tables: this module imports the others
    render_as_batch=True,  # SQLite cannot alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
