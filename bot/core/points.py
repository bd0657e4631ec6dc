"""Single points that a follow-up asks of: by proxy, by post, at weekends, from abroad. Pure.

A facet of an entry (費用, 場所, 対象 …) is wider than such a question: whom a certificate is for does
not say whether the daughter may fetch it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.knowledge import Entry
from bot.core.text import fold, sentences

_KIN = (
    r"(?:家族|夫|妻|旦那|主人|嫁|娘|息子|母|父|親|孫|祖母|祖父|おばあちゃん|おじいちゃん|兄|姉|弟|妹|友達|友人|知り合い|"
    r"近所の人|親戚|ヘルパー|ケアマネ(?:ジャー)?|施設の人|職場の人|他人|ほかの人|別の人)"
)
_DOES = r"(?:行(?:っ|け|く)|いって|いけ|出(?:せ|し|す)|申し?込|申請|取り?に|取れ|とりに|とれ|受け取|もら|頼|手続|やっ|届け|来て|書い)"
_COUNTER_HOURS = r"(?:窓口|役所|役場|受付|支所)(?:って|は|が|の)?何時|何時.{0,4}(?:開[いく]|閉[まめ]|あい(?:て|と))"
_SHOWN = 2  # sentences


@dataclass(frozen=True)
class Point:
    """`key` names its words in `intents/wording/`; `said` finds it in an entry's own sentences."""

    key: str
    said: re.Pattern[str]
    thing: str = ""  # what a point about any thing is about: 印鑑


_POINTS: tuple[tuple[str, str, str], ...] = (
    (
        "point_proxy",
        rf"代理|代わり(?:に|の人|でも)|本人(?:じゃ|では?な|以外|(?:が|は)?(?:行|い)(?:か|け)|でない|のみ|だけ|しか)|{_KIN}(?:さん)?(?:の(?:私|わたし|自分|俺|僕))?(?:が|でも|で|に|は|も)?(?:代わりに)?{_DOES}",
        r"代理|代わり|家族が|家族も|家族でも|本人|委任|だれでも|誰でも|どなたでも",
    ),
    ("point_post", r"郵送(?!代|料|費)|郵便(?!代|料|番号|局)|ポスト", r"郵送|郵便"),
    (
        "point_hours",
        r"土日|土曜|日曜|祝日|休日|平日|週末|夜(?!間中学)|深夜|早朝|朝早く|昼休み|仕事(?:の)?(?:帰り|終わ)",
        r"土日|土曜|日曜|祝|休日|平日|週末|夜|深夜|早朝|24時間|365日|いつでも|\d時(?:\d+分)?(?:から|まで|〜|～|-)",
    ),
    (
        "point_open",
        _COUNTER_HOURS,
        r"24時間|365日|\d時(?:\d+分)?(?:から|まで|〜|～|-)",
    ),
    (
        "point_foreigner",
        r"外国(?:人|籍|の人|の方|の親)|国籍|在留",
        r"外国|国籍|在留|だれでも|誰でも|どなたでも",
    ),
    (
        "point_booking",
        r"(?:予約|よやく|アポ)(?:とか|って|は|が|も|を|なしで?も?|なくても?|しなくても?|しないと|して|とら)?(?:い[るり]|要[るりら]?|必要|いい|だめ|駄目|行|ok|大丈夫|なし|しな|[?。]|$)|飛び込み|予約(?:なし|不要|制)",
        r"予約",
    ),
    ("point_cancel", r"キャンセル|取り?消|とりけ|取りやめ", r"キャンセル|取り?消|取りやめ"),
    ("point_parking", r"駐車|停め|とめられ|車で(?:行|来|い[くけっ])", r"駐車"),
    (
        "point_device",
        r"iphone|android|アイフォ[ーン]ン?|アンドロイド|ガラケー|ガラホ|らくらく(?:ホン|フォン|スマ)|(?:古い|昔の|この|私の|今の)(?:スマホ|機種|携帯|パソコン)|機種",
        r"iphone|android|アイフォン|アンドロイド|ガラケー|機種",
    ),
    ("point_rewards", r"ポイント(?:って|は|が|も|とか)?(?:つ[くき]|付[くき]|たま[るり]|貯ま[るり]|還元)", r"ポイント"),
    (
        "point_places",
        r"定員|満員|満席|何人(?:まで|くらい|入|参)|人数制限|(?:空き|あき)(?:は|が|って|ある|あり|状況)|空いて|あいて(?:る|ます|い)",
        r"定員|空き|人まで",
    ),
    (
        "point_days",
        r"何(?:日|週間?|[かヶカケ]月|時間)(?:くらい|ぐらい|で|かか|待|後|も)|(?:どの|どれ)(?:くらい|ぐらい)(?:で|かか|待|時間)|いつ(?:頃|ごろ)?(?:届|もらえ|出る|出ます|振り?込|入る|決ま|結果|わか)|日数",
        r"日数|\d(?:日|週間|[かヶカケ]月)(?:ほど|くらい|で|後|かか)|(?:届く|出る|決まる|受け取り|もらえる)まで|即日|その場|当日",
    ),
)  # fmt: skip
_READ = tuple((key, re.compile(asked), re.compile(said)) for key, asked, said in _POINTS)
_THING = re.compile(
    r"(印鑑|はんこ|ハンコ|判子|写真|身分証(?:明書)?|免許証|保険証|通帳|母子手帳|委任状|診断書|領収書|レシート|印鑑証明|戸籍謄本|住民票|振込先|口座番号|年金手帳|暗証番号|パスワード)"
    r"(?:の(?:コピー|原本|写し))?(?:は|って|も|が|を|だけ|なく|なし|ない|い[るり]|要|必要|何枚|何通|で(?!き)|と(?![るりれっ])|持|[?。！!]|$)"
)


# 「領収書は出る？」: what the office hands out is not brought along.
_GIVEN = re.compile(
    r"(?:領収書|レシート|控え|通帳|住民票|印鑑証明|戸籍謄本|母子手帳)(?:は|って|も|が|を)?(?:[でく出]れ?[るま]|もらえ|貰え|発行|とれ|取れ|届)"
)


def point_of(text: str) -> Point | None:
    """The point that a follow-up asks of, None where it asks of none known."""
    folded = fold(text)
    for key, asked, said in _READ:
        if asked.search(folded):
            return Point(key, said)
    thing = _THING.search(folded)
    if thing is None or _GIVEN.search(folded):
        return None
    word = thing[1]
    return Point("point_thing", re.compile(re.escape(fold(word))), word)


def asks_counter_hours(text: str) -> bool:
    """「窓口は何時まで」: when the counter is open, which is no matter's deadline."""
    return bool(re.search(_COUNTER_HOURS, fold(text)))


def said_of(point: Point, entry: Entry) -> str:
    """The sentences of an entry, from its details and its answer, that speak of the point."""
    found: list[str] = []
    for text in (*entry.details.values(), entry.answer):
        for sentence in sentences(text):
            if point.said.search(fold(sentence)) and sentence not in found:
                found.append(sentence)
    return "\n".join(found[:_SHOWN])
