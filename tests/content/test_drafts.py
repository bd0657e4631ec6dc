"""Announcement files: every problem by its line, and what a good file becomes."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.drafts import read_draft
from bot.core.announcements import CardMessage, Kind, TextMessage
from bot.core.calendar import JAPAN
from bot.core.knowledge import Link
from tests.segments import catalog

GOOD = """\
title: 題
kind: normal
author: 田中
segment: {topics: {any: [disaster]}}
messages:
  - 文
"""


def read(text: str, **options):
    return read_draft("a.yaml", text.encode(), catalog(), {"保存": {"everyone": True}}, **options)


def lines(text: str, **options) -> dict[int, str]:
    return {problem.line: problem.text for problem in read(text, **options).problems}


def test_a_message_may_be_written_in_several_ways():
    text = GOOD + (
        "  - text: 二つ目\n"
        "  - {type: text, text: 三つ目}\n"
        "  - card: {title: 題, text: 文, links: [{label: 開く, url: 'https://a.example'}]}\n"
        "  - {type: card, title: 絵, image: 'https://a.example/b.png', words: 絵の言葉}\n"
    )
    draft = read(text).draft
    assert draft.messages == (
        TextMessage("文"),
        TextMessage("二つ目"),
        TextMessage("三つ目"),
        CardMessage("題", "文", (Link("開く", "https://a.example"),)),
        CardMessage("絵", "", (), "https://a.example/b.png", "絵の言葉"),
    )


def test_times_are_japans():
    draft = read(GOOD + "send_at: 2026-12-01 9:05\nexpires_at: 2026-12-02T10:00\n").draft
    assert draft.send_at == datetime(2026, 12, 1, 9, 5, tzinfo=JAPAN)
    assert draft.expires_at == datetime(2026, 12, 2, 10, tzinfo=JAPAN)


def test_a_repeat_is_read():
    text = GOOD + (
        "repeat:\n  every: weekly\n  days: [mon, thu]\n  at: 10:00\n"
        "  except: [2026-12-31]\n  skip_holidays: true\n  until: 2027-03-31\n"
    )
    repeat = read(text).draft.repeat
    assert (repeat.weekdays, repeat.at) == ((0, 3), time(10))
    assert repeat.excluded == (date(2026, 12, 31),) and repeat.skip_holidays
    assert repeat.until == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("kind: normal", "kind: loud"), 2, "loud"),
        (("author: 田中\n", ""), 1, "author"),
        (("{topics: {any: [disaster]}}", "{topics: {any: [disastre]}}"), 4, "disaster"),
        (("{topics: {any: [disaster]}}", "{all: []}"), 4, "1つもありません"),
        (("{topics: {any: [disaster]}}", "{}"), 4, "空"),
        (("messages:\n  - 文\n", "messages: []\n"), 5, "1〜5個"),
        (("  - 文\n", "  - 文\n" * 6), 5, "1〜5個"),
        (("  - 文\n", "  - {text: 文, colour: red}\n"), 6, "colour"),
        (("  - 文\n", "  - {title: 題, image: 'https://a/b'}\n"), 6, "words"),
        (("  - 文\n", "  - {title: 題}\n"), 6, "text か image"),
        (("  - 文\n", f"  - {'あ' * 4901}\n"), 6, "4900字"),
        (("title: 題", "titel: 題"), 1, "titel"),
    ],
)
def test_a_mistake_is_named_with_its_line(change, line, said):
    text = GOOD.replace(*change)
    assert text != GOOD
    found = read(text)
    assert found.draft is None
    assert any(p.line == line and said in p.text for p in found.problems), found.problems


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("send_at: 明日\n", "2027-03-31 17:00"),
        ("send_at: 2026-02-30 10:00\n", "2027-03-31 17:00"),
        ("segment_name: 保存\n", "どちらか一方"),
        ("languages: [en]\n", "「en」の文"),
        ("languages: {xx: [文]}\n", "xx"),
        ("languages: {ja: [文]}\n", "messages"),
        ("repeat: {every: weekly, days: [monday], at: '10:00'}\n", "monday"),
        ("repeat: {every: weekly, days: [mon], at: '25:00'}\n", "10:00"),
        ("repeat: {every: daily, days: [1], at: '10:00'}\n", "daily"),
        (
            "send_at: 2099-01-01 10:00\nrepeat: {every: monthly, days: [1], at: '10:00'}\n",
            "どちらか一方",
        ),
    ],
)
def test_wrong_extras_are_refused(more, said):
    found = read(GOOD + more)
    assert found.draft is None and any(said in each.text for each in found.problems)


def test_an_announcement_without_a_segment_is_for_nobody():
    text = GOOD.replace("segment: {topics: {any: [disaster]}}\n", "")
    assert read(text).draft is None
    assert read(text, needs_segment=False).draft is not None


def test_a_saved_segment_is_named():
    text = GOOD.replace("segment: {topics: {any: [disaster]}}", "segment_name: 保存")
    assert read(text).draft.segment_name == "保存"
    assert "使えるもの：保存" in " ".join(lines(text.replace("保存", "ない")).values())


def test_each_kind_is_read_as_that_kind():
    for kind in Kind:
        assert read(GOOD.replace("normal", kind)).draft.kind is kind


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text):
    found = read(text)
    assert (found.draft is None) or not any(not p.warning for p in found.problems)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    assert read_draft("a.yaml", data, catalog()).draft is None
