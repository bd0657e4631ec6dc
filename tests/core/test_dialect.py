import pytest

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
    ],
)
def test_dialect_is_read_as_standard_japanese(said: str, read: str) -> None:
    assert standard(said) == read


@pytest.mark.parametrize(
    "said",
    ["健康保険", "けんこうほけん", "役所に足を運ばなくて済む", "書類を出さなくていい", "大変な手続き", "びでおつうわ"]
    + ["さいと", "場合は?", "簡単に言うと", "便利ですか", "べんりですか", "よかったです", "", "やねん"],
)  # fmt: skip
def test_standard_japanese_stays_as_it_is(said: str) -> None:
    assert standard(said) == said


def test_a_question_in_dialect_finds_its_entry() -> None:
    assert rank(INDEX, "カードば見つからんっちゃけど", TOKENIZE).matches[0].id == "card-lost"
