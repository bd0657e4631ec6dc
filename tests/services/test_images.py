"""The staff's images: what comes in, what is kept of it."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageDraw

from bot.errors import ContentError
from bot.services.images import MAX_BYTES, MAX_SIDE, MAX_UPLOAD, ImageLibrary, prepare
from bot.store import audit, images
from bot.store.announcement_tables import announcements, templates
from bot.store.database import Database, open_database
from bot.store.migrate import migrate

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
_GPS, _ORIENTATION = 0x8825, 0x0112


def photo(
    size: tuple[int, int] = (1600, 1200), kind: str = "JPEG", mode: str = "RGB", **more: object
) -> bytes:
    """A picture whose left half is red, encoded as `kind`."""
    picture = Pillow.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2, size[1]), fill="red")
    out = io.BytesIO()
    picture.convert(mode).save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_database(f"sqlite:///{tmp_path}/a.db", exclusive=False)
    migrate(db)
    yield db
    db.close()


@pytest.fixture
def library(db: Database) -> ImageLibrary:
    return ImageLibrary(db, lambda: NOW)


def test_phone_photo_loses_its_place_time_and_camera_and_stands_upright() -> None:
    exif = Pillow.Exif()
    exif[_ORIENTATION] = 6  # held upright: the file lies on its side
    exif[0x010F] = "Camera of Hanako"
    exif.get_ifd(_GPS).update({1: "N", 2: (35.0, 39.0, 57.0), 3: "E", 4: (139.0, 18.0, 57.0)})
    data = photo((1600, 1200), exif=exif, comment=b"taken by Hanako")
    assert b"Hanako" in data
    prepared = prepare(data)
    picture = opened(prepared.data)
    assert (prepared.width, prepared.height) == picture.size == (768, 1024)
    assert not picture.getexif() and "comment" not in picture.info
    assert b"Hanako" not in prepared.data and b"Exif" not in prepared.data
    # The red left of the file is at the top now.
    assert picture.getpixel((384, 20))[1] < 60 < 200 < picture.getpixel((384, 1000))[1]


def test_png_texts_are_gone_and_what_shines_through_becomes_white() -> None:
    picture = Pillow.new("RGBA", (40, 30), (0, 0, 0, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    text = b"Author\0Hanako"
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"tEXt" + text))
    data = out.getvalue()[:33] + chunk + out.getvalue()[33:]
    prepared = prepare(data)
    assert opened(prepared.data).format == "JPEG"
    assert b"Hanako" not in prepared.data
    assert min(opened(prepared.data).getpixel((20, 15))) > 250


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "1"), ("PNG", "LA"), ("PNG", "I;16")],
)
def test_every_way_of_colouring_becomes_a_plain_jpeg(kind: str, mode: str) -> None:
    if mode == "I;16":
        out = io.BytesIO()
        Pillow.new("I;16", (50, 40), 0xFFFF).save(out, "PNG")
        prepared = prepare(out.getvalue())
        assert min(opened(prepared.data).getpixel((5, 5))) > 245
    else:
        prepared = prepare(photo((50, 40), kind, mode))
    picture = opened(prepared.data)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (50, 40))


def test_small_picture_is_not_blown_up_and_a_long_one_keeps_its_shape() -> None:
    assert opened(prepare(photo((60, 20))).data).size == (60, 20)
    assert opened(prepare(photo((4096, 64))).data).size == (MAX_SIDE, 16)


def test_noise_still_fits_line() -> None:
    noise = Pillow.effect_noise((1500, 1500), 200).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    assert len(prepare(out.getvalue()).data) <= MAX_BYTES


def _bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims to be huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = b""
    for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        body += struct.pack(">I", len(data)) + name + data
        body += struct.pack(">I", zlib.crc32(name + data))
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "JPEGかPNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "JPEGかPNG"),
        (b"GIF89a" + bytes(100), "JPEGかPNG"),
        (b"%PDF-1.7", "JPEGかPNG"),
        (photo((300, 200))[:2000], "こわれています"),
        (photo((300, 200), "PNG")[:300], "こわれています"),
        (b"\xff\xd8\xff" + bytes(500), "こわれています"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 500, "こわれています"),
        (photo((50, 40)) + bytes(MAX_UPLOAD), "8MBまで"),
        (_bomb(6000, 6000), "縦横が大きすぎ"),
    ],
    ids="empty svg gif pdf cut-jpeg cut-png no-jpeg no-png long wide".split(),
)
def test_what_is_no_usable_image_is_refused_in_japanese(data: bytes, said: str) -> None:
    with pytest.raises(ContentError, match=said):
        prepare(data)


def test_picture_that_claims_gigapixels_is_refused_unopened() -> None:
    with pytest.raises(ContentError):
        prepare(_bomb(60_000, 60_000))


@given(st.data())
def test_bytes_that_lie_about_themselves_are_refused_and_nothing_worse(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([_SMALL_JPEG, _SMALL_PNG]))
    bad = bytearray(good)
    for place in data.draw(st.lists(st.integers(8, len(good) - 1), min_size=1, max_size=8)):
        bad[place] = data.draw(st.integers(0, 255))
    try:
        prepared = prepare(bytes(bad))
    except ContentError:
        return
    assert prepared.data.startswith(b"\xff\xd8\xff")
    assert max(prepared.width, prepared.height) <= MAX_SIDE


_SMALL_JPEG, _SMALL_PNG = photo((16, 12)), photo((16, 12), "PNG", "P")


def test_kept_image_is_found_by_the_digest_of_its_bytes(
    db: Database, library: ImageLibrary
) -> None:
    image = library.add(photo(), "  避難所の\n地図 ", "花子")
    with db.read() as connection:
        data = images.read(connection, image.digest)
    assert data is not None and hashlib.sha256(data).hexdigest() == image.digest
    assert (image.words, image.size, image.who) == ("避難所の 地図", len(data), "花子")
    assert image.path == f"/media/{image.digest}.jpg"
    assert library.list_images() == [(image, [])]


def test_same_image_again_only_gets_the_new_words(library: ImageLibrary) -> None:
    library.add(photo(), "古い説明", "花子")
    library.add(photo(), "新しい説明", "太郎")
    assert [image.words for image, _ in library.list_images()] == ["新しい説明"]


def test_each_account_has_its_own_images(db: Database, library: ImageLibrary) -> None:
    other = ImageLibrary(db, lambda: NOW, "other")
    image = library.add(photo(), "地図", "花子")
    assert other.list_images() == [] and not other.delete(image.digest, "太郎")
    other.add(photo(), "地図", "太郎")
    assert library.delete(image.digest, "花子")
    assert [each.account for each, _ in other.list_images()] == ["other"]


@pytest.mark.parametrize("words", ["", " \n ", "あ" * 301, "番号は 123456789018 です"])
def test_image_without_usable_words_is_not_kept(library: ImageLibrary, words: str) -> None:
    with pytest.raises(ContentError):
        library.add(photo(), words, "花子")
    assert library.list_images() == []


def _announce(db: Database, path: str) -> None:
    row = {
        "account": "main",
        "state": "draft",
        "kind": "normal",
        "title": "冬のお知らせ",
        "author": "花子",
        "source": f"image: https://line.example.jp{path}",
        "draft": "{}",
        "two_people": True,
        "created_at": 0,
    }
    db.write(lambda c: c.execute(announcements.insert().values(**row)))


def test_image_that_an_announcement_or_template_shows_stays(
    db: Database, library: ImageLibrary
) -> None:
    shown, kept, free = (library.add(photo((100 + n, 80)), f"画像{n}", "花子") for n in range(3))
    _announce(db, shown.path)
    row = {"account": "main", "name": "断水", "author": "花子", "source": f"image: x{kept.path}"}
    db.write(lambda c: c.execute(templates.insert().values(**row)))
    used = {image.digest: titles for image, titles in library.list_images()}
    assert used == {
        shown.digest: ["冬のお知らせ"],
        kept.digest: ["ひな形「断水」"],
        free.digest: [],
    }
    assert not library.delete(shown.digest, "花子")
    assert not library.delete(kept.digest, "花子")
    assert library.delete(free.digest, "花子")
    assert not library.delete(free.digest, "花子")
    assert {image.digest for image, _ in library.list_images()} == {shown.digest, kept.digest}


def test_adding_and_deleting_are_in_the_audit_log(db: Database, library: ImageLibrary) -> None:
    image = library.add(photo(), "地図", "花子")
    library.delete(image.digest, "太郎")
    with db.read() as connection:
        found = audit.about(connection, "image", image.digest[:12])
    assert [(e.who, e.what) for e in found] == [("花子", "image_add"), ("太郎", "image_delete")]
