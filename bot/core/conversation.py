"""What is remembered of a conversation between two messages: little, and not for long."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from bot.core.wording import JAPANESE

_PLAIN = re.compile(r"[A-Za-z0-9_.-]*")  # stays as it is in an address
_PLAIN_PARTS = re.compile(r"[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+(?:&[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+)*")
_TO_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class State:
    """`last` is the id just answered, `shown` the buttons on screen as (label, data) pairs,
    `asked` the masked words behind a question back, `refused` what the resident did not mean,
    `asking` the step of the settings that waits for a choice, `judged` the ids of which the
    resident has said whether they helped."""

    last: str = ""
    shown: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    refused: tuple[str, ...] = ()
    misses: int = 0
    language: str = JAPANESE
    group_told: bool = False
    asking: str = ""
    judged: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The state as it is stored."""
        return _TO_JSON.encode(vars(self))


def state_from_json(text: str | None) -> State:
    """The stored state; anything unreadable or unknown is forgotten, never an error."""
    if not text:
        return State()
    try:
        raw = json.loads(text)
        return State(
            last=_text(raw.get("last", "")),
            shown=tuple((_text(a), _text(b)) for a, b in raw.get("shown", ())),
            asked=_text(raw.get("asked", "")),
            refused=tuple(map(_text, raw.get("refused", ()))),
            misses=int(raw.get("misses", 0)),
            language=_text(raw.get("language", JAPANESE)),
            group_told=raw.get("group_told") is True,
            asking=_text(raw.get("asking", "")),
            judged=tuple(map(_text, raw.get("judged", ()))),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return State()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def action(do: str, **values: str) -> str:
    """The data of a button, such as `do=show&id=mynumber-lost`."""
    if all(map(_PLAIN.fullmatch, (do, *values.values()))):
        return "&".join((f"do={do}", *(f"{key}={value}" for key, value in values.items())))
    return urlencode({"do": do, **values})


def read_action(data: str) -> dict[str, str]:
    """The parts of a button's data; {} for anything that is none of ours."""
    data = data[:300]
    if _PLAIN_PARTS.fullmatch(data):
        parts = dict(part.split("=") for part in data.split("&"))
    else:
        parts = dict(parse_qsl(data))
    return parts if "do" in parts else {}
