"""An announcement ready for a page: bubbles as LINE shows them, findings beside their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.console.notice_form import CARD, NoticeFields
from bot.content.drafts import MAX_CARD_TEXT, MAX_TEXT, MAX_TITLE
from bot.core.announcements import BASE_LANGUAGE, CardMessage, Draft, Kind, Message
from bot.core.wordcheck import Finding, concerns
from bot.line.actions import Button
from bot.line.sentences import one_line, tidy
from bot.services.previewing import Preview

LIMITS = {"title": MAX_TITLE, "text": MAX_TEXT, "card": MAX_CARD_TEXT}

# Findings about a time name no words of the text: where they stand is known by their beginning.
_TIMES = (("期限（", "expires_at"), ("送る日時（", "send_at"))


@dataclass(frozen=True)
class NoticeBubble:
    """One message as LINE shows it; `image` is an address of our own, "" for a foreign one."""

    title: str = ""
    body: str = ""
    words: str = ""
    image: str = ""
    has_image: bool = False
    buttons: tuple[Button, ...] = ()
    urgent: bool = False


@dataclass(frozen=True)
class Composed:
    """What the composer knows of its fields. `beside` holds what to say at each field's id."""

    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    general: Sequence[Finding] = ()
    draft: Draft | None = None
    preview: Preview | None = None
    source: str = ""

    @property
    def problems(self) -> int:
        """How many things there are to mend or to look at."""
        return len(self.general) + sum(map(len, self.beside.values()))


def bubbles_of(draft: Draft) -> dict[str, list[NoticeBubble]]:
    """The messages by language, Japanese first."""
    return {
        language: [_bubble(each, draft.kind) for each in messages]
        for language, messages in draft.variants().items()
    }


def notification(preview: Preview | None) -> str:
    """The line on a locked screen: the beginning of the last message."""
    messages = preview.messages.get(BASE_LANGUAGE) if preview is not None else None
    if not messages:
        return ""
    words = str(messages[-1].get("altText") or messages[-1].get("text") or "")
    return words.splitlines()[0] if words else ""


def beside(
    fields: NoticeFields, findings: Iterable[Finding]
) -> tuple[dict[str, list[str]], list[Finding]]:
    """The findings by the field that holds their words, and those that concern no single one."""
    texts = list(_texts(fields))
    placed: dict[str, list[str]] = {}
    general = []
    for finding in findings:
        places = [place for place, text in texts if concerns(finding, text)]
        places += [place for start, place in _TIMES if finding.text.startswith(start)]
        for place in places:
            text = finding.text.replace("（expires_at）", "")
            placed.setdefault(place, []).append(f"{'' if finding.stop else '注意：'}{text}")
        if not places:
            general.append(finding)
    return placed, general


def _texts(fields: NoticeFields) -> Iterator[tuple[str, str]]:
    yield "title", fields.title
    for language, messages in fields.messages.items():
        for number, each in enumerate(messages):
            start = f"m-{language}-{number}-"
            yield f"{start}text", each.text
            if each.type != CARD:
                continue
            yield f"{start}title", each.title
            yield f"{start}words", each.words
            for place, (label, url) in enumerate(each.links):
                yield f"{start}link-{place}-label", label
                yield f"{start}link-{place}-label", url


def _bubble(message: Message, kind: Kind) -> NoticeBubble:
    if not isinstance(message, CardMessage):
        return NoticeBubble(body=tidy(message.text))
    path = urlsplit(message.image).path if message.image else ""
    return NoticeBubble(
        title=one_line(message.title),
        body=tidy(message.text),
        words=tidy(message.words),
        image=path if path.startswith("/media/") else "",
        has_image=bool(message.image),
        buttons=tuple(Button(link.label, _harmless(link.url)) for link in message.links),
        urgent=kind is Kind.EMERGENCY,
    )


def _harmless(url: str) -> str:
    """An address as written where it only opens a page or calls; a half-written one goes nowhere."""
    return url if url.startswith(("https://", "http://", "tel:")) else "#"
