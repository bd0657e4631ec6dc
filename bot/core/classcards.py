"""Dated sessions -> what the bot says about them: small cards, soonest first, five at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from bot.core.calendar import WEEKDAY_WORDS
from bot.core.classdates import Wanted
from bot.core.classes import Session, coming
from bot.core.compose import contact_card
from bot.core.knowledge import Contact, Link
from bot.core.replies import Card, Cards, Part, QuickReply, Text
from bot.core.turn import Speaker, Turn, button
from bot.core.wording import Wording

CARDS = 5  # side by side; the rest behind a button
_OWN_ENTRIES = 2
_TITLE, _LINE, _ABOUT = 60, 120, 140  # characters, so that a carousel stays small


def sessions_for(speaker: Speaker, wanted: Wanted) -> Turn | None:
    """The sessions asked for; the nearest others where none is held then; None where none fits."""
    named = [each for each in coming_here(speaker) if wanted.named_in(each)]
    if not named:
        return None
    city = _city(speaker)
    found = [each for each in named if wanted.falls_on(each)]
    if not found:
        intro = speaker.words.say("sessions_other_days", city=city, days=wanted.words)
        return _turn(speaker, intro, named)
    key = "sessions_then" if wanted.words else "sessions"
    values = {"city": city, "count": str(len(found))}
    if wanted.words:
        values["days"] = wanted.words
    return _turn(speaker, speaker.words.say(key, **values), found)


def sessions_from(speaker: Speaker, first: int) -> Turn:
    """All that is to come, beginning with number `first`; whom to ask where nothing is."""
    found = coming_here(speaker)
    if not found:
        return no_sessions(speaker)
    intro = speaker.words.say("sessions", city=_city(speaker), count=str(len(found)))
    return _turn(speaker, intro, found, min(max(first, 0), len(found) - 1))


def no_sessions(speaker: Speaker) -> Turn:
    """Says that no date is known and whom to ask, with the city's own classes as buttons."""
    body = speaker.words.say("no_sessions", city=_city(speaker))
    card = contact_card(speaker.view, speaker.language, body)
    return speaker.done((card,), (*_own_classes(speaker), speaker.handoff_button()))


def coming_here(speaker: Speaker) -> tuple[Session, ...]:
    """The city's sessions that are not over, soonest first."""
    view = speaker.view
    return coming(view.content.sessions.get(view.city.id, ()), speaker.today, speaker.at)


def session_cards(speaker: Speaker, sessions: Sequence[Session]) -> Cards:
    """The first sessions side by side."""
    cards = tuple(session_card(speaker, each) for each in sessions[:CARDS])
    return Cards(cards, cards[0].alt)


def session_card(speaker: Speaker, session: Session) -> Card:
    """One session: when, where, for whom, how much, until when and how one applies."""
    words, language = speaker.words, speaker.language
    when = when_of(session, language, speaker.today)
    running = session.start < speaker.today <= session.end
    lines = [words.say("session_running" if running else "session_when", when=when)]
    lines += [session.when_note, *_applying(speaker, session)]
    where = " ".join(filter(None, (session.place, session.address, session.building)))
    fee = "。".join(filter(None, (_fee(session.fee), session.fee_note)))
    for key, value in (("where", where), ("target", session.target), ("fee", fee)):
        lines.append(words.say(f"session_{key}", **{key: _cut(value, _LINE)}) if value else "")
    if session.capacity:
        capacity = f"{session.capacity}人" if session.capacity.isdecimal() else session.capacity
        lines.append(words.say("session_capacity", capacity=_cut(capacity, _LINE)))
    lines += [_cut(session.about, _ABOUT), _cut(session.access, _LINE)]
    title = _cut(session.name, _TITLE)
    return Card(
        title=title,
        body="\n".join(filter(None, lines)),
        alt=f"{title}：{when}",
        links=_links(words, session),
        phones=_phones(session),
        note=_cut(session.remarks, _ABOUT),
    )


def when_of(session: Session, language: str, today: date) -> str:
    """「12月3日（木）10:00〜11:30」, with both days where there are several, the year if not today's."""
    first, last = (_day(day, language, today) for day in (session.start, session.end))
    days = first if session.start == session.end else f"{first}〜{last}"
    if session.opens is None:
        return days
    opens = _clock(session.opens)
    return f"{days} {opens}〜{_clock(session.closes)}" if session.closes else f"{days} {opens}〜"


def _turn(speaker: Speaker, intro: str, found: Sequence[Session], first: int = 0) -> Turn:
    parts: tuple[Part, ...] = (Text(intro), session_cards(speaker, found[first:]))
    buttons = list(_own_classes(speaker))
    if len(found) > first + CARDS:
        # By number among all that is to come, which the button's tap will list again.
        everything = coming_here(speaker)
        place = everything.index(found[first + CARDS])
        more = button(speaker.words.say("sessions_more"), "sessions", start=str(place))
        buttons.insert(0, more)
    return speaker.done(parts, (*buttons, speaker.handoff_button(), speaker.menu_button()))


def _own_classes(speaker: Speaker) -> tuple[QuickReply, ...]:
    own = [e for e in speaker.view.classes() if e.city == speaker.view.city.id][:_OWN_ENTRIES]
    return tuple(speaker.show_button(entry.id) for entry in own)


def _applying(speaker: Speaker, session: Session) -> list[str]:
    words, said = speaker.words, []
    if session.apply_until is not None:
        until = _day(session.apply_until, speaker.language, speaker.today)
        if session.apply_time is not None:
            until += f" {_clock(session.apply_time)}"
        closed = session.is_closed(speaker.today, speaker.at)
        said.append(words.say("session_closed" if closed else "session_apply_until", until=until))
    if session.how:
        said.append(words.say("session_how", how=_cut(session.how, _LINE)))
    return said


def _links(words: Wording, session: Session) -> tuple[Link, ...]:
    pairs = (
        ("session_page", session.url),
        ("session_map", session.map_url),
        ("session_calendar", session.calendar_url),
    )
    return tuple(Link(words.say(key), url) for key, url in pairs if url)


def _phones(session: Session) -> tuple[Contact, ...]:
    if not session.phone:
        return ()
    name = session.contact or session.organizer or session.place
    inner = f"内線{session.extension}" if session.extension else ""
    return (Contact("session", name, session.phone, inner),)


def _fee(fee: str) -> str:
    """「0」 is free; a bare number is in yen."""
    plain = fee.replace(",", "")
    if plain in ("0", "0円"):
        return "無料"
    return f"{int(plain):,}円" if plain.isdecimal() else fee


def _day(day: date, language: str, today: date) -> str:
    other = day.year != today.year
    if language == "en":
        return f"{day:%a, %b} {day.day}{f', {day.year}' if other else ''}"
    return f"{f'{day.year}年' if other else ''}{day.month}月{day.day}日（{WEEKDAY_WORDS[day.weekday()]}）"


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02}"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _city(speaker: Speaker) -> str:
    return speaker.view.city.name_in(speaker.language)
