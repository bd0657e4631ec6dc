"""What is kept of a web conversation: the dialogue's state and what was said, masked, as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.core.replies import Reply
from bot.core.wording import JAPANESE

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# A visit of this length is far beyond what residents do; a script must not fill the store.
MAX_EXCHANGES = 60
MAX_CHARS = 120_000


@dataclass(frozen=True)
class Exchange:
    """One message and its answer. `said` is masked; `language` is the one set at that moment;
    `question` names what staff statistics keep of it, empty for nothing."""

    said: str
    reply: Reply
    language: str = JAPANESE
    question: str = ""


@dataclass(frozen=True)
class Transcript:
    """A visit so far. `state` is the dialogue's own JSON, None before the first message."""

    state: str | None = None
    exchanges: tuple[Exchange, ...] = ()

    def having(self, exchange: Exchange, state: str) -> Transcript:
        """The transcript after one more exchange; the oldest go first when it grows too long."""
        kept = (*self.exchanges, exchange)[-MAX_EXCHANGES:]
        sizes = [len(_reader(Exchange).dump_json(each)) for each in kept]
        while len(kept) > 1 and sum(sizes) > MAX_CHARS:
            kept, sizes = kept[1:], sizes[1:]
        return replace(self, state=state, exchanges=kept)

    def to_json(self) -> str:
        """The transcript as it is stored."""
        return _reader(Transcript).dump_json(self).decode()


def transcript_from_json(text: str | None) -> Transcript:
    """The stored transcript; nothing, or anything unreadable, is a new conversation."""
    try:
        found: Transcript = _reader(Transcript).validate_json(text) if text else Transcript()
    except ValueError:  # Pydantic's own are such
        return Transcript()
    return found


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    # 0.1 s and 10 MiB: nothing that a start, or an account without web chat, need wait for.
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
