"""The sentences that come with this version, for content folders made for an older one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from bot.content.yamlread import Located, read_yaml


@cache
def shipped_wording(language: str) -> Mapping[str, str]:
    """This version's own sentences in a language; {} where it has none."""
    # The package's folder `wording` is the repository's intents/wording (a link).
    for file in (files("bot.content") / "wording").iterdir():
        if file.name == f"{language}.yaml":
            value, _ = read_yaml(file.name, file.read_bytes())
            return dict(value) if isinstance(value, Located) else {}
    return {}
