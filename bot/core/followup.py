"""Short messages that mean something only after the last answer: 「いくら？」「2番」「そっちじゃなくて」."""

from __future__ import annotations

import re

from bot.core.knowledge import Facet
from bot.core.text import fold

_FACETS: tuple[tuple[Facet, str], ...] = (
    (
        Facet.ITEMS,
        r"持ち物|もちもの|持って(?:い|行)?くもの|持参(?:する)?(?:物|もの)?|必要な(?:もの|物|書類)|必要書類|(?:何|なに)(?:を|が)?(?:持って(?:いく|行く|いけば|行けば|いったら|行ったら)|必要|いる|要る|いり|要り)|いるもの|書類|what (?:do i|should i|to) (?:need to )?bring|documents",
    ),
    (
        Facet.FEE,
        r"いくら|料金|費用|手数料|値段|金額|(?:お金|おかね)(?:は|が)?(?:かかる|かかります|いる|いります)?|無料|タダ|ただですか|有料|how much|fee|cost|free",
    ),
    (
        Facet.ONLINE,
        r"オンライン(?:申請|手続き?)?|インターネット|ネット(?:申請)?|スマホ(?:(?=で|から|でも)|申請)|(?:家|自宅|うち)(?:で|から)|電子申請|web|ウェブ|online|on the internet",
    ),
    (
        Facet.PHONE,
        r"(?:お)?電話(?:番号)?|でんわ(?:ばんごう)?|tel|連絡先|問い?合わ?せ先?|どこに(?:聞|き)け?ば|phone(?: number)?|contact",
    ),
    (
        Facet.WHEN,
        r"いつ(?:から|まで|ごろ)?|何時(?:から|まで)?|何日(?:から|まで)?|何曜日|日程|日時|期限|締め?切り?|期間|時間|受付時間|開催日|when|deadline|what time",
    ),
    (
        Facet.WHERE,
        r"どこ(?:で(?!す)|に|へ)?|場所|会場|窓口(?:は)?|行き先|どこに行けば|where|place",
    ),
    (
        Facet.WHO,
        r"(?:だれ|誰)(?:が|でも|に)?|何歳(?:から|まで)?|対象(?:者)?|条件|資格|年齢(?:制限)?|who|eligible",
    ),
)
_FACET_PATTERNS = tuple((facet, re.compile(pattern)) for facet, pattern in _FACETS)
# What may stand around the facet's own words in a follow-up that names nothing else.
_FILLER = re.compile(
    r"[\s?!。、,.…〜~ー]|それ(?:って|は|の|で)?|これ(?:って|は|の)?|その|この|じゃあ|では|あと|ちなみに|えっと|"
    r"参加|くらい|ぐらい|申し?込(?:み|む|め|まな|んだ|ん)?|申請|手続き?|予約|使(?:え|う|い)(?:る|ます)?|でき(?:る|ます|ない|ません)(?:の)?|する|します|したら|すれば|していい|しても|して|やれ(?:る|ます)|やって(?:る|ます)?|"
    r"行けば|いけば|行く|やり方|方法|でも|"
    r"教えて|知りたい|について|のこと|ください|下さい|いい(?:です)?|よい|ほしい|欲しい|あり(?:ます)?|ある|なし|かかる|かかり|必要|要り|いる|"
    r"です|ます|ません|でしょう|だろう|なの|なん|何|なに|かな|から|で|の|は|が|を|に|も|と|か|ね|よ|って|まで|だけ|ば|へ|や|お|"
    r"\b(?:is|it|the|a|an|do|does|i|can|to|for|there|much|are|any|what|about|and|you|please|this|that|have|apply)\b"
)
# A thing of its own when it stands alone; 「スマホで？」 is about the last answer.
_BARE_NOUN = re.compile(r"^(?:スマホ|ネット|インターネット|web|ウェブ|オンライン|時間|場所)[。.]?$")
_NUMBER = re.compile(
    r"^[(（]?(?:上から|no\.?)?(?P<n>[1-9])[)）]?(?:番(?:目)?|つ目|個目|ばん(?:め)?)?(?:の(?:やつ|もの|方|ほう)?)?(?:で|が|を|に)?(?:お願い(?:します)?|いい(?:です)?|ください|です)?[。!]?$"
)
_POSITIONS = (
    (re.compile(r"^(?:一番)?(?:上|うえ)(?:の(?:やつ|もの|方|ほう|で|が)?)?(?:です|で)?[。!]?$"), 0),
    (re.compile(r"^(?:最初|さいしょ|はじめ|始め|先頭|一つ目|ひとつ目|ひとつめ|一番目|いちばん)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 0),
    (re.compile(r"^(?:真ん中|まんなか|二つ目|ふたつ目|ふたつめ|二番目?|2番目|にばん)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 1),
    (re.compile(r"^(?:三つ目|みっつ目|みっつめ|三番目?|さんばん)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 2),
    (re.compile(r"^(?:一番)?(?:下|した|最後|さいご)(?:の(?:やつ|もの|方|ほう|で|が)?)?(?:です|で)?[。!]?$"), -1),
    (re.compile(r"^(?:一番|一)(?:の(?:やつ|もの|方|ほう)?)?(?:です|で)?[。!]?$"), 0),
    (re.compile(r"^(?:the )?first(?: one)?[.!]?$"), 0),
    (re.compile(r"^(?:the )?second(?: one)?[.!]?$"), 1),
    (re.compile(r"^(?:the )?(?:third|last)(?: one)?[.!]?$"), -1),
)  # fmt: skip
_NONE_OF_THESE = re.compile(
    r"^(?:どれでも(?:ない|ありません|ないです)|どれも(?:違(?:う|います)|ちが(?:う|います))|(?:全部|ぜんぶ)(?:違う|ちがう|違います|ちがいます)|この中に(?:は)?(?:ない|ありません)(?:です)?|none of (?:these|them|the above))[。!.]?$"
)
_NOT_THAT = re.compile(
    r"^(?:いや|いいえ|ううん|no)?[、,]?(?:(?:そっち|それ|そう|そうじゃ|そういうこと|これ)(?:じゃ|では)(?:なくて?|ない|ありません)(?:です|よ|の)?|そうじゃなくて?|(?:それ|これ)?(?:は|が)?(?:違(?:う|います)|ちが(?:う|います|うよ))(?:よ|ね|ます|の)?|別の(?:こと|話|やつ|もの)(?:です)?|not that(?: one)?|wrong)[。、!.…]*$"
)


def facet_alone(text: str) -> Facet | None:
    """The facet that `text` asks for, if it names nothing else: 「持ち物は？」, not 「旅券の持ち物」.

    Of several (「いくら？電話は？」) the first in the order of `Facet`'s patterns.
    """
    folded = rest = fold(text)
    first: Facet | None = None
    for facet, pattern in _FACET_PATTERNS:
        alone, found = pattern.subn(" ", folded)
        if found and not _FILLER.sub("", alone):
            return facet
        if found:
            first, rest = first or facet, pattern.sub(" ", rest)
    return first if not _FILLER.sub("", rest) else None


def facets_in(text: str) -> list[Facet]:
    """Every facet named in `text`."""
    folded = fold(text)
    return [facet for facet, pattern in _FACET_PATTERNS if pattern.search(folded)]


def chosen_place(text: str) -> int | None:
    """Which of the shown choices 「2番」「上の」「最後のやつ」 means: 0, 1, 2 … or -1 for the last."""
    folded = fold(text).replace(" ", "")
    if match := _NUMBER.match(folded):
        return int(match["n"]) - 1
    spaced = fold(text)
    for pattern, place in _POSITIONS:
        if pattern.match(folded) or pattern.match(spaced):
            return place
    return None


def refuses_choices(text: str) -> bool:
    """「どれでもない」."""
    return bool(_NONE_OF_THESE.match(fold(text)))


def refuses_answer(text: str) -> bool:
    """「そっちじゃなくて」「違います」: the last answer was about something else."""
    return bool(_NOT_THAT.match(fold(text).replace("、", "")))
