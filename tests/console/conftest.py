"""An office for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The town's office with its files, nobody signed in."""
    office = Office(tmp_path)
    yield office
    office.close()
