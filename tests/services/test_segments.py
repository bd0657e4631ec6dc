"""What staff see of a segment: a number unless it is small, a sentence, every problem."""

from datetime import UTC, date, datetime

import pytest

from bot.errors import ContentError
from bot.services.segments import Counted, Segments, says_everyone, shown
from bot.store import attributes
from bot.store.audience import Size
from tests.segments import catalog, resident, rule, user_id
from tests.store.builders import opened

CHILD = {"topics": {"any": ["child"]}}
# Midnight has passed in Japan, not in UTC.
NOW = datetime(2026, 10, 31, 15, 30, tzinfo=UTC)


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    yield db
    db.close()


def segments(db):
    return Segments(db, catalog, lambda: NOW)


def add(db, count, start=0, **chosen):
    many = {user_id(start + n): resident(**chosen) for n in range(count)}
    db.write(lambda c: attributes.save_many(c, many, 1))


@pytest.mark.parametrize(
    ("matching", "expected"),
    [
        (0, {"count": None, "few": True}),
        (4, {"count": None, "few": True}),
        (5, {"count": 5, "few": False}),
        (500_000, {"count": 500_000, "few": False}),
    ],
)
def test_a_small_group_has_no_number(matching, expected):
    assert shown(Size(matching, 500_000)).as_json() == expected


def test_counting_a_rule_from_a_file(db, tmp_path):
    add(db, 6, topics=["child"])
    add(db, 3, start=10)
    path = tmp_path / "rule.yaml"
    path.write_text("topics: {any: [child]}\n", "utf-8")
    wanted = segments(db).load(path)
    assert segments(db).count(wanted) == Counted(6, False)
    assert segments(db).size(wanted) == Size(6, 9)
    assert segments(db).explain(wanted) == "ジャンルで「子育て」を選んだ人に届きます。"


def test_a_wrong_file_is_refused_with_every_problem(db, tmp_path):
    path = tmp_path / "rule.yaml"
    path.write_text("all:\n  - topics: {any: [x]}\n  - {}\n", "utf-8")
    with pytest.raises(ContentError) as refused:
        segments(db).load(path)
    lines = str(refused.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}:2", f"{path}:3"]
    with pytest.raises(ContentError, match="読めません"):
        segments(db).load(tmp_path / "none.yaml")
    with pytest.raises(ContentError, match="空です"):
        segments(db).parse({})


def test_everybody_without_saying_so_is_noticed(db):
    add(db, 6, topics=["child"])
    found = segments(db)
    assert not says_everyone(rule(CHILD), found.size(rule(CHILD)))
    everyone = found.parse({"everyone": True})
    assert says_everyone(everyone, found.size(everyone))
    add(db, 1, start=10)
    assert says_everyone(rule(CHILD), found.size(rule(CHILD)))


def test_ages_are_counted_on_japans_day(db):
    add(db, 5, children=["2026-08"])
    found = segments(db)
    assert found.today() == date(2026, 11, 1)
    three = found.parse({"child_age_months": {"between": [3, 3]}})
    assert found.count(three) == Counted(5, False)


def test_a_resident_learns_why_with_the_ages_of_the_day_it_was_sent(db):
    add(db, 1, topics=["child"], children=["2026-06"])
    found = segments(db)
    wanted = found.parse({"all": [CHILD, {"child_age_months": {"between": [3, 4]}}]})
    assert found.why(wanted, user_id(0)) == ()  # 5 months today
    reasons = found.why(wanted, user_id(0), date(2026, 10, 5))
    assert [str(reason) for reason in reasons] == [
        "ジャンル：子育て",
        "お子さんの誕生月：2026年6月生まれ（いま4か月）",
    ]
    assert found.why(wanted, user_id(99)) == ()


def span(db, data):
    return segments(db).span(rule(data))


def test_a_size_is_exact_where_no_group_is_small(db):
    add(db, 12, topics=["child", "event"])
    add(db, 20, start=100, topics=["event"])
    add(db, 5, start=200)
    assert str(span(db, CHILD)) == "12人"
    assert str(span(db, {"topics": {"any": ["child", "event"]}})) == "32人"
    assert str(span(db, {"everyone": True})) == "37人"


def test_nobody_can_be_picked_out_by_the_difference_of_two_sizes(db):
    add(db, 119, topics=["child"], district="旭町")
    add(db, 1, start=200, topics=["child"], district="南大沢")
    add(db, 50, start=300, district="旭町")
    add(db, 50, start=400)
    one = {"district": {"in": ["南大沢"]}}
    assert str(span(db, CHILD)) == "120人"
    assert str(span(db, {"all": [CHILD, one]})) == "5人未満"
    for trick in (
        {"all": [CHILD, {"not": one}]},
        {"any": [CHILD, one]},
        {"all": [CHILD, {"district": {"in": ["旭町"]}}, {"not": one}]},
        {"not": one},
        {"any": [{"district": {"in": ["旭町", "南大沢"]}}]},
    ):
        found = span(db, trick)
        assert found.high - found.low == 9, trick
    assert str(span(db, {"all": [CHILD, {"not": one}]})) == "110〜119人"


def test_a_rule_of_very_many_values_is_counted_to_the_ten(db):
    add(db, 25, children=["2026-08"])
    found = span(db, {"child_age_months": {"between": [0, 60]}})
    assert str(found) == "20〜29人"
    assert str(span(db, {"child_age_months": {"between": [3, 4]}})) == "25人"


@pytest.mark.parametrize(("count", "said"), [(0, "5人未満"), (4, "5人未満"), (6, "5〜9人")])
def test_small_audiences_have_no_number(db, count, said):
    add(db, count, topics=["child"])
    add(db, 3, start=50)
    assert str(span(db, CHILD)) == said
