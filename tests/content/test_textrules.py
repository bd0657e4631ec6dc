"""Each rule about how answers read is tried with an entry that breaks it."""

from __future__ import annotations

from datetime import date

import pytest

from bot.content.checks import cross_check
from bot.content.loader import load
from bot.content.problems import Problem
from bot.content.textrules import EASY_HARD_WORDS, hard_words
from bot.services.publishing import check_files
from tests.builders import COMMON, INTENTS, LINKS, MINATO, OTHER_CITY, content, line_of, replaced

TODAY = date(2026, 11, 21)
LIFE, EASY = "knowledge/common/life.yaml", "knowledge/translations/easy_ja/common/life.yaml"
ANSWER = "自転車の防犯登録は、自転車店でできます。"


def found(changes: dict[str, str | bytes | None]) -> list[Problem]:
    return cross_check(load(content(changes)), TODAY)


def answering(text: str) -> dict[str, str | bytes | None]:
    return {LIFE: replaced(COMMON, ANSWER, text)}


def easy(text: str) -> dict[str, str | bytes | None]:
    return {EASY: f"- id: bicycle-registration\n  title: じてんしゃ\n  answer: {text}\n"}


def test_good_texts_bring_nothing() -> None:
    assert found({}) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (f"自転車の登録は、{'とても' * 33}できます。", "1文が112字あります"),
        ("自転車の防犯登録は店でする。", "「です・ます」で終えてください"),
        ("防犯登録は警察の仕事である（2026年）。", "「です・ます」で終えてください"),
        ("くわしくはこちらをご覧ください。", "「こちら」では分かりません"),
        ("受付は随時しています。", "「随時」では分かりません"),
        ("所定の用紙を出します。", "「所定の」では分かりません"),
        ("下記の店で登録できます。", "「下記」では分かりません"),
        ("速やかに届け出てください。", "「速やかに」では分かりません"),
    ],
)
def test_a_text_that_is_hard_to_use_is_said_at_its_line(answer: str, words: str) -> None:
    changes = answering(answer)
    (problem,) = found(changes)
    assert words in problem.text and problem.warning
    assert problem.line == line_of(str(changes[LIFE]), answer)


def test_polite_endings_before_brackets_are_fine() -> None:
    assert found(answering("防犯登録は店でできました（2026年4月）。今もしています。")) == []


def test_details_and_set_answers_are_read_too() -> None:
    details = replaced(COMMON, "手数料は無料です。", "手数料はこちらです。")
    intents = replaced(INTENTS, "こんにちは。{city}の案内です。", "こんにちは。適宜どうぞ。")
    problems = found({LIFE: details, "intents/basic.yaml": intents})
    assert [("「こちら」" in p.text, "「適宜」" in p.text) for p in problems] == [
        (False, True),
        (True, False),
    ]


def test_what_is_not_there_yet_names_whom_to_ask() -> None:
    silent = replaced(MINATO, "今は窓口で券を買ってください。", "")
    (problem,) = found({"knowledge/minato/transport.yaml": silent})
    assert "聞ける所" in problem.text


def test_more_buttons_than_a_phone_shows_are_said() -> None:
    links = LINKS + "".join(
        f"- id: l{n}\n  label: 国のページ{n}\n  kind: nation\n  url: https://n{n}.example.jp/\n"
        for n in range(7)
    )
    many = replaced(COMMON, "links: [nation]", "links: [l0, l1, l2, l3, l4, l5, l6]")
    (problem,) = found({"knowledge/links.yaml": links, LIFE: many})
    assert "リンクと電話が7個" in problem.text


@pytest.mark.parametrize(
    "label", ["こちら", "こちらをクリック", "ここをクリック", "詳細", "くわしく", "https://a.jp"]
)
def test_a_label_that_says_nothing_cannot_be_published(label: str) -> None:
    links = replaced(LINKS, "label: 国のページ", f'label: "{label}"')
    checked = check_files(content({"knowledge/links.yaml": links}), TODAY)
    assert not checked.good
    assert ["何が開くか分かりません" in problem.text for problem in checked.problems] == [True]


def test_a_city_that_nobody_can_reach_is_named() -> None:
    silent = replaced(OTHER_CITY, "phone: 099-444-5555", 'phone: ""')
    links = replaced(LINKS, "    yamate: https://yamate.example.jp/\n", "")
    problems = found({"knowledge/cities/yamate.yaml": silent, "knowledge/links.yaml": links})
    assert ["山手市の電話も公式ページもありません" in each.text for each in problems] == [True]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (f"{'じてんしゃを とうろく します、' * 6}お店で できます。", "やさしい日本語の1文が"),
        ("じてんしゃのとうろくはおみせでできますから、お店に きて ください。", "空白がありません"),
        ("防犯登録は 販売店で 申請して ください。", "むずかしい漢字に読みがありません"),
    ],
)
def test_easy_japanese_that_is_not_easy_is_said(answer: str, words: str) -> None:
    (problem,) = found(easy(answer))
    assert problem.path == EASY and words in problem.text and problem.warning


def test_easy_japanese_with_readings_is_fine() -> None:
    text = "防犯登録（ぼうはんとうろく：ぬすまれない ための 番号（ばんごう））は、店で できます。防犯登録の 番号を 書いて ください。"  # fmt: skip
    assert found(easy(text)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("一年生が 学校で 本を 読む", []),
        ("窓口（まどぐち）で 聞く。窓口は 市に ある", []),
        ("「総合案内チャット」（そうごう あんない）", []),
        ("住民票を 申請する", ["住民票", "申請"]),
    ],
)
def test_hard_words_are_those_without_a_reading(text: str, words: list[str]) -> None:
    assert hard_words(text) == words
    assert EASY_HARD_WORDS < 3
