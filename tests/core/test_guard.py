"""Personal numbers never get past the guard, and everyday numbers do."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import guard
from bot.core.guard import mask

MY_NUMBERS = [
    "123456789012",
    "1234 5678 9012",
    "1234-5678-9012",
    "１２３４５６７８９０１２",
    "１２３４－５６７８－９０１２",
    "１２３４　５６７８　９０１２",
    "1234―5678―9012",
    "1234ー5678ー9012",
    "一二三四五六七八九〇一二",
    "壱弐参四五六七八九〇一弐",
    "壱弐参肆 伍陸漆捌 玖零壱弐",
    "壹、貳、參、四、五、六、七、八、九、零、壹、貳",
    "1弐3四5六7捌9〇1弐",
    "①②③④⑤⑥⑦⑧⑨⓪①②",
    "12345\u200b6789\u200b012",
    "1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35\ufe0f\u20e36\ufe0f\u20e3789012",
    "1 2 3 4 5 6 7 8 9 0 1 2",
    "1234\n5678\n9012",
    "1234・5678・9012",
    "1234　-　5678　-　9012",
    "٠١٢٣٤٥٦٧٨٩٠١",
    "1234          5678          9012",
    "1234 ── 5678 ── 9012",
    "1234：5678：9012",
    "1234。5678。9012",
    "1234=5678=9012",
    "1234*5678+9012",
    "1234と5678と9012",
    "1234の5678の9012",
    "「1234」「5678」「9012」",
]
OTHERS = [
    ("042-649-6044", guard.PHONE),
    ("０４２－６４９－６０４４", guard.PHONE),
    ("(042)649-6044", guard.PHONE),
    ("090 1234 5678", guard.PHONE),
    ("09012345678", guard.PHONE),
    ("+81 90-1234-5678", guard.PHONE),
    ("+1 415 555 2671", guard.PHONE),
    ("0120-95-0178", guard.PHONE),
    ("090の1234の5678", guard.PHONE),
    ("090：1234：5678", guard.PHONE),
    ("taro@example.com", guard.EMAIL),
    ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", guard.EMAIL),
    ("taro.yamada+city@mail.example.co.jp", guard.EMAIL),
    ("taro @ example.com", guard.EMAIL),
    ("taro[at]example.com", guard.EMAIL),
    ("taro@example。com", guard.EMAIL),
    ("taroあっとまーくexample.co.jp", guard.EMAIL),
    ("taro（アット）example.com", guard.EMAIL),
    ("山田太郎@example.com", guard.EMAIL),
    ("鈴木＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", guard.EMAIL),
    ("鈴木アットマークexample.com", guard.EMAIL),
    ("taro@日本語.jp", guard.EMAIL),
    ("4111 1111 1111 1111", guard.CARD),
    ("4111111111111111", guard.CARD),
    ("3782-822463-10005", guard.CARD),
]
NAMED = [
    ("電話は22-2222です", guard.PHONE, "22-2222"),
    ("電話番号は6496044", guard.PHONE, "6496044"),
    ("TEL 649-6044", guard.PHONE, "649-6044"),
    ("649-6044に電話して", guard.PHONE, "649-6044"),
    ("22-2222へお電話ください", guard.PHONE, "22-2222"),
    ("口座番号は1234567です", guard.ACCOUNT, "1234567"),
    ("普通 1234567", guard.ACCOUNT, "1234567"),
    ("1234567の口座に振り込んで", guard.ACCOUNT, "1234567"),
    ("記号12110 番号12345671", guard.ACCOUNT, "12345671"),
    ("暗証番号は1234です", guard.PIN, "1234"),
    ("パスワード：998877", guard.PIN, "998877"),
    ("my PIN is 4321", guard.PIN, "4321"),
]
UNTOUCHED = [
    "令和6年4月1日",
    "2024年4月1日から2025年3月31日まで",
    "2024-04-01から",
    "2024/4/1〜2025/3/31",
    "2024-04-01 2025-03-31",
    "令和6年度（2024年度）",
    "9:00〜17:30",
    "12月31日 10:00-12:00 13:00-15:00",
    "1,000円と12,000円",
    "手数料は300円",
    "口座に10000円振り込む",
    "119番",
    "110",
    "#7119",
    "電話は119",
    "0歳から3歳",
    "第1号 第2号 第3号",
    "人口は562460人",
    "スマホ教室は2024年10月15日",
    "〇〇市の〇〇課",
    "〇か一か",
    "shopping 20240101",
    "郵便番号 192-8501",
    "暗証番号を4回まちがえた",
    "2023や2024や2025の予定",
    "「2023」「2024」「2025」",
    "1200円、1500円、1800円",
    "9:00:00と10:30:00",
    "00の0の0",
    "〒192-8501の市役所",
    "パスワードを2024年に変えた",
    "弐拾参年と参加、陸上、漆器",
    "金壱萬弐千参百円",
    "参加、参加、参照、参加、参照、参加、参照",
    "@まどぐち。OK",
    "データアットプラン。ok",
    "",
]


@pytest.mark.parametrize("number", MY_NUMBERS)
@pytest.mark.parametrize("around", ["{}", "私の番号は{}です", "マイナンバー{}を登録して", "a{}b"])
def test_twelve_digits_are_hidden_in_any_spelling(number: str, around: str) -> None:
    masked = mask(around.format(number))
    assert digits_in_a_row(masked.text) == 0
    assert guard.MY_NUMBER in masked.kinds
    assert "［番号］" in masked.text


@pytest.mark.parametrize(("number", "kind"), OTHERS)
@pytest.mark.parametrize("around", ["{}", "これは{}です", "15:00 {}\n", "{}、{}"])
def test_phones_addresses_and_cards_are_hidden(number: str, kind: str, around: str) -> None:
    masked = mask(around.format(number, number))
    assert number not in masked.text
    assert masked.kinds & {kind, guard.MY_NUMBER}  # two numbers in a row could be anything


@pytest.mark.parametrize(("number", "kind"), OTHERS)
def test_a_number_is_called_what_it_is(number: str, kind: str) -> None:
    assert mask(f"これは{number}です") == guard.Masked(
        f"これは{guard.LABELS[kind]}です", frozenset({kind})
    )


@pytest.mark.parametrize(("text", "kind", "number"), NAMED)
def test_numbers_that_only_their_name_gives_away_are_hidden(
    text: str, kind: str, number: str
) -> None:
    masked = mask(text)
    assert number not in masked.text
    assert kind in masked.kinds


@pytest.mark.parametrize("text", UNTOUCHED)
def test_everyday_numbers_stay(text: str) -> None:
    assert mask(text) == guard.Masked(text)


def test_a_word_after_a_number_is_no_digit_of_it() -> None:
    assert mask("090-1234-5678参加したい").text == "［電話番号］参加したい"
    assert mask("0120-95-0178陸上").text == "［電話番号］陸上"


def test_what_is_said_before_an_address_in_japanese_stays() -> None:
    assert mask("児童手当の返事は山田@example.comへ").text == "児童手当の返事は［メール］へ"


def test_my_number_followed_by_a_birthday_still_counts_as_my_number() -> None:
    assert mask("123456789012 19800101").kinds == {guard.MY_NUMBER}


def test_an_address_that_holds_my_number_goes_whole() -> None:
    masked = mask("1234 5678 9012@example.com")
    assert masked.text == "［番号］"


def test_labels_are_blank_for_matching() -> None:
    assert guard.without_labels(mask("090-1234-5678に電話して").text).strip() == "に電話して"


SEPARATORS = [
    "",
    " ",
    "　",
    "-",
    "－",
    "―",
    "ー",
    ".",
    "・",
    "_",
    "\u200b",
    "\ufeff",
    "\n",
    "、",
    "/",
]
DIGITS = [*"0123456789", *"０１２３４５６７８９", *"〇一二三四五六七八九", *"①②③⁴₅𝟚"]
words = st.text(st.one_of(st.characters(), st.sampled_from("あいう漢字、。abc 123\n")), max_size=30)


@st.composite
def disguised_numbers(draw: st.DrawFn) -> str:
    """Twelve digits or more in mixed spellings with up to one separator between two."""
    count = draw(st.integers(12, 20))
    digits = draw(st.lists(st.sampled_from(DIGITS), min_size=count, max_size=count))
    gaps = draw(st.lists(st.sampled_from(SEPARATORS), min_size=count, max_size=count))
    return "".join(digit + gap for digit, gap in zip(digits, gaps, strict=True))


@given(words, disguised_numbers(), words)
def test_no_twelve_digits_survive_anywhere(before: str, number: str, after: str) -> None:
    masked = mask(before + number + after)
    assert digits_in_a_row(masked.text) < 12
    assert guard.LABELS[guard.MY_NUMBER] in masked.text or masked.kinds


@given(words, st.one_of(words, disguised_numbers()), words)
def test_masking_twice_changes_nothing_more(before: str, number: str, after: str) -> None:
    once = mask(before + number + after).text
    assert mask(once) == guard.Masked(once)


@given(st.text())
def test_text_without_digits_or_addresses_is_returned_as_it_is(text: str) -> None:
    if not re.search(
        r"[\d@]|at|アット|あっと", unicodedata.normalize("NFKC", text), re.I
    ) and not set(text) & set("〇零○一二三四五六七八九壱壹弌弐貳貮弍参參弎肆伍陸漆柒捌玖"):
        assert mask(text).text == text


def digits_in_a_row(text: str) -> int:
    """The longest run of digits in any spelling, whatever harmless characters stand between."""
    plain = "".join(digit_of(char) for char in text)
    plain = re.sub(r"(?<=\d)[ \-./,_・、ー　\n]+(?=\d)", "", plain)
    return max((len(run) for run in re.findall(r"\d+", plain)), default=0)


def digit_of(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char)
    if char in "〇一二三四五六七八九":
        return str("〇一二三四五六七八九".index(char))
    if any(c.isdecimal() for c in folded):
        return "".join(str(unicodedata.decimal(c)) for c in folded if c.isdecimal())
    return (
        ""
        if unicodedata.category(char) in ("Cf", "Mn", "Me", "Cc", "Cs") and char != "\n"
        else char
    )


@given(st.text("あア亜Aa、。！？? \n一二〇九弐参1４①@(", max_size=30), disguised_numbers())
def test_a_message_that_is_not_looked_at_has_nothing_to_hide(text: str, number: str) -> None:
    for said in (text, text + number, number + text):
        # A semicolon is nowhere part of a number, and keeps the message from being passed over.
        assert mask(said).text + "；" == mask(said + "；").text
