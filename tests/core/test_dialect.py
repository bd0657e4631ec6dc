from re import _constants, _parser

import pytest

from bot.core import dialect
from bot.core.dialect import standard
from bot.core.matching import rank
from tests.core.knowledge import INDEX, TOKENIZE


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("教えてくれへん?", "教えてください?"),
        ("年金がわからへん。", "年金がわからない。"),
        ("なんぼかかる?", "いくらかかる?"),
        ("引っ越したんやけど", "引っ越したのだけど"),
        ("ここでええんやろか?", "ここでええのですか?"),
        ("住民票はどげんしたらよかと?", "住民票はどうしたらいい?"),
        ("ごみはいつね", "ごみはいつ"),
        ("保険証ばなくしたっちゃけど", "保険証をなくしたのだけど"),
        ("子どもが生まれたけん、手当は", "子どもが生まれたから、手当は"),
        ("カードさ無ぐしたべ", "カードをなくした"),
        ("なじょすればいい", "どうすればいい"),
        ("やり方教えでけろ", "やり方教えてください"),
        ("わがんねえ", "わからない"),
        ("屋根壊れだすけ、どうせばいい", "屋根壊れたから、どうすればいい"),
        ("字書げねんだけど", "字書けないんだけど"),
        ("ハンコ押さねばまいねの?", "ハンコ押さないといけないの?"),
        ("紙が届がねはんで、役所さ聞ぎたい", "紙が届かないから、役所に聞きたい"),
        ("カード落どしてまった", "カード落としてしまった"),
        ("払えねぐなった", "払えなくなった"),
        ("手続ぎ、スマホでもでぎるべが", "手続き、スマホでもできる"),
        ("代わりに書いてける人いるが?", "代わりに書いてくれる人いるか?"),
        ("津軽弁わがるが?", "津軽弁わかるか?"),
        ("役所さ行がねくてもいい?", "役所に行かなくてもいい?"),
        ("スマホ習いでえ", "スマホ習いたい"),
        ("納屋つぶれだ", "納屋つぶれた"),
        ("玄関さ手すり付けてえ", "玄関さ手すり付けたい"),
        ("代わりに届けでもらえるべが", "代わりに届けてもらえる"),
        ("家ば直したんばって", "家を直したけれど"),
        ("わらしの名前", "子どもの名前"),
        ("忘れでまるじゃ", "忘れてしまうじゃ"),
        ("書類ば出さないかんと?", "書類を出さないといけない?"),
        ("用紙はなかと?", "用紙はない?"),
        ("マジで困る", "困る"),
        ("ぶっちゃけ、カードいる?", "カードいる?"),
        ("スマホおしえでくれるとこ", "スマホおしえてくれるとこ"),
        ("手当もらいてんだばって", "手当もらいたいけれど"),
        ("窓口あるってきいだんだけど", "窓口あるってきいたんだけど"),
        ("いかねくてもいい", "いかなくてもいい"),
        ("カード持ってねばって届く?", "カード持ってないけれど届く?"),
        ("窓口混んでっかな", "窓口混んでいるかな"),
    ],
)
def test_dialect_is_read_as_standard_japanese(said: str, read: str) -> None:
    assert standard(said) == read


@pytest.mark.parametrize(
    "said",
    ["健康保険", "けんこうほけん", "役所に足を運ばなくて済む", "書類を出さなくていい", "大変な手続き", "びでおつうわ"]
    + ["急ぐ", "割引がない", "証明書がない", "なくしてしまった", "来たね", "これからね", "いいですがね"]
    + ["たすけて", "助けて", "届けだけ出す", "高さ制限", "運ばない", "マイナンバーカードがねらわれた"]
    + ["マジックテープ", "まじめ", "背中と腰", "夜中とか", "わらしべ", "案内がなかった", "今使ってんだけど", "大きいだけ", "でっかい", "持ってね"]
    + ["さいと", "場合は?", "簡単に言うと", "便利ですか", "べんりですか", "よかったです", "", "やねん"],
)  # fmt: skip
def test_standard_japanese_stays_as_it_is(said: str) -> None:
    assert standard(said) == said


def test_a_question_in_dialect_finds_its_entry() -> None:
    assert rank(INDEX, "カードば見つからんっちゃけど", TOKENIZE).matches[0].id == "card-lost"


def beginnings(pattern: list) -> tuple[set[str], bool]:
    """The letters that a parsed pattern can begin with, and whether it can be empty."""
    found: set[str] = set()
    for kind, value in pattern:
        if kind in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT):
            continue
        if kind is _constants.LITERAL:
            return found | {chr(value)}, False
        if kind is _constants.IN:
            assert {each for each, _ in value} == {_constants.LITERAL}
            return found | {chr(code) for _, code in value}, False
        if kind is _constants.BRANCH:
            ways = list(map(beginnings, value[1]))
        elif kind is _constants.SUBPATTERN:
            ways = [beginnings(value[-1])]
        else:
            assert kind is _constants.MAX_REPEAT
            inner, empty = beginnings(value[2])
            ways = [(inner, empty or value[0] == 0)]
        found = found.union(*(letters for letters, _ in ways))
        if not any(empty for _, empty in ways):
            return found, False
    return found, True


def test_no_rule_begins_with_a_letter_that_is_passed_over() -> None:
    for first, pattern, _ in dialect._RULES:
        letters, empty = beginnings(_parser.parse(pattern))
        assert not empty, pattern
        assert letters == set(first), pattern
