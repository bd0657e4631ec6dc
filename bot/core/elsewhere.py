"""Questions about another municipality or prefecture, which this city's counter must not answer as its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.core.compose import contact_card
from bot.core.documents import Ranking
from bot.core.knowledge import COMMON
from bot.core.text import fold
from bot.core.tokens import Token, Tokenize
from bot.core.turn import Speaker, Turn

_NEAR, _IN_SCOPE = 3, 0.5
_MAY_NAME_ONE = re.compile(r".市|[町村]役場")  # most messages need no closer look
# With these the other city is where somebody comes from, goes to or holds a paper of: our business.
_OUR_BUSINESS = re.compile(
    r"引っ?越|ひっこ|転入|転出|転居|転校|転勤|赴任|越し|越す|越せ|移り住|(?<![^へ]の)移住|うつす|移す|移る|(?:住所|住民票)を?(?:移|変|うつ)|"
    r"から(?:来|の?通|でも|戻)|(?:戻|帰)って(?:来|き)|(?<![室座館会])[にへさ]行[くっきけぐ]|[にへさ](?:住|通|勤)|出身|生まれ|"
    r"本籍|戸籍|発行|"
    r"この市|こちら|こっち|ここ|そちら|そっち|以外|近く|隣|広域|連携|共同|比べ|違[いう]|ちがい|合併|姉妹|友好|実家|働|施設に|"
    r"ふるさと納税|と同じ|[市所ろこ]みたい|のよう[にな]|より|(?:人|市民|者)でも|在住|以前|前に|元の"
)
# Cities near the five and large ones, as people say them: without 市. None is also the name of a
# prefecture, of one of our own districts or a common surname.
_SAID_BARE = (
    "弘前|黒石|十和田|三沢|平川|盛岡|仙台|立川|町田|日野|稲城|調布|国分寺|昭島|福生|青梅|あきる野|相模原|川崎|横浜|"
    "三鷹|武蔵野|東村山|新宿|習志野|船橋|佐倉|成田|印西|松戸|浦安|太宰府|筑紫野|那珂川|久留米|北九州|糸島|札幌|名古屋|神戸|"
    "階上町|おいらせ町|南部町|三戸町|五戸町|鶴田町|板柳町|中泊町|鰺ヶ沢町|深浦町|酒々井町|瑞穂町|日の出町|宇美町|志免町"
)
_CIRCUMSTANCES = r"の(?!.{0,3}(?:人|方|者|母|父|親|子|娘|孫|夫|妻|兄|弟|姉|妹|祖|伯|叔|友|家|宅|会社|職場|大学|学校|高校|病院|保育|園|ホーム|アパート|マンション))"
# 「弘前のスマホ教室」; 「弘前の息子」 and 「弘前の会社」 are somebody's circumstances.
_BARE = re.compile(rf"^(?P<name>{_SAID_BARE}){_CIRCUMSTANCES}")
# 「岩手県の補助金」「大阪府庁」. Short names (東京, 広島) say too little.
_PREFECTURE = re.compile(
    r"(?P<name>北海道|東京都|(?:大阪|京都)府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|"
    r"山梨|長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄)県)"
    rf"(?:{_CIRCUMSTANCES}|庁|立|知事)"
)

# 「じゃあ仙台だと？」「町田はどう？」: the same question for another city.
_COMPARED = re.compile(
    rf"(?:^|[、,。!\s]|じゃあ?|それ)(?P<name>{_SAID_BARE}|八戸|五所川原|八王子|八千代|大野城)市?"
    r"(?:だと|では|だったら|なら|の(?:場合|ほうは|方は|人は)|は(?:どう|いくら|いつ|でき|やって|あ[るり]|[?]|$))"
)


def other_municipality(text: str, tokenize: Tokenize, own: Iterable[str]) -> str:
    """The city (X市, or X of those said bare), or town or village by its office (X町役場), that
    `text` asks about, else "".

    `own` are the names of this city. Moving there or from there is this city's business, and
    so are wards and parts of this city (X町): "" for all of them. Prefectures: `other_prefecture`.
    """
    folded = fold(text)
    bare = _BARE.search(folded) or _COMPARED.search(folded)
    if (
        not (bare or _MAY_NAME_ONE.search(folded))
        or _OUR_BUSINESS.search(folded)
        or any(fold(name) in folded for name in own)
    ):
        return ""
    if bare:
        return bare["name"]
    tokens = tokenize(folded)
    for place, kind, after in zip(tokens, tokens[1:], (*tokens[2:], None), strict=False):
        if place.pos[1:3] == ("固有名詞", "地名") and _is_municipality(kind, after):
            return place.surface + kind.surface
    return ""


def other_prefecture(text: str, own: Iterable[str]) -> str:
    """The prefecture by its full name (岩手県, 東京都) whose matter `text` asks about, else "".

    `own` are the names of this city and of its prefecture. "" where somebody moves or lives there.
    """
    folded = fold(text)
    found = _PREFECTURE.search(folded)
    if not found or _OUR_BUSINESS.search(folded) or any(fold(name) in folded for name in own):
        return ""
    return found["name"]


def about_elsewhere(speaker: Speaker) -> Turn | None:
    """Says whose counter this is; None for a message about this city.

    What this city itself would answer is behind buttons, never said as the other city's.
    """
    view, words = speaker.view, speaker.words
    own = (*view.city.names, view.city.prefecture)
    other = other_municipality(speaker.text, view.tokenize, view.city.names)
    other = other or other_prefecture(speaker.text, own)
    if not other:
        return None
    compared = bool(speaker.state.last) and bool(_COMPARED.search(fold(speaker.text)))
    if not compared and _is_told_of(speaker, other, speaker.rank(speaker.text)):
        return None
    ranking = speaker.rank(speaker.text.replace(other, ""))
    near = [match.id for match in ranking.matches if view.item(match.id)][:_NEAR]
    near = near if ranking.in_scope >= _IN_SCOPE else []
    city = view.city.name_in(speaker.language)
    body = words.say("elsewhere", city=city, other=other)
    if near:
        body += "\n" + words.say("elsewhere_here", city=city)
    card = contact_card(view, speaker.language, body)
    buttons = (*map(speaker.show_button, near), speaker.menu_button(), speaker.handoff_button())
    turn = speaker.done((card,), buttons, asked=speaker.text)
    return replace(turn, decision="fallback", confidence=0.0)


def _is_municipality(kind: Token, after: Token | None) -> bool:
    if kind.surface == "市":
        return after is None or after.surface not in ("場", "川", "原", "立")
    return kind.surface in ("町", "村") and after is not None and after.surface.startswith("役場")


def _is_told_of(speaker: Speaker, other: str, ranking: Ranking) -> bool:
    """Whether what fits best speaks of the other itself (a joint service, a neighbour)."""
    entry = speaker.view.entry(ranking.matches[0].id) if ranking.matches else None
    if entry is None:
        return False
    # 「仙台に引っ越す」 among the ways of asking does not make it speak of 仙台, nor 「福岡市に越す」
    # among those of an entry for every city; what is asked about a word is about the word.
    own = entry.is_term or entry.city != COMMON and other.endswith(("市", "役場"))
    questions = entry.questions if own else ()
    told = (entry.title, entry.answer, *questions)
    return other in "\n".join(told)
