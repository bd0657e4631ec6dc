"""Staff add pictures in the browser; everybody may then fetch them."""

from __future__ import annotations

import io
from typing import Any

from bot.store.announcement_tables import announcements
from bot.store.staff import Role
from tests.console.office import Desk, Office
from tests.services.test_images import photo


def add(desk: Desk, data: bytes, words: str = "避難所の地図") -> Any:
    file = (io.BytesIO(data), "IMG_0001.HEIC.jpg")
    return desk.post("/staff/images/", {"words": words, "file": file})


def test_uploaded_picture_is_served_to_everybody_at_an_https_address(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    answer = add(desk, photo())
    assert answer.status_code == 303
    page = desk.read(answer.location)
    assert "画像を加えました" in page and "使っているもの" in page
    digest = answer.location.partition("/images/")[2].partition("?")[0]
    assert f"https://line.example.jp/media/{digest}.jpg" in page
    stranger = office.app.test_client().get(f"/media/{digest}.jpg")
    assert stranger.status_code == 200 and stranger.data.startswith(b"\xff\xd8\xff")
    assert "避難所の地図" in desk.read("/staff/images/")


def test_what_is_wrong_is_said_and_the_words_stay_in_the_form(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    answer = add(desk, b"GIF89a", "見取り図")
    assert answer.status_code == 422
    assert "JPEGかPNG" in answer.text and "\n見取り図</textarea>" in answer.text
    assert "画像の説明を書いてください" in add(desk, photo(), " ").text
    assert "JPEGかPNG" in desk.post("/staff/images/", {"words": "地図"}).text
    assert "加えた画像（0枚）" in desk.read("/staff/images/")


def test_upload_over_the_limit_is_refused_before_it_is_read(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    answer = desk.client.post(
        "/staff/images/",
        data=body + bytes(9 * 1024 * 1024) + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413 and "大きすぎます" in answer.text


def test_analyst_looks_and_changes_nothing(office: Office) -> None:
    location = add(office.signed_in(Role.EDITOR), photo()).location
    desk = office.signed_in(Role.ANALYST)
    assert "<textarea" not in desk.read(location)
    assert add(desk, photo((80, 60))).status_code == 403


def test_words_are_mended_and_an_unused_picture_goes(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    location = add(desk, photo()).location.partition("?")[0]
    assert desk.post(location, {"do": "words", "words": " "}).status_code == 422
    assert desk.post(location, {"do": "words", "words": "給水所の地図"}).status_code == 303
    assert "給水所の地図" in desk.read(location)
    assert desk.post(location, {"do": "delete"}).status_code == 303
    assert desk.get(location).status_code == 404
    log = office.signed_in(Role.ADMIN).read("/staff/audit/")
    assert (
        "画像を加えました" in log and "画像の説明を直しました" in log and "画像を消しました" in log
    )


def test_picture_in_an_announcement_cannot_be_deleted(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR)
    location = add(desk, photo()).location.partition("?")[0]
    digest = location.rpartition("/")[2]
    row = {
        "account": "main",
        "state": "sent",
        "kind": "normal",
        "title": "断水のお知らせ",
        "author": "花子",
        "source": "",
        "draft": f'{{"image": "https://line.example.jp/media/{digest}.jpg"}}',
        "two_people": True,
        "created_at": 0,
    }
    office.db.write(lambda c: c.execute(announcements.insert().values(**row)))
    page = desk.read(location)
    assert "断水のお知らせ" in page and "この画像を消す" not in page
    assert desk.post(location, {"do": "delete"}).status_code == 409
    assert desk.get(f"/media/{digest}.jpg").status_code == 200
