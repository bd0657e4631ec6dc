"""/media/: what LINE and browsers fetch."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from bot.errors import StoreError
from bot.web.media import media_blueprint

DIGEST = "ab" * 32


def client(read: object) -> FlaskClient:
    app = Flask("media", static_folder=None)
    app.register_blueprint(media_blueprint(read))  # type: ignore[arg-type]
    return app.test_client()


def test_image_may_be_kept_for_ever_and_holds_nothing_that_runs() -> None:
    answer = client({DIGEST: b"jpeg"}.get).get(f"/media/{DIGEST}.jpg")
    assert (answer.status_code, answer.data) == (200, b"jpeg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Length"] == "4"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_who_has_it_already_is_told_so() -> None:
    browser = client({DIGEST: b"jpeg"}.get)
    again = {"If-None-Match": browser.get(f"/media/{DIGEST}.jpg").headers["ETag"]}
    answer = browser.get(f"/media/{DIGEST}.jpg", headers=again)
    assert (answer.status_code, answer.data) == (304, b"")


def test_head_says_what_get_would() -> None:
    answer = client({DIGEST: b"jpeg"}.get).head(f"/media/{DIGEST}.jpg")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "4"


def test_only_a_whole_digest_reaches_the_database() -> None:
    asked: list[str] = []
    browser = client(lambda digest: asked.append(digest))
    for name in ("x", "AB" * 32, "ab" * 31, "../" + "ab" * 30, "zz" * 32):
        assert browser.get(f"/media/{name}.jpg").status_code == 404
    assert asked == []
    answer = browser.get(f"/media/{DIGEST}.jpg")
    assert answer.status_code == 404 and asked == [DIGEST]
    assert "Cache-Control" not in answer.headers


def test_database_that_is_away_is_no_missing_image() -> None:
    def away(digest: str) -> bytes:
        raise StoreError("いまは使えません")

    assert client(away).get(f"/media/{DIGEST}.jpg").status_code == 503
