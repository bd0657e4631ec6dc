"""As much of JSON Schema (2020-12) as our own schemas use; unknown keywords fail the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "number": (int, float)}
_NOTES = {"$schema", "title", "description"}


def problems(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """What an editor would underline, as "place: why"."""
    for keyword, wanted in schema.items():
        if keyword not in _NOTES:
            yield from _CHECKS[keyword](value, wanted, schema, at)


def _type(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
    names = [wanted] if isinstance(wanted, str) else wanted
    fits = [
        name
        for name in names
        if isinstance(value, _TYPES[name]) and not (name == "number" and isinstance(value, bool))
    ]
    if not fits:
        yield f"{at}: {value!r} is no {' or '.join(names)}"


def _any_of(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
    found = [list(problems(value, each, at)) for each in wanted]
    if all(found):
        yield from min(found, key=len)


def _object(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in wanted.items():
            if key in value:
                yield from problems(value[key], inner, f"{at}/{key}")


def _others(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key in value.keys() - schema.get("properties", {}).keys():
            if wanted is False:
                yield f"{at}/{key}: not a key"
            else:
                yield from problems(value[key], wanted, f"{at}/{key}")


def _items(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
    for number, each in enumerate(value if isinstance(value, list) else []):
        yield from problems(each, wanted, f"{at}/{number}")


def _said(test: Any, why: str) -> Any:
    def check(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
        if not test(value, wanted):
            yield f"{at}: {why} {wanted}"

    return check


_CHECKS = {
    "type": _type,
    "anyOf": _any_of,
    "properties": _object,
    "additionalProperties": _others,
    "items": _items,
    "enum": _said(lambda v, w: v in w, "none of"),
    "required": _said(lambda v, w: not isinstance(v, dict) or set(w) <= set(v), "lacks one of"),
    "pattern": _said(lambda v, w: not isinstance(v, str) or re.search(w, v), "does not match"),
    "maxLength": _said(lambda v, w: not isinstance(v, str) or len(v) <= w, "longer than"),
    "maxItems": _said(lambda v, w: not isinstance(v, list) or len(v) <= w, "more items than"),
    "minItems": _said(lambda v, w: not isinstance(v, list) or len(v) >= w, "fewer items than"),
    "uniqueItems": _said(
        lambda v, w: not isinstance(v, list) or len({str(x) for x in v}) == len(v), "not unique"
    ),
}
