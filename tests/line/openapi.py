"""LINE's OpenAPI schema as a judge of what we send; the files are LINE's and not part of this project."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SPEC = Path(__file__).parents[3] / "shared" / "line-openapi" / "messaging-api.yml"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def spec_missing() -> str:
    """Why the schema cannot be asked, "" if it can."""
    return "" if SPEC.exists() else f"LINE's OpenAPI file is not at {SPEC}"


class OpenApi:
    """Answers whether a value is what one of LINE's schemas describes, unknown properties included."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    @classmethod
    @functools.cache
    def messaging(cls) -> OpenApi:
        """The schemas of the Messaging API."""
        document = yaml.load(SPEC.read_text("utf-8"), Loader=yaml.CSafeLoader)
        return cls(document["components"]["schemas"])

    def problems(self, name: str, value: Any) -> list[str]:
        """What LINE's schema `name` has against `value`, as "place: reason"."""
        return list(self._check({"$ref": f"#/components/schemas/{name}"}, value, name))

    def _follow(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _merged(self, schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Properties and required ones, those of every `allOf` part included."""
        properties, required = dict(schema.get("properties", {})), set(schema.get("required", []))
        for part in map(self._follow, schema.get("allOf", [])):
            inherited, needed = self._merged(part)
            properties = inherited | properties
            required |= needed
        return properties, required

    def _check(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        schema = self._follow(schema)
        choice = schema.get("discriminator")
        if choice and isinstance(value, dict):
            variant = choice["mapping"].get(value.get(choice["propertyName"]))
            if variant is None:
                yield f"{at}: no variant of that name"
                return
            schema = self._follow({"$ref": variant})
        kind = schema.get("type", "object" if {"properties", "allOf"} & schema.keys() else None)
        if kind and (not isinstance(value, _TYPES[kind]) or (kind != "boolean" and value is True)):
            yield f"{at}: must be {kind}"
        elif kind == "object":
            properties, required = self._merged(schema)
            yield from (f"{at}.{key}: missing" for key in sorted(required - value.keys()))
            for key, item in value.items():
                if key in properties:
                    yield from self._check(properties[key], item, f"{at}.{key}")
                else:
                    yield f"{at}.{key}: unknown"
        elif kind == "array":
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                yield f"{at}: wrong number of items"
            for index, item in enumerate(value):
                yield from self._check(schema.get("items", {}), item, f"{at}[{index}]")
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{at}: must be one of {schema['enum']}"
        elif kind == "string" and len(value) > schema.get("maxLength", len(value)):
            yield f"{at}: too long"
