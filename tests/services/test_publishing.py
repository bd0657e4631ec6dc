"""Good content is served, broken content is refused whole, the last good one keeps answering."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from bot.content.problems import errors
from bot.content.sudachi import SudachiTokenizer
from bot.errors import ContentError
from bot.services import publishing
from bot.services.answering import speak
from bot.services.library import Library, Terms
from bot.services.publishing import Publisher, check_everything, check_files
from bot.store import versions
from bot.store.database import Database
from tests.builders import COMMON, INTENTS, MINATO, content, replaced, write
from tests.conftest import NOW, TODAY
from tests.store.builders import opened

LIFE, FERRY = "knowledge/common/life.yaml", "knowledge/minato/transport.yaml"
NEW = replaced(COMMON, "図書館の窓口で作れます", "駅前の図書館で作れます")
BROKEN = replaced(COMMON, "topic: school", "topic: shcool")


class Kept:
    """Versions in a real database, as the application keeps them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.saved = 0

    def save(self, version: str, files: Mapping[str, str], now: datetime) -> None:
        self.saved += 1
        moment = int(now.timestamp() * 1000) + self.saved
        self._db.write(lambda c: versions.save_version(c, version, files, moment, good=True))

    def last_good(self) -> dict[str, str] | None:
        with self._db.read() as connection:
            found = versions.last_good(connection)
        return dict(found.files) if found else None


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """Stored content versions."""
    db = opened(tmp_path)
    yield Kept(db)
    db.close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A content directory with the good files."""
    return write(tmp_path / "content", content())


Start = Callable[..., Publisher]


@pytest.fixture
def start(directory: Path, tokenizer: SudachiTokenizer) -> Start:
    """Begins a publisher over the directory, as a fresh process does."""

    def begin(kept: Kept | None = None, cities: tuple[str, ...] = ()) -> Publisher:
        return Publisher(directory, tokenizer, Terms(), lambda: NOW, kept, cities)

    return begin


def answer(library: Library) -> str:
    return library.content.entries["library-card"].answer


def put(directory: Path, path: str, text: str | bytes) -> None:
    """Write a file as an editor does, with a time of its own."""
    target = directory / path
    target.write_bytes(text.encode() if isinstance(text, str) else text)
    moment = time.time_ns() + 1
    os.utime(target, ns=(moment, moment))


def test_nothing_is_served_before_anything_was_read(start: Start) -> None:
    with pytest.raises(ContentError):
        start().current()


def test_good_content_is_served_and_kept(start: Start, kept: Kept) -> None:
    publisher = start(kept)
    publisher.load()
    assert "図書館の窓口" in answer(publisher.current())
    assert publisher.problems == ()
    assert set(kept.last_good() or ()) == set(content())


def test_changed_files_are_served_from_the_next_load(start: Start, directory: Path) -> None:
    publisher = start()
    publisher.load()
    put(directory, LIFE, NEW)
    publisher.load()
    assert "駅前の図書館" in answer(publisher.current())


def test_broken_content_is_refused_whole(start: Start, directory: Path, kept: Kept) -> None:
    publisher = start(kept)
    publisher.load()
    before = publisher.current()
    put(directory, LIFE, BROKEN)
    put(directory, FERRY, replaced(MINATO, "フェリーの券", "フェリーの切符"))
    publisher.load()
    assert publisher.current() is before
    assert [problem.path for problem in publisher.problems] == [LIFE]
    assert kept.saved == 1


def test_mended_content_is_served_again(start: Start, directory: Path) -> None:
    publisher = start()
    publisher.load()
    put(directory, LIFE, BROKEN)
    publisher.load()
    put(directory, LIFE, NEW)
    publisher.load()
    assert publisher.problems == ()
    assert "駅前の図書館" in answer(publisher.current())


def test_going_back_to_what_is_served_clears_the_problems(start: Start, directory: Path) -> None:
    put(directory, FERRY, replaced(MINATO, "    - わたしぶね\n", ""))
    publisher = start()
    publisher.load()
    (warning,) = publisher.problems
    put(directory, LIFE, BROKEN)
    publisher.load()
    put(directory, LIFE, COMMON)
    publisher.load()
    assert publisher.problems == (warning,)


def test_the_last_good_version_survives_a_restart(
    start: Start, directory: Path, kept: Kept
) -> None:
    start(kept).load()
    put(directory, LIFE, NEW)
    second = start(kept)
    second.load()
    put(directory, LIFE, BROKEN)
    third = start(kept, ("minato",))
    third.load()
    assert "駅前の図書館" in answer(third.current())
    assert [problem.path for problem in third.problems] == [LIFE]
    view = third.current().view("minato")
    assert speak(view, "図書館カードを作りたい", None, NOW).turn.candidates[0].id == "library-card"


def test_an_emptied_directory_keeps_the_last_good_version(
    start: Start, directory: Path, kept: Kept
) -> None:
    start(kept).load()
    for path in content():
        (directory / path).unlink()
    publisher = start(kept)
    publisher.load()
    assert "図書館の窓口" in answer(publisher.current())
    assert "MADOGUCHI_CONTENT_DIR" in publisher.problems[0].text


def test_broken_content_without_a_good_version_lists_every_problem(
    start: Start, directory: Path, kept: Kept
) -> None:
    put(directory, LIFE, BROKEN)
    put(directory, FERRY, replaced(MINATO, "city: minato", "city: minata"))
    with pytest.raises(ContentError) as raised:
        start(kept).load()
    assert f"{LIFE}:4: " in str(raised.value)
    assert f"{FERRY}:3: " in str(raised.value)
    assert "前の正しい内容もありません" in str(raised.value)


@pytest.mark.parametrize("path", sorted(set(content()) - {"knowledge/lexicon.tsv"}))
def test_a_deleted_file_never_stops_the_answers(start: Start, directory: Path, path: str) -> None:
    publisher = start(cities=("minato",))
    publisher.load()
    (directory / path).unlink()
    publisher.load()
    view = publisher.current().view("minato")
    assert speak(view, "こんにちは", None, NOW).turn.reply.parts


def test_content_without_the_accounts_city_is_refused(start: Start, directory: Path) -> None:
    publisher = start(cities=("yamate",))
    publisher.load()
    before = publisher.current()
    for path in ("knowledge/cities/yamate.yaml", "knowledge/yamate/transport.yaml"):
        (directory / path).unlink()
    links = replaced(
        content()["knowledge/links.yaml"].decode(), "    yamate: https://yamate.example.jp/\n", ""
    )
    put(directory, "knowledge/links.yaml", links)
    publisher.load()
    assert publisher.current() is before
    assert [p.path for p in publisher.problems] == ["knowledge/cities/yamate.yaml"]
    start(cities=("minato",)).load()


def test_an_event_keeps_its_snapshot(start: Start, directory: Path) -> None:
    publisher = start()
    publisher.load()
    taken = publisher.current()
    put(directory, LIFE, NEW)
    publisher.load()
    assert "図書館の窓口" in answer(taken)
    assert "駅前の図書館" in answer(publisher.current())


def until(what: Callable[[], bool]) -> None:
    """Wait for the watching thread; far longer than it ever needs."""
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "nothing was noticed"
        time.sleep(0.01)


@pytest.fixture
def watching(start: Start, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A publisher that looks at its files very often."""
    monkeypatch.setattr(publishing, "POLL_SECONDS", 0.02)
    publisher = start()
    publisher.load()
    publisher.watch()
    yield publisher
    publisher.stop()


def test_a_changed_file_is_noticed_without_a_restart(watching: Publisher, directory: Path) -> None:
    put(directory, LIFE, NEW)
    until(lambda: "駅前の図書館" in answer(watching.current()))


def test_a_half_written_file_is_passed_over_and_its_completion_noticed(
    watching: Publisher, directory: Path
) -> None:
    half = NEW.encode()[: NEW.encode().index("対象です".encode()) + 4]
    put(directory, LIFE, half)
    until(lambda: any(problem.path == LIFE for problem in watching.problems))
    assert "図書館の窓口" in answer(watching.current())
    put(directory, LIFE, NEW)
    until(lambda: "駅前の図書館" in answer(watching.current()))
    assert watching.problems == ()


def test_a_new_and_a_deleted_file_are_noticed(watching: Publisher, directory: Path) -> None:
    intent = "- id: thanks\n  title: お礼\n  examples: [ありがとう]\n  answer: どういたしまして。\n"
    put(directory, "intents/thanks.yaml", intent)
    until(lambda: "thanks" in watching.current().content.intents)
    (directory / "intents/thanks.yaml").unlink()
    until(lambda: "thanks" not in watching.current().content.intents)


def test_a_test_line_that_reaches_another_id_is_a_problem(tokenizer: SudachiTokenizer) -> None:
    text = replaced(
        INTENTS, "こんにちは！: greeting", "こんにちは！: greeting\n    メニューを見せて: handoff"
    )
    checked = check_everything(content({"intents/basic.yaml": text}), TODAY, tokenizer)
    (problem,) = errors(checked.problems)
    assert (problem.path, problem.line) == ("intents/basic.yaml", 7)
    assert "「handoff」ではなく「menu」" in problem.text


def test_made_up_content_passes_every_check(tokenizer: SudachiTokenizer) -> None:
    assert errors(check_everything(content(), TODAY, tokenizer).problems) == []


def test_a_table_of_holidays_that_runs_out_is_warned_of() -> None:
    table = "source: 内閣府\nchecked: 2026-01-01\nuntil: 2026-12-31\ndays: {2026-01-01: 元日}\n"
    found = check_files(content({"knowledge/holidays.yaml": table}), TODAY).problems
    assert [p.warning for p in found if p.path == "knowledge/holidays.yaml"] == [True]
