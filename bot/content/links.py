"""Every web address that stands in the content, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping

# The facts behind the answers are never shown to residents.
_UNSEEN = "knowledge/sources/"
_SUFFIXES = (".yaml", ".yml", ".csv")
_URL = re.compile(r"https?://[^\s\"'<>`、。，（）「」『』\]}|]+", re.IGNORECASE)


def links_in(files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Address -> its places ("knowledge/links.yaml:12"), in the order of files and lines."""
    found: dict[str, list[str]] = {}
    for path in sorted(files):
        if path.startswith(_UNSEEN) or not path.lower().endswith(_SUFFIXES):
            continue
        lines = files[path].decode("utf-8-sig", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            if line.lstrip().startswith("#"):
                continue
            for url in _URL.findall(line):
                places = found.setdefault(url.rstrip(",.;:)"), [])
                if (place := f"{path}:{number}") not in places:
                    places.append(place)
    return {url: tuple(places) for url, places in found.items()}
