"""Makes an account's console; imported when the first of its pages is asked for."""

from __future__ import annotations

from flask import Blueprint

from bot.console.create import Content, create_console
from bot.console.notices import Notices
from bot.core.ports import LineDelivery
from bot.services.library import Terms
from bot.wiring.announce import Parts, build, line_client
from bot.wiring.content import owner_of, sharing
from bot.wiring.staff import Office


def blueprint_of(office: Office) -> Blueprint:
    """All pages below /staff."""
    settings, every = office.settings, office.every
    alike = sharing(settings, every)
    content = Content(
        settings.madoguchi_content_dir,
        office.publisher,
        office.tokenizer,
        Terms(settings.madoguchi_retention_days, settings.madoguchi_privacy_url),
        settings.city,
        settings.madoguchi_public_url.rstrip("/"),
        settings.account,
        owner_of(settings, every),
        {each.account: each.city for each in alike if each.account != settings.account},
    )
    base, line = office.base, line_client(settings) if settings.has_line else None
    parts = build(settings, base.db, lambda: office.publisher.current().catalog, line, base.now)
    notices = notices_of(parts, line)
    return create_console(
        base.db, base.now, content, notices, office.options, office.saving
    ).blueprint


def notices_of(parts: Parts, line: LineDelivery | None) -> Notices:
    """What the console's pages of announcements work with; `line` None where it is not connected."""
    return Notices(
        parts.announcing,
        parts.reporting,
        parts.previewing,
        parts.trials,
        parts.templating,
        parts.feeding,
        line,
    )
