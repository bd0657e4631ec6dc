"""What was meant instead is told from what merely begins with the same words."""

from __future__ import annotations

import pytest

from bot.core.correcting import correction


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ちがう、更新のほう", ("更新", "")),
        ("それじゃない、名前が変わったとき", ("名前が変わったとき", "")),
        ("違います。車庫証明です", ("車庫証明", "")),
        ("そっちじゃなくて転入の話", ("転入", "")),
        ("いや、二人目のほうです", ("二人目", "")),
        ("窓口じゃなくて郵送で", ("郵送で", "窓口")),
        ("違う市に引っ越す", ("", "")),
        ("そっちじゃなくて", ("", "")),
        ("スマホじゃなくてもいい？", ("", "")),
        ("本人じゃなくて私が申し込んでもいいんですか", ("", "")),
        ("違いを教えて", ("", "")),
        ("いやがらせを受けている", ("", "")),
    ],
)
def test_a_correction_gives_what_was_meant(text: str, meant: tuple[str, str]) -> None:
    assert correction(text) == meant
