"""Whatever a stranger writes stays a value: in the database, in a page, in the numbers."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bot.web.chat import COOKIE
from tests.services.builders import text_event
from tests.store.builders import rows
from tests.web.running import town

STATEMENTS = (
    "'; DROP TABLE inbox; --",
    '" OR 1=1 --',
    "1); DELETE FROM questions; SELECT (1",
    "%' ESCAPE '\\' UNION SELECT value FROM installation_keys --",
    "{{ config }} ${7*7} <% 1 %> \\u0027",
)


@pytest.mark.parametrize("words", STATEMENTS)
def test_words_of_a_resident_are_never_a_statement(tmp_path: Path, words: str) -> None:
    with town(tmp_path) as there:
        strange = text_event(words, who=words, event_id="strange")
        assert there.deliver(strange, text_event("こんにちは", event_id="next")).status_code == 200
        for said in (words, f"{words} ごみの日"):
            chat = there.client.post("/chat", data={"message": said})
            assert chat.status_code in (200, 303, 422)
        stranger, cookie = there.app.test_client(use_cookies=False), f"{COOKIE}={words}"
        assert stranger.get("/chat", headers={"Cookie": cookie}).status_code == 200
        deadline = time.monotonic() + 20
        while any(row.settled_at is None for row in rows(there.running.db).values()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        found = rows(there.running.db)
        sent = json.dumps([each.messages for each in there.line.sent])
        with there.running.db.read() as connection:
            kept = connection.exec_driver_sql("SELECT text FROM questions").scalars().all()
        assert there.get("/metrics").status_code == 200
    assert set(found) == {"strange", "next"}
    assert json.loads(found["strange"].body)["message"]["text"] == words
    assert found["next"].status == "replied"
    assert any(words in each for each in kept)
    assert "49" not in sent  # nothing was worked out
