"""Problems in the words of a form: a checker names the keys of a file, a form shows labels."""

from __future__ import annotations

import re
from collections.abc import Mapping

_QUOTED = re.compile("(「[^「」]*」)")
_ASIDE = re.compile("（([a-z_]+)）")
_KEY = re.compile(r" ?(?<![!-~])([a-z_]+)(?![!-~]) ?")  # no part of an address or an id


def in_form_words(text: str, labels: Mapping[str, str]) -> str:
    """A problem with 「label」 for each key of `labels` that it names.

    What somebody typed stands in 「」 and stays; a key stands there only at the very beginning.
    """

    def label(found: re.Match[str]) -> str:
        known = labels.get(found[1])
        return f"「{known}」" if known else found[0]

    pieces = _QUOTED.split(text)
    if len(pieces) > 1 and not pieces[0]:
        key = pieces[1][1:-1]
        pieces[1] = f"「{labels.get(key, key)}」"
    for place in range(0, len(pieces), 2):
        plain = _ASIDE.sub(lambda each: "" if each[1] in labels else each[0], pieces[place])
        pieces[place] = _KEY.sub(label, plain)
    return "".join(pieces)
