"""Alembic's entry: migrates over the connection it is handed, inside that transaction."""

from __future__ import annotations

from alembic import context

from bot.store.announcement_tables import announcements
from bot.store.image_tables import images
from bot.store.learning_tables import reactions
from bot.store.staff_tables import staff

# One of each module: importing it adds all of its tables to the one metadata.
KNOWN = (announcements, images, reactions, staff)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=KNOWN[0].metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
