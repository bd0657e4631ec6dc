import json

import pytest

from bot.core.kana_language import EDGE, SHIPPED, learn, read_language, word_class
from bot.core.tokens import Tokenize


def test_the_class_of_a_word_names_its_form() -> None:
    assert word_class(("動詞", "一般", "*", "*", "五段-カ行", "連用形-一般")) == "動詞-一般-連用形"
    assert (
        word_class(("名詞", "普通名詞", "助数詞可能", "*", "*", "*")) == "名詞-普通名詞-助数詞可能"
    )
    assert word_class(("補助記号", "句点", "*", "*", "*", "*")) == EDGE


def test_a_learned_model_knows_what_follows_what(tokenizer: Tokenize) -> None:
    texts = [(tokenizer("住民票がほしい。"), 4), (tokenizer("保育園が遠い。"), 4)]
    model = read_language(learn(texts, "a test"))
    after = model.follows[word_class(("助詞", "格助詞", "*", "*", "*", "*"))]
    assert after["形容詞-一般-終止形"] < after["助詞-格助詞"]
    assert [node[0] for node in model.words["エン"]] == ["園"]


def test_words_seen_too_seldom_are_left_out(tokenizer: Tokenize) -> None:
    texts = [(tokenizer("住民票がほしい。"), 1)]
    assert json.loads(learn(texts, "a test"))["words"] == {}


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(KeyError):
        read_language("{}")


def test_the_shipped_model_holds_common_words() -> None:
    assert any(node[0] == "困っ" for node in SHIPPED.words["コマッ"])
