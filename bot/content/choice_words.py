"""`translations:` of intents/segments.yaml: what residents choose from, in other languages."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.fields import Fields
from bot.content.yamlread import Located
from bot.core.attributes import ATTRIBUTES, Attribute, AttributeWords, Translations

_KEY = "translations"
LABEL_LIMIT = 20  # LINE's buttons


def read_choice_words(fields: Fields, attributes: Mapping[str, Attribute]) -> Translations:
    """The words by language and attribute; mistakes are added to the problems of `fields`."""
    found: dict[str, dict[str, AttributeWords]] = {}
    for language, outer in _inner(fields, _KEY).items():
        within = Fields(fields.path, outer, ATTRIBUTES)
        found[language] = {
            attribute: _words(fields.path, item, attributes[attribute], fields)
            for attribute, item in _inner(within, None).items()
            if attribute in attributes
        }
        fields.problems += within.problems
    return found


def _words(path: str, item: Located, attribute: Attribute, outer: Fields) -> AttributeWords:
    fields = Fields(path, item, ["title", "reason", "choices"])
    labels = fields.pairs("choices")
    known = {choice.id for choice in attribute.choices}
    for key, label in labels.items():
        if key not in known:
            text = f"選択肢「{key}」は「{attribute.id}」にありません。直すか、消してください。"
            fields.problem(f"choices/{key}", text)
        if len(label) > LABEL_LIMIT:
            text = f"「{label}」は{LABEL_LIMIT}字までに縮めてください（LINEのボタンの長さです）。"
            fields.problem(f"choices/{key}", text)
    if len(set(labels.values())) < len(labels):
        fields.problem("choices", "同じ言葉の選択肢が2つあります。ちがう言葉にしてください。")
    words = AttributeWords(
        title=fields.text("title", required=False, limit=LABEL_LIMIT),
        reason=fields.text("reason", required=False, limit=200),
        choices=labels,
    )
    outer.problems += fields.problems
    return words


def _inner(fields: Fields, key: str | None) -> dict[str, Located]:
    """The mappings inside the one at `key`, or inside the fields themselves."""
    value = fields.item if key is None else fields.item.get(key)
    if value is None or value == "":
        return {}
    if not isinstance(value, Located):
        fields.problem(key or "", "「言語: 」から始めて、項目ごとに書いてください。")
        return {}
    found = {}
    for name, inner in value.items():
        if isinstance(inner, Located):
            found[name] = inner
        else:
            place = name if key is None else f"{key}/{name}"
            fields.problem(place, f"「{name}:」の下に、項目ごとに書いてください。")
    return found
