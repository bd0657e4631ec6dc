"""Text as the matcher sees it: folded to one width and case, cut at sentences, safe to tokenise."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_CHARS = 5000  # LINE's own limit for a text message
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
                        "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
                        "\U000e0000-\U000e0fff]")  # fmt: skip
_TEXTS = 64  # remembered: a message, its sentences and halves, what is held against it
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")
_MARKS = re.compile(r"[\s・、,]+")
_COMBINING_RUN = re.compile(r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2})"
                            r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip
# Nothing here changes by folding.
_FOLDED = re.compile("[ぁ-ゖァ-ヺー一-鿿々、。「」・?!a-z0-9]+")
_DASHES = re.compile(r"(?<=[ァ-ヶー])[-‐‑‒–—―−─~〜]")
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
_COURTESY = re.compile(
    "恐れ入り|お忙しい|お世話に|よろしくお願い|宜しくお願い|質問させて|お尋ね(し|いた)|お聞きし(ます|たいことが)|突然(の|申し訳|すみ)"
    "|失礼(し|いた)|申し訳(ございません|ありません)[。!]?$|^(すみません|こんにちは|こんばんは|はじめまして|初めまして)[、。!]*$"
    "|^(とても|大変|本当に)?困って(い)?(ます|おります|る)[。!]*$"
    "|^([^。、]{1,8}に)?(住んで(い)?る|在住の)(者|もの)?です[。!]*$|^[0-9]{2,3}(歳|才|代)(の[^。、]{1,6})?です[。!]*$|^(ちょっと|少し)?(聞きたい|ききたい|教えてほしい)ことがあ(る|ります)[。!]*$|^質問です[。!]*$"
    "|^(初めて|はじめて)(line|ライン|連絡|利用|質問)(を)?(し|させて|いたし)[^。]{1,6}[。!]*$|^教えて(ください|下さい)[。!]*$"
)
_COURTESY_OPENING = re.compile(
    "^(お忙しいところ)?(すみません|すいません|恐れ入ります|申し訳ありません|失礼します|こんにちは|こんばんは|はじめまして"
    "|すんません|おはようございます|お疲れ様です|もしもし|あの[ーう]?|えー?っと|えーと|至急(です)?|急ぎです)"
    "(が|けど)?(?:[、, ]|[^\\w\\s?])+\\s*"
    "|^(ちょっと|少し)?(聞きたい|ききたい|お聞きしたい|尋ねたい|お尋ねしたい|教えてほしい|質問)(こと|の|ん)?(が(ある|あります|あって))?(です|だ|なんです|なんだ|なのです)?(が|けど|けれど|けども)?[、, ]+"
    "|^([^。、 ]{1,8}の)?(市民|住民)(です|なんです|なのです)(が|けど)[、, ]*"
)
_COURTESY_CLOSING = re.compile(
    "[、, ]?(どうぞ|どうか|何卒|なにとぞ)?(よろしく|宜しく)(お願い|おねがい|御願い)(いた|致)?(します|し(いた|致)します|申し上げます)?[。!]*$"
)
_TROUBLE_CLOSING = re.compile(
    "(?<=[^、, ]{5})[、, ]+(とても|大変|本当に)?困って(い)?(ます|おります|る)[。!]*$"
)
_BLANK_IN_JAPANESE = re.compile(r"(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])|(?<=[^\x00-\x7f]) +(?=[\x21-\x7e])|(?<=[\x21-\x7e]) +(?=[^\x00-\x7f])")  # fmt: skip
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_TO_HIRAGANA = {code + 0x60: code for code in range(0x3041, 0x3097)}
_KANJI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々]")
_HIRAGANA = re.compile(r"[ぁ-ゖー]")


def fold(text: str) -> str:
    """The text in NFKC, lower case, without invisible characters and at most MAX_CHARS long.

    Never raises: lone surrogates and control characters become blanks. Runs of blanks become
    one blank, a line break stays one.
    """
    return _folded(text)


def forget() -> None:
    """Forget what is remembered of messages: words stay no longer than their answer takes."""
    for remembered in (_folded, _without_courtesy, _plainly_spelled):
        remembered.cache_clear()


# Whoever reads a message folds it, some thirty times.
@lru_cache(maxsize=_TEXTS)
def _folded(text: str) -> str:
    plain = text.replace("？", "?").replace("！", "!")
    if _FOLDED.fullmatch(plain):
        return plain[:MAX_CHARS]
    text = _CONTROL.sub(" ", text[:MAX_CHARS].replace("\r\n", "\n"))
    text = _COMBINING_RUN.sub(r"\1", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFKC", text)[:MAX_CHARS].lower()
    return _BLANKS.sub(" ", _DASHES.sub("ー", text)).strip()


def squeeze(folded: str) -> str:
    """A folded text without the blanks that touch a Japanese character (かんたんな にほんご)."""
    return _BLANK_IN_JAPANESE.sub("", folded) if " " in folded else folded


def bare(text: str) -> str:
    """What makes two phrasings one: the letters, without blanks and the marks at the end."""
    return squeeze(fold(text)).rstrip("?!。")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, each with its closing mark."""
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def without_courtesy(folded: str) -> str:
    """The text without sentences, openings and closings that only greet, thank or apologise.

    A text that is nothing but courtesy stays as it is. A closing is taken off first, since not
    everybody puts a full stop before it.
    """
    return _without_courtesy(folded)


@lru_cache(maxsize=_TEXTS)
def _without_courtesy(folded: str) -> str:
    kept = [_COURTESY_OPENING.sub("", part) for part in sentences(folded)]
    if "ろしく" in folded or "宜しく" in folded:
        kept = [_COURTESY_CLOSING.sub("", part) for part in kept]
    if "困って" in folded:
        kept = [_TROUBLE_CLOSING.sub("", part) for part in kept]
    kept = [part for part in kept if part and not _COURTESY.search(part)]
    return " ".join(kept) if kept else folded


def plain_spelling(text: str) -> str:
    """The text as danger is looked for in it: folded, in hiragana, without blanks and commas."""
    return _plainly_spelled(text)


@lru_cache(maxsize=_TEXTS)
def _plainly_spelled(text: str) -> str:
    return _MARKS.sub("", hiragana(fold(text)))


def katakana(text: str) -> str:
    """The text with hiragana written as katakana."""
    return text.translate(_TO_KATAKANA)


def hiragana(text: str) -> str:
    """The text with katakana written as hiragana."""
    return text.translate(_TO_HIRAGANA)


def has_kanji(text: str) -> bool:
    """Whether any character is a Chinese character."""
    return _KANJI.search(text) is not None


def hiragana_share(text: str) -> float:
    """The share of hiragana among the characters that are not blanks, 0..1."""
    visible = len(text) - text.count(" ") - text.count("\n")
    return len(_HIRAGANA.findall(text)) / visible if visible else 0.0
