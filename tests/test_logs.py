"""Logs are JSON lines on stderr, and an exception's message never reaches them."""

from __future__ import annotations

import json
import logging
import threading

import pytest
from structlog.contextvars import bound_contextvars

from bot.logs import configure_logs, thread_ended


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_an_event_and_its_ids_are_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    configure_logs()
    logging.getLogger("bot.x").info("event answered", extra={"event_id": 12})
    (line,) = logged(capsys)
    assert line["event"] == "event answered"
    assert line["event_id"] == 12
    assert str(line["timestamp"]).endswith("Z")


def test_a_line_says_what_it_is_about_where_it_comes_from_and_when(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    extra = {"status": 200, "kinds": {"a"}, "city": "八王子"}
    with bound_contextvars(request_id="r-1"):
        logging.getLogger("bot.x").warning("%s of %d", "part", 3, extra=extra)
    err = capsys.readouterr().err
    assert "八王子" in err  # staff read it as it is
    line = json.loads(err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "part of 3",
        "request_id": "r-1",
        "level": "warning",
        "logger": "bot.x",
        "status": 200,
        "kinds": "{'a'}",
        "city": "八王子",
    }


def test_a_thread_that_ends_by_an_exception_leaves_no_words_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ValueError("私の電話は090-1234-5678")

    monkeypatch.setattr(threading, "excepthook", thread_ended)
    configure_logs()
    thread = threading.Thread(target=fail, name="keeper")
    thread.start()
    thread.join()
    (line,) = logged(capsys)
    assert (line["event"], line["thread_name"]) == ("thread ended", "keeper")
    assert line["error"] == "ValueError" and "090" not in str(line)


def test_an_exception_leaves_its_class_and_place_but_not_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs()
    try:
        raise ValueError("私の電話は090-1234-5678")
    except ValueError:
        logging.getLogger("bot.x").exception("event failed")
    (line,) = logged(capsys)
    assert line["error"] == "ValueError"
    assert "test_logs.py:" in str(line["at"])
    assert "090" not in json.dumps(line, ensure_ascii=False)
