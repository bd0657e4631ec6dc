"""Proper names of a Japanese text, in one spelling, so that two texts compare.

A name is what stands in 「」 or 『』, a Latin word, a run of four or more katakana, a run of kanji (and
katakana) that ends as an institution or law does (〜市, 〜課, 〜協議会, 〜法 …), and the person before
市長, 氏 or 教授. Ordinary words among these (スマートフォン, 担当課) are told apart by a list that staff
keep: knowledge/sources/words.yaml. 「このLINE」 is the bot itself. Hiragana names count in 「」 only.
"""

from __future__ import annotations

import re
import unicodedata

URL = re.compile(r"https?://[!-;=?-~]+")
MARKUP = re.compile(r"\^\{[^}]*\}|<sup>[^<]*</sup>|</?[a-z][^>]*>|[*_\\$]", re.IGNORECASE)
# Two spellings of one word, both correct.
_VARIANTS = {"ウィルス": "ウイルス", "トラヒック": "トラフィック", "サーバー": "サーバ"}

_INSTITUTION = re.compile(
    r"(?=...).*(?:協議会|懇談会|審議会|委員会|商工会議所|商工会|研究所|機構|本部|財団|協会|株式会社|警察署"
    r"|センター|大学|プロジェクト|条例|基金|構想|大綱|(?<!方)法|省|庁|局|(?<!教)室|課|市|県|都|(?<!会)社)$"
    r"|[A-Z]社$"
)
_PERSON = re.compile(r"([一-龥々ァ-ヺー]{2,10})(?:市長|氏|教授)$")
_READING = re.compile(r"[(（][ぁ-ゖァ-ヶー・\s]+[)）]")
_PLACE = re.compile(r"(?:東京都|北海道|京都府|大阪府|[一-龥]{2,3}県|[一-龥々ヶ]{2,4}市)")
_QUOTED = re.compile(r"[「『]([^「」『』\n]{2,})[」』]")
_LATIN = re.compile(r"(?<![\d.,A-Za-z])\d{0,2}[A-Za-z][A-Za-z0-9]*(?:[.\-/&'+][A-Za-z0-9]+)*\+?")
_KATAKANA = re.compile(r"[ァ-ヺー]{4,}")
_BLANK = re.compile(r"(?<![!-~]) | (?![!-~])")
_LONE_LETTERS = re.compile(r"(?<![a-z])[a-z](?: [a-z])+(?![a-z])")
_RUN = re.compile(r"[一-龥々ヶァ-ヺーA-Za-z]{2,}")


def squeeze_name(text: str) -> str:
    """A name or text in the spelling in which names are looked for.

    No width, case, dashes, marks and closing 「ー」; blanks only between Latin words (「A I」 is AI).
    """
    text = unicodedata.normalize("NFKC", MARKUP.sub("", _one_spelling(text))).casefold()
    text = re.sub(r"[・「」『』\"'“”~〜―–—‐-]", " ", text)
    text = _BLANK.sub("", re.sub(r"\s+", " ", text)).strip()
    text = _LONE_LETTERS.sub(lambda found: found[0].replace(" ", ""), text)
    return re.sub(r"(?<=[ァ-ヺ])ー(?![ァ-ヺー])", "", text)


def is_named(squeezed: str, text: str) -> bool:
    """Whether a name stands in a text, both from `squeeze_name`; a Latin name as whole words."""
    if squeezed not in text:
        return False
    before = "(?<![a-z])" if "a" <= squeezed[0] <= "z" else ""
    after = "(?![a-z])" if "a" <= squeezed[-1] <= "z" else ""
    return not (before or after) or bool(re.search(before + re.escape(squeezed) + after, text))


def without_readings(text: str) -> str:
    """The text without the readings in brackets behind a word: 高尾山(たかおさん)."""
    return _READING.sub("", text)


def names_of(text: str) -> list[str]:
    """What in the text may be a proper name, in order, each once; ordinary words are still in."""
    text = (
        unicodedata.normalize("NFKC", URL.sub(" ", text))
        .replace("{city}", "\n")
        .replace("このLINE", "\n")
    )
    found: dict[str, None] = {}
    for pattern in (_QUOTED, _LATIN, _KATAKANA):
        for match in pattern.finditer(text):
            name = match[1] if pattern is _QUOTED else match[0]
            if squeeze_name(name):
                found.setdefault(name.strip(), None)
    for run in _RUN.findall(text):
        if (person := _PERSON.match(run)) is not None:
            found.setdefault(person[1], None)
        elif _INSTITUTION.match(run):
            found.setdefault(run, None)
        elif (place := _PLACE.match(run)) is not None:
            found.setdefault(place[0], None)
    return list(found)


def _one_spelling(text: str) -> str:
    for variant, usual in _VARIANTS.items():
        text = text.replace(variant, usual)
    return text
