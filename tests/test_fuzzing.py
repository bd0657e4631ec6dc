"""Bounded fuzzing of every door: whatever comes in is taken whole or refused in words.

Parsers that have a fuzz test beside their other tests are not repeated here (LINE's events, YAML,
rules, drafts, tokens); these go through the doors themselves, with a real database behind them.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content.classes import read_classes
from bot.content.csvread import decode, rows_of
from bot.content.feeds import read_feed
from bot.content.loader import load
from bot.content.segments import read_catalog
from bot.content.templates import read_template
from bot.core.attributes import DISTRICT, TOPICS
from bot.core.segment_rules import parse_rule
from bot.errors import MadoguchiError
from bot.line.signature import sign
from bot.services.resident_lists import HEADER, ResidentLists
from bot.services.sheets import apply_table
from bot.store.staff import Role
from bot.web.webhook import webhook_blueprint
from tests import builders
from tests.console.office import Desk, Office
from tests.line import samples
from tests.segments import catalog
from tests.services.builders import SECRET, FakeClock, receiver
from tests.store.builders import opened, rows
from tests.web.settings_town import SettingsTown

# Enough to find what a change breaks, few enough for every run.
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def mutated(draw: Any) -> Any:
    """A real event of LINE with one value, anywhere in it, replaced or taken away."""
    event = json.loads(json.dumps(draw(st.sampled_from(sorted(samples.ALL.values(), key=repr)))))
    place: Any = event
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        if draw(st.booleans()):
            place[key] = draw(JSON)
        else:
            del place[key]
        return event


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """LINE's door with a database: a function that posts signed bytes, and the database."""
    db = opened(tmp_path_factory.mktemp("fuzz"))
    app = Flask("fuzz")
    app.register_blueprint(webhook_blueprint({"main": receiver(db, FakeClock(), limit=10**6)}))

    def post(content: bytes, signature: str | None = None) -> int:
        headers = {"X-Line-Signature": signature or sign(SECRET, content)}
        return int(
            app.test_client().post("/line/webhook", data=content, headers=headers).status_code
        )

    yield post, db
    db.close()


@FEW
@given(st.binary(max_size=300))
def test_any_signed_bytes_are_taken_or_refused(door: Any, content: bytes) -> None:
    assert door[0](content) in (200, 400)
    assert door[0](gzip.compress(content)) in (200, 400)


@FEW
@given(st.binary(max_size=100), st.text(st.characters(max_codepoint=255, min_codepoint=32)))
def test_no_header_opens_the_door(door: Any, content: bytes, signature: str) -> None:
    before = len(rows(door[1]))
    assert door[0](content, signature.strip() or "x") == 400
    assert len(rows(door[1])) == before


@FEW
@given(st.lists(mutated() | JSON, max_size=4))
def test_every_event_that_is_acknowledged_is_kept(door: Any, events: list[Any]) -> None:
    post, db = door
    good = samples.text("ごみの日は", webhookEventId=f"good-{len(rows(db))}")
    content = json.dumps({"destination": samples.BOT, "events": [*events, good]}).encode()
    assert post(content) == 200
    kept = rows(db)
    # A neighbour that nobody understands takes nothing from the one that is understood.
    assert good["webhookEventId"] in kept
    count = len(kept)
    assert post(content) == 200 and len(rows(db)) == count, "a redelivery was kept twice"


YAML_TEXT = st.text(st.sampled_from("abcあ：: -[]{}#&*!|>'\"\n\t 0123　,"), max_size=200) | st.text(
    max_size=200
)


@FEW
@given(st.sampled_from(sorted(builders.content())), st.data())
def test_a_content_file_cut_or_smudged_anywhere_is_read_or_named(path: str, data: Any) -> None:
    files = builders.content()
    whole = files[path]
    at = data.draw(st.integers(0, len(whole)))
    smudge = data.draw(st.binary(max_size=8) | YAML_TEXT.map(str.encode))
    rest = data.draw(st.sampled_from([b"", whole[at:], whole[at + 1 :]]))
    found = load(files | {path: whole[:at] + smudge + rest})
    for problem in found.problems:
        assert problem.path and str(problem)


@FEW
@given(YAML_TEXT | st.binary(max_size=200))
def test_every_yaml_reader_takes_or_refuses(text: str | bytes) -> None:
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    read_catalog("segments.yaml", data)
    read_template("t.yaml", data)


KEYS = st.sampled_from(
    "all any not everyone topics district language life_stage child_age_months in between none x".split()
)
RULE = st.recursive(
    st.none()
    | st.integers()
    | st.sampled_from(["child", "ja", "南大沢", ""])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=10,
)


@FEW
@given(RULE)
def test_a_rule_of_the_right_words_in_any_order_is_a_rule_or_problems(data: Any) -> None:
    found = parse_rule(data, catalog())
    assert (found.rule is None) == bool(found.problems)


TABLE = st.lists(
    st.lists(st.text(st.sampled_from('a,"\n\r\t=+-@あ１2/:　'), max_size=8), max_size=6), max_size=6
).map(lambda lines: "\n".join(",".join(cells) for cells in lines))
CLASS_HEAD = "市,教室,開催日,開始,終了,会場,住所,緯度,経度,申し込み,URL\n"


@FEW
@given((TABLE | TABLE.map(lambda text: CLASS_HEAD + text)), st.sampled_from(["utf-8", "cp932"]))
def test_any_table_is_read_or_refused_in_words(text: str, encoding: str) -> None:
    data = text.encode(encoding, "replace")
    refused(lambda: rows_of(decode(data)))
    refused(lambda: read_classes("knowledge/classes/hachioji.csv", data))
    refused(lambda: apply_table(builders.COMMON.encode(), data))


@FEW
@given(st.binary(max_size=300))
def test_any_bytes_are_no_harm_as_a_table_or_a_feed(data: bytes) -> None:
    refused(lambda: rows_of(decode(data)))
    refused(lambda: read_classes("knowledge/classes/hachioji.csv", data))
    refused(lambda: apply_table(builders.COMMON.encode(), data))
    refused(lambda: read_feed(data))


def refused(what: Any) -> None:
    """Whether it works or not: an error of ours, in Japanese, is the worst that may come."""
    try:
        what()
    except MadoguchiError as error:
        assert str(error) and str(error) != type(error).__name__


FORM = st.dictionaries(
    st.sampled_from(
        "do id title questions answer base why path table name role password said ask source line "
        "text status review_by links kind city topic segment number texts".split()
    )
    | st.text(max_size=8),
    st.text(max_size=40) | st.just("x" * 5000),
    max_size=8,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office.signed_in(Role.ADMIN)
    office.close()


@settings(FEW, max_examples=50)
@given(st.data(), FORM)
def test_no_form_of_the_console_breaks_it(desk: Desk, data: Any, form: dict[str, str]) -> None:
    paths = _posts(desk)
    path = data.draw(st.sampled_from(paths))
    answer = desk.post(path, form)
    assert answer.status_code < 500, path
    again = desk.client.get("/staff/")
    assert again.status_code in (200, 303)


def _posts(desk: Desk) -> list[str]:
    """Every path of the console that takes a form; signing in and out is tried elsewhere."""
    found = []
    for rule in desk.office.app.url_map.iter_rules():
        if not rule.endpoint.startswith("staff.") or "POST" not in (rule.methods or ()):
            continue
        if any(word in rule.rule for word in ("login", "logout", "code", "account", "people")):
            continue
        values = {
            name: "knowledge/common/life.yaml" if name == "path" else 1 for name in rule.arguments
        }
        with desk.office.app.test_request_context():
            built = rule.build(values, append_unknown=False)
        if built is not None:
            found.append(built[1])
    assert len(found) > 5
    return sorted(found)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ResidentLists, Path]]:
    """A city's residents, and a file for lists of them."""
    folder = tmp_path_factory.mktemp("lists")
    db = opened(folder)
    yield ResidentLists(db, catalog, FakeClock()), folder / "list.csv"
    db.close()


HEAD = ",".join(HEADER)
RESIDENT = f"U{1:032x},child,,,,"


@FEW
@given(st.one_of(TABLE, TABLE.map(lambda t: f"{HEAD}\n{RESIDENT}\n{t}"), st.text(max_size=80)))
def test_a_list_of_residents_is_imported_whole_or_not_at_all(lists: Any, text: str) -> None:
    residents, path = lists
    path.write_bytes(text.encode("utf-8", "replace"))
    before = exported(residents)
    try:
        residents.import_csv(path)
    except MadoguchiError as error:
        assert str(error)
        assert exported(residents) == before


def exported(residents: ResidentLists) -> str:
    out = io.StringIO()
    residents.export_csv(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SettingsTown]:
    town = SettingsTown(tmp_path_factory.mktemp("settings"))
    yield town
    town.db.close()


CHOICE = st.sampled_from(["child", "care", "ja", "南大沢", "infant", "2026-08", ""]) | st.text(
    max_size=20
)


@FEW
@given(
    st.dictionaries(
        st.sampled_from("topics district language life_stages child_year child_month do".split())
        | st.text(max_size=8).filter(lambda name: name != "check"),
        st.lists(CHOICE, max_size=4),
        max_size=6,
    )
)
def test_no_form_of_a_resident_breaks_the_settings(
    town: SettingsTown, form: dict[str, list[str]]
) -> None:
    answer = town.browser.post("/settings", data={"check": town.enter(), **form})
    assert answer.status_code < 500
    kept = town.profile()
    if kept is not None:
        # Whatever was sent, only what the city offers can be chosen.
        chosen = kept.attributes
        assert all(catalog().knows(TOPICS, each) for each in chosen.topics)
        assert not chosen.district or catalog().knows(DISTRICT, chosen.district)
