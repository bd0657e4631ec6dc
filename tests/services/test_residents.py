"""Residents' choices, their list as a file, and a database restored from a backup."""

import csv
import errno
import io
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.attributes import Attributes, Volume, month_number
from bot.errors import ContentError, StoreError
from bot.services.erasures import KEEP, Erasures
from bot.services.resident_lists import HEADER, Imported, ResidentLists
from bot.services.residents import Residents
from bot.store import attributes, erasures, residents
from bot.store.database import open_database
from bot.store.intake import Arrival
from bot.store.migrate import migrate
from tests.segments import catalog, resident, user_id
from tests.segments import residents as some_resident
from tests.store.builders import accept, everything, opened

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TARO, HANAKO = user_id(1), user_id(2)
GROWN = {month_number("2008-01")}


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    yield db
    db.close()


def service(db, now=NOW):
    return Residents(db, catalog, lambda: now)


def lists(db):
    return ResidentLists(db, catalog, lambda: NOW)


def file(tmp_path, *lines, header=HEADER):
    path = tmp_path / "residents.csv"
    path.write_text("\n".join([",".join(header), *lines]) + "\n", "utf-8")
    return path


def exported(db):
    out = io.StringIO()
    lists(db).export_csv(out)
    return out.getvalue()


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


# What a resident chose


def test_choices_are_changed_shown_and_cleared(db):
    found = service(db)
    found.choose(TARO, lambda _: resident(topics=["child"], children=["2026-08"]))
    volume = Volume(1260, 420, 4)
    db.write(lambda c: attributes.save_volume(c, TARO, volume, 0, found.account))
    found.choose(TARO, lambda old: resident(topics=["care", *old.topics], district="旭町"))
    assert [str(reason) for reason in found.describe(TARO)] == [
        "ジャンル：子育て・介護・高齢者",
        "地区：旭町",
        "受け取らない時間：21:00から7:00まで",
        "1か月の上限：4通",
    ]
    found.clear(TARO)
    assert found.describe(TARO) == () and found.profile(TARO) is not None
    assert found.describe(HANAKO) == ()


def test_a_value_nobody_offers_is_refused_but_an_old_one_may_stay(db):
    found = service(db)
    with pytest.raises(ContentError, match="ジャンルに「nothing」はありません"):
        found.choose(TARO, lambda _: resident(topics=["nothing"]))
    assert found.profile(TARO) is None
    old = resident(topics=["withdrawn"])
    db.write(lambda c: attributes.save(c, TARO, old, 1))
    changed = found.choose(TARO, lambda _: resident(topics=["withdrawn", "child"]))
    assert changed.topics == {"withdrawn", "child"}


def test_what_a_clock_that_was_ahead_has_dated_is_erased_too(db):
    ahead = NOW + timedelta(hours=1)
    service(db, ahead).choose(TARO, lambda _: resident(topics=["child"]))
    db.write(lambda c: attributes.follow(c, TARO, milliseconds(ahead)))
    service(db).forget(TARO)  # the clock has been set right
    assert service(db).profile(TARO) is None and TARO not in everything(db)


def test_forgetting_erases_words_choices_and_id(db):
    found = service(db)
    found.choose(TARO, lambda _: resident(topics=["child"]))
    accept(db, Arrival("e1", "text", '"ひみつ"', 1, conversation=TARO, resident=TARO))
    assert found.forget(TARO) is True
    stored = everything(db)
    assert TARO not in stored and "ひみつ" not in stored
    assert found.forget(TARO) is False


@pytest.mark.parametrize("wrong", ["", "taro", "U123", "C" + "0" * 32, "U" + "A" * 32])
def test_what_is_no_user_id_is_not_erased(db, wrong):
    with pytest.raises(ContentError, match="32文字"):
        service(db).forget(wrong)


def test_grown_children_are_dropped(db):
    for number in range(250):
        chosen = resident(children=["2000-01", "2026-08"])
        db.write(lambda c, n=number, chosen=chosen: attributes.save(c, user_id(n), chosen, 1))
    assert service(db).drop_grown() == 250
    assert service(db).profile(user_id(3)).attributes == resident(children=["2026-08"])


# The list as a file


def test_a_list_goes_in_and_comes_out_the_same(db, tmp_path):
    lines = [
        f"{TARO},child;smartphone_class,中央,infant;working,2019-01;2026-08,ja",
        f"{HANAKO},,,,,",
    ]
    assert lists(db).import_csv(file(tmp_path, *lines)) == Imported(2, 0)
    assert exported(db) == "\n".join([",".join(HEADER), *lines]) + "\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One database for many examples."""
    db = opened(tmp_path_factory.mktemp("lists"))
    yield db
    db.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(some_resident, min_size=1, max_size=5))
def test_any_residents_survive_export_and_import(shared, tmp_path_factory, population):
    path = tmp_path_factory.mktemp("list") / "out.csv"
    young = [replace(x, child_birth_months=x.child_birth_months - GROWN) for x in population]
    chosen = {user_id(n): each for n, each in enumerate(young)}
    shared.write(lambda c: attributes.save_many(c, chosen, 1))
    path.write_text(exported(shared), "utf-8")
    shared.write(lambda c: [attributes.forget(c, each, before=1) for each in chosen])
    assert lists(shared).import_csv(path).residents == len(chosen)
    with shared.read() as connection:
        found = attributes.load_many(connection, chosen)
    shared.write(lambda c: [attributes.forget(c, each, before=1) for each in chosen])
    assert {who: profile.attributes for who, profile in found.items()} == chosen


def test_a_line_replaces_what_was_known_and_others_stay(db, tmp_path):
    found = service(db)
    found.choose(TARO, lambda _: resident(topics=["child"], district="旭町"))
    found.choose(HANAKO, lambda _: resident(topics=["care"]))
    lists(db).import_csv(file(tmp_path, f"{TARO},garbage,,,,"))
    assert found.profile(TARO).attributes == resident(topics=["garbage"])
    assert found.profile(HANAKO).attributes == resident(topics=["care"])


def test_grown_children_and_doubles_are_not_taken_over(db, tmp_path):
    lists(db).import_csv(file(tmp_path, f"{TARO},child;child; ,,,2000-01;2026-08;2026-08,"))
    expected = resident(topics=["child"], children=["2026-08"])
    assert service(db).profile(TARO).attributes == expected


def test_excel_saves_a_mark_at_the_start_and_other_line_ends(db, tmp_path):
    path = tmp_path / "excel.csv"
    text = "\r\n".join([",".join(HEADER), f'{TARO},"child;care",,,,', "", ""])
    path.write_text(text, "utf-8-sig", newline="")
    assert lists(db).import_csv(path) == Imported(1, 0)


@pytest.mark.parametrize(
    ("line", "number", "words"),
    [
        ("U123,,,,,", 2, "32文字"),
        (f"{TARO},,,,", 2, "列が5個"),
        (f"{TARO},childs,,,,", 2, "ジャンルに「childs」はありません"),
        (f"{TARO},,中央;南,,,", 2, "1つだけ"),
        (f"{TARO},,=1+1,,,", 2, "使えません"),
        (f"{TARO},,,adult,,", 2, "くらしに「adult」はありません"),
        (f"{TARO},,,,2026-8,", 2, "2026-08 の形"),
        (f"{TARO},,,,2027-12,", 2, "先すぎます"),
        (f"{TARO},,,," + ";".join(f"2020-{n:02d}" for n in range(1, 13)) + ";2021-01,", 2, "12個"),
        (f"{TARO},,,,,ja;en", 2, "1つだけ"),
        (f"{TARO},,,,,fr", 2, "ことばに「fr」はありません"),
        (f"{HANAKO},,,,,\n{TARO},,,,,\n{HANAKO},,,,,", 4, "3行目にもあります"),
        (f'{TARO},"child,,,,', 2, "引用符"),
    ],
)
def test_one_wrong_line_and_nothing_is_taken_over(db, tmp_path, line, number, words):
    path = file(tmp_path, f"{user_id(7)},child,,,,")
    good_and_bad = path.read_text("utf-8") + line + "\n"
    path.write_text(good_and_bad, "utf-8")
    with pytest.raises(ContentError) as refused:
        lists(db).import_csv(path)
    said = str(refused.value)
    assert f"{path}:{number + 1}: " in said and words in said
    assert "何も取り込みませんでした" in said and TARO not in said
    assert exported(db) == ",".join(HEADER) + "\n"


def test_a_wrong_first_line_a_wrong_encoding_and_a_missing_file_are_told(db, tmp_path):
    with pytest.raises(ContentError, match="1行目を user_id,topics"):
        lists(db).import_csv(file(tmp_path, header=("user_id", "topic")))
    path = tmp_path / "sjis.csv"
    path.write_bytes(",".join(HEADER).encode() + f"\n{TARO},,中央,,,\n".encode("cp932"))
    with pytest.raises(ContentError, match="UTF-8"):
        lists(db).import_csv(path)
    with pytest.raises(ContentError, match="読めません"):
        lists(db).import_csv(tmp_path / "none.csv")


def test_only_the_first_problems_are_listed_and_the_rest_counted(db, tmp_path):
    with pytest.raises(ContentError) as refused:
        lists(db).import_csv(file(tmp_path, *["wrong,,,,,"] * 60))
    lines = str(refused.value).splitlines()
    assert lines[-2:] == [
        "ほかに10件あります。",
        "60件の問題があるため、何も取り込みませんでした。",
    ]


def test_who_was_erased_is_not_brought_back_by_an_old_list(db, tmp_path):
    old = file(tmp_path, f"{TARO},child,,,,", f"{HANAKO},care,,,,")
    lists(db).import_csv(old)
    service(db).forget(TARO)
    assert lists(db).import_csv(old) == Imported(1, 1)
    assert service(db).profile(TARO) is None
    db.write(lambda c: attributes.follow(c, TARO, milliseconds(NOW)))
    assert lists(db).import_csv(old) == Imported(2, 0)


def test_an_exported_list_can_be_opened_in_a_spreadsheet(db, tmp_path):
    lists(db).import_csv(file(tmp_path, f"{TARO},child;care,中央,,,"))
    (row,) = csv.DictReader(io.StringIO(exported(db)))
    assert row["user_id"] == TARO and row["topics"] == "care;child"


# A restored backup


def restarted(tmp_path):
    db = open_database(f"sqlite:///{tmp_path}/test.db", wait_seconds=0)
    migrate(db)
    return db


def record_of(db, tmp_path, now=NOW):
    return Erasures(db, tmp_path / "erasures.log", lambda: now)


def backed_up(tmp_path):
    """A database with two residents, its copy, then one erased; closed."""
    db = opened(tmp_path)
    for who in (TARO, HANAKO):
        service(db).choose(who, lambda _: resident(topics=["child"]))
        accept(db, Arrival(f"e{who[-1]}", "text", '"ことば"', 1, conversation=who, resident=who))
    db.close()
    shutil.copy(tmp_path / "test.db", tmp_path / "backup.db")
    db = restarted(tmp_path)
    service(db, NOW + timedelta(hours=1)).forget(TARO)
    assert record_of(db, tmp_path).sync() == 0
    db.close()


def restore(tmp_path):
    for name in ("test.db-wal", "test.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", tmp_path / "test.db")
    return restarted(tmp_path)


def test_a_restored_backup_loses_again_who_was_erased_since(tmp_path):
    backed_up(tmp_path)
    db = restore(tmp_path)
    assert TARO in everything(db)
    assert record_of(db, tmp_path).sync() == 1
    assert TARO not in everything(db)
    assert service(db).profile(HANAKO).attributes == resident(topics=["child"])
    assert record_of(db, tmp_path).sync() == 0
    db.close()


def test_who_came_back_after_being_erased_is_not_erased_again(tmp_path):
    backed_up(tmp_path)
    db = restarted(tmp_path)
    later = milliseconds(NOW + timedelta(hours=2))
    db.write(lambda c: attributes.follow(c, TARO, later))
    db.close()
    shutil.copy(tmp_path / "test.db", tmp_path / "backup.db")
    db = restore(tmp_path)
    assert record_of(db, tmp_path).sync() == 0
    assert service(db).profile(TARO) is not None
    db.close()


def test_erased_twice_and_restored_to_the_time_between_is_erased_again(tmp_path):
    backed_up(tmp_path)
    db = restarted(tmp_path)
    db.write(lambda c: attributes.follow(c, TARO, milliseconds(NOW + timedelta(hours=2))))
    db.close()
    shutil.copy(tmp_path / "test.db", tmp_path / "backup.db")
    db = restarted(tmp_path)
    service(db, NOW + timedelta(hours=3)).forget(TARO)
    record_of(db, tmp_path).sync()
    db.close()
    db = restore(tmp_path)
    assert record_of(db, tmp_path).sync() == 1
    assert service(db).profile(TARO) is None
    db.close()


def test_the_record_holds_no_id_and_only_its_owner_reads_it(tmp_path):
    backed_up(tmp_path)
    path = tmp_path / "erasures.log"
    assert re.fullmatch(r"[0-9a-f]{64} [0-9]+\n", path.read_text())
    assert TARO[1:] not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_torn_by_a_crash_is_mended(tmp_path):
    backed_up(tmp_path)
    path = tmp_path / "erasures.log"
    whole = path.read_text()
    path.write_text(whole + whole[:20])
    db = restarted(tmp_path)
    service(db).forget(HANAKO)
    record_of(db, tmp_path).sync()
    db.close()
    lines = path.read_text().splitlines(keepends=True)
    assert lines[0] == whole and len(lines) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64} [0-9]+\n", line) for line in lines)


def test_a_lost_record_is_written_anew_from_the_database(tmp_path):
    backed_up(tmp_path)
    path = tmp_path / "erasures.log"
    whole = path.read_text()
    path.unlink()
    db = restarted(tmp_path)
    record_of(db, tmp_path).sync()
    db.close()
    assert path.read_text() == whole


def test_what_is_older_than_any_backup_is_dropped_from_both(tmp_path):
    backed_up(tmp_path)
    db = restarted(tmp_path)
    record_of(db, tmp_path, NOW + KEEP + timedelta(days=1)).sync()
    with db.read() as connection:
        assert erasures.every(connection) == {}
    db.close()
    assert (tmp_path / "erasures.log").read_text() == ""


class FullDisk(Erasures):
    """Takes half of the first line, then all of the others."""

    full = True

    def _write(self, erased, path, mode):
        if self.full:
            self.full = False
            path.write_text("".join(erased)[:20])
            raise OSError(errno.ENOSPC, "No space left on device")
        super()._write(erased, path, mode)


def test_a_line_torn_by_a_full_disk_spoils_none_that_follow(db, tmp_path):
    path = tmp_path / "erasures.log"
    record = FullDisk(db, path, lambda: NOW)
    service(db).forget(TARO)
    with pytest.raises(StoreError, match="消去の記録"):
        record.sync()
    service(db).forget(HANAKO)
    record.sync()
    lines = path.read_text().splitlines(keepends=True)
    assert len(lines) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64} [0-9]+\n", line) for line in lines)


def test_a_record_that_cannot_be_written_is_told(db, tmp_path):
    (tmp_path / "file").write_text("")
    service(db).forget(TARO)
    with pytest.raises(StoreError, match="消去の記録"):
        Erasures(db, tmp_path / "file" / "erasures.log", lambda: NOW).sync()


def test_every_table_with_an_id_is_looked_at(db):
    """What `known_ids` misses, a restored backup would keep."""
    service(db).choose(TARO, lambda _: Attributes())
    accept(db, Arrival("e1", "text", "{}", 1, conversation=HANAKO, resident=HANAKO))
    with db.read() as connection:
        assert {who for _, who in residents.known_ids(connection)} == {TARO, HANAKO}
