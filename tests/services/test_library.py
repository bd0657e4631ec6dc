"""The content in force: a city answers alike, whatever else the process has done."""

from __future__ import annotations

from pathlib import Path

from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.core.saved import to_bytes
from bot.services.library import Library, Terms
from tests.builders import content, write


def test_a_city_is_read_alike_whichever_was_asked_for_before(
    tmp_path: Path, tokenizer: SudachiTokenizer
) -> None:
    draft = load(read_files(write(tmp_path, content()))).draft
    first, later = (Library(draft, tokenizer, Terms()) for _ in range(2))
    later.index("minato")
    assert to_bytes(first.index("yamate")) == to_bytes(later.index("yamate"))
