"""The parts of `bot.app` that wire one account, its announcements and its workers."""
