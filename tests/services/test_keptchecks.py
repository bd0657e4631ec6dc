"""Checked content kept between starts: the same as read anew, or as if it were not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.config import REPOSITORY
from bot.content.loader import read_files
from bot.content.sudachi import SudachiTokenizer
from bot.core.knowledge import Content
from bot.errors import ContentError
from bot.services import keptchecks
from bot.services.library import Terms, key_of_index
from bot.services.publishing import Publisher, check_files
from tests.builders import COMMON, content, replaced, write
from tests.conftest import TODAY

LIFE = "knowledge/common/life.yaml"
SOON = replaced(COMMON, "review_by: 2027-03-31", "review_by: 2026-12-31")


class Folder:
    """What a cache folder does, in memory; `usable` as on a full disk."""

    def __init__(self, usable: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.usable = usable

    def load(self, key: str) -> bytes | None:
        return self.files.get(key)

    read = load

    def save(self, key: str, data: bytes) -> None:
        if self.usable:
            self.files[key] = data

    def may_save(self) -> bool:
        return self.usable

    @property
    def contents(self) -> list[str]:
        return [key for key in self.files if key.startswith("content-")]


@pytest.fixture
def saved() -> Folder:
    """Where content is kept."""
    return Folder()


Start = Callable[..., Publisher]


@pytest.fixture
def start(tmp_path: Path, tokenizer: SudachiTokenizer, saved: Folder) -> Start:
    """A publisher that has just read the files, on a day."""
    directory = write(tmp_path / "content", content())

    def begin(text: str = COMMON, day: date = TODAY, **load: object) -> Publisher:
        (directory / LIFE).write_text(text, "utf-8")
        moment = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        publisher = Publisher(
            directory, tokenizer, Terms(), lambda: moment, None, ("minato",), saved
        )
        publisher.load(**load)  # type: ignore[arg-type]
        return publisher

    return begin


def content_of(publisher: Publisher) -> Content:
    return publisher.current().content


def test_what_is_kept_is_what_was_read(start: Start, saved: Folder) -> None:
    first, second = start(SOON, date(2027, 1, 1)), start(SOON, date(2027, 1, 1))
    assert len(saved.contents) == 1
    assert content_of(second) == content_of(first)
    assert second.current().catalog == first.current().catalog
    assert second.problems == first.problems != ()


def test_the_shipped_content_comes_back_as_it_was(saved: Folder) -> None:
    files = read_files(REPOSITORY)
    checked = check_files(files, TODAY)
    keptchecks.save(saved, checked.loaded, checked.problems, TODAY)
    kept = keptchecks.load(saved, checked.loaded.draft.version, TODAY)
    assert kept is not None
    assert (kept.content, kept.catalog) == (checked.loaded.draft, checked.loaded.segments)
    assert kept.warnings == checked.problems


def test_changed_files_are_read(start: Start, saved: Folder) -> None:
    start()
    changed = start(replaced(COMMON, "図書館の窓口で作れます", "駅前の図書館で作れます"))
    assert "駅前の図書館" in content_of(changed).entries["library-card"].answer
    assert len(saved.contents) == 2


def test_broken_content_is_refused_at_every_start(start: Start, saved: Folder) -> None:
    for _ in range(2):
        with pytest.raises(ContentError, match="shcool"):
            start(replaced(COMMON, "topic: school", "topic: shcool"))
    assert saved.contents == []


@pytest.mark.parametrize("cut", [slice(-1), slice(0), slice(100), slice(1, None)])
def test_a_damaged_file_is_made_anew(start: Start, saved: Folder, cut: slice) -> None:
    read = content_of(start())
    (key,) = saved.contents
    whole = saved.files[key]
    saved.files[key] = whole[cut]
    assert content_of(start()) == read
    assert saved.files[key] == whole


def test_a_changed_letter_is_noticed(start: Start, saved: Folder) -> None:
    read = content_of(start())
    (key,) = saved.contents
    saved.files[key] = saved.files[key].replace("図書館".encode(), "水族館".encode())
    assert content_of(start()) == read


def test_warnings_are_those_of_the_day(start: Start) -> None:
    def warned(day: date) -> bool:
        return any("見直す期限" in problem.text for problem in start(SOON, day).problems)

    days = [(2026, 11, 21), (2026, 12, 31), (2027, 1, 1), (2027, 1, 2), (2026, 12, 1)]
    assert [warned(date(*day)) for day in days] == [False, False, True, True, False]


def test_the_index_is_found_by_the_key_kept_beside_the_content(start: Start, saved: Folder) -> None:
    read = content_of(start())
    kept = keptchecks.load(saved, read.version, TODAY)
    assert kept is not None
    assert kept.indexes == {city: key_of_index(read, city) for city in ("minato", "yamate")}
    index = saved.files[kept.indexes["minato"]]
    assert (
        start().current().view("minato").rank("図書館カードを作りたい").matches[0].id
        == "library-card"
    )
    assert list(saved.files.values()).count(index) == 1 and len(saved.files) == 2


def test_an_index_that_is_gone_is_built_again(start: Start, saved: Folder) -> None:
    start()
    saved.files = {key: saved.files[key] for key in saved.contents}
    ranked = start().current().view("minato").rank("図書館カードを作りたい")
    assert ranked.matches[0].id == "library-card"
    assert len(saved.files) == 2


def test_what_is_not_kept_yet_is_made_apart(start: Start, saved: Folder) -> None:
    done: list[int] = []

    def apart(work: Callable[[], object]) -> None:
        work()
        done.append(len(saved.files))

    first = start(apart=apart)
    assert done == [2]  # the content and the city's index
    assert content_of(start(apart=apart)) == content_of(first)
    assert done == [2]


def test_an_index_that_is_not_kept_beside_its_content_is_built_apart(
    start: Start, saved: Folder
) -> None:
    start()
    saved.files = {key: saved.files[key] for key in saved.contents}
    begun: list[int] = []

    def apart(work: Callable[[], object]) -> None:
        begun.append(len(saved.files))
        work()

    ranked = start(apart=apart).current().view("minato").rank("図書館カードを作りたい")
    assert ranked.matches[0].id == "library-card"
    assert begun == [1] and len(saved.files) == 2


def test_where_nothing_can_be_kept_it_is_made_once_and_here(start: Start, saved: Folder) -> None:
    saved.usable = False

    def never(work: Callable[[], object]) -> None:
        raise AssertionError("twice the work")

    assert "library-card" in content_of(start(apart=never)).entries


def test_a_lost_process_costs_time_and_nothing_else(start: Start) -> None:
    assert "library-card" in content_of(start(apart=lambda work: None)).entries
