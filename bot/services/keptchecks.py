"""Content as it was read and checked, kept between starts: unchanged files are not read again.

Kept as JSON under a digest of the files and of the code that reads them, never as a pickle: whoever
could write there could write other answers, as into the database beside it, but run no code. A
damaged file is as good as none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from bot.content import loader
from bot.content.checks import same_until
from bot.content.loader import Loaded
from bot.content.problems import Problem
from bot.core.attributes import Catalog
from bot.core.knowledge import Content
from bot.services import library
from bot.services.library import SavedIndexes, key_of_index

_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Kept:
    """Good content, and what its checks say from the day `since` to the day before `until`.

    `indexes` are the keys under which indexes are saved, by city.
    """

    since: date
    until: date
    content: Content
    catalog: Catalog
    warnings: tuple[Problem, ...]
    indexes: Mapping[str, str]


def load(saved: SavedIndexes, version: str, today: date) -> Kept | None:
    """What was kept of these very files; None where there is nothing that holds `today`."""
    data = saved.read(_key(version))
    if data is None or hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
        return None
    with suppress(msgspec.DecodeError):  # a ValidationError is one too
        kept = msgspec.json.decode(data[_DIGEST:], type=Kept)
        if kept.since <= today < kept.until and kept.content.version == version:
            return kept
    return None


def save(saved: SavedIndexes, loaded: Loaded, warnings: Iterable[Problem], today: date) -> None:
    """Keep good content with the warnings that `today` gives it."""
    until, content = same_until(loaded, today), loaded.draft
    keys = {city: key_of_index(content, city) for city in content.cities}
    kept = Kept(today, until, content, loaded.segments, tuple(warnings), keys)
    text = msgspec.json.encode(kept)
    saved.save(_key(content.version), hashlib.sha256(text).digest() + text)


def _key(version: str) -> str:
    return f"content-{version}-{_reading()}"


@cache
def _reading() -> str:
    """Changes with the code that reads, checks and indexes content, and with the words it lends.

    (Of core's code and weights `IndexCache` takes care.)
    """
    digest = hashlib.sha256(Path(library.__file__).read_bytes())
    content = Path(loader.__file__).parent
    for path in sorted((*content.glob("*.py"), *content.glob("wording/*.yaml"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
