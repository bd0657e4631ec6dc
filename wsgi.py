"""For any WSGI server: one process, several threads (see docs/operator-guide.md)."""

from bot.app import create_app
from bot.config import Settings

app = create_app(Settings.every_from_env())
