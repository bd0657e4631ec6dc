"""The files that docs/examples/ ships for segments and residents do what they say."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.segment_rules import CHILD_AGE_MONTHS
from bot.core.segments import Everyone, attributes_used
from bot.services.resident_lists import Imported, ResidentLists
from bot.services.segments import Segments
from tests.segments import catalog
from tests.store.builders import opened

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    yield db
    db.close()


def test_the_residents_go_in_and_come_out_as_they_are(db):
    lists = ResidentLists(db, catalog, lambda: NOW)
    assert lists.import_csv(EXAMPLES / "residents.csv") == Imported(3, 0)
    out = io.StringIO()
    assert lists.export_csv(out) == 3
    assert out.getvalue() == (EXAMPLES / "residents.csv").read_text("utf-8")


def test_every_rule_can_be_read_and_said(db):
    segments = Segments(db, catalog, lambda: NOW)
    ResidentLists(db, catalog, lambda: NOW).import_csv(EXAMPLES / "residents.csv")
    found = {path.stem: segments.load(path) for path in sorted(EXAMPLES.glob("rule*.yaml"))}
    assert found.keys() == {"rule", "rule-every-condition", "rule-everyone"}
    assert found["rule-everyone"] == Everyone()
    assert segments.size(found["rule-everyone"]).matching == 3
    assert "「中央」「南」" in segments.explain(found["rule"])
    every = found["rule-every-condition"]
    assert attributes_used(every) == set(catalog().attributes)
    assert "0か月から11か月" in segments.explain(every), CHILD_AGE_MONTHS
