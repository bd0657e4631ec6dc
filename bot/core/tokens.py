"""Words of a text: what a tokeniser hands over, and which of them carry meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

_DROPPED_POS = frozenset({"助詞", "助動詞", "接続詞", "連体詞", "補助記号", "記号", "空白"})
_STOP_WORDS = (
    "為る 有る 居る 成る 出来る 教える 知る 場合 方 何 どう 如何 何処 何時 事 物 者 時 所 為 "
    "下さる 頂く 貰う 呉れる 言う 思う 良い 無い 欲しい 因る 関する 就く 於く 対する 此れ 其れ "
    "其の 此の どの 御 様 等 的 今 私 自分 必要 行う 如何 訳 達 さん 又は 件 他 際 "
    "教えて する ある いる なる できる こと もの とき ところ ため よい ない ほしい どこ いつ "
    "とこ 矢張り みたい そう こう どんな "
    "i you we it me us our your a an the ザ this that there and アンド or of オブ in on at by to for フォー with ウィズ "
    "is are am was were be イズイット do does did can could will would should シュッド have has get need ニード want ウォントゥ "
    "how ハウ ハウツー what ホワット where when which who any some please "
    "はい いいえ ええ あの えっと えーと うん ああ 宜しく 願う 恐れ入る すみません 済む 存ずる 申し訳"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Token:
    """One word as the tokeniser cut it.

    `normal` is the dictionary's normalised form, `reading` is katakana, `pos` goes from the
    general to the particular (Sudachi's six levels), `known` is False for words outside the
    dictionary. `word` is the word as the index keeps it, None where it carries no meaning of its
    own; `solid` is the surface, a blank for a function word. Both are worked out once, since
    tokenisers hand out the same tokens again and again.
    """

    surface: str
    normal: str
    reading: str
    pos: tuple[str, ...]
    known: bool
    word: str | None = field(init=False, repr=False, compare=False)
    solid: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ties = self.pos[0] in _DROPPED_POS
        object.__setattr__(self, "solid", " " if ties else self.surface)
        word = None if ties else self.normal.lower()
        # Of marks and emoji there is nothing to look up but their lines of the word list.
        said = word is not None and any(char.isalnum() for char in word)
        meaningful = said and word not in STOP_WORDS
        object.__setattr__(self, "word", word if meaningful else None)


Tokenize = Callable[[str], Sequence[Token]]


def content_word(token: Token) -> str | None:
    """The word as the index keeps it, or None where it carries no meaning of its own."""
    return token.word


def content_words(tokens: Iterable[Token]) -> list[str]:
    """The meaningful words of a text, in order, as the index keeps them."""
    return [token.word for token in tokens if token.word is not None]
