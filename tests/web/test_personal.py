"""Numbers that come through LINE's door: gone before they are kept, and kindly asked not to come."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.services.builders import text_event
from tests.web.running import Town, town


def said_to(there: Town, words: str) -> str:
    """What a resident who writes `words` is answered."""
    before = len(there.line.sent)
    assert there.deliver(text_event(words)).status_code == 200
    deadline = time.monotonic() + 20
    while len(there.line.sent) == before:
        assert time.monotonic() < deadline, "no answer"
        time.sleep(0.02)
    return str(there.line.sent[-1].messages)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("私の番号は123456789012です", "my_number"),
        ("私の番号は壱弐参四五六七八九〇壱弐です", "my_number"),
        ("図書館カードを作りたい 1234-5678-9012", "my_number"),
        ("090-1234-5678に連絡してください", "personal"),
        ("山田太郎@example.comに送ってください", "personal"),
    ],
)
def test_who_sends_a_number_is_asked_not_to(tmp_path: Path, words: str, key: str) -> None:
    with town(tmp_path) as there:
        please_not = there.running.publisher.current().view("minato").wording("ja").say(key)
        said = said_to(there, words)
        assert repr(please_not) in said
        assert "5678" not in said and "example.com" not in said
        assert repr(please_not) not in said_to(there, "図書館カードを作りたい")


def test_what_a_visitor_erases_is_not_in_the_files_of_the_database_either(tmp_path: Path) -> None:
    words = "ふくろうの図書館カードを作りたい"

    def on_disk() -> bool:
        there.get("/readyz")  # writes: a log that somebody was reading is emptied by the next write
        files = (tmp_path / "var").glob("test.db*")
        return any(words.encode() in file.read_bytes() for file in files)

    with town(tmp_path) as there:
        there.get("/chat")
        assert there.client.post("/chat", data={"message": words}).status_code == 303
        assert on_disk()
        erased = {"message": "消す", "data": "do=erase&sure=yes"}
        assert there.client.post("/chat", data=erased).status_code == 200
        deadline = time.monotonic() + 20
        while on_disk():
            assert time.monotonic() < deadline
            time.sleep(0.02)
