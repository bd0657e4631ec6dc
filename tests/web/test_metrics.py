"""The numbers for Prometheus: right, and for nobody else. Logs: ids, and no personal data."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.logs import configure_logs
from bot.store import intake
from tests.fakes.line import Fault
from tests.services.builders import text_event
from tests.store.builders import arrival, rows
from tests.web.running import Town, town

WHO = "U" + "ab" * 16


def samples(text: str) -> dict[str, float]:
    """Prometheus' lines by name and labels."""
    found = re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def scraped(there: Town) -> dict[str, float]:
    answer = there.get("/metrics")
    assert answer.status_code == 200
    return samples(answer.text)


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_answers_and_acknowledgements_are_counted(tmp_path: Path) -> None:
    with town(tmp_path) as there:
        assert there.deliver(text_event("こんにちは", who=WHO)).status_code == 200
        there.client.post("/line/webhook", data=b"{}", headers={"X-Line-Signature": "wrong"})
        there.get("/nowhere")
        wait_for(lambda: scraped(there).get('madoguchi_replies_total{result="accepted"}') == 1)
        found = scraped(there)
    assert found['madoguchi_answers_total{outcome="answer"}'] == 1
    assert found['madoguchi_webhook_seconds_count{status="200"}'] == 1
    assert found['madoguchi_webhook_seconds_count{status="400"}'] == 1
    assert found['madoguchi_http_requests_total{endpoint="none",status="404"}'] == 1
    assert found["madoguchi_ready"] == 1
    assert found["madoguchi_content_errors"] == 0


def test_the_age_of_the_oldest_waiting_event_is_told(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with town(tmp_path, clock=lambda: now) as there:
        assert there.running.worker is not None
        there.running.worker.stop()
        assert scraped(there)["madoguchi_oldest_waiting_event_seconds"] == 0
        received = int((now - timedelta(seconds=40)).timestamp() * 1000)
        there.running.db.write(lambda c: intake.accept(c, [arrival()], received))
        found = scraped(there)
    assert found["madoguchi_oldest_waiting_event_seconds"] == pytest.approx(40, abs=0.01)
    assert found["madoguchi_open_events"] == 1
    assert found["madoguchi_oldest_unsent_batch_seconds"] == 0


def test_a_database_that_is_gone_is_not_ready_and_has_no_age(tmp_path: Path) -> None:
    with town(tmp_path, madoguchi_worker="separate") as there:
        there.running.db.write(lambda c: c.exec_driver_sql("DROP TABLE batches"))
        there.running.db.write(lambda c: c.exec_driver_sql("DROP TABLE pulse"))
        found = scraped(there)
    assert found["madoguchi_ready"] == 0
    assert "madoguchi_oldest_waiting_event_seconds" not in found


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "192.0.2.1", 404),
        ({"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1", 404),
        ({"Forwarded": "for=192.0.2.1"}, "127.0.0.1", 404),
    ],
)
def test_without_a_token_only_this_machine_may_read(
    tmp_path: Path, headers: dict[str, str], address: str, status: int
) -> None:
    with town(tmp_path, madoguchi_worker="separate") as there:
        origin = {"REMOTE_ADDR": address}
        answer = there.client.get("/metrics", headers=headers, environ_base=origin)
    assert answer.status_code == status
    assert ("madoguchi" in answer.text) == (status == 200)


@pytest.mark.parametrize(
    ("given", "status"),
    [("Bearer numbers-please", 200), ("Bearer wrong", 404), ("numbers-please", 404), ("", 404)],
)
def test_with_a_token_only_who_knows_it_may_read(tmp_path: Path, given: str, status: int) -> None:
    with town(
        tmp_path, madoguchi_worker="separate", madoguchi_metrics_token="numbers-please"
    ) as there:
        assert there.get("/metrics", Authorization=given).status_code == status


def test_a_request_id_is_accepted_made_and_kept_with_the_event(tmp_path: Path) -> None:
    with town(tmp_path, madoguchi_worker="separate") as there:
        event = text_event("こんにちは", who=WHO, event_id="e1")
        answer = there.deliver(event, headers={"X-Request-Id": "nginx-0123456789"})
        assert answer.headers["X-Request-Id"] == "nginx-0123456789"
        stored = json.loads(rows(there.running.db)["e1"].body)
        assert stored["madoguchiRequestId"] == "nginx-0123456789"
        for bad in ("short", "x" * 65, "id with blanks", 'id"quote-0123', "1234-5678-9012"):
            made = there.get("/healthz", X_Request_Id=bad).headers["X-Request-Id"]
            assert re.fullmatch("[0-9a-f]{32}", made)
        assert there.get("/healthz").headers["X-Request-Id"] != made


def test_logs_hold_the_request_id_and_nothing_personal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["引っ越しの相談", "090-1234-5678", "山田太郎", "123456789012"]
    said = "、".join(words)
    configure_logs(logging.DEBUG)
    with town(tmp_path) as there:
        there.deliver(text_event(said, who=WHO), headers={"X-Request-Id": "trace-0123456789"})
        there.deliver(text_event(said, who=WHO, message={"type": "text", "text": [said]}))
        wait_for(lambda: scraped(there)["madoguchi_open_events"] == 0)
        assert there.line.sent

        def broken(*_: object) -> None:
            raise RuntimeError(f"cannot answer {said} of {WHO}")

        answering = there.running.worker._lanes[0].replying.answerer.answerer.answerer  # type: ignore[union-attr]
        monkeypatch.setattr(type(answering), "answer", broken)
        there.deliver(text_event(said, who=WHO), headers={"X-Request-Id": "trace-of-the-error"})
        chat = there.client.post("/chat", data={"message": said})
        assert chat.status_code in (200, 303, 503)
        wait_for(lambda: scraped(there).get('madoguchi_answers_total{outcome="error"}'))
    logged = capfd.readouterr().err
    lines = [json.loads(line) for line in logged.splitlines()]
    failed = [line for line in lines if line["event"] == "event not answered"]
    assert [line["request_id"] for line in failed] == ["trace-of-the-error"]
    for personal in (*words, WHO, "ab" * 16, "token-event"):
        assert personal not in logged
        assert json.dumps(personal)[1:-1] not in logged


def test_the_reply_is_logged_with_the_request_that_brought_the_question(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """From nginx' log to LINE's own id, at every try: LINE's support asks for that."""
    configure_logs(logging.INFO)
    with town(tmp_path) as there:
        there.line.fail(Fault.TOO_MANY, Fault.UNAUTHORIZED)
        event = text_event("こんにちは", who=WHO)
        there.deliver(event, headers={"X-Request-Id": "trace-to-line-01"})
        wait_for(lambda: scraped(there).get('madoguchi_replies_total{result="rejected"}'))
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    told = [(line["event"], line["request_id"]) for line in lines if "inbox_id" in line]
    assert told == [
        ("reply to be retried", "trace-to-line-01"),
        ("reply refused", "trace-to-line-01"),
    ]
