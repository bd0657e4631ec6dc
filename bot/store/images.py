"""Images that staff uploaded: small JPEGs under the digest of their bytes.

All functions work inside the caller's transaction. Instants are UTC milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update
from sqlalchemy import delete as sql_delete

from bot.store.announcement_tables import announcements, templates
from bot.store.image_tables import images
from bot.store.tables import MAIN_ACCOUNT
from bot.store.upsert import Upsert

_UPSERT = Upsert(images)


@dataclass(frozen=True)
class Image:
    """One image without its bytes; `digest` is their SHA-256 in hex, `size` their number.

    `words` say what it shows and what can be read in it.
    """

    digest: str
    words: str
    width: int
    height: int
    size: int
    who: str
    at: int
    account: str = MAIN_ACCOUNT

    @property
    def path(self) -> str:
        """Where it is served, below the public address."""
        return path_of(self.digest)


def path_of(digest: str) -> str:
    """Where the image of that digest is served, below the public address."""
    return f"/media/{digest}.jpg"


def add(connection: Connection, image: Image, data: bytes) -> None:
    """Keep an image; one that is there already gets the new words."""
    row = {name: getattr(image, name) for name in Image.__dataclass_fields__}
    _UPSERT.insert_or_update(connection, [{**row, "data": data}])


def list_images(connection: Connection, account: str = MAIN_ACCOUNT) -> list[Image]:
    """An account's images, the newest first."""
    columns = [images.c[name] for name in Image.__dataclass_fields__]
    rows = connection.execute(
        select(*columns)
        .where(images.c.account == account)
        .order_by(images.c.at.desc(), images.c.digest)
    )
    return [Image(*row) for row in rows]


def find(connection: Connection, digest: str, account: str = MAIN_ACCOUNT) -> Image | None:
    """One image of an account, None where there is none of that digest."""
    columns = [images.c[name] for name in Image.__dataclass_fields__]
    row = connection.execute(
        select(*columns).where(images.c.account == account, images.c.digest == digest)
    ).first()
    return Image(*row) if row else None


def read(connection: Connection, digest: str) -> bytes | None:
    """The JPEG of that digest, whichever account it belongs to; None where there is none."""
    data = connection.execute(
        select(images.c.data).where(images.c.digest == digest).limit(1)
    ).scalar()
    return None if data is None else bytes(data)


def describe(connection: Connection, digest: str, words: str, account: str = MAIN_ACCOUNT) -> None:
    """Give an image other words."""
    connection.execute(
        update(images)
        .where(images.c.account == account, images.c.digest == digest)
        .values(words=words)
    )


def uses(connection: Connection, digest: str, account: str = MAIN_ACCOUNT) -> list[str]:
    """The titles of the announcements and templates that show the image.

    Sent ones too: residents open old messages, and LINE fetches the image again.
    """
    part = path_of(digest)
    written = (announcements.c.source, announcements.c.draft, announcements.c.frozen)
    shown = connection.execute(
        select(announcements.c.title)
        .where(announcements.c.account == account)
        .where(or_(*(column.contains(part, autoescape=True) for column in written)))
        .order_by(announcements.c.id)
    )
    kept = connection.execute(
        select(templates.c.name)
        .where(templates.c.account == account)
        .where(templates.c.source.contains(part, autoescape=True))
        .order_by(templates.c.name)
    )
    return [*shown.scalars(), *(f"ひな形「{name}」" for name in kept.scalars())]


def delete(connection: Connection, digest: str, account: str = MAIN_ACCOUNT) -> bool:
    """Delete an image that nothing shows; False where something does, or where it is gone."""
    if uses(connection, digest, account):
        return False
    gone = connection.execute(
        sql_delete(images).where(images.c.account == account, images.c.digest == digest)
    )
    return gone.rowcount > 0
