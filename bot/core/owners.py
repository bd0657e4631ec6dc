"""Shops, companies and services of others that a message names: not what this city answers for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.core.documents import Match, Ranking
from bot.core.knowledge import COMMON, Content
from bot.core.text import fold, squeeze, without_courtesy
from bot.core.tokens import Token
from bot.core.view import CityView

OTHERS_MATTER = "no-info-private"  # intents/not_in_plans_life.yaml: ask the shop or company itself
_WORD = re.compile(r"[ァ-ヺー]{2,}|[a-z][a-z0-9&'-]*[a-z0-9]")
# What a word may be folded from: a few thousand of these are folded instead of every text.
_RUN = re.compile(r"[ァ-ヺー･-ﾟA-Za-zＡ-Ｚａ-ｚ0-9０-９&＆'＇\-－]{2,}")
_SUFFIX, _PREFIX = 3, 4  # letters of a known word that make an unknown one no name (バスカード)
_OF_ANY_SHOP = (
    r"営業時間|定休日|開店|閉店|何時|電話番号|場所|住所|駐車場|予約|クーポン|ポイント|会員|求人|"
    r"バイト|採用|店舗|お店|チケット|解約|退会"
)
_PAYS_OR_CONNECTS = (
    r"電子マネー|ペイペイ|paypay|wi-?fi|ワイファイ|クレジット|カード払|qr|キャッシュレス|ポイント"
)
_OF_A_CITY = r"手当|給付|助成|補助|届|税|住民|戸籍|証明|マイナ|保険|年金|健診|接種|ごみ|ゴミ|避難|介護|保育|医療|相続"
# 「スタバの…」, 「マック クーポン」, 「ガストで電子マネー」. A thing used for something of ours
# (「…のスマホで申請」), somebody (「…の人」) and what only a city has (「…の手当」) name no owner.
_OWNER = re.compile(
    rf"^(?P<name>{_WORD.pattern})[一-龠]{{0,4}}(?:店|ショップ)?"
    rf"(?:の(?!(?:人|方|者|父|母|子|夫|妻|親|祖|兄|弟|姉|妹|時|とき|頃|よう|場合|ため)|"
    rf"[^の、 ]{{0,4}}(?:{_OF_A_CITY})|[^のをがはに、 ]{{1,8}}(?:で(?!す)|から|なら|でも))|(?:は|って|\s)?(?={_OF_ANY_SHOP})|"
    rf"で(?:も|は)?(?:無料の?)?(?={_PAYS_OR_CONNECTS}))"
)

# 「楽天カードの暗証番号忘れた」「クレカ落とした」: banks, shops and makers keep these, not the city.
_OTHERS_CARD = re.compile(
    r"(?:みずほ|三井住友|三菱|ufj|りそな|ゆうちょ|郵便局|農協|信金|信用金庫|銀行|楽天|イオン|セゾン|jcb|visa|クレジット|"
    r"クレカ|キャッシュ|ポイント|waon|nanaco|suica|スイカ|edy|ポンタ|dポイント|ペイペイ|paypay|社員|会員|定期|"
    r"ネットバンク|ネットバンキング|携帯|スマホ|iphone|line|ライン|google|グーグル|apple|アップル|アマゾン)(?:の)?(?:カード|証|券|通帳|アカウント)?(?:の|を|が)?"
    r"(?:暗証|パスワード|(?:なく|無く|失く|落と)し|紛失|再発行)"
)
_CITY_S_CARD = re.compile(r"マイナ|個人番号|証明|保険証|手帳|図書|給付|手当|受取|振込先")


def is_others_card(text: str) -> bool:
    """Whether a bank's, a shop's or a maker's card or password is lost or forgotten.

    False where the city's own is named beside it: 「銀行の通帳とマイナカードをなくした」.
    """
    folded = squeeze(fold(text))
    return bool(_OTHERS_CARD.search(folded)) and not _CITY_S_CARD.search(folded)


def names_an_owner(view: CityView, text: str) -> bool:
    """Whether what `text` asks about is said to be somebody's whom nothing here speaks of.

    That is a name in katakana or Latin letters at its beginning: a proper noun, or a word that
    neither the dictionary nor this city's content knows. Countries are none.
    """
    folded = fold(text)
    if not _WORD.search(folded):
        return False
    folded = squeeze(without_courtesy(folded))
    found = _OWNER.search(folded)
    if found is None:
        return False
    name = found["name"]
    tokens = [*_within(view.tokenize(folded), len(name))]
    return bool(tokens) and _may_be_name(tokens) and not _is_known(_said_here(view), name, tokens)


def with_others_matter(view: CityView, ranking: Ranking) -> Ranking:
    """The ranking with "ask the shop itself" second, where there is that answer."""
    if view.intent(OTHERS_MATTER) is None or not ranking.matches:
        return ranking
    first, *rest = (match for match in ranking.matches if match.id != OTHERS_MATTER)
    matches = (first, Match(OTHERS_MATTER, first.score), *rest)
    return Ranking(matches, ranking.top1, ranking.top3, ranking.in_scope, ranking.signals)


def _within(tokens: Sequence[Token], length: int) -> Iterator[Token]:
    """The tokens that make up the first `length` letters."""
    for token in tokens:
        if length <= 0:
            return
        yield token
        length -= len(token.surface)


def _may_be_name(tokens: Sequence[Token]) -> bool:
    if any(token.pos[1:4] == ("固有名詞", "地名", "国") for token in tokens):
        return False
    return any(
        token.pos[1] == "固有名詞" or not token.known or token.surface.isascii() for token in tokens
    )


def _is_known(words: frozenset[str], name: str, tokens: Sequence[Token]) -> bool:
    if any(word.startswith(name) for word in words):
        return True
    if any(token.surface in words for token in tokens if len(token.surface) >= _SUFFIX):
        return True
    if all(token.known for token in tokens) or name.isascii():
        return False
    parts = [name[-n:] for n in range(_SUFFIX, len(name))]
    parts += [name[:n] for n in range(_PREFIX, len(name))]
    return not words.isdisjoint(parts)


def _said_here(view: CityView) -> frozenset[str]:
    """Every word in katakana or Latin letters that this city's content speaks of."""
    return view.once(
        ("said here",),
        lambda: frozenset(
            word
            for run in set(_RUN.findall("\n".join(_texts(view.content, view.city.id))))
            for word in _WORD.findall(fold(run))
        ),
    )


def _texts(content: Content, city: str) -> Iterator[str]:
    for entry in content.entries.values():
        if entry.city in (COMMON, city):
            yield from (entry.title, *entry.questions, entry.answer, *entry.details.values())
    for intent in content.intents.values():
        if intent.city in (COMMON, city):
            yield from (intent.title, *intent.examples, intent.answer)
    for left, right, _ in content.lexicon:
        yield from (*left, *right)
    yield from content.cities[city].names
