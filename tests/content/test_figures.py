"""Figures, dates and names in one spelling."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.figures import (
    Day,
    Figure,
    facts_of,
    numbers_of,
    numbers_written,
    plan_dates,
    proved,
)
from bot.content.names import names_of, squeeze_name


def said(text: str) -> list[str]:
    return [str(fact) for fact in facts_of(text)]


def stands(answer: str, source: str) -> bool:
    """Whether everything an answer says stands in the source."""
    facts = facts_of(answer)
    assert facts, f"nothing to prove in {answer}"
    return all(proved(fact, facts_of(source, searched=True)) for fact in facts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("令和5年", "2023年"),
        ("令和５年度", "R5年度"),
        ("令和元年", "2019年"),
        ("平成 29 (2017) 年", "2017年"),
        ("令和5（2023）年度", "2023年度"),
        ("令和3年（2021年）9月15日", "2021年9月15日"),
        ("R4.4.1", "令和4年4月1日"),
        ("平成14～18年度", "2002年度から2006年度"),
        ("１，５８５件", "1585件"),
        ("1.4万人", "14,000人"),
        ("1億1,092万人", "110920000人"),
        ("1,358千円", "135万8千円"),
        ("38.4％", "38.4パーセント"),
        ("9割", "90%"),
        ("18 箇所", "18か所"),
        ("4名", "4人"),
        ("31の手続", "31手続き"),
        ("13～59歳", "13歳から59歳"),
        ("1、2、4階", "1階と2階と4階"),
        ("9:00～16:30", "9時から16時30分"),
    ],
)
def test_two_spellings_of_one_fact_are_one(one: str, other: str) -> None:
    assert said(one) == said(other) != []


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("2021年度", "令和3年9月から"),  # the month lies in the fiscal year
        ("2022年3月、2021年度", "2022年3月"),
        ("2021年9月1日", "令和3年5月に成立し、同年9月1日に始めた"),
        ("2021年7月", "令和3年4月に設けた\n同じく4月に条例、7月に計画"),
        ("1位", "現金が最も多い"),
        ("2025年度", "| 指標 | R4 | R7 |"),
        ("27のシステム", "冗長化したシステムの数\t4\t27"),
        ("3つの目標", "三つの目標"),
        ("1人に1台", "一人一台端末"),
        ("2人", "二人"),
        ("20業務", "20 業務を移す"),
        ("第3子から", "第三子は別。第3子以降"),
    ],
)
def test_a_source_proves_what_it_means(answer: str, source: str) -> None:
    assert stands(answer, source)


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("38.5%", "38.4%"),
        ("38.4%", "38.4件"),
        ("80件", "80種類"),
        ("2022年", "2023年"),
        ("2022年", "令和4年度"),  # a fiscal year is not the year
        ("2022年度", "2022年"),
        ("2021年度", "2021年3月"),  # still fiscal 2020
        ("2021年9月15日", "2021年9月"),
        ("20%", "| 20 |"),
        ("1000人", "10,000人"),
        ("120人", "1,2,0人"),
        ("3歳", "3階"),
        ("2回", "第2回"),
        ("第3子", "3人の子"),
        ("3つの方針", "法第9条第3項"),
        ("2つ", "2階"),
        ("2つ", "2 計画の位置づけ\n## 2.3 取組\n第2章 計画"),
        ("3つ", "施策3と図3（※3）"),
        ("9月15日", "9月16日"),
        ("2位", "最も多い"),
        ("042-649-6044", "042-649-6045"),
    ],
)
def test_a_source_does_not_prove_another_figure(answer: str, source: str) -> None:
    assert not stands(answer, source)


@given(st.integers(2, 10**12), st.sampled_from(["件", "人", "円", "%", "手続", "か所", "種類"]))
def test_width_and_commas_change_nothing(number: int, counter: str) -> None:
    plain = f"{number}{counter}"
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in f"{number:,}")
    assert stands(plain, f"約{wide} {counter}です。")
    assert stands(f"{number:,}{counter}", plain)
    assert not stands(plain, f"{number + 1}{counter}")


@given(st.integers(1, 30), st.sampled_from(["年", "年度"]), st.integers(1, 12))
def test_every_year_of_an_era_is_its_western_year(year: int, word: str, month: int) -> None:
    western = 2018 + year
    assert said(f"令和{year}{word}") == said(f"R{year}{word}") == [f"{western}{word}"]
    assert said(f"平成{year}年{month}月") == [f"{1988 + year}年{month}月"]
    assert stands(f"{western}{word}", f"令和{year}（{western}）{word}")
    assert not stands(f"{western + 1}{word}", f"令和{year}（{western}）{word}")


@given(st.text(max_size=200))
def test_any_text_is_read_and_its_facts_read_themselves(text: str) -> None:
    for fact in facts_of(text, searched=True):
        again = facts_of(str(fact), searched=True)
        assert proved(fact, again), f"{fact!r} is written {fact} and read {again}"
    names_of(text)
    assert numbers_written(text) is not None


def test_a_bare_number_of_a_table_is_not_taken_for_a_year() -> None:
    assert [str(fact) for fact in facts_of("| 2,000 | 2022 |")] == ["2,000", "2022"]
    assert facts_of("2,000") == [Figure(Decimal(2000), "")]
    assert facts_of("2022") == [Day(2022, fiscal=None)]
    assert facts_of("2000人") == [Figure(Decimal(2000), "人")]


def test_list_marks_and_names_with_digits_are_no_figures() -> None:
    assert said("1. 申請\n(2) 届出\n③ 相談\n5GとSociety5.0") == []


def test_names_are_quotes_latin_katakana_and_institutions() -> None:
    text = (
        "「はちまる」はLINE PayとAI-OCRで、マイナポータルから。石山太郎市長と港デジタル協議会、"
        "デジタル手続法、デジタル推進室に聞く方法。会社や教室。このLINEに送る。https://example.jp/Abc"
    )
    assert names_of(text) == [
        "はちまる", "LINE", "Pay", "AI-OCR", "マイナポータル", "デジタル", "石山太郎",
        "港デジタル協議会", "デジタル手続法", "デジタル推進室",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("デジタル・デバイド", "デジタルデバイド"),
        ("コンピューター", "コンピュータ"),
        ("ＬＩＮＥ　Pay", "LINE pay"),
        ("はっちお～じ", "はっちお〜じ"),
        ("ウィルス", "ウイルス"),
    ],
)
def test_a_name_is_found_in_each_of_its_spellings(one: str, other: str) -> None:
    assert squeeze_name(one) == squeeze_name(other)


def test_the_plan_s_own_date_is_read_apart() -> None:
    text = "2022年の計画では予定です（令和5年12月の方針案、2021年9月から）。"
    assert plan_dates(text) == [Day(2022), Day(2023, 12)]


def test_numbers_of_a_translation_may_be_written_in_any_way_the_answer_means() -> None:
    known = numbers_of("令和4年9月から1.4万人、9割、二つ、31手続")
    english = numbers_written(
        "From September 1.4万 = 14,000 people (90%), 2022, 2 and 31 procedures, COVID-19"
    )
    assert english <= known
    assert numbers_written("September 5, 2022") == {Decimal(9), Decimal(5), Decimal(2022)}
    assert numbers_written("in May 2022; it may be 3") == {Decimal(5), Decimal(2022), Decimal(3)}


def test_folding_keeps_what_nfkc_keeps() -> None:
    text = "ﾏｲﾅﾎﾟｰﾀﾙ"
    assert names_of(text) == [unicodedata.normalize("NFKC", text)]
