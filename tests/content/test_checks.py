"""One broken rule, one problem: at its file and line, in words that say how to mend it."""

from __future__ import annotations

from datetime import date

import pytest

from bot.content.problems import Problem, errors
from bot.services.publishing import check_files
from tests import builders
from tests.builders import COMMON, INTENTS, MINATO, content, line_of, replaced

TODAY = date(2026, 11, 21)
LIFE, FERRY = "knowledge/common/life.yaml", "knowledge/minato/transport.yaml"
BASIC, DANGER = "intents/basic.yaml", "intents/emergencies.yaml"
LINKS, JA = "knowledge/links.yaml", "intents/wording/ja.yaml"
CITY_FILE = "knowledge/cities/minato.yaml"

GOOD = {
    LIFE: COMMON,
    FERRY: MINATO,
    BASIC: INTENTS,
    DANGER: builders.EMERGENCIES,
    LINKS: builders.LINKS,
    CITY_FILE: builders.CITY,
    JA: builders.wording(),
}


def problems(changes: dict[str, str | bytes | None]) -> list[Problem]:
    return list(check_files(content(changes), TODAY).problems)


def changed(path: str, old: str, new: str) -> tuple[dict[str, str | bytes | None], str]:
    text = replaced(GOOD[path], old, new)
    return {path: text}, text


def test_the_made_up_content_is_good() -> None:
    assert problems({}) == []


# path, what stands there, what stands there now, words of the line complained of, what is said
BROKEN = [
    # --- knowledge: keys ---
    ("id in capitals", LIFE, "id: library-card", "id: Library", "id: Library", "半角の英小文字"),
    ("id in Japanese", FERRY, "id: minato-ferry", "id: 渡し船", "id: 渡し船", "半角の英小文字"),
    ("no title", FERRY, "  title: 渡し船のデジタル券\n", "", "- id: minato-ferry", "「title」がありません"),
    ("empty title", FERRY, "title: 渡し船のデジタル券", "title:", "  title:", "「title」がありません"),
    ("blank title", FERRY, "title: 渡し船のデジタル券", 'title: " "', "  title:", "「title」がありません"),
    ("long title", FERRY, "title: 渡し船の", "title: " + "長" * 40, "  title:", "40字までに"),
    ("title that is a list", FERRY, "title: 渡し船のデジタル券", "title: [a]", "  title:", "一覧にはできません"),
    ("unknown key", FERRY, "  covers:", "  cover: x\n  covers:", "  cover: x", "「cover」というキーはありません"),
    ("no city", FERRY, "  city: minato\n", "", "- id: minato-ferry", "「city」がありません"),
    ("no topic", FERRY, "  topic: transport\n", "", "- id: minato-ferry", "「topic」がありません"),
    ("unknown topic", FERRY, "topic: transport", "topic: ship", "topic: ship", "「ship」は使えません"),
    ("no answer", LIFE, "  answer: 自転車の防犯登録は、自転車店でできます。\n", "", "- id: bicycle", "「answer」がありません"),
    ("long answer", LIFE, "answer: 自転車の", "answer: " + "長" * 400, "answer: 長", "400字までに"),
    ("no status", FERRY, "  status: planned\n", "", "- id: minato-ferry", "「status」がありません"),
    ("unknown status", FERRY, "  status: planned", "  status: maybe", "  status: maybe", "「maybe」は使えません"),
    ("unknown plan_status", FERRY, "plan_status: planned", "plan_status: 予定", "plan_status: 予定", "「予定」は使えません"),
    ("unknown online_status", LIFE, "  covers: []", "  online_status: yes\n  covers: []", "online_status", "「yes」は使えません"),
    ("no as_of", FERRY, "  as_of: 2026年4月\n", "", "- id: minato-ferry", "「as_of」がありません"),
    ("as_of that is no time", FERRY, "as_of: 2026年4月", "as_of: いつか", "as_of: いつか", "年がありません"),
    ("no source", FERRY, "  source: 湊市デジタル計画 3章\n", "", "- id: minato-ferry", "「source」がありません"),
    ("no review_by", FERRY, "  review_by: 2027-03-31\n", "", "- id: minato-ferry", "「review_by」がありません"),
    ("wrong date", FERRY, "review_by: 2027-03-31", "review_by: 2027/3/31", "review_by", "2027-03-31 の形"),
    ("no such day", FERRY, "review_by: 2027-03-31", "review_by: 2027-02-30", "review_by", "2027-03-31 の形"),
    ("week date", FERRY, "review_by: 2027-03-31", "review_by: 2027-W01-1", "review_by", "2027-03-31 の形"),
    ("no covers", FERRY, "  covers: [minato-ferry]\n", "", "- id: minato-ferry", "「covers」がありません"),
    ("no questions", FERRY, "    - 渡し船の券をスマホで買いたい\n    - 渡し船の電子チケット\n    - 船の切符\n    - フェリーの券\n    - わたしぶね\n", "", "  questions:", "「questions」がありません"),
    ("empty list of questions", LIFE, "questions:\n    - 図書館カードを作りたい\n    - 本を借りるカード\n    - 貸出券の作り方\n    - 図書館の会員になりたい\n    - としょかんカード", "questions: []", "questions: []", "「questions」がありません"),
    ("long question", FERRY, "- 船の切符", "- " + "船" * 101, "- 船船", "長すぎます"),
    ("question that is no text", FERRY, "- 船の切符", "- 船: 切符", "- 船: ", "文でないものがあります"),
    ("questions that are a mapping", BASIC, "examples: [メニュー, 一覧を見たい]", "examples: {メニュー: 一覧}", "examples: {", "「- 」で並べて"),
    ("unknown detail", LIFE, "    fee: 手数料", "    price: 手数料", "    price:", "details の「price」は使えません"),
    ("detail that is a list", LIFE, "fee: 手数料は無料です。", "fee: [無料]", "    fee:", "「fee」の値を文で"),
    ("details that are text", LIFE, "details:\n    fee: 手数料は無料です。", "details: 無料", "details:", "「名前: 値」の形"),
    ("wrong level", FERRY, "  contact: digital", "  level: town\n  contact: digital", "level: town", "「town」は使えません"),
    ("wrong sensitive", FERRY, "  contact: digital", "  sensitive: はい\n  contact: digital", "sensitive", "「はい」は使えません"),
    ("unknown place in braces", LIFE, "{city}に住む", "{town}に住む", "  answer: |-", "「{town}」は使えません"),
    ("format in braces", LIFE, "{city}に住む", "{city!r}に住む", "  answer: |-", "「{city!r}」は使えません"),
    ("single brace", LIFE, "{city}に住む", "{city に住む", "  answer: |-", "1つだけあります"),
    ("outside fact without reason", FERRY, "  covers:", "  outside_source:\n    - fact: 三つ\n  covers:", "- fact: 三つ", "「reason」がありません"),
    ("outside_source as text", FERRY, "  covers:", "  outside_source: 三つ\n  covers:", "outside_source", "「- 名前: 値」の形"),
    ("phone in wide digits", FERRY, "  covers:", "  phones:\n    - name: 船\n      phone: ０９９\n  covers:", "      phone:", "半角の数字とハイフン"),
    ("five related", LIFE, "related: [bicycle-registration]", "related: [bicycle-registration, greeting, menu, handoff, library-card]", "  related:", "4つまで"),
    # --- knowledge: what it refers to ---
    ("unknown city", FERRY, "city: minato", "city: nowhere", "city: nowhere", "city「nowhere」はありません"),
    ("city of another folder", FERRY, "city: minato", "city: yamate", "city: yamate", "city は minato に"),
    ("common in a city's folder", FERRY, "city: minato", "city: common", "city: common", "city は minato に"),
    ("unknown link", FERRY, "links: [city_top]", "links: [city_tpo]", "  links:", "リンク「city_tpo」は"),
    ("unknown contact", FERRY, "contact: digital", "contact: ferry", "contact: ferry", "contact「ferry」が"),
    ("related to nothing", LIFE, "related: [bicycle-registration]", "related: [bicycle]", "  related:", "related の「bicycle」はありません"),
    ("related to another city", FERRY, "  covers:", "  related: [yamate-cablecar]\n  covers:", "  related:", "ほかの市のもの"),
    ("another city's name", FERRY, "今は窓口で", "山手市では窓口で", "  answer:", "「山手市」があります"),
    ("a city's name in common", LIFE, "{city}に住む", "湊市に住む", "  answer:", "「湊市」があります"),
    ("a city's name in a common detail", LIFE, "fee: 手数料", "fee: 湊市の手数料", "    fee:", "「湊市」があります"),
    ("planned, not said", FERRY, "導入の予定です", "導入します", "  answer:", "1文目に「予定」"),
    ("planned, said too late", FERRY, "導入の予定です。今は", "導入します。予定です。今は", "  answer:", "1文目に「予定」"),
    ("planned, no year", FERRY, "2026年の計画では", "計画では", "  answer:", "いつの計画か"),
    ("considered, not said", FERRY, "  status: planned", "  status: under_consideration", "  answer:", "1文目に「検討」"),
    ("ended, not said", FERRY, "  status: planned", "  status: ended", "  answer:", "1文目に「終了」"),
    ("online planned, not said", LIFE, "  covers: [library-card]", "  online_status: under_consideration\n  covers: [library-card]", "  answer: |-", "1文目に「検討」"),
    # --- intents ---
    ("intent without a way to answer", BASIC, "  action: handoff\n", "", "- id: handoff", "どれかを書いてください"),
    ("unknown action", BASIC, "action: handoff", "action: call", "  action: call", "action「call」はありません"),
    ("unknown topic of a menu", BASIC, "  choices:", "  topics: [ships]\n  choices:", "  topics:", "topics の「ships」"),
    ("choice of nothing", BASIC, "choices: [library-card, greeting]", "choices: [library, greeting]", "  choices:", "choices の「library」"),
    ("test of nothing", BASIC, "こんにちは！: greeting", "こんにちは！: hello", "    こんにちは！", "id「hello」はありません"),
    ("intent of an unknown city", BASIC, "  action: handoff", "  city: nowhere\n  action: handoff", "city: nowhere", "city「nowhere」"),
    ("intent with an unknown link", BASIC, "  action: handoff", "  links: [x]\n  action: handoff", "  links:", "リンク「x」"),
    ("intent with an unknown contact", BASIC, "  action: handoff", "  contact: x\n  action: handoff", "  contact:", "contact「x」"),
    ("thirteen choices", BASIC, "choices: [library-card, greeting]", f"choices: [{', '.join(['greeting'] * 13)}]", "  choices:", "12個まで"),
    # --- emergencies ---
    ("danger without a number", DANGER, '  phones:\n    - name: 消防・救急\n      phone: "119"\n', "", "- id: emergency-fire", "「phones」がありません"),
    ("danger that is not recognised", DANGER, "tests: [火事です,", "tests: [けむりです,", "  tests:", "「けむりです」で緊急の案内が出ません"),
    ("false alarm", DANGER, "calm_tests: [火事の保険の手続き]", "calm_tests: [火事のあと]", "  calm_tests:", "「火事のあと」で緊急の案内が出ます"),
    ("learned danger with signs", DANGER, "  signs:", "  learned: true\n  signs:", "  signs:", "signs は書けません"),
    # --- cities ---
    ("city without main", CITY_FILE, "- id: main", "- id: front", "contacts:", "id: main"),
    ("city with two of one id", CITY_FILE, "id: digital", "id: main", None, "「main」が2つ"),
    ("city without name", CITY_FILE, "name: 湊市\n", "", "id: minato", "「name」がありません"),
    ("city that is not its file", CITY_FILE, "id: minato", "id: minatoo", "id: minatoo", "ファイル名「minato」"),
    ("two cities with one plan", CITY_FILE, "plan: 湊市デジタル計画", "plan: 山手市デジタル方針", None, "と同じです"),
    # --- links ---
    ("http link", LINKS, "https://nation.example.jp/", "http://nation.example.jp/", "  url: http:", "https:// で始まる"),
    ("http link of a city", LINKS, "https://yamate.example.jp/", "http://yamate.example.jp/", "    yamate: ", "https:// で始まる"),
    ("Japanese in an address", LINKS, "https://nation.example.jp/", "https://nation.example.jp/図書", "  url:", "半角の形"),
    ("blank in an address", LINKS, "https://nation.example.jp/", "https://nation.example.jp/a b", "  url:", "半角の形"),
    ("link without address", LINKS, "  url: https://nation.example.jp/\n", "", "- id: nation", "「url」がありません"),
    ("link without label", LINKS, "  label: 国のページ\n", "", "- id: nation", "「label」がありません"),
    ("link of an unknown city", LINKS, "    yamate: ", "    yamata: ", "    yamata: ", "「yamata」という市"),
    ("capital link id", LINKS, "id: nation", "id: Nation", None, "半角の英小文字"),
    # --- wording ---
    ("unknown sentence", JA, "menu: ", "manu: ", "manu: ", "「manu」というキー"),
    ("wrong brace in a sentence", JA, "{days}", "{dyas}", "{dyas}", "「{dyas}」は使えません"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "old", "new", "at", "said"),
    [row[1:] for row in BROKEN],
    ids=[row[0] for row in BROKEN],
)
def test_a_broken_rule_is_named_at_its_place(
    path: str, old: str, new: str, at: str | None, said: str
) -> None:
    changes, text = changed(path, old, new)
    found = problems(changes)
    about = [problem for problem in found if said in problem.text]
    assert about, found
    assert not about[0].warning
    if at is not None:
        assert (about[0].path, about[0].line) == (path, line_of(text, at))
    if (path, old, new) not in CASCADES:
        assert found == about[:1]


# These break a second thing as well, which is then reported too.
CASCADES = {
    # the answer names no year either
    (
        LIFE,
        "  covers: [library-card]",
        "  online_status: under_consideration\n  covers: [library-card]",
    ),
    (LIFE, "id: library-card", "id: Library"),  # the menu offered it
    (JA, "menu: ", "manu: "),  # the sentence is now missing
    (LINKS, "id: nation", "id: Nation"),  # an entry used it
    (LINKS, "    yamate: ", "    yamata: "),
    (CITY_FILE, "- id: main", "- id: front"),
    (CITY_FILE, "id: digital", "id: main"),
    (BASIC, "examples: [メニュー, 一覧を見たい]", "examples: {メニュー: 一覧}"),
    (FERRY, "  status: planned", "  status: under_consideration"),
}


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (FERRY, "review_by: 2027-03-31", "review_by: 2026-11-20", "見直す期限"),
        (FERRY, "    - わたしぶね\n", "", "5つ以上"),
        (FERRY, "    - わたしぶね\n", "    - わたしぶね\n" * 2, "「わたしぶね」が2回あります"),
        (CITY_FILE, "phone: 099-111-3333", 'phone: ""', "電話が空"),
    ],
)
def test_what_may_wait_is_a_warning(path: str, old: str, new: str, said: str) -> None:
    changes, _ = changed(path, old, new)
    (problem,) = problems(changes)
    assert problem.warning
    assert said in problem.text
    assert "注意：" in str(problem)
    assert check_files(content(changes), TODAY).good


def test_review_is_due_only_after_its_day() -> None:
    changes, _ = changed(FERRY, "review_by: 2027-03-31", "review_by: 2026-11-21")
    assert problems(changes) == []


@pytest.mark.parametrize("missing", sorted(content()))
def test_a_missing_file_is_named_in_japanese_and_never_raises(missing: str) -> None:
    found = problems({missing: None})
    if missing in (JA, CITY_FILE):
        assert errors(found)
    if missing == JA:
        assert [(p.path, p.line) for p in found] == [(JA, 1)]
    if missing == DANGER:
        assert [p.warning for p in found] == [True]


def test_no_cities_at_all_is_one_clear_problem_beside_what_needs_them() -> None:
    found = problems({CITY_FILE: None, "knowledge/cities/yamate.yaml": None})
    assert "knowledge/cities:1: 市のファイルがありません" in str(found[-1]) or any(
        problem.path == "knowledge/cities" for problem in found
    )


def test_a_phrase_of_two_items_names_both_places() -> None:
    changes, text = changed(FERRY, "- 船の切符", "- 防犯登録")
    (problem,) = problems(changes)
    assert (problem.path, problem.line) == (FERRY, line_of(text, "- 防犯登録"))
    assert f"{LIFE}:{line_of(COMMON, '- 防犯登録')}（bicycle-registration）" in problem.text


def test_a_phrase_in_another_width_is_the_same_phrase() -> None:
    changes, _ = changed(BASIC, "メニュー, ", "ﾎﾞｳﾊﾝ登録, ")
    assert problems(changes) == []
    changes, _ = changed(BASIC, "メニュー, ", "防犯 登録, ")
    assert len(problems(changes)) == 1


def test_an_intent_may_have_a_phrase_of_one_citys_entry_which_takes_it_there() -> None:
    changes, _ = changed(BASIC, "メニュー, ", "船の切符, ")
    assert problems(changes) == []
    changes, _ = changed(BASIC, "メニュー, ", "防犯登録, ")
    assert len(problems(changes)) == 1


def test_two_cities_may_use_the_same_phrase() -> None:
    changes, _ = changed(FERRY, "- 船の切符", "- ケーブルカーの料金")
    assert problems(changes) == []


def test_a_broken_file_hides_no_problem_of_another_and_causes_none() -> None:
    broken = replaced(COMMON, "title: 図書館カードの作り方", "title:図書館カードの作り方")
    ferry = replaced(MINATO, "links: [city_top]", "links: [city_tpo]")
    found = problems({LIFE: broken, FERRY: ferry})
    assert [(p.path, p.line) for p in found] == [(LIFE, 2), (FERRY, line_of(ferry, "links"))]


@pytest.mark.parametrize("path", [LIFE, FERRY, BASIC, LINKS, CITY_FILE, JA, DANGER])
@pytest.mark.parametrize("encoding", ["cp932", "utf-16"])
def test_a_file_of_another_encoding_is_the_only_problem(path: str, encoding: str) -> None:
    text = GOOD[path] if path != LINKS else GOOD[path] + "# 終わり\n"
    found = problems({path: text.encode(encoding)})
    assert [problem.path for problem in found] == [path]
    assert "UTF-8" in found[0].text


def test_every_problem_of_every_file_comes_in_one_run() -> None:
    found = problems(
        {
            LIFE: replaced(COMMON, "topic: school", "topic: shcool"),
            FERRY: replaced(MINATO, "導入の予定です", "導入します"),
            BASIC: replaced(INTENTS, "action: handoff", "action: hand"),
            LINKS: replaced(builders.LINKS, "https://nation", "http://nation"),
            JA: builders.wording(menu="{x}"),
            "knowledge/lexicon.tsv": "あ,い\n",
        }
    )
    assert [p.path for p in found] == [BASIC, JA, LIFE, "knowledge/lexicon.tsv", LINKS, FERRY]
