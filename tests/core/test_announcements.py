"""The steps of an announcement: no path sends without approval, after cancel, or twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.announcements import (
    Action,
    CardMessage,
    Draft,
    Kind,
    Progress,
    State,
    StepRefused,
    TextMessage,
    as_data,
    districts_only,
    from_data,
    same_person,
    step,
)
from bot.core.calendar import JAPAN, Repeat
from bot.core.knowledge import Link
from bot.core.segments import All, AnyOf, DistrictIn, Everyone, Not, TopicsChosen

AUTHOR, OTHER = "田中", "佐藤"
NEW = Progress(State.DRAFT, AUTHOR)
steps = st.lists(
    st.tuples(st.sampled_from(Action), st.sampled_from([AUTHOR, "田　中", OTHER, ""])), max_size=40
)


def walk(progress, moves):
    """Every state on the way; refused steps change nothing."""
    for action, by in moves:
        try:
            progress = step(progress, action, by=by)
        except StepRefused:
            continue
        yield action, by, progress


@given(steps, st.booleans())
def test_nothing_leaves_without_approval_by_another_and_an_order_to_send(moves, two_people):
    approved_by, ordered = "", False
    for action, by, progress in walk(replace(NEW, two_people=two_people), moves):
        if action is Action.EDIT:
            approved_by, ordered = "", False
        if action is Action.APPROVE:
            approved_by = by
        if action is Action.SEND:
            ordered = True
        if progress.state is State.SENDING:
            assert approved_by and ordered and progress.started
            assert not (two_people and same_person(approved_by, AUTHOR))


@given(steps)
def test_after_cancel_nothing_happens_any_more(moves):
    cancelled = False
    for _, _, progress in walk(NEW, moves):
        assert not cancelled, "a step was taken after the announcement was cancelled"
        cancelled = progress.state is State.CANCELLED


@given(steps)
def test_an_announcement_starts_at_most_once_and_what_is_sent_stays_sent(moves):
    starts, sent = 0, False
    for action, _, progress in walk(NEW, moves):
        starts += action is Action.START
        assert starts <= 1
        assert not sent or progress.state is State.SENT
        sent = progress.state is State.SENT


@given(steps)
def test_started_means_text_and_audience_can_change_no_more(moves):
    for action, _, progress in walk(NEW, moves):
        if progress.started:
            assert action is not Action.EDIT and progress.approved_by


@pytest.mark.parametrize("by", [AUTHOR, " 田中 ", "田　中", "", "　"])
def test_the_author_cannot_approve_under_any_spelling(by):
    waiting = Progress(State.AWAITING_APPROVAL, AUTHOR)
    with pytest.raises(StepRefused):
        step(waiting, Action.APPROVE, by=by)


def test_a_city_of_one_can_let_the_author_approve():
    waiting = Progress(State.AWAITING_APPROVAL, AUTHOR, two_people=False)
    assert step(waiting, Action.APPROVE, by=AUTHOR).state is State.SCHEDULED


def test_pause_and_resume_come_back_to_where_it_was():
    scheduled = Progress(State.SCHEDULED, AUTHOR, OTHER, released=True)
    assert step(step(scheduled, Action.PAUSE), Action.RESUME) == scheduled
    sending = replace(scheduled, state=State.SENDING, started=True)
    assert step(step(sending, Action.PAUSE), Action.RESUME) == sending


def test_what_was_approved_but_not_ordered_does_not_start():
    with pytest.raises(StepRefused):
        step(Progress(State.SCHEDULED, AUTHOR, OTHER), Action.START)


def test_a_draft_survives_being_stored():
    draft = Draft(
        title="お知らせ",
        kind=Kind.NORMAL,
        messages=(
            TextMessage("文"),
            CardMessage("題", "文", (Link("開く", "https://a.example/"),), "https://a/b.png", "絵"),
        ),
        author=AUTHOR,
        owner="情報政策課",
        rule={"everyone": True},
        translations={"en": (TextMessage("words"),)},
        send_at=datetime(2026, 12, 1, 10, tzinfo=JAPAN),
        repeat=Repeat("monthly", time(10), days=(31,), skip_holidays=True),
        expires_at=datetime(2026, 12, 2, 10, tzinfo=JAPAN),
    )
    assert from_data(as_data(draft)) == draft


HERE, TOPIC = DistrictIn(("中央",)), TopicsChosen("any", ("disaster",))


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        (All((TOPIC, HERE)), HERE),
        (All((TOPIC, All((HERE, Not(TOPIC))))), HERE),
        (HERE, HERE),
        (Not(HERE), Not(HERE)),
        (TOPIC, Everyone()),
        (Everyone(), Everyone()),
        (AnyOf((TOPIC, HERE)), None),
        (Not(All((TOPIC, HERE))), None),
        (All((HERE, AnyOf((TOPIC, HERE)))), None),
    ],
)
def test_an_emergency_keeps_districts_alone(rule, seen):
    assert districts_only(rule) == seen
