"""What no form of the console may bring: twelve digits, which may be somebody's My Number."""

from __future__ import annotations

from flask import abort
from werkzeug.datastructures import MultiDict

from bot.core.guard import holds_twelve_digits

# Not words: what a page carries along, what opens it, and tables, whose codes may be as long.
_OTHERS = frozenset({"csrf", "base", "digest", "password", "again", "code", "table"})
_SAID = (
    "12けたの番号が書かれています。マイナンバーかもしれないので、何も保存していません。"
    "ブラウザーの「戻る」で前の画面に戻り、番号を消してから、もう一度押してください。"
)


def refuse_numbers(form: MultiDict[str, str]) -> None:
    """400 where a field holds twelve digits in a row or in fours. Addresses of pages may."""
    for name, value in form.items(multi=True):
        if name not in _OTHERS and holds_twelve_digits(value):
            abort(400, _SAID)
