"""What a message asks of a matter, 「いくら？」「持ち物は？」, in words that name the facet. Pure."""

from __future__ import annotations

import re

from bot.core.knowledge import Facet
from bot.core.points import asks_counter_hours
from bot.core.text import fold

_FACETS: tuple[tuple[Facet, str], ...] = (
    (
        Facet.ITEMS,
        r"持ち物|もちもの|(?:何|なに)(?:を)?(?:持|も)って(?:け|きゃ|った)(?:ば|ら)?|持って(?:い|行)?くもの|持参(?:する)?(?:物|もの)?|必要な(?:もの|物|書類)|必要書類|(?:何|なに)(?:を|が)?(?:持って(?:いく|行く|いけば|行けば|いったら|行ったら)|必要|いる|要る|いり|要り)|いるもの|書類|what (?:do i|should i|to) (?:need to )?bring|documents",
    ),
    (
        Facet.FEE,
        r"いくら|料金|費用|手数料|値段|金額|(?:お金|おかね)(?:は|が)?(?:かかる|かかります|いる|いります)?|無料|タダ|ただですか|有料|how much|fee|cost|free",
    ),
    (
        Facet.ONLINE,
        r"オンライン(?:申請|手続き?)?|インターネット|ネット(?:申請)?|スマホ(?:(?=で|から|でも)|申請)|(?<!借)(?:家|自宅|うち)(?:で|から)|電子申請|\bweb|ウェブ|online|on the internet",
    ),
    (
        Facet.PHONE,
        r"(?:お)?電話(?:番号)?|でんわ(?:ばんごう)?|tel|連絡先|問い?合わ?せ先?|どこに(?:聞|き)け?ば|(?:だれ|誰)に(?:聞|き)け?ば|(?:どこの|何の?|なに)課|\bphone(?: number)?|contact",
    ),
    (
        Facet.WHEN,
        r"いつ(?:から|まで|ごろ)?|何時(?!間)(?:から|まで)?|何日(?:から|まで|以内)?|何(?:週間?|[かヶカケ]月)(?:以内|まで)|何曜日|日程|日時|期限|締め?切り?|期間|受付時間|(?<!何)時間|開催日|when|deadline|what time",
    ),
    (
        Facet.WHERE,
        r"どこ(?:で(?!す)|に|へ)?|場所|会場|窓口(?:は)?|何階|何番窓口|行き先|どこに行けば|where|place",
    ),
    (
        Facet.WHO,
        r"(?:だれ|誰)(?:が|でも|に)?|何歳(?:から|まで)?|対象(?:者)?|条件|資格|年齢(?:制限)?|who|eligible",
    ),
)
_FACET_PATTERNS = {facet: re.compile(pattern) for facet, pattern in _FACETS}
# 「ネットで申請できるものは何」 asks for a list, of nothing said before.
_ASKS_FOR_A_LIST = re.compile(
    r"(?:もの|こと|手続き?|できるのは?)(?:は|って|には|が|とは)?(?:何|なに|なん|どんな|どれ)|(?:できる|出せる)(?:もの|こと|手続き?)|"
    r"(?:何|なに|なん|どんな(?:もの|こと|手続き?))(?:が|を)(?:(?:ネット|スマホ|オンライン|家|うち)で)?(?:でき|申請|出せ|手続)"
)
# What may stand around the facet's own words in a follow-up that names nothing else.
_FILLER = re.compile(
    r"[\s?!。、,.…〜~ー]|それ(?:って|は|の|で)?|これ(?:って|は|の)?|その|この|じゃあ|では|あと|ちなみに|えっと|"
    r"参加|くらい|ぐらい|だいたい|およそ|(?:月|年|一回|1回|一人|1人)(?:に|あたり)|申し?込(?:み|む|め|まな|んだ|ん)?|申請|手続き?|予約|使(?:え|う|い)(?:る|ます)?|でき(?:る|ます|ない|ません)(?:の)?|する|します|したら|すれば|していい|しても|して|やれ(?:る|ます)|やって(?:る|ます)?|"
    r"行けば|いけば|行く|やり方|方法|でも|"
    r"教えて|知りたい|について|のこと|ください|下さい|いい(?:です)?|よい|ほしい|欲しい|あり(?:ます)?|ある|なし|やる(?:の|ん)?|ます|んでしょう|んですか|かかる|かかり|必要|要り|いる|"
    r"です|ます|ません|でしょう|だろう|なの|なん|何|なに|かな|から|で|の|は|が|を|に|も|と|か|ね|よ|って|まで|だけ|ば|へ|や|お|"
    r"\b(?:is|it|the|a|an|do|does|i|can|to|for|there|much|are|any|what|about|and|you|please|this|that|have|apply)\b"
)
# What asks for a facet in passing; more freely than 「いくら？」, for no other subject is named.
_LOOSE: tuple[tuple[Facet, re.Pattern[str]], ...] = (
    (Facet.FEE, re.compile(r"高い|安い|料金|[^時世年代]代(?:は|が|って|い)|レンタル料|何円|取られ|お金|金額|割引|(?<!資)料は")),
    (Facet.WHERE, re.compile(r"市役所で|役所で|窓口で|近く|支所で|現地|会場|どこ")),
    (Facet.WHO, re.compile(r"代理|本人|家族|代わり|子ども|子供|年寄り|高齢|外国|市外|他の市|学生|誰|だれ|歳|夫|妻|一人で")),
    (Facet.ONLINE, re.compile(r"ネット|オンライン|スマホ|パソコン|ガラケー|アプリ|郵送|家から|自宅")),
    (Facet.WHEN, re.compile(r"いつ|何時|何日|曜|土日|平日|祝|休み|毎日|期限|間に合|過ぎ|締|まだ|もう始|もう終|始ま|終わ|今から|当日|来週|来月|待")),
    (Facet.ITEMS, re.compile(r"印鑑|はんこ|ハンコ|写真|書類|身分証|手ぶら|持っ|持参|用意")),
)  # fmt: skip


def facet_alone(text: str) -> Facet | None:
    """The facet that `text` asks for, if it names nothing else: 「持ち物は？」, not 「旅券の持ち物」.

    Of several (「いくら？電話は？」) the first in the order of `Facet`'s patterns.
    """
    folded = rest = fold(text)
    named = facets_in(text)
    if not named or asks_counter_hours(text):  # 期限 is another matter
        return None
    if Facet.ONLINE in named and _ASKS_FOR_A_LIST.search(folded):
        return None
    for facet in named:
        pattern = _FACET_PATTERNS[facet]
        if not _FILLER.sub("", pattern.sub(" ", folded)):
            return facet
        rest = pattern.sub(" ", rest)
    return named[0] if not _FILLER.sub("", rest) else None


def facets_in(text: str) -> list[Facet]:
    """Every facet named in `text`."""
    folded = fold(text)
    return [facet for facet, pattern in _FACET_PATTERNS.items() if pattern.search(folded)]


def loose_facet(text: str) -> Facet | None:
    """The facet that a follow-up is about, in whatever words: FEE for 「レンタル料は高い？」."""
    folded = fold(text)
    return next((facet for facet, pattern in _LOOSE if pattern.search(folded)), None)
