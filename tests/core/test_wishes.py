"""Which messages change settings, and that questions about the same words do not."""

from __future__ import annotations

import pytest

from bot.content.loader import Loaded
from bot.core.changes import Change
from bot.core.preferences import steps
from bot.core.wishes import Wish, read_wish
from bot.services.library import Library
from tests.conftest import TODAY


def wish(library: Library, text: str, asking: str = "", city: str = "hachioji") -> Wish | None:
    view = library.view(city)
    return read_wish(text, steps(view, "ja"), view.catalog, TODAY, asking)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("スマホ教室のお知らせがほしい", [Change("topics", "smartphone_class")]),
        ("スマホ教室のお知らせが欲しいです。", [Change("topics", "smartphone_class")]),
        ("防災の通知をお願いします", [Change("topics", "disaster")]),
        ("ＷｉーＦｉとバスのお知らせを受け取りたい", None),
        ("図書館とバスのお知らせを受け取りたい", [Change("topics", "facility"), Change("topics", "transport")]),
        ("イベントのお知らせを止めて", [Change("topics", "event", on=False)]),
        ("イベントのお知らせはもういらないです", [Change("topics", "event", on=False)]),
        ("観光の情報はいりません", [Change("topics", "tourism", on=False)]),
        ("子育ての情報だけ受け取りたい", [Change("topics", on=False), Change("topics", "child")]),
        ("防災とごみのお知らせだけ届けて", [Change("topics", on=False), Change("topics", "disaster"), Change("topics", "garbage")]),
        ("地区を南大沢に変えてください", [Change("district", "南大沢")]),
        ("地区は南大沢です", [Change("district", "南大沢")]),
        ("南大沢のお知らせがほしい", [Change("district", "南大沢")]),
        ("地区を消して", [Change("district", on=False)]),
        ("ジャンルを全部外して", [Change("topics", on=False)]),
        ("受け取らない時間をなくして", [Change("quiet_hours", on=False)]),
        ("子どもの誕生月は2024年5月と令和8年8月", [Change("child_birth_month", "2024-05"), Change("child_birth_month", "2026-08")]),
        ("誕生月の2024年5月を消して", [Change("child_birth_month", "2024-05", on=False)]),
        ("通知は月4回までにして", [Change("monthly_cap", "4")]),
        ("21時から7時までは通知しないで", None),
        ("21時から7時まではお知らせを送らないで", [Change("quiet_hours", "21:00-07:00")]),
    ],
)  # fmt: skip
def test_a_wish_is_read(library: Library, text: str, changes: list[Change] | None) -> None:
    found = wish(library, text)
    assert (list(found.changes) if found else None) == changes


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("夜はお知らせを送らないで", "quiet_hours"),
        ("20時から6時まではお知らせを送らないで", "quiet_hours"),
        ("お知らせは月に50通までにして", "monthly_cap"),
        ("誕生月は2099年8月", "child_birth_month"),
    ],
)
def test_a_value_that_is_not_offered_opens_the_choices(
    library: Library, text: str, step: str
) -> None:
    assert wish(library, text) == Wish(step=step)


@pytest.mark.parametrize(
    "text",
    [
        "防災の情報がほしい",
        "スマホ教室はいつですか",
        "児童手当のお知らせをスマホで受け取りたい",
        "ごみの収集日の通知は届きますか",
        "検診のお知らせが届かない",
        "イベントを止めて",
        "お知らせがほしい",
        "南大沢に住んでいます",
        "2024年5月生まれの子の予防接種",
        "妊娠中のお知らせがほしい",
        "月4回の教室に行きたい",
        "夜はお知らせの電話がうるさい",
    ],
)
def test_anything_else_is_left_to_be_answered(library: Library, text: str) -> None:
    assert wish(library, text) is None


def test_in_the_middle_of_a_step_its_choices_need_no_more_words(library: Library) -> None:
    assert wish(library, "学生と60代です") is None
    changes = (Change("life_stage", "student"), Change("life_stage", "senior"))
    assert wish(library, "学生と60代です", "life_stage") == Wish(changes, sure=False)
    off = (Change("life_stage", "student", False),)
    assert wish(library, "学生はいらない", "life_stage") == Wish(off, sure=False)
    assert wish(library, "妊娠中", "life_stage") is None
    assert wish(library, "R8.8", "child_birth_month") == Wish(
        (Change("child_birth_month", "2026-08"),)
    )
    assert wish(library, "令和8年生まれ", "child_birth_month") is None
    assert wish(library, "月に8通まで", "monthly_cap") == Wish((Change("monthly_cap", "8"),))


def test_no_phrasing_of_the_content_changes_settings(library: Library, shipped: Loaded) -> None:
    content = shipped.draft
    texts = {text for entry in content.entries.values() for text in (*entry.questions, entry.title)}
    for intent in content.intents.values():
        if intent.action == "settings":
            continue  # 「ごみのお知らせを登録」 is such a wish
        texts |= {*intent.examples, *intent.tests, intent.title}
    for translated in content.translations.values():
        texts |= {text for each in translated.values() for text in each.questions}
    assert len(texts) > 3000
    wishes = {text for text in texts if (found := wish(library, text)) and found.sure}
    assert wishes == set()
