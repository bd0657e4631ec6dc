"""The shipped choices and saved segments, for the town of the tests."""

from __future__ import annotations

from pathlib import Path

from bot.content.segments import SEGMENTS_FILE
from tests.console.office import Office


def add_segments(office: Office) -> None:
    """Give the office's town intents/segments.yaml, in force at once."""
    text = (Path(__file__).parents[2] / SEGMENTS_FILE).read_text("utf-8")
    text = text.replace("city: hachioji", "city: minato").replace("city: hachinohe", "city: yamate")
    (office.content / SEGMENTS_FILE).write_text(text, "utf-8")
    office.console.saving.look()
    office.publisher.load()
    assert office.publisher.current().catalog.segments, office.publisher.problems
