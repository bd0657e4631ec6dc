"""The staff's images: whatever was uploaded becomes a small JPEG that LINE takes and that tells
nothing of who took it where."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from PIL import Image as Pillow
from PIL import ImageOps
from sqlalchemy import Connection

from bot.core import guard
from bot.errors import ContentError
from bot.store import audit, images
from bot.store.audit import Entry
from bot.store.database import Database
from bot.store.images import Image
from bot.store.tables import MAIN_ACCOUNT

MAX_UPLOAD = 8_000_000  # bytes, little less than the console takes at all
MAX_SIDE = 1024  # pixels: LINE's limit of an image in a card
MAX_BYTES = 500_000  # LINE takes 10 MB; a phone on the move is glad of less
MAX_WORDS = 300
MOST = 500  # images of one account
_QUALITIES = (88, 80, 70, 55, 40)
# A JPEG can be read small at once; a PNG is opened whole, four bytes a pixel.
_MAX_PIXELS = {"JPEG": 60_000_000, "PNG": 24_000_000}
_MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
# What Pillow raises for bytes that lie about themselves.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Pillow.DecompressionBombError,
    Pillow.DecompressionBombWarning,
)


@dataclass(frozen=True)
class Prepared:
    """A JPEG of our own making; sides in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()


def prepare(data: bytes) -> Prepared:
    """The picture alone, upright, at most `MAX_SIDE` wide and high and `MAX_BYTES` long.

    What stood beside the pixels (place, time, camera, comments, colour profile) is gone. Raises
    ContentError, in Japanese, for what is no JPEG or PNG, or is too large to open.
    """
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if kind is None:
        raise ContentError("画像として読めません。JPEGかPNGの画像を選んでください。")
    if len(data) > MAX_UPLOAD:
        raise ContentError("画像が大きすぎます（8MBまで）。小さくしてから選んでください。")
    try:
        picture = _opened(data, kind)
        return _encoded(picture)
    except _BROKEN as error:
        text = "画像がこわれています。別の方法で保存し直してから選んでください。"
        raise ContentError(text) from error


def _opened(data: bytes, kind: str) -> Pillow.Image:
    with Pillow.open(io.BytesIO(data), formats=(kind,)) as file:
        if file.width * file.height > _MAX_PIXELS[kind]:
            raise ContentError(
                f"画像の縦横が大きすぎます（{file.width}×{file.height}）。小さくしてから選んでください。"
            )
        file.draft("RGB", (MAX_SIDE, MAX_SIDE))
        # Smaller first, then turned and coloured: each step then has few pixels to copy.
        picture: Pillow.Image = file
        if file.mode in ("P", "LA", "PA") or "transparency" in file.info:
            picture = file.convert("RGBA")
        elif file.mode.startswith("I"):
            picture = file.point(lambda value: value / 256).convert("L")  # 16 bits a pixel
        picture = ImageOps.contain(picture, _within(picture.size), Pillow.Resampling.LANCZOS)
        turned = ImageOps.exif_transpose(_with_direction(picture, file))
    if turned.mode == "RGBA":
        paper = Pillow.new("RGB", turned.size, "white")
        paper.paste(turned, mask=turned.getchannel("A"))
        return paper
    return turned.convert("RGB")


def _within(size: tuple[int, int]) -> tuple[int, int]:
    """The size to fit into: never larger than the picture is."""
    return min(MAX_SIDE, size[0]), min(MAX_SIDE, size[1])


def _with_direction(picture: Pillow.Image, file: Pillow.Image) -> Pillow.Image:
    """The picture, knowing again which side of the file was up."""
    picture.info = {"exif": file.info["exif"]} if "exif" in file.info else {}
    return picture


def _encoded(picture: Pillow.Image) -> Prepared:
    width, height = picture.size
    clean = Pillow.frombytes("RGB", picture.size, picture.tobytes())  # pixels and nothing else
    for quality in _QUALITIES:
        out = io.BytesIO()
        clean.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MAX_BYTES:
            break
    return Prepared(out.getvalue(), width, height)


@dataclass(frozen=True)
class ImageLibrary:
    """One account's images; every change is in the audit log."""

    db: Database
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT

    def add(self, data: bytes, words: str, who: str) -> Image:
        """Prepare and keep an image. Raises ContentError with what is wrong, in Japanese."""
        words = " ".join(words.split())
        _check_words(words)
        prepared = prepare(data)
        now = int(self.clock().timestamp() * 1000)
        image = Image(
            prepared.digest,
            words,
            prepared.width,
            prepared.height,
            len(prepared.data),
            who,
            now,
            self.account,
        )

        def keep(connection: Connection) -> None:
            kept = images.list_images(connection, self.account)
            if len(kept) >= MOST and all(each.digest != image.digest for each in kept):
                raise ContentError(f"画像は{MOST}枚までです。使っていないものを消してください。")
            images.add(connection, image, prepared.data)
            audit.add(connection, self._entry(now, who, "image_add", image.digest, words))

        self.db.write(keep)
        return image

    def list_images(self) -> list[tuple[Image, list[str]]]:
        """The images, newest first, each with the titles of what shows it."""
        with self.db.read() as connection:
            found = images.list_images(connection, self.account)
            return [(each, images.uses(connection, each.digest, self.account)) for each in found]

    def find(self, digest: str) -> Image | None:
        """The image of that digest, None where there is none."""
        with self.db.read() as connection:
            return images.find(connection, digest, self.account)

    def uses(self, digest: str) -> list[str]:
        """The titles of what shows the image."""
        with self.db.read() as connection:
            return images.uses(connection, digest, self.account)

    def describe(self, digest: str, words: str, who: str) -> None:
        """Other words for an image. Raises ContentError with what is wrong with them."""
        words = " ".join(words.split())
        _check_words(words)
        now = int(self.clock().timestamp() * 1000)

        def run(connection: Connection) -> None:
            found = images.find(connection, digest, self.account)
            if found is not None and found.words != words:
                images.describe(connection, digest, words, self.account)
                entry = self._entry(now, who, "image_words", digest, words)
                audit.add(connection, replace(entry, before=found.words))

        self.db.write(run)

    def delete(self, digest: str, who: str) -> bool:
        """Delete an image that nothing shows; False where something does, or where it is gone."""
        now = int(self.clock().timestamp() * 1000)

        def run(connection: Connection) -> bool:
            gone = images.delete(connection, digest, self.account)
            if gone:
                audit.add(connection, self._entry(now, who, "image_delete", digest, ""))
            return gone

        return self.db.write(run)

    def _entry(self, at: int, who: str, what: str, digest: str, after: str) -> Entry:
        return Entry(at, who, what, "image", digest[:12], "", after, account=self.account)


def _check_words(words: str) -> None:
    if not words:
        raise ContentError(
            "画像の説明を書いてください。見えない人に読み上げ、画像の中の文字も伝えます。"
        )
    if len(words) > MAX_WORDS:
        raise ContentError(f"画像の説明は{MAX_WORDS}字までです（今は{len(words)}字）。")
    if guard.MY_NUMBER in guard.mask(words).kinds:
        raise ContentError("画像の説明に12桁の番号があります。消してください。")
