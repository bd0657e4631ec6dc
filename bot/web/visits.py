"""Where a web visitor's conversation is kept, and under which name."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.reactions import Reaction
from bot.errors import StoreError
from bot.services.answering import Spoken
from bot.web.transcript import Transcript, transcript_from_json

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_-]{43}")


class Conversations(Protocol):
    """The store. A state that is not saved again within 30 minutes must be gone."""

    def load(self, key: str) -> str | None:
        """What was saved last, None if nothing was or it has expired."""
        ...

    def save(self, key: str, state: str) -> None:
        """Keep `state` for 30 minutes."""
        ...

    def erase(self, key: str) -> None:
        """Forget the conversation at once."""
        ...

    def keep_question(self, spoken: Spoken) -> str:
        """Keep the masked words for staff, with no link to the visitor; returns their id."""
        ...

    def keep_reaction(self, reaction: Reaction) -> None:
        """Keep how an answer was taken, with no link to the visitor."""
        ...

    def forget_questions(self, ids: Sequence[str]) -> None:
        """Delete questions by id."""
        ...


@dataclass(frozen=True)
class Visitor:
    """A browser, known by the random name in its cookie; `new` until the cookie has come back."""

    name: str
    new: bool

    def key(self, city_id: str) -> str:
        """Where the talk with a city is kept. Who reads the store cannot guess the cookie."""
        return hashlib.sha256(f"{self.name}:{city_id}".encode()).hexdigest()


def visitor_of(cookie: str | None) -> Visitor:
    """The visitor of that cookie; a new one where there is none or it is not one of ours."""
    if cookie and _NAME.fullmatch(cookie):
        return Visitor(cookie, new=False)
    return Visitor(secrets.token_urlsafe(32), new=True)


class Visits:
    """Transcripts in the store. One that fails keeps nobody from an answer: it may be urgent."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def load(self, visitor: Visitor, city_id: str) -> Transcript:
        """The visit so far; an empty one for a new visitor or where the store fails."""
        if visitor.new:
            return Transcript()
        try:
            return transcript_from_json(self._conversations.load(visitor.key(city_id)))
        except StoreError:
            log.exception("web conversation not loaded")
            return Transcript()

    def save(self, visitor: Visitor, city_id: str, transcript: Transcript) -> bool:
        """Keep the visit; False where the store fails."""
        try:
            self._conversations.save(visitor.key(city_id), transcript.to_json())
        except StoreError:
            log.exception("web conversation not saved")
            return False
        return True

    def ask(self, spoken: Spoken) -> str:
        """Keep the question, or how the answer was taken; returns the question's id or ""."""
        turn = spoken.turn
        try:
            if turn.reaction is not None:
                self._conversations.keep_reaction(turn.reaction)
            if not spoken.text or turn.remark:
                return ""
            return self._conversations.keep_question(spoken)
        except StoreError:
            log.exception("web question not kept")
            return ""

    def erase(self, visitor: Visitor, city_ids: Iterable[str]) -> None:
        """Forget the visitor's talk with every city, and its questions.

        Raises StoreError: no promise is faked.
        """
        for city_id in city_ids:
            kept = transcript_from_json(self._conversations.load(visitor.key(city_id)))
            asked = [each.question for each in kept.exchanges if each.question]
            self._conversations.forget_questions(asked)
            self._conversations.erase(visitor.key(city_id))
