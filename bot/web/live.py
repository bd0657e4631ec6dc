"""Makes the addresses and phone numbers that stand in an answer's words work."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Addresses end before Japanese text and closing marks; numbers are as staff must write them
# (half width, hyphens), and neither part of a longer number nor of a date.
_LIVE = re.compile(
    r"(?P<url>https?://[A-Za-z0-9\-._~:/?#@!$&*+,;=%]*[A-Za-z0-9/_=&#-])"
    r"|(?<![\d-])(?P<phone>0\d{1,4}-\d{1,4}-\d{3,4})(?![\d-])"
)


def live(text: str) -> Markup:
    """`text` as HTML: escaped, with web addresses and phone numbers as links."""
    parts, at = [], 0
    for match in _LIVE.finditer(text):
        parts += [escape(text[at : match.start()]), _link(match)]
        at = match.end()
    return Markup("").join([*parts, escape(text[at:])])


def _link(match: re.Match[str]) -> Markup:
    if url := match["url"]:
        link = '<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>'
        return Markup(link).format(url)
    number = match["phone"]
    return Markup('<a href="tel:{}">{}</a>').format(number.replace("-", ""), number)
