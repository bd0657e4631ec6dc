"""Which kind of content a file holds, by its place, and where editors find its JSON Schema."""

from __future__ import annotations

from pathlib import PurePosixPath

_FILES = {
    "intents/emergencies.yaml": "emergency",
    "intents/segments.yaml": "segments",
    "intents/slips.yaml": "slip",
    "knowledge/holidays.yaml": "holidays",
    "knowledge/links.yaml": "link",
}
_FOLDERS = {
    "intents/menus": "menu",
    "intents/wording": "wording",
    "knowledge/cities": "city",
    "knowledge/sources": "source",
    "knowledge/translations": "translation",
    "intents": "intent",
    "knowledge": "entry",
}


def kind_of(path: str) -> str:
    """The kind of a YAML file of the content by its place, "" for anything else."""
    if not path.lower().endswith((".yaml", ".yml")):
        return ""
    folders = (kind for folder, kind in _FOLDERS.items() if path.startswith(f"{folder}/"))
    return _FILES.get(path) or next(folders, "")


def reference(path: str) -> str:
    """The comment by which editors find the schema of the file at `path`; "" for no YAML file.

    The schemas stand in docs/schema/ beside the content.
    """
    kind = kind_of(path)
    up = "../" * (len(PurePosixPath(path).parts) - 1)
    return f"# yaml-language-server: $schema={up}docs/schema/{kind}.schema.json" if kind else ""
