"""From draft to the order to send: checks, approval, corrections, test sends, templates, feeds."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.core.announcements import State
from bot.core.calendar import JAPAN
from bot.core.ports import Accepted, Statistics
from bot.errors import ContentError, LineRetryable
from bot.services.announcing import AnnouncementRefused
from bot.services.feeding import Feeding
from bot.services.results import Asking, results
from bot.services.templating import Templating
from bot.services.trials import Trials
from bot.store import announcement_results, chores, residents
from bot.store.announcement_tables import announcements, audit
from bot.store.clock import now_ms
from tests.services.announcing import (
    APPROVER,
    AUTHOR,
    BYSTANDERS,
    Line,
    Lost,
    Office,
    bystanders,
    draft,
    people,
    server_error,
    too_many,
    uid,
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


def stops(office: Office, text: str) -> list[str]:
    review = office.announcing.check(office.new(text))
    return [finding.text for finding in review.findings if finding.stop]


class TestApproval:
    def test_only_another_person_approves(self, db, office):
        people(db, 5)
        announcement = office.new(draft())
        for name in (AUTHOR, f" {AUTHOR}　", ""):
            with pytest.raises(AnnouncementRefused):
                office.announcing.approve(announcement, name)
        assert office.state(announcement) == State.DRAFT
        office.announcing.approve(announcement, APPROVER)
        assert office.state(announcement) == State.SCHEDULED

    def test_nothing_is_sent_before_the_approval_and_the_order(self, db, office, line):
        people(db, 5)
        announcement = office.new(draft())
        with pytest.raises(AnnouncementRefused, match="承認"):
            office.announcing.send(announcement)
        office.announcing.approve(announcement, APPROVER)
        assert not office.starting.start_due() and not line.requests
        office.announcing.send(announcement)
        assert office.starting.start_due()

    def test_a_city_of_one_approves_alone_and_the_log_says_so(self, db, line):
        office = Office(db, line, two_people=False)
        people(db, 5)
        announcement = office.new(draft())
        office.announcing.approve(announcement, AUTHOR)
        notes = [entry.note for entry in office.reporting.history(announcement)]
        assert any("MADOGUCHI_APPROVERS=1" in note for note in notes)

    def test_an_edit_takes_the_approval_back(self, db, office):
        people(db, 5)
        announcement = office.ordered(draft(more="send_at: 2099-01-01 10:00\n"))
        office.announcing.edit(announcement, "b.yaml", draft("別の文です。").encode())
        stored = office.announcing.load(announcement)
        assert (stored.state, stored.approved_by, stored.due_at) == (State.DRAFT, "", None)
        with pytest.raises(AnnouncementRefused):
            office.announcing.send(announcement)

    def test_ordering_it_twice_sends_it_once(self, db, office, line):
        ids = people(db, 5)
        announcement = office.ordered(draft())
        office.announcing.send(announcement)
        office.starting.start_due()
        office.announcing.send(announcement)
        office.work()
        office.announcing.send(announcement)
        assert not office.starting.start_due()
        office.work()
        assert line.got == dict.fromkeys(ids, 1)

    def test_a_time_that_has_passed_is_not_silently_now(self, db, office):
        people(db, 5)
        announcement = office.approved(draft(more="send_at: 2099-01-01 10:00\n"))
        past = {**json.loads(office.announcing.load(announcement).draft)}
        past["send_at"] = "2026-01-01T10:00:00+09:00"
        text = json.dumps(past, ensure_ascii=False)
        db.write(lambda c: c.execute(update(announcements).values(draft=text)))
        with pytest.raises(AnnouncementRefused, match="過ぎています"):
            office.announcing.send(announcement)
        office.announcing.send(announcement, at_once=True)
        assert office.starting.start_due()

    def test_every_change_of_state_is_in_the_log(self, db, office, line):
        people(db, 600)
        announcement = office.started(draft())
        office.announcing.pause(announcement, "鈴木")
        office.announcing.resume(announcement, "鈴木")
        office.work()
        office.announcing.load(announcement)
        steps = [
            (entry.who, entry.what, entry.before, entry.after)
            for entry in office.reporting.history(announcement)
        ]
        assert steps == [
            (AUTHOR, "new", "", "draft"),
            (AUTHOR, "check", "draft", "checked"),
            (AUTHOR, "submit", "checked", "awaiting_approval"),
            (APPROVER, "approve", "awaiting_approval", "scheduled"),
            (AUTHOR, "send", "scheduled", "scheduled"),
            ("system", "start", "scheduled", "sending"),
            ("鈴木", "pause", "sending", "paused"),
            ("鈴木", "resume", "paused", "sending"),
            ("system", "finish", "sending", "sent"),
        ]
        times = [entry.at for entry in office.reporting.history(announcement)]
        assert times == sorted(times) and all(times)

    def test_two_who_act_at_once_do_not_both_succeed(self, db, office):
        people(db, 5)
        announcement = office.approved(draft())
        stale = office.announcing.load(announcement)
        office.announcing.cancel(announcement)
        with pytest.raises(AnnouncementRefused, match="先に変えました"):
            office.announcing._step(stale, "send", APPROVER, due_at=1)
        assert office.state(announcement) == State.CANCELLED


class TestChecks:
    def test_a_good_draft_passes(self, db, office):
        people(db, 5)
        announcement = office.new(draft())
        assert office.announcing.check(announcement).passed
        assert office.state(announcement) == State.CHECKED

    def test_a_draft_with_a_stop_stays_a_draft(self, db, office):
        people(db, 5)
        announcement = office.new(draft("http://example.jp をごらんください。"))
        assert not office.announcing.check(announcement).passed
        assert office.state(announcement) == State.DRAFT
        with pytest.raises(AnnouncementRefused, match="https"):
            office.announcing.approve(announcement, APPROVER)

    def test_a_filter_that_gives_nobody_stops(self, db, office):
        assert any("1人もいません" in text for text in stops(office, draft()))

    def test_a_filter_that_gives_everybody_without_saying_so_stops(self, db, office):
        rule = "{not: {topics: {any: [smartphone_class]}}}"
        assert any("全員に当てはまります" in text for text in stops(office, draft(segment=rule)))
        assert stops(office, draft(segment=EVERYONE)) == []

    def test_fewer_than_five_stop_but_not_in_an_emergency(self, db, office):
        people(db, 4, district="南大沢")
        rule = "{district: {in: [南大沢]}}"
        assert any("少なすぎ" in text for text in stops(office, draft(segment=rule)))
        assert stops(office, draft(segment=rule, kind="emergency")) == []

    def test_an_emergency_cannot_be_for_a_topic(self, db, office):
        people(db, 5)
        assert any("全員なら" in text for text in stops(office, draft(kind="emergency")))

    @pytest.mark.parametrize(
        ("kind", "text", "title", "passes"),
        [
            ("drill", "【訓練】避難してください。", "【訓練】避難", True),
            ("drill", "避難してください。", "【訓練】避難", False),
            ("drill", "【訓練】避難してください。", "避難", False),
            ("drill", "これは【訓練】です。", "【訓練】避難", False),
            ("normal", "【訓練】避難してください。", "避難", False),
            ("emergency", "避難してください。【訓練】", "避難", False),
            ("emergency", "避難してください。", "避難", True),
        ],
    )
    def test_a_drill_says_so_everywhere_and_nothing_else_does(
        self, db, office, kind, text, title, passes
    ):
        text = draft(text, title=title, kind=kind, segment=EVERYONE)
        assert (stops(office, text) == []) is passes

    def test_the_notification_of_a_drill_begins_with_it(self, db, office, line):
        ids = people(db, 5)
        card = "  - card: {title: 【訓練】避難, text: 本文}\n"
        office.sent(draft("【訓練】文", title="【訓練】題", kind="drill", more=card))
        text, flex = line.messages[ids[0]]
        assert text["text"].startswith("【訓練】") and flex["altText"].startswith("【訓練】")

    def test_what_line_itself_refuses_stops(self, db, office, line):
        people(db, 5)
        line.problems = ("messages[0].text: May not be empty",)
        assert any("LINEの点検" in text for text in stops(office, draft()))

    def test_lines_check_that_cannot_be_made_is_said_to_be_open(self, db, office):
        people(db, 5)

        def lost(_messages):
            raise server_error()

        office.reviewing.ask_line = lost
        review = office.announcing.check(office.new(draft()))
        assert review.passed and any("未確認" in each.text for each in review.findings)

    @pytest.mark.parametrize(
        ("answers", "word"), [(True, ""), (False, "開けません"), (None, "未確認")]
    )
    def test_links_are_tried(self, db, office, answers, word):
        people(db, 5)
        office.reviewing.reach = lambda url: answers
        card = (
            "  - card: {title: 題, text: 文, links: [{label: 開く, url: 'https://a.example/'}]}\n"
        )
        review = office.announcing.check(office.new(draft(more=card)))
        said = [each for each in review.findings if "a.example" in each.text]
        assert (word in said[0].text) if word else not said
        assert review.passed is (answers is not False)

    def test_links_in_the_words_are_tried_too(self, db, office):
        people(db, 5)
        tried = []
        office.reviewing.reach = lambda url: tried.append(url) or False
        text = "くわしくはhttps://a.example/kunrenをごらんください（https://b.example/）。"
        review = office.announcing.check(office.new(draft(text)))
        assert sorted(tried) == ["https://a.example/kunren", "https://b.example/"]
        assert not review.passed


class TestPreview:
    def test_it_shows_who_gets_it(self, db, office):
        people(db, 7)
        found = office.previewing.preview(office.new(draft())).as_json()
        assert (found["count"], found["few"], found["known"]) == (7, False, 13)
        assert "スマホ教室" in found["segment"] and found["change_since_last"] is None
        assert {each["gets"] for each in found["residents"]} == {True, False}
        assert 2 <= len(found["residents"]) <= 3
        assert found["messages"]["ja"][0]["text"] == "スマホ教室を開きます。"

    def test_a_small_group_has_no_number(self, db, office):
        people(db, 3)
        found = office.previewing.preview(office.new(draft())).as_json()
        assert found["count"] is None and found["few"] is True

    def test_it_compares_with_the_last_one(self, db, office):
        people(db, 7)
        office.sent(draft())
        people(db, 2)
        assert office.previewing.preview(office.new(draft())).change == 2
        other = draft(segment="{topics: {any: [opendata]}}")
        assert office.previewing.preview(office.new(other)).change is None

    def test_a_preview_in_words_names_the_segment(self, db, office):
        people(db, 7)
        lines = "\n".join(office.previewing.preview(office.new(draft())).lines())
        assert "届く人：7人" in lines and "→ 届きます" in lines and "→ 届きません" in lines


def corrections(db, wrong):
    query = select(announcements.c.id).where(announcements.c.corrects == wrong)
    with db.read() as connection:
        return list(connection.execute(query).scalars())


class TestCorrection:
    def test_it_goes_to_exactly_those_who_got_the_wrong_one(self, db, office, line):
        ids = people(db, 20)
        line.unknown = {ids[3]}
        wrong = office.sent(draft())
        people(db, 5)
        line.unknown = set()
        fresh = office.announcing.correct(wrong, "b.yaml", draft("訂正です。", segment="").encode())
        assert office.state(fresh) == State.AWAITING_APPROVAL
        office.announcing.approve(fresh, APPROVER)
        assert office.starting.start_due()
        office.work()
        assert line.got == dict.fromkeys({*ids} - {ids[3]}, 2)
        found = office.reporting.status(fresh).as_json()
        assert found["corrects"] == wrong and found["correction_minutes"] is not None

    def test_it_stops_the_wrong_one_that_is_still_going_out(self, db, office, line):
        ids = people(db, 1100)
        wrong = office.started(draft())
        office.work(turns=1, room=1)
        fresh = office.announcing.correct(wrong, "b.yaml", draft("訂正です。", segment="").encode())
        assert office.state(wrong) == State.PAUSED
        office.announcing.approve(fresh, APPROVER)
        office.starting.start_due()
        office.work()
        assert office.state(wrong) == State.CANCELLED
        assert line.got == dict.fromkeys(ids[:500], 2)

    def test_who_may_have_got_the_wrong_one_gets_the_correction(self, db, office, line):
        ids = people(db, 8)
        line.script = [Lost()]
        wrong = office.started(draft())
        office.work(hurry=False)
        fresh = office.announcing.correct(wrong, "b.yaml", draft("訂正です。", segment="").encode())
        office.announcing.approve(fresh, APPROVER)
        office.starting.start_due()
        office.work()
        assert line.got == dict.fromkeys(ids, 2)

    def test_it_needs_approval_unless_one_person_is_enough(self, db, line):
        office = Office(db, line, two_people=False)
        people(db, 20)
        wrong = office.new(draft())
        office.announcing.approve(wrong, AUTHOR)
        office.announcing.send(wrong)
        office.starting.start_due()
        office.work()
        office.announcing.correct(wrong, "b.yaml", draft("訂正です。", segment="").encode())
        assert office.starting.start_due()

    def test_it_goes_to_few_and_past_quiet_hours(self, db, office, line):
        ids = people(db, 6)
        wrong = office.sent(draft())
        for each in ids[2:]:
            db.write(lambda c, each=each: residents.erase(c, each, before=4 * 10**12, now=1))
        fresh = office.announcing.correct(wrong, "b.yaml", draft("訂正です。", segment="").encode())
        office.announcing.approve(fresh, APPROVER)
        office.starting.start_due()
        office.work()
        assert {each: line.got[each] for each in ids} == {
            **dict.fromkeys(ids[:2], 2),
            **dict.fromkeys(ids[2:], 1),
        }

    def test_a_second_one_is_refused_while_the_first_waits(self, db, office):
        people(db, 6)
        wrong = office.sent(draft())
        words = draft("訂正です。", segment="").encode()
        first = office.announcing.correct(wrong, "b.yaml", words)
        with pytest.raises(AnnouncementRefused, match=f"{first}番"):
            office.announcing.correct(wrong, "b.yaml", words)
        assert corrections(db, wrong) == [first]
        office.announcing.cancel(first, APPROVER)
        second = office.announcing.correct(wrong, "b.yaml", words)
        assert office.state(second) == State.AWAITING_APPROVAL

    def test_after_one_that_was_sent_there_may_be_another(self, db, office):
        people(db, 6)
        wrong = office.sent(draft())
        words = draft("訂正です。", segment="").encode()
        first = office.announcing.correct(wrong, "b.yaml", words)
        office.announcing.approve(first, APPROVER)
        assert office.starting.start_due()
        office.work()
        office.announcing.correct(wrong, "b.yaml", words)

    def test_one_that_has_to_be_mended_first_is_named(self, db, office):
        people(db, 6)
        wrong = office.sent(draft())
        words = draft("http://example.jp を見てください。", segment="").encode()
        with pytest.raises(AnnouncementRefused, match=r"訂正は\d+番の下書き") as refused:
            office.announcing.correct(wrong, "b.yaml", words)
        (fresh,) = corrections(db, wrong)
        assert f"{fresh}番" in str(refused.value) and office.state(fresh) == State.DRAFT

    def test_a_broadcast_is_corrected_by_a_broadcast(self, db, office, line):
        wrong = office.sent(draft(kind="emergency", segment=EVERYONE))
        text = draft("訂正です。", segment="").encode()
        fresh = office.announcing.correct(wrong, "b.yaml", text)
        office.announcing.approve(fresh, APPROVER)
        office.starting.start_due()
        office.work()
        assert len(line.broadcasts) == 2
        assert office.announcing.load(fresh).kind == "emergency"

    def test_it_has_no_segment_of_its_own(self, db, office):
        people(db, 6)
        wrong = office.sent(draft())
        with pytest.raises(ContentError, match="segment"):
            office.announcing.correct(wrong, "b.yaml", draft().encode())

    def test_what_was_never_sent_is_not_corrected(self, db, office):
        with pytest.raises(AnnouncementRefused):
            office.announcing.correct(office.new(draft()), "b.yaml", draft(segment="").encode())


def its_time_comes(db, announcement, days_ago=0):
    """What is planned for later is due now, or has been for days."""

    def run(connection):
        due = now_ms(connection) - days_ago * 86_400_000
        table = announcements
        connection.execute(update(table).where(table.c.id == announcement).values(due_at=due))

    db.write(run)


class TestRepeat:
    def test_each_occurrence_is_planned_once_and_sent_once(self, db, office, line):
        ids = people(db, 5)
        more = "repeat: {every: weekly, days: [mon, tue, wed, thu, fri, sat, sun], at: '10:00'}\n"
        first = office.ordered(draft(more=more))
        due = office.announcing.load(first).due_at
        assert due is not None
        its_time_comes(db, first)
        assert office.starting.start_due()
        office.work()
        planned = office.announcing.load(first + 1)
        assert planned.state == State.SCHEDULED and planned.series == first
        assert planned.approved_by == APPROVER and planned.due_at == due
        later = office.announcing.load(first + 1).frozen
        assert f"id={first + 1}" in later and f"id={first}&" not in later
        assert not office.starting.start_due()
        its_time_comes(db, first + 1)
        assert office.starting.start_due()
        office.work()
        assert line.got == dict.fromkeys(ids, 2)

    def test_what_came_due_while_nobody_was_there_is_sent_once(self, db, office, line):
        ids = people(db, 5)
        more = "repeat: {every: weekly, days: [mon], at: '10:00'}\n"
        first = office.ordered(draft(more=more))
        its_time_comes(db, first, days_ago=30)
        while office.starting.start_due():
            office.work()
        assert line.got == dict.fromkeys(ids, 1)
        assert office.announcing.load(first + 1).state == State.SCHEDULED

    def test_cancelling_the_next_ends_the_series(self, db, office):
        people(db, 5)
        more = "repeat: {every: monthly, days: [1, 15], at: '10:00'}\n"
        first = office.ordered(draft(more=more))
        due = office.announcing.load(first).due_at
        db.write(lambda c: c.execute(update(announcements).values(due_at=due - 10**10)))
        office.starting.start_due()
        office.announcing.cancel(first + 1)
        with db.read() as connection:
            query = select(announcements.c.state).order_by(announcements.c.id)
            states = connection.execute(query).scalars().all()
        assert states == ["sending", "cancelled"]


class TestTrialSends:
    def test_only_the_named_staff_get_it(self, db, office, line):
        people(db, 5)
        testing = Trials(db, office.announcing, line)
        staff = "U" + "e" * 32
        testing.add("鈴木", staff, AUTHOR)
        announcement = office.new(draft())
        tried = testing.send(announcement, ["鈴木"], AUTHOR)
        assert [(each.name, each.problem) for each in tried] == [("鈴木", "")]
        assert [to for to, _ in line.pushed] == [staff] and not line.got
        assert office.state(announcement) == State.DRAFT
        entry = office.reporting.history(announcement)[-1]
        assert entry.what == "test" and staff not in repr(entry)

    def test_strangers_are_refused(self, db, office, line):
        testing = Trials(db, office.announcing, line)
        with pytest.raises(AnnouncementRefused, match="鈴木"):
            testing.send(office.new(draft()), ["鈴木"], AUTHOR)
        with pytest.raises(AnnouncementRefused):
            testing.add("鈴木", "not-an-id", AUTHOR)
        assert not line.pushed

    @pytest.mark.parametrize(
        ("troubles", "waited", "problem"),
        [
            ([server_error(), too_many()], [0.5, 1.0], ""),
            ([server_error()] * 3, [0.5, 1.0], "500"),
            ([LineRetryable("x", status=429, unknown_outcome=False, retry_after=60.0)], [], "429"),
        ],
    )
    def test_trouble_is_tried_again_a_little_later_with_the_same_key(
        self, db, office, line, monkeypatch, troubles, waited, problem
    ):
        waits, keys, script = [], set(), list(troubles)

        def push(to, messages, *, retry_key):
            keys.add(retry_key)
            if script:
                raise script.pop(0)
            return Accepted("pushed")

        monkeypatch.setattr(line, "push", push)
        testing = Trials(db, office.announcing, line, wait=waits.append)
        testing.add("鈴木", "U" + "e" * 32, AUTHOR)
        (tried,) = testing.send(office.new(draft()), ["鈴木"], AUTHOR)
        assert problem in tried.problem and bool(problem) == bool(tried.problem)
        assert waits == waited and len(keys) == 1

    def test_an_erased_tester_is_gone(self, db, office, line):
        testing = Trials(db, office.announcing, line)
        staff = "U" + "e" * 32
        testing.add("鈴木", staff, AUTHOR)
        db.write(lambda c: residents.erase(c, staff, before=4 * 10**12, now=4 * 10**12))
        assert testing.names() == [] and staff not in everything(db)


TEMPLATE = """\
name: 避難指示
blanks:
  地区: [南大沢, 明神町]
announcement:
  title: 避難指示
  kind: emergency
  author: 田中
  segment: {district: {in: [〔地区〕]}}
  messages:
    - text: 〔地区〕に避難指示を出しました。
"""


class TestTemplates:
    def test_approved_in_advance_one_person_sends_it(self, db, office, line):
        there = people(db, 3, district="南大沢")
        templating = Templating(db, office.announcing)
        name = templating.keep("t.yaml", TEMPLATE.encode(), AUTHOR)
        templating.approve(name, APPROVER)
        sent = templating.send_now(name, {"地区": "南大沢"}, AUTHOR, signed_in_again=True)
        assert office.starting.start_due()
        office.work()
        assert line.got == dict.fromkeys(there, 1)
        notes = " ".join(entry.note for entry in office.reporting.history(sent))
        assert "ひな形「避難指示」" in notes and APPROVER in notes

    @pytest.mark.parametrize(
        ("approved", "signed_in", "value"),
        [(False, True, "南大沢"), (True, False, "南大沢"), (True, True, "市内全域")],
    )
    def test_nothing_goes_out_unapproved_unproven_or_off_the_list(
        self, db, office, approved, signed_in, value
    ):
        people(db, 3, district="南大沢")
        templating = Templating(db, office.announcing)
        name = templating.keep("t.yaml", TEMPLATE.encode(), AUTHOR)
        if approved:
            templating.approve(name, APPROVER)
        with pytest.raises(AnnouncementRefused):
            templating.send_now(name, {"地区": value}, AUTHOR, signed_in_again=signed_in)
        assert not office.starting.start_due()

    def test_keeping_it_again_takes_the_approval_back(self, db, office):
        templating = Templating(db, office.announcing)
        name = templating.keep("t.yaml", TEMPLATE.encode(), AUTHOR)
        templating.approve(name, APPROVER)
        templating.keep("t.yaml", TEMPLATE.replace("出しました", "解除しました").encode(), AUTHOR)
        assert templating.load(name).approved_by == ""
        with pytest.raises(AnnouncementRefused, match="作った人"):
            templating.approve(name, AUTHOR)

    def test_a_normal_one_is_never_sent_by_one_person(self, db, office):
        people(db, 5, district="南大沢")
        templating = Templating(db, office.announcing)
        text = TEMPLATE.replace("emergency", "normal")
        name = templating.keep("t.yaml", text.encode(), AUTHOR)
        templating.approve(name, APPROVER)
        with pytest.raises(AnnouncementRefused):
            templating.send_now(name, {"地区": "南大沢"}, AUTHOR, signed_in_again=True)
        made = templating.use(name, {"地区": "南大沢"}, AUTHOR)
        assert office.state(made) == State.DRAFT

    def test_a_blank_without_a_list_is_a_problem(self, db, office):
        templating = Templating(db, office.announcing)
        text = TEMPLATE.replace("避難指示を出し", "〔時刻〕に避難指示を出し")
        with pytest.raises(ContentError, match="時刻"):
            templating.keep("t.yaml", text.encode(), AUTHOR)


def feed(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://www.city.example.jp/{number}</link>"
        f"<guid>{title}</guid><description>&lt;b&gt;{title}&lt;/b&gt;の説明</description></item>"
        for number, title in enumerate(titles)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


class TestFeeds:
    @pytest.fixture
    def feeding(self, db, office):
        return Feeding(db, office.announcing)

    def take(self, feeding, data, segment=""):
        name = segment or next(iter(feeding.announcing.reviewing.saved()))
        address = "https://www.city.example.jp/rss"
        return feeding.take(address, data, author=AUTHOR, segment_name=name)

    def test_each_new_item_becomes_one_draft_and_nothing_is_sent(self, db, office, feeding):
        assert len(self.take(feeding, feed("一つ目", "古い"))) == 1
        made = self.take(feeding, feed("二つ目", "三つ目", "一つ目", "古い"))
        assert [office.announcing.load(each).title for each in made] == ["二つ目", "三つ目"]
        assert {office.state(each) for each in made} == {State.DRAFT}
        assert self.take(feeding, feed("二つ目", "三つ目")) == []
        assert not office.starting.start_due()

    def test_markup_is_taken_off(self, office, feeding):
        (made,) = self.take(feeding, feed('<![CDATA[<i>"祭り"</i> & 出店]]>'))
        stored = office.announcing.load(made)
        assert stored.title == '"祭り" & 出店'

    @pytest.mark.parametrize(
        "data", [b"", b"<html>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", b"\xff\xfe", b"{}"]
    )
    def test_what_is_no_feed_is_refused(self, feeding, data):
        with pytest.raises(ContentError):
            self.take(feeding, data)

    def test_an_unknown_segment_is_refused(self, feeding):
        with pytest.raises(AnnouncementRefused):
            self.take(feeding, feed("一つ目"), "そんな条件")


def test_results_say_where_line_gives_no_number(db, office, line):
    people(db, 5)
    announcement = office.new(draft())
    with pytest.raises(AnnouncementRefused):
        results(office.announcing, line, announcement)
    announcement = office.sent(draft())
    found = results(office.announcing, line, announcement)
    assert found.opened is None and "20人未満" in found.line()
    assert found.as_json() == {"opened": None, "clicked": None, "note": found.as_json()["note"]}


def test_line_is_asked_daily_about_what_was_sent_by_one_of_many(db, office, line, monkeypatch):
    people(db, 25)
    office.new(draft())  # never sent: nothing to ask
    announcement, asked = office.sent(draft()), []

    def statistics(unit, first, last):
        asked.append(unit)
        return Statistics(21 + len(asked), None)

    monkeypatch.setattr(line, "unit_statistics", statistics)
    for _ in range(3):
        Asking(office.announcing, line)()
    assert len(asked) == 1
    db.write(lambda c: chores.plan(c, "announcement_results:main", 0))
    Asking(office.announcing, line)()
    assert len(asked) == 1  # a few hours have to pass
    results(office.announcing, line, announcement)
    with db.read() as connection:
        (found,) = announcement_results.begun_since(connection, 0)
    assert (found.id, found.opened, found.clicked) == (announcement, 23, None)


def test_the_log_and_an_export_of_a_broadcast_hold_no_resident(db, office):
    people(db, 5)
    announcement = office.sent(draft(kind="emergency", segment=EVERYONE))
    out = io.StringIO()
    office.reporting.export(announcement, out)
    header, row = out.getvalue().splitlines()
    assert re.fullmatch(r"\(全員\),1,accepted,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00", row)
    with db.read() as connection:
        logged = repr(connection.execute(select(audit)).all())
    assert uid(0) not in logged and BYSTANDERS[0] not in logged


def test_times_are_shown_in_japan(db, office):
    people(db, 5)
    announcement = office.sent(draft())
    shown = office.reporting.status(announcement).as_json()["started_at"]
    now = office.clock().astimezone(JAPAN)
    assert shown[:10] in {f"{now:%Y-%m-%d}", f"{now - timedelta(minutes=5):%Y-%m-%d}"}
    assert shown.endswith("+09:00")
