"""Each resident exactly once, whatever LINE answers and whenever the process dies."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.core.announcements import State
from bot.core.delivery import KEY_LIFE_MS, TOO_MANY, Pace
from bot.errors import LineRetryable
from bot.services.announcing import AnnouncementRefused
from bot.services.starting import _Filling
from bot.store import residents
from bot.store.announcement_tables import announcements, batches
from bot.store.clock import now_ms
from tests.services.announcing import (
    APPROVER,
    BYSTANDERS,
    Line,
    Lost,
    Office,
    bystanders,
    draft,
    people,
    quiet,
    refused,
    server_error,
    too_many,
)
from tests.store.builders import everything, opened

EVERYONE = "{everyone: true}"


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    bystanders(db)
    yield db
    db.close()


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def office(db, line):
    return Office(db, line)


def erase(db, user_id: str) -> None:
    now = 4_000_000_000_000
    db.write(lambda c: residents.erase(c, user_id, before=now, now=now))


class TestHappyPath:
    def test_exactly_the_audience_gets_it_once(self, db, office, line):
        ids = people(db, 1203)
        people(db, 7, topics=frozenset({"garbage"}))
        announcement = office.sent(draft())
        assert office.state(announcement) == State.SENT
        assert line.got == dict.fromkeys(ids, 1)
        assert office.counts(announcement) == {"accepted": 1203}
        assert [row.size for row in office.rows(announcement)] == [500, 500, 203]

    def test_the_audience_is_taken_when_sending_starts(self, db, office, line):
        people(db, 5)
        announcement = office.ordered(draft())
        late = people(db, 1)
        assert office.starting.start_due()
        missed = people(db, 1)
        office.work()
        assert line.got[late[0]] == 1 and line.got[missed[0]] == 0
        assert office.counts(announcement) == {"accepted": 6}

    def test_an_audience_that_has_shrunk_to_a_few_gets_nothing(self, db, office, line):
        ids = people(db, 5)
        announcement = office.ordered(draft())
        erase(db, ids[-1])
        assert office.starting.start_due()
        office.work()
        assert office.state(announcement) == State.FAILED
        assert not line.got and not office.rows(announcement)
        assert "5人未満" in office.announcing.load(announcement).reason
        assert not office.starting.start_due()
        newcomers = people(db, 3)
        office.announcing.resume(announcement)
        assert office.starting.start_due()
        office.work()
        assert office.state(announcement) == State.SENT
        assert line.got == dict.fromkeys([*ids[:-1], *newcomers], 1)

    def test_text_and_rule_are_frozen_by_the_approval(self, db, office, line):
        ids = people(db, 5)
        announcement = office.approved(draft())
        office.reviewing.saved = dict
        changed = json.dumps({"title": "ちがう文"})
        db.write(
            lambda c: c.execute(
                update(announcements)
                .where(announcements.c.id == announcement)
                .values(source=changed)
            )
        )
        office.announcing.send(announcement)
        office.starting.start_due()
        office.work()
        assert [m["text"] for m in line.messages[ids[0]]] == ["スマホ教室を開きます。"]

    def test_languages_are_sent_in_batches_of_their_own(self, db, office, line):
        english = people(db, 3, language="en")
        japanese = [*people(db, 2), *people(db, 1, language="zh")]
        office.sent(draft(more="languages:\n  en:\n    - text: Smartphone class\n"))
        words = {each: [m["text"] for m in line.messages[each]] for each in line.got}
        assert words == {
            **dict.fromkeys(english, ["Smartphone class"]),
            **dict.fromkeys(japanese, ["スマホ教室を開きます。"]),
        }
        assert len(line.keys) == 2

    def test_every_message_asks_why_it_came(self, db, office, line):
        ids = people(db, 5)
        announcement = office.sent(draft())
        (message,) = line.messages[ids[0]]
        (item,) = message["quickReply"]["items"]
        assert item["action"]["label"] == "なぜ届いた？"
        assert item["action"]["data"] == f"do=why&id={announcement}"

    def test_an_emergency_to_everyone_is_one_broadcast(self, db, office, line):
        people(db, 30)
        announcement = office.sent(draft(kind="emergency", segment=EVERYONE))
        assert len(line.broadcasts) == 1 and not line.got
        assert office.counts(announcement) == {"accepted": 30 + len(BYSTANDERS)}
        assert len(office.rows(announcement)) == 1

    def test_a_broadcast_of_unknown_outcome_keeps_its_key(self, db, office, line):
        people(db, 5)
        line.script = [Lost(), too_many(), server_error()]
        announcement = office.sent(draft(kind="emergency", segment=EVERYONE))
        assert len(line.broadcasts) == 1 and len(set(line.requests)) == 1
        assert len(line.requests) == 4 and office.state(announcement) == State.SENT

    def test_an_emergency_reaches_a_district_whatever_topics_were_chosen(self, db, office, line):
        there = people(db, 2, district="南大沢", topics=frozenset())
        people(db, 9, district="明神町")
        quiet(db, there[0], quiet_start=0, quiet_end=24 * 60 - 1, monthly_cap=0)
        rule = "{all: [{topics: {any: [disaster]}}, {district: {in: [南大沢]}}]}"
        office.sent(draft(kind="emergency", segment=rule))
        assert line.got == dict.fromkeys(there, 1)


class TestFaults:
    @pytest.mark.parametrize(
        "faults",
        [
            [too_many()],
            [server_error()],
            [Lost()],
            [Lost(), server_error(), too_many()],
            [server_error(), Lost(), Lost(), too_many()],
        ],
        ids=str,
    )
    def test_trouble_is_tried_again_with_the_same_key_and_body(self, db, office, line, faults):
        ids = people(db, 600)
        line.script = list(faults)
        announcement = office.sent(draft())
        assert line.got == dict.fromkeys(ids, 1)
        assert office.counts(announcement) == {"accepted": 600}
        keys = {row.retry_key for row in office.rows(announcement)}
        assert set(line.requests) == keys and len(line.requests) == 2 + len(faults)

    def test_a_pause_is_kept_before_trying_again(self, db, office, line):
        people(db, 5)
        line.script = [too_many()]
        announcement = office.started(draft())
        office.work(hurry=False)
        assert office.counts(announcement) == {"pending": 5}
        (row,) = office.rows(announcement)
        with db.read() as connection:
            assert row.due_at > now_ms(connection)

    def test_a_clock_that_was_set_back_keeps_nobody_waiting(self, db, office, line):
        ids = people(db, 10)
        line.script = [server_error()]
        announcement = office.started(draft())
        office.work(hurry=False)
        ahead = update(batches).values(due_at=batches.c.due_at + 3_600_000)
        db.write(lambda c: c.execute(ahead))
        office.delivery.sweep()
        office.work(hurry=False)
        assert line.got == dict.fromkeys(ids, 1)
        assert office.state(announcement) == State.SENT

    def test_who_was_told_by_line_how_long_to_wait_waits(self, db, office, line):
        people(db, 10)
        line.script = [
            LineRetryable(TOO_MANY, status=429, unknown_outcome=False, retry_after=3000.0)
        ]
        office.started(draft())
        office.work(hurry=False)
        office.delivery.sweep()
        office.work(hurry=False)
        assert len(line.requests) == 1

    def test_one_unknown_id_costs_nobody_else_the_message(self, db, office, line):
        ids = people(db, 700)
        line.unknown = {ids[17], ids[630]}
        announcement = office.sent(draft())
        assert line.got == dict.fromkeys(set(ids) - line.unknown, 1)
        assert office.counts(announcement) == {"accepted": 698, "failed": 2}
        assert office.state(announcement) == State.SENT
        keys = [row.retry_key for row in office.rows(announcement)]
        assert len(set(keys)) == len(keys)

    def test_a_batch_in_doubt_is_never_split(self, db, office, line):
        ids = people(db, 10)
        line.script = [server_error(), refused("invalid_recipients", 400)]
        announcement = office.sent(draft())
        assert office.state(announcement) == State.NEEDS_PERSON
        assert office.counts(announcement) == {"unresolved": 10}
        assert len(office.rows(announcement)) == 1 and not line.got
        office.announcing.resolve(announcement, APPROVER, arrived=False)
        assert office.counts(announcement) == {"failed": 10}
        assert office.state(announcement) == State.SENT and ids

    @pytest.mark.parametrize(
        ("category", "status"),
        [("unauthorized", 401), ("forbidden", 403), ("too_large", 413), ("invalid_request", 400)],
    )
    def test_a_refusal_stops_the_announcement(self, db, office, line, category, status):
        people(db, 1100)
        line.script = [None, refused(category, status), None]
        announcement = office.started(draft())
        office.work(room=1)
        assert office.state(announcement) == State.FAILED
        assert office.counts(announcement) == {"accepted": 500, "failed": 600}
        assert office.announcing.load(announcement).reason

    def test_after_a_refusal_it_can_go_on_with_the_rest(self, db, office, line):
        ids = people(db, 1100)
        line.script = [None, refused()]
        announcement = office.started(draft())
        office.work(room=1)
        office.announcing.resume(announcement)
        assert office.counts(announcement) == {"accepted": 500, "pending": 600}
        office.work()
        assert line.got == dict.fromkeys(ids, 1)
        assert office.state(announcement) == State.SENT

    def test_the_end_of_the_quota_pauses_and_tells(self, db, office, line):
        ids = people(db, 1100)
        announcement = office.started(draft())
        line.limit = 600
        office.work()
        assert office.state(announcement) == State.PAUSED
        assert "使い切りました" in office.announcing.load(announcement).reason
        assert office.counts(announcement) == {"accepted": 600, "pending": 500}
        line.limit = 5000
        office.announcing.resume(announcement)
        office.work()
        assert line.got == dict.fromkeys(ids, 1)

    def test_too_small_a_rest_of_the_month_pauses_before_the_first_request(self, db, office, line):
        people(db, 20)
        line.limit = 19
        announcement = office.started(draft())
        office.work()
        assert office.state(announcement) == State.PAUSED and not line.requests
        assert "あと19人分" in office.announcing.load(announcement).reason

    def test_a_quota_used_up_elsewhere_pauses(self, db, office, line):
        people(db, 20)
        announcement = office.started(draft())
        line.limit = 0
        office.delivery.watch_quota()
        assert office.state(announcement) == State.PAUSED and not line.requests

    def test_unresolved_for_23_hours_a_person_decides(self, db, office, line):
        people(db, 10)
        line.script = [server_error()]
        announcement = office.started(draft())
        office.work(hurry=False)
        assert office.counts(announcement) == {"unresolved": 10}
        db.write(
            lambda c: c.execute(update(batches).values(first_at=batches.c.first_at - KEY_LIFE_MS))
        )
        office.delivery.sweep()
        assert office.state(announcement) == State.NEEDS_PERSON
        office.work()
        assert len(line.requests) == 1
        assert office.rows(announcement)[0].recipients is None
        office.announcing.resolve(announcement, APPROVER, arrived=True)
        assert office.counts(announcement) == {"accepted": 10}

    def test_an_answer_that_comes_after_all_is_believed(self, db, office, line):
        people(db, 10)
        announcement = office.started(draft())
        (outgoing,) = office.delivery.turn((), 8).outgoing
        late = office.delivery.send(outgoing)
        db.write(
            lambda c: c.execute(
                update(batches).values(first_at=batches.c.first_at - KEY_LIFE_MS, due_at=0)
            )
        )
        office.delivery.sweep()
        assert office.state(announcement) == State.NEEDS_PERSON
        office.delivery.turn([late], 8)
        assert office.counts(announcement) == {"accepted": 10}


class TestCrash:
    def test_killed_between_request_and_record_nobody_gets_it_twice(self, db, office, line):
        ids = people(db, 600)
        announcement = office.started(draft())
        for outgoing in office.delivery.turn((), 8).outgoing:
            office.delivery.send(outgoing)  # accepted, and then the process dies
        assert office.counts(announcement) == {"unresolved": 600}
        office.die()
        office.work()
        assert line.got == dict.fromkeys(ids, 1)
        assert office.counts(announcement) == {"accepted": 600}

    def test_killed_while_starting_the_audience_is_taken_anew(self, db, office, line, monkeypatch):
        ids = people(db, 2600)
        announcement = office.ordered(draft())
        monkeypatch.setattr("bot.services.starting._BATCHES_AT_ONCE", 1)
        with monkeypatch.context() as patch:
            add = _Filling._add
            patch.setattr(_Filling, "_add", lambda own, new: (add(own, new), _die()))
            with pytest.raises(KeyboardInterrupt):
                office.starting.start_due()
        assert office.counts(announcement)["pending"] > 0
        office.work()
        assert not line.requests, "a ledger that is not whole was used"
        assert office.starting.start_due() is False, "another may still be at work"
        office.die()
        assert office.starting.start_due()
        office.work()
        assert line.got == dict.fromkeys(ids, 1)
        assert office.counts(announcement) == {"accepted": 2600}

    def test_a_lease_that_ends_is_taken_over_with_the_same_key(self, db, line):
        dead, alive = Office(db, line, lease_ms=0), Office(db, line)
        ids = people(db, 10)
        announcement = dead.started(draft())
        (outgoing,) = dead.delivery.turn((), 8).outgoing
        late = dead.delivery.send(outgoing)
        alive.work()
        assert line.got == dict.fromkeys(ids, 1) and len(set(line.requests)) == 1
        dead.delivery.turn([late], 0)
        assert alive.counts(announcement) == {"accepted": 10}

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data())
    def test_any_order_of_faults_kills_and_orders_leaves_everyone_with_one(
        self, tmp_path_factory, data
    ):
        db = opened(tmp_path_factory.mktemp("any"))
        line = Line()
        office = Office(db, line)
        try:
            bystanders(db)
            ids = people(db, 1003)
            line.unknown = {ids[3]}
            announcement = office.started(draft())
            faults = st.sampled_from([None, None, Lost(), too_many(), server_error(), refused()])
            for _ in range(data.draw(st.integers(1, 12))):
                line.script = data.draw(st.lists(faults, max_size=3))
                act = data.draw(st.sampled_from(["work", "die", "erase", "pause", "resume"]))
                _act(office, announcement, act, data.draw(st.sampled_from(ids)))
            line.script = []
            office.die()
            if office.state(announcement) in (State.PAUSED, State.FAILED):
                office.announcing.resume(announcement)
            office.work()
            assert set(line.got.values()) <= {1}
            assert office.state(announcement) in (State.SENT, State.NEEDS_PERSON)
            found = office.counts(announcement)
            assert found["accepted"] == sum(line.got.values()) or "unresolved" in found
        finally:
            db.close()


def _die() -> None:
    raise KeyboardInterrupt


def _act(office: Office, announcement: int, act: str, user_id: str) -> None:
    match act:
        case "work":
            office.work(turns=2, room=2)
        case "die":
            for outgoing in office.delivery.turn((), 2).outgoing:
                office.delivery.send(outgoing)
            office.die()
        case "erase":
            erase(office.db, user_id)
        case _:
            with contextlib.suppress(AnnouncementRefused):
                getattr(office.announcing, act)(announcement)


class TestStopping:
    def test_pause_acts_between_batches_and_resume_goes_on(self, db, office, line):
        ids = people(db, 1100)
        announcement = office.started(draft())
        office.work(turns=1, room=1)
        office.announcing.pause(announcement)
        office.work()
        assert len(line.requests) == 1
        office.announcing.resume(announcement)
        office.die()
        office.work()
        assert line.got == dict.fromkeys(ids, 1)

    def test_nothing_leaves_after_cancel(self, db, office, line):
        people(db, 1100)
        line.script = [None, too_many(), server_error()]
        announcement = office.started(draft())
        settled = [office.delivery.send(o) for o in office.delivery.turn((), 3).outgoing]
        office.announcing.cancel(announcement)
        office.delivery.turn(settled, 8)
        before = len(line.requests)
        office.work()
        assert len(line.requests) == before and office.state(announcement) == State.CANCELLED
        assert office.counts(announcement) == {"accepted": 500, "failed": 500, "unresolved": 100}
        with pytest.raises(AnnouncementRefused):
            office.announcing.resume(announcement)

    def test_what_is_under_way_can_be_waited_for(self, db, office, line):
        people(db, 10)
        announcement = office.started(draft())
        (outgoing,) = office.delivery.turn((), 8).outgoing
        office.announcing.pause(announcement)
        assert not office.reporting.wait_until_still(announcement, 0.0)
        office.delivery.turn([office.delivery.send(outgoing)], 8)
        assert office.reporting.wait_until_still(announcement, 0.0)

    def test_what_expires_while_it_waits_is_dropped_and_counted(self, db, office, line):
        people(db, 1100)
        announcement = office.started(draft(more="expires_at: 2099-01-01 00:00\n"))
        office.work(turns=1, room=1)
        db.write(lambda c: c.execute(update(announcements).values(expires_at=1)))
        office.work()
        found = office.reporting.status(announcement).as_json()
        assert found["state"] == State.SENT and found["dropped"]["expired"] == 600
        assert found["recipients"] == found["accepted"] == 500

    def test_an_announcement_that_expired_before_its_start_is_not_sent(self, db, office, line):
        people(db, 10)
        announcement = office.ordered(draft(more="expires_at: 2099-01-01 00:00\n"))
        db.write(lambda c: c.execute(update(announcements).values(expires_at=1)))
        assert office.starting.start_due()
        office.work()
        assert office.state(announcement) == State.FAILED and not line.requests


class TestVolume:
    def test_quiet_hours_put_it_off(self, db, office, line):
        ids = people(db, 10)
        quiet(db, ids[0], quiet_start=0, quiet_end=24 * 60 - 1)
        announcement = office.started(draft())
        office.work()
        assert line.got == dict.fromkeys(ids[1:], 1)
        assert office.counts(announcement) == {"accepted": 9, "pending": 1}
        assert office.state(announcement) == State.SENDING
        db.write(lambda c: c.execute(update(batches).values(quiet_start=None, due_at=0)))
        office.work()
        assert line.got == dict.fromkeys(ids, 1) and office.state(announcement) == State.SENT

    def test_quiet_hours_beyond_the_expiry_drop_it(self, db, office, line):
        ids = people(db, 10)
        quiet(db, ids[0], quiet_start=0, quiet_end=24 * 60 - 1)
        announcement = office.ordered(draft(more="expires_at: 2099-01-01 00:00\n"))
        soon = update(announcements).values(expires_at=announcements.c.due_at + 60_000)
        db.write(lambda c: c.execute(soon))
        office.starting.start_due()
        office.work()
        found = office.reporting.status(announcement).as_json()
        assert found["state"] == State.SENT and found["dropped"]["expired"] == 1
        assert found["recipients"] == 9

    def test_the_monthly_cap_counts_what_came_this_month(self, db, office, line):
        ids = people(db, 10)
        quiet(db, ids[0], monthly_cap=1)
        office.sent(draft())
        second = office.sent(draft("もう一つのお知らせです。"))
        assert line.got == {**dict.fromkeys(ids, 2), ids[0]: 1}
        found = office.reporting.status(second).as_json()
        assert found["dropped"]["over_cap"] == 1 and found["recipients"] == 9

    def test_emergencies_neither_heed_nor_use_the_cap(self, db, office, line):
        there = people(db, 6, district="南大沢")
        quiet(db, there[0], monthly_cap=1)
        rule = "{district: {in: [南大沢]}}"
        office.sent(draft(kind="emergency", segment=rule))
        office.sent(draft(segment=rule))
        office.sent(draft("二つ目です。", kind="emergency", segment=rule))
        assert line.got == dict.fromkeys(there, 3)


class TestErasure:
    def test_who_is_erased_before_the_request_leaves_the_batch(self, db, office, line):
        ids = people(db, 12)
        announcement = office.started(draft())
        erase(db, ids[0])
        office.work()
        assert line.got == dict.fromkeys(ids[1:], 1)
        found = office.reporting.status(announcement).as_json()
        assert found["recipients"] == 11 and found["dropped"]["left"] == 1

    def test_a_batch_whose_residents_have_all_left_is_not_sent(self, db, office, line):
        ids = people(db, 5)
        announcement = office.started(draft())
        for each in ids:
            erase(db, each)
        office.work()
        assert not line.requests and office.state(announcement) == State.SENT
        assert office.reporting.status(announcement).as_json()["dropped"]["left"] == 5

    def test_erased_afterwards_no_table_holds_the_id(self, db, office, line):
        ids = people(db, 12)
        announcement = office.sent(draft())
        erase(db, ids[0])
        assert ids[0] not in everything(db)
        out = io.StringIO()
        office.reporting.export(announcement, out)
        lines = out.getvalue().splitlines()
        assert lines[0] == "user_id,batch,state,accepted_at"
        assert sum(each.startswith("(消去済),1,accepted,") for each in lines) == 1
        assert len(lines) == 13

    def test_an_unresolved_body_keeps_the_id_only_until_it_settles(self, db, office, line):
        ids = people(db, 12)
        line.script = [Lost()]
        announcement = office.started(draft())
        office.work(hurry=False)
        erase(db, ids[0])
        assert ids[0] in everything(db)
        office.hurry()
        office.work()
        assert line.got[ids[0]] == 1 and ids[0] not in everything(db)
        assert office.counts(announcement) == {"accepted": 12}

    def test_a_newcomer_is_not_taken_for_who_was_erased(self, db, office, line):
        ids = people(db, 6)
        announcement = office.sent(draft())
        erase(db, ids[-1])
        people(db, 1)
        out = io.StringIO()
        office.reporting.export(announcement, out)
        assert out.getvalue().count("(消去済)") == 1

    def test_a_refused_batch_leaves_the_erased_out_of_its_halves(self, db, office, line):
        ids = people(db, 40)
        line.unknown = {ids[3]}
        office.started(draft())
        settled = [office.delivery.send(o) for o in office.delivery.turn((), 8).outgoing]
        office.delivery.turn(settled, 0)
        erase(db, ids[7])
        office.work()
        assert line.got == dict.fromkeys(set(ids) - {ids[3], ids[7]}, 1)


class TestPace:
    def test_normal_announcements_are_spread(self, db, line):
        office = Office(db, line, pace=Pace(people_per_minute=60_000))
        people(db, 1100)
        office.started(draft())
        work = office.delivery.turn((), 8)
        assert len(work.outgoing) == 1
        assert work.wait_ms is not None and 300 <= work.wait_ms <= 500

    def test_all_workers_share_one_pace(self, db, line):
        first = Office(db, line, pace=Pace(people_per_minute=60_000))
        second = Office(db, line, pace=Pace(people_per_minute=60_000))
        people(db, 1100)
        first.started(draft())
        assert len(first.delivery.turn((), 8).outgoing) == 1
        assert second.delivery.turn((), 8).outgoing == ()

    def test_an_emergency_overtakes_and_keeps_to_lines_limit(self, db, line):
        office = Office(db, line, pace=Pace(requests_per_second=100, people_per_minute=6000))
        people(db, 1100, district="南大沢")
        office.started(draft())
        office.started(draft(kind="emergency", segment="{district: {in: [南大沢]}}"))
        work = office.delivery.turn((), 3)
        urgent = {each.claimed.announcement for each in work.outgoing}
        assert urgent == {2} and len(work.outgoing) == 3
        waits = [each.claimed.wait_us for each in work.outgoing]
        assert waits[1] - waits[0] == waits[2] - waits[1] == 10_000

    def test_a_retry_does_not_wait_for_the_spread(self, db, line):
        office = Office(db, line, pace=Pace(people_per_minute=600))
        people(db, 1100)
        line.script = [server_error()]
        office.started(draft())
        settled = [office.delivery.send(o) for o in office.delivery.turn((), 8).outgoing]
        office.delivery.turn(settled, 0)
        office.hurry()
        (again,) = office.delivery.turn((), 8).outgoing
        assert again.claimed.attempts == 2

    def test_a_worker_whose_own_clock_is_wrong_does_no_harm(self, db, line, monkeypatch):
        ids = people(db, 1100)
        right, wrong = Office(db, line), Office(db, line)
        announcement = right.started(draft())
        wrong.shift = wrong.shift.__class__(hours=1)
        held = wrong.delivery.turn((), 1).outgoing
        assert len(right.delivery.turn((), 8).outgoing) == 2, "the lease was not respected"
        right.die()
        right.delivery.turn([wrong.delivery.send(each) for each in held], 0)
        right.work()
        assert line.got == dict.fromkeys(ids, 1)
        assert right.counts(announcement) == {"accepted": 1100}


def test_ten_workers_send_each_batch_once(db, line):
    ids = people(db, 5200)
    offices = [Office(db, line) for _ in range(10)]
    announcement = offices[0].started(draft())
    for _ in range(30):
        for office in offices:
            settled = [office.delivery.send(o) for o in office.delivery.turn((), 1).outgoing]
            office.delivery.turn(settled, 0)
    assert line.got == dict.fromkeys(ids, 1)
    assert len(line.requests) == 11
    assert offices[0].state(announcement) == State.SENT


def test_no_transaction_is_open_while_line_is_asked(db, office, line):
    people(db, 10)
    office.started(draft())
    (outgoing,) = office.delivery.turn((), 8).outgoing
    asked = []

    def multicast(*args, **kwargs):
        asked.append(db.write(lambda c: c.execute(select(batches.c.in_flight)).scalar()))
        return Line.multicast(line, *args, **kwargs)

    line.multicast = multicast
    office.delivery.send(outgoing)
    assert asked == [True], "the attempt is noted before it leaves"
    assert line.got
