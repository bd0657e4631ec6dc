from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.confidence import SIGNALS
from bot.core.explain import _ABOUT
from bot.core.matching import Document, build_index, explain, rank
from tests.core.knowledge import DOCUMENTS, INDEX, LEXICON, TOKENIZE


def first(text: str) -> str:
    matches = rank(INDEX, text, TOKENIZE).matches
    return matches[0].id if matches else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("マイナンバーカードをなくしてしまいました", "card-lost"),
        ("ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞをなくした", "card-lost"),
        ("カードを なくした とき", "card-lost"),
        ("まいなんばーかーどをなくした", "card-lost"),
        ("カード 紛失", "card-lost"),
        ("先月引越してきました", "moving"),
        ("how to report moving", "moving"),
        ("赤ちゃんに児童手当は出ますか", "child"),
        ("じどうてあて", "child"),
        ("ジドウテアテヲモライタイ", "child"),
        ("ﾋﾂｺｼｼﾏｼﾀ", "moving"),
        ("マイナンバーカードのさいこうふ", "card-lost"),
        ("介護", "care"),
        ("こんにちは！", "greeting"),
        ("お忙しいところ恐れ入ります。図書館で本を借りたいです。よろしくお願いします。", "library"),
    ],
)
def test_a_question_finds_its_entry(text: str, expected: str) -> None:
    assert first(text) == expected


def test_an_unknown_word_that_sounds_like_a_known_one_is_looked_for_too() -> None:
    assert first("公布してほしい") == "card-lost"  # 交付, as voice input may write it


def test_every_phrasing_finds_its_own_entry() -> None:
    for document in DOCUMENTS:
        for phrase in document.questions:
            assert first(phrase) == document.id, phrase


def test_a_literal_phrase_is_surer_than_a_vague_one() -> None:
    literal = rank(INDEX, "児童手当をもらいたい", TOKENIZE)
    vague = rank(INDEX, "手当", TOKENIZE)
    assert literal.top1 > vague.top1
    assert literal.top1 > 0.8


def test_small_talk_is_out_of_scope() -> None:
    assert rank(INDEX, "昨日の野球の結果", TOKENIZE).in_scope < 0.5


@pytest.mark.parametrize(
    "text",
    ["", " ", "。", "\u200b" * 5000, "\u0301" * 5000, "\ud800\udfff", "👨‍👩‍👧" * 500, "あ" * 5000,
     "漢" * 5000, "引っ越し。" * 1000, "a" * 5000, "0" * 12, "%s {} \\ ' \" --"],
)  # fmt: skip
def test_hostile_text_never_raises(text: str) -> None:
    ranking = rank(INDEX, text, TOKENIZE)
    assert 0.0 <= ranking.top1 <= ranking.top3 <= 1.0
    assert explain(INDEX, text, TOKENIZE)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_ranked_the_same_twice(text: str) -> None:
    ranking = rank(INDEX, text, TOKENIZE)
    assert ranking == rank(INDEX, text, TOKENIZE)
    scores = [match.score for match in ranking.matches]
    assert scores == sorted(scores, reverse=True)


def test_limit_is_kept() -> None:
    assert len(rank(INDEX, "介護の申請と児童手当", TOKENIZE, limit=2).matches) == 2


def test_equal_entries_keep_their_order() -> None:
    twins = [Document(f"twin-{n}", "ごみの日", (), "月曜です。") for n in range(3)]
    index = build_index(twins, LEXICON, TOKENIZE)
    assert [match.id for match in rank(index, "ごみの日", TOKENIZE).matches] == [
        "twin-0",
        "twin-1",
        "twin-2",
    ]


def test_threads_share_one_index_and_tokeniser() -> None:
    texts = [phrase for document in DOCUMENTS for phrase in document.questions] * 20
    alone = [first(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(first, texts)) == alone


def test_an_explanation_names_words_and_word_list_lines() -> None:
    said = "\n".join(explain(INDEX, "ほげのカードをなくした", TOKENIZE))
    assert "カード" in said
    assert "紛失" in said
    assert "マイナンバーカードをなくしたとき" in said


@pytest.mark.parametrize(
    "text", ["あああ", "。。。", "あ", "a", "1", "んんん", "？！", "ーーー", "wwww"]
)
def test_marks_and_single_letters_find_nothing(text: str) -> None:
    assert rank(INDEX, text, TOKENIZE).matches == ()


def test_a_word_of_one_kanji_is_still_a_word() -> None:
    assert rank(INDEX, "本", TOKENIZE).matches[0].id == "library"


def test_an_explanation_says_what_raised_and_what_lowered_the_confidence() -> None:
    lines = explain(INDEX, "トリケラトプスの化石を見たい児童手当", TOKENIZE)
    assert any(line.startswith("ふつうの質問と比べて自信を下げたもの：") for line in lines)
    assert {name for names in _ABOUT.values() for name in names} == set(SIGNALS)
