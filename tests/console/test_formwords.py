"""A problem of a file's key is said with the label that its field has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.formwords import in_form_words
from bot.console.notice_form import LABELS


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("「url」がありません。", "「ボタンのアドレス」がありません。"),
        ("言葉を words に書いてください（読み上げに）。", "言葉を「画像の説明」に書いてください（読み上げに）。"),
        ("words は画像（image）があるときだけ", "「画像の説明」は画像があるときだけ"),
        ("カードには text か image を", "カードには「文」か「画像」を"),
        ("days の「text」は使えません：mon・tue", "「日」の「text」は使えません：mon・tue"),
        ("条件「text」はありません。", "条件「text」はありません。"),
        ("https://x.jp/text/image.at?url=a が開けません。", "https://x.jp/text/image.at?url=a が開けません。"),
    ],
)  # fmt: skip
def test_keys_become_labels_and_what_was_typed_stays(said: str, shown: str) -> None:
    assert in_form_words(said, LABELS) == shown


@given(st.text() | st.text(st.sampled_from("「」（）ab_ url.")))
def test_without_labels_every_problem_stays_as_it_is(text: str) -> None:
    assert in_form_words(text, {}) == text
