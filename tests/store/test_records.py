"""Conversations, questions, content versions, residents."""

from bot.store import conversations, questions, residents, versions
from bot.store.questions import Question
from bot.store.tables import CONVERSATION_MS
from tests.store.builders import (
    NOW,
    accept,
    arrival,
    claim,
    decide,
    everything,
    opened,
    rows,
    settle,
)


def state(db, key, now=NOW, account="main"):
    with db.read() as connection:
        return conversations.load(connection, key, now, account)


def asked(db, day="2026-11-21"):
    with db.read() as connection:
        return sorted(q.text for q in questions.find(connection, day))


def test_a_conversation_remembers_its_last_state_for_half_an_hour(db):
    db.write(lambda c: conversations.save(c, "U1", '{"n": 1}', NOW))
    db.write(lambda c: conversations.save(c, "U1", '{"n": 2}', NOW + 1))
    assert state(db, "U1", NOW + CONVERSATION_MS) == '{"n": 2}'
    assert state(db, "U1", NOW + 1 + CONVERSATION_MS) is None
    assert state(db, "U2") is None


def test_a_conversation_can_be_forgotten(db):
    db.write(lambda c: conversations.save(c, "U1", "{}", NOW))
    db.write(lambda c: conversations.save(c, "U1", None, NOW))
    assert state(db, "U1") is None


def test_only_what_was_there_leaves_a_trace_that_takes_time_to_empty(tmp_path):
    db, log = opened(tmp_path), tmp_path / "test.db-wal"
    db.write(lambda c: conversations.save(c, "U1", "secret", NOW))
    db.write(lambda c: conversations.save(c, "somebody new", None, NOW))
    assert log.stat().st_size > 0
    db.write(lambda c: conversations.save(c, "U1", None, NOW))
    assert log.stat().st_size == 0
    db.close()


def test_accounts_do_not_share_conversations(db):
    db.write(lambda c: conversations.save(c, "U1", "{}", NOW, "a"))
    assert state(db, "U1", account="b") is None
    assert state(db, "U1", account="a") == "{}"


def test_expired_states_are_purged(db):
    db.write(lambda c: conversations.save(c, "old", "secret", NOW))
    db.write(lambda c: conversations.save(c, "new", "{}", NOW + 1))
    assert db.write(lambda c: conversations.purge(c, NOW + CONVERSATION_MS, 10)) == 1
    assert "secret" not in everything(db)
    assert state(db, "new", NOW + 2) == "{}"


def test_questions_are_found_by_day_and_purged_by_day(db):
    old = Question("q1", "2026-11-20", "ごみ", "fallback", ("a", "b"))
    new = Question("q2", "2026-11-21", "水道", "answer")
    db.write(lambda c: questions.add(c, [old, new]))
    with db.read() as connection:
        assert questions.find(connection, "2026-11-20") == [old]
    assert db.write(lambda c: questions.purge(c, "2026-11-21", 10)) == 1
    assert asked(db, "2026-11-20") == [] and asked(db) == ["水道"]


def test_the_last_good_content_survives_bad_ones(sqlite_db, tmp_path):
    sqlite_db.write(lambda c: versions.save_version(c, "h1", {"a.yaml": "ごみ"}, NOW, good=True))
    sqlite_db.write(lambda c: versions.save_version(c, "h2", {"a.yaml": "壊"}, NOW + 1, good=False))
    sqlite_db.close()
    again = opened(tmp_path)
    with again.read() as connection:
        found = versions.last_good(connection)
    again.close()
    assert found is not None
    assert (found.hash, dict(found.files)) == ("h1", {"a.yaml": "ごみ"})


def test_going_back_to_an_older_content_makes_it_the_last(db):
    for at, name in enumerate(("h1", "h2", "h1")):
        db.write(lambda c, n=name, t=at: versions.save_version(c, n, {"f": n}, NOW + t, good=True))
    with db.read() as connection:
        found = versions.last_good(connection)
    assert found is not None and found.hash == "h1"


def test_without_content_there_is_no_last_good(db):
    with db.read() as connection:
        assert versions.last_good(connection) is None


def answered(db, event_id, who, question):
    """An answered event with its question and state."""
    accept(db, arrival(event_id, who=who, body=f'"{question}"'))
    held = claim(db)[0]
    kept = Question(f"q-{event_id}", "2026-11-21", question, "answer")
    db.write(lambda c: questions.add(c, [kept]))
    decide(db, held, question_id=kept.id)
    settle(db, held)
    db.write(lambda c: conversations.save(c, who, "{}", NOW))


def test_erasing_a_resident_leaves_nothing_of_them_and_all_of_others(db):
    answered(db, "a", "Utaro", "太郎の質問")
    answered(db, "b", "Uhanako", "花子の質問")
    db.write(lambda c: residents.erase(c, "Utaro", before=NOW, now=NOW))
    stored = everything(db)
    assert "Utaro" not in stored and "太郎" not in stored
    assert asked(db) == ["花子の質問"]
    assert state(db, "Uhanako") == "{}" and state(db, "Utaro") is None


def test_no_byte_of_what_was_erased_stays_in_the_files_of_sqlite(sqlite_db, tmp_path):
    answered(sqlite_db, "a", "Utaro", "太郎の質問")
    sqlite_db.write(lambda c: residents.erase(c, "Utaro", before=NOW, now=NOW))
    found = b"".join(path.read_bytes() for path in tmp_path.glob("test.db*"))
    assert found and b"Utaro" not in found and "太郎".encode() not in found


def test_what_was_erased_beside_a_reader_is_gone_with_the_next_write(sqlite_db, tmp_path):
    answered(sqlite_db, "a", "Utaro", "太郎の質問")
    with sqlite_db.read() as connection:
        assert versions.last_good(connection) is None
        sqlite_db.write(lambda c: residents.erase(c, "Utaro", before=NOW, now=NOW))
    sqlite_db.write(lambda c: conversations.save(c, "Uhanako", "{}", NOW))
    found = b"".join(path.read_bytes() for path in tmp_path.glob("test.db*"))
    assert b"Uhanako" in found and "太郎".encode() not in found


def test_an_erased_event_is_still_not_taken_twice(db):
    answered(db, "a", "Utaro", "太郎の質問")
    db.write(lambda c: residents.erase(c, "Utaro", before=NOW, now=NOW))
    assert accept(db, arrival("a", redelivered=True, body="太郎の質問")) == 0
    assert "太郎" not in everything(db)


def test_erasing_settles_what_is_open_and_spares_what_came_later(db):
    accept(db, arrival("before", at=NOW), arrival("after", at=NOW + 10))
    db.write(lambda c: residents.erase(c, "Utaro", before=NOW + 5, now=NOW + 20))
    found = rows(db)
    assert (found["before"].status, found["before"].settled_at) == ("erased", NOW + 20)
    assert (found["after"].status, found["after"].resident) == ("waiting", "Utaro")


def test_a_reply_on_its_way_is_erased_when_it_is_settled(db):
    accept(db, arrival("a", body='"ひみつ"'))
    held = claim(db)[0]
    decide(db, held)
    db.write(lambda c: residents.erase(c, "Utaro", before=NOW, now=NOW))
    assert rows(db)["a"].reply_token == "token-a"  # still needed
    assert "ひみつ" not in everything(db)
    settle(db, held)
    stored = everything(db)
    assert "Utaro" not in stored and rows(db)["a"].status == "replied"


def test_the_words_of_a_message_taken_back_go_everywhere(db):
    answered(db, "a", "Utaro", "まちがい")
    answered(db, "b", "Utaro", "のこす")
    db.write(lambda c: residents.take_back(c, "m-a"))
    assert "まちがい" not in everything(db)
    assert asked(db) == ["のこす"]


def test_what_is_erased_is_not_left_in_the_file(sqlite_db, tmp_path):
    word = "HIMITSU-WORD"
    answered(sqlite_db, "a", "Utaro", word * 300)
    sqlite_db.write(lambda c: residents.erase(c, "Utaro", before=NOW, now=NOW))
    sqlite_db.close()  # checkpoints
    assert word.encode() not in (tmp_path / "test.db").read_bytes()
