import gzip

import pytest
from flask import Flask

from bot.line.signature import sign
from bot.services.readiness import Readiness
from bot.web.health import health_blueprint
from bot.web.webhook import MAX_BODY_BYTES, webhook_blueprint
from tests.services.builders import SECRET, FakeClock, body, deliver, receiver, text_event
from tests.store.builders import opened, statuses


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    yield db
    db.close()


@pytest.fixture
def client(db):
    app = Flask("test")
    app.register_blueprint(webhook_blueprint({"main": receiver(db, FakeClock())}))
    return app.test_client()


def post(client, content, signature=None, **changes):
    headers = {"x-line-signature": signature or sign(SECRET, content)}
    return client.post("/line/webhook", data=content, headers=headers, **changes)


def test_a_signed_event_is_kept_and_acknowledged(client, db):
    response = post(client, body(text_event(event_id="a")))
    assert (response.status_code, response.data) == (200, b"")
    assert statuses(db) == {"a": "waiting"}


@pytest.mark.parametrize("headers", [{}, {"X-Line-Signature": "wrong"}, {"X-Line-Signature": ""}])
def test_a_wrong_or_missing_signature_is_400_and_nothing_is_kept(client, db, headers):
    response = client.post("/line/webhook", data=body(text_event()), headers=headers)
    assert response.status_code == 400
    assert statuses(db) == {}


def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_read(client, db):
    assert post(client, b"x" * (MAX_BODY_BYTES + 1)).status_code == 413
    content = body(text_event(event_id="a"))
    padded = content + b" " * (MAX_BODY_BYTES - len(content))
    assert post(client, padded).status_code == 200
    assert list(statuses(db)) == ["a"]


def test_a_signed_body_without_events_is_400_and_an_empty_list_200(client):
    assert post(client, b"{}").status_code == 400
    assert post(client, body()).status_code == 200


def test_who_leaves_before_the_body_is_whole_is_refused(client, db):
    content = body(text_event(event_id="a"))
    response = post(client, content, environ_overrides={"CONTENT_LENGTH": str(len(content) + 1)})
    assert response.status_code == 400
    assert statuses(db) == {}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_does_not_matter(client, db, kind):
    assert post(client, body(text_event(event_id="a")), content_type=kind).status_code == 200
    assert list(statuses(db)) == ["a"]


def test_a_compressed_body_is_taken_as_the_bytes_it_is(client):
    content = gzip.compress(body(text_event()))
    response = post(client, content, content_type="application/json")
    assert response.status_code == 400


def test_what_cannot_be_kept_is_503(client, db):
    db.close()
    assert post(client, body(text_event())).status_code == 503


def test_other_methods_are_refused(client):
    assert client.get("/line/webhook").status_code == 405


def test_without_credentials_the_webhook_is_503_and_says_why_once(caplog):
    app = Flask("test")
    app.register_blueprint(webhook_blueprint({}))
    client = app.test_client()
    codes = [post(client, body(text_event())).status_code for _ in range(3)]
    assert codes == [503, 503, 503]
    assert [r.getMessage() for r in caplog.records if "LINE_CHANNEL_SECRET" in r.getMessage()] == [
        "LINEの設定がないため、Webhookには応答できません。"
        "LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN を設定して、起動し直してください。"
    ]


def health(db, *, content=True, worker=True):
    app = Flask("test")
    readiness = Readiness(db, FakeClock(), lambda: content, lambda: worker)
    app.register_blueprint(health_blueprint(readiness))
    return app.test_client()


def test_ready_when_everything_is_there(db):
    response = health(db).get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("missing", "reason"),
    [({"content": False}, "内容"), ({"worker": False}, "応答の処理")],
)
def test_not_ready_says_what_is_missing(db, missing, reason):
    response = health(db, **missing).get("/readyz")
    assert response.status_code == 503
    assert len(response.json["reasons"]) == 1 and reason in response.json["reasons"][0]


def test_a_database_that_is_gone_is_not_ready_but_the_process_is_up(db):
    client = health(db, content=False)
    db.close()
    response = client.get("/readyz")
    assert response.status_code == 503 and len(response.json["reasons"]) == 2
    assert client.get("/healthz").json == {"status": "ok"}


def test_who_waits_too_long_for_a_reply_is_told_of_without_being_not_ready(db):
    clock = FakeClock()
    deliver(receiver(db, clock), text_event())
    app = Flask("test")
    app.register_blueprint(health_blueprint(Readiness(db, clock, lambda: True)))
    clock.advance(29)
    assert app.test_client().get("/readyz").json == {"status": "ok"}
    clock.advance(3)
    response = app.test_client().get("/readyz")
    assert response.status_code == 200 and "32秒" in response.json["warnings"][0]


@pytest.mark.parametrize(
    ("errors", "said"), [(1, "refused: 1 problem"), (3, "refused: 3 problems")]
)
def test_new_content_that_is_refused_is_told_of_without_being_not_ready(db, errors, said):
    app = Flask("test")
    readiness = Readiness(db, FakeClock(), lambda: True, content_errors=lambda: errors)
    app.register_blueprint(health_blueprint(readiness))
    response = app.test_client().get("/readyz")
    assert response.status_code == 200
    assert (response.json["status"], response.json["content"]) == ("ok", said)
    assert f"{errors}件の問題" in response.json["warnings"][0]


def test_a_lost_answering_process_is_told_of_without_being_not_ready(db):
    app = Flask("test")
    readiness = Readiness(db, FakeClock(), lambda: True, answering_lost=lambda: True)
    app.register_blueprint(health_blueprint(readiness))
    response = app.test_client().get("/readyz")
    assert response.status_code == 200 and "始め直しています" in response.json["warnings"][0]
