"""Files and their versions: who wrote what, what came from outside, what other machines get."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ContentError
from bot.services.saving import NOBODY, Conflict, Edit, Saving, digest_of
from bot.store import content_changes
from bot.store.content_changes import Change
from bot.store.database import Database, open_database
from bot.store.migrate import migrate
from tests import builders
from tests.console.office import Office

LIFE = "knowledge/common/life.yaml"
NEW = builders.replaced(builders.COMMON, "図書館の窓口", "図書館の2階の窓口")


def history(office: Office) -> list[Change]:
    with office.db.read() as connection:
        return content_changes.history(connection)


def save(office: Office, text: str, base: str | None = None) -> None:
    old = (office.content / LIFE).read_bytes()
    edit = Edit(LIFE, base if base is not None else digest_of(old), text.encode())
    office.console.saving.save([edit], "花子", "なおした", "text")


def test_saved_file_is_a_version_and_answers_at_once(office: Office) -> None:
    save(office, NEW)
    (change,) = history(office)
    assert (change.who, change.why, change.path) == ("花子", "なおした", LIFE)
    assert (office.content / LIFE).read_text("utf-8") == NEW
    entry = office.publisher.current().content.entries["library-card"]
    assert "2階" in entry.answer
    with office.db.read() as connection:
        whole = content_changes.find(connection, change.id)
    assert whole is not None
    assert (whole.before, whole.after) == (builders.COMMON.encode(), NEW.encode())


def test_second_of_two_saves_is_told_and_nothing_is_lost(office: Office) -> None:
    base = digest_of(builders.COMMON.encode())
    save(office, NEW)
    with pytest.raises(Conflict) as caught:
        save(office, builders.COMMON + "\n", base)
    assert caught.value.now == NEW.encode()
    assert (office.content / LIFE).read_text("utf-8") == NEW
    assert len(history(office)) == 1


def test_file_changed_outside_becomes_a_version(office: Office) -> None:
    (office.content / LIFE).write_text(NEW, "utf-8")
    (office.content / "knowledge/yamate/transport.yaml").unlink()
    office.console.saving.look()
    found = {change.path: change for change in history(office)}
    assert found[LIFE].who == NOBODY and found[LIFE].kind == "outside"
    assert found["knowledge/yamate/transport.yaml"].after_digest == ""
    office.console.saving.look()
    assert len(history(office)) == 2


def test_several_files_are_saved_together_or_not_at_all(office: Office) -> None:
    good = Edit("knowledge/common/new.yaml", "", b"# x\n")
    with pytest.raises(Conflict):
        office.console.saving.save([good, Edit(LIFE, "0" * 64, b"x")], "花子", "", "text")
    assert not (office.content / good.path).exists()
    assert history(office) == []


@pytest.mark.parametrize(
    "path",
    [
        "../etc/passwd.yaml",
        "knowledge/../../x.yaml",
        "knowledge/.hidden.yaml",
        "bot/app.yaml",
        "knowledge/x.py",
        "knowledge//x.yaml",
        "/knowledge/x.yaml",
        "knowledge/ひらがな.yaml",
    ],
)
def test_nothing_but_content_files_is_ever_written(office: Office, path: str) -> None:
    with pytest.raises(ContentError):
        office.console.saving.save([Edit(path, "", b"x")], "花子", "", "text")
    assert history(office) == []


def test_save_that_the_disk_refuses_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(ContentError, match="何も変えていません"):
            save(office, NEW)
    assert (office.content / LIFE).read_text("utf-8") == builders.COMMON
    assert sorted(p.name for p in (office.content / LIFE).parent.iterdir()) == ["life.yaml"]
    save(office, NEW)
    assert (office.content / LIFE).read_text("utf-8") == NEW


class Machine:
    """One of several machines: its own files, the shared database."""

    def __init__(self, office: Office, directory: Path) -> None:
        self.files = builders.write(directory, builders.content())
        self.db = open_database(f"sqlite:///{directory.parent}/office.db", exclusive=False)
        migrate(self.db)
        good: Callable[[], bool] = lambda: True  # noqa: E731
        self.saving = Saving(self.db, self.files, office.clock, lambda: None, good)
        self.saving.look()


def test_published_version_reaches_every_machine(office: Office, tmp_path: Path) -> None:
    other = Machine(office, tmp_path / "other")
    try:
        office.clock.advance(days=3650)  # after everything on these disks was written
        save(office, NEW)
        assert other.saving.look()
        assert (other.files / LIFE).read_text("utf-8") == NEW
        (other.files / LIFE).write_text(builders.COMMON + "\n# 別の機械で\n", "utf-8")
        other.saving.look()
        office.console.saving.look()
        assert "別の機械で" in (office.content / LIFE).read_text("utf-8")
        assert [change.kind for change in history(office)] == ["outside", "text"]
    finally:
        other.db.close()


def test_new_machine_gets_what_was_published_before_it(office: Office, tmp_path: Path) -> None:
    office.clock.advance(days=3650)
    save(office, NEW)
    fresh = Machine(office, tmp_path / "fresh")
    try:
        assert (fresh.files / LIFE).read_text("utf-8") == NEW
        assert len(history(office)) == 1
    finally:
        fresh.db.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Database]:
    """The database of the only machine there is."""
    db = open_database(f"sqlite:///{tmp_path}/alone.db")
    migrate(db)
    yield db
    db.close()


def at_work(db: Database, folder: Path, office: Office) -> Saving:
    """What a process does with a folder when it starts."""
    saving = Saving(db, folder, office.clock, lambda: None, lambda: False)
    saving.look()
    return saving


def test_folder_moved_away_and_put_back_keeps_its_files(
    office: Office, alone: Database, tmp_path: Path
) -> None:
    folder = builders.write(tmp_path / "moved", builders.content())
    saving = at_work(alone, folder, office)
    office.clock.advance(days=3650)  # after everything on this disk was written
    for start_again in (False, True):
        (folder / "knowledge").rename(folder / "away")
        saving.look()
        if start_again:
            saving = at_work(alone, folder, office)
        (folder / "away").rename(folder / "knowledge")
        saving.look()
        assert (folder / LIFE).read_text("utf-8") == builders.COMMON
    with alone.read() as connection:
        found = content_changes.history(connection, LIFE)
    assert [bool(change.after_digest) for change in found] == [True, False, True, False]


def test_older_folder_put_in_place_of_the_newer_is_left_as_it_is(
    office: Office, alone: Database, tmp_path: Path
) -> None:
    old = builders.write(tmp_path / "old", builders.content())
    new = builders.write(tmp_path / "new", builders.content({LIFE: NEW}))
    current = tmp_path / "current"
    current.symlink_to(old)
    at_work(alone, current, office)
    office.clock.advance(days=3650)
    for folder in (new, old):
        current.unlink()
        current.symlink_to(folder)
        at_work(alone, current, office)
    assert (old / LIFE).read_text("utf-8") == builders.COMMON
    assert (new / LIFE).read_text("utf-8") == NEW


def test_save_cut_off_before_the_file_was_written_is_finished(
    office: Office, alone: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = builders.write(tmp_path / "cut", builders.content())
    saving = at_work(alone, folder, office)
    office.clock.advance(days=3650)
    edit = Edit(LIFE, digest_of(builders.COMMON.encode()), NEW.encode())

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            saving.save([edit], "花子", "なおした", "text")
    assert (folder / LIFE).read_text("utf-8") == builders.COMMON
    at_work(alone, folder, office)
    assert (folder / LIFE).read_text("utf-8") == NEW
