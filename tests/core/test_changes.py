"""What changes make of a resident's choices, and that nothing unknown is ever among them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.attributes import MAX_CHILDREN, Profile, Volume, month_number, unknown_values
from bot.core.changes import Change, is_possible, values_of, with_changes
from bot.core.conversation import State, read_action
from bot.core.dialog import respond
from bot.core.resident import Resident
from bot.core.turn import Message
from bot.core.view import CityView
from bot.services.library import Library
from tests.conftest import TODAY
from tests.segments import catalog, resident

SOME = Profile(resident(topics=["child"], district="旭町", children=["2024-05"], language="en"))


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (Change("topics", "garbage"), {"child", "garbage"}),
        (Change("topics", "child", on=False), set()),
        (Change("topics", on=False), set()),
        (Change("district", "南大沢"), {"南大沢"}),
        (Change("district", "南大沢", on=False), {"旭町"}),
        (Change("district", on=False), set()),
        (Change("child_birth_month", "2026-01"), {"2024-05", "2026-01"}),
        (Change("language", "ja"), {"ja"}),
        (Change("quiet_hours", "21:00-07:00"), {"21:00-07:00"}),
        (Change("monthly_cap", "4"), {"4"}),
    ],
)
def test_a_change_takes_or_gives_up_a_choice(change: Change, after: set[str]) -> None:
    assert values_of(with_changes(SOME, [change]), change.attribute) == after


def test_quiet_hours_are_kept_in_minutes() -> None:
    changed = with_changes(Profile(), [Change("quiet_hours", "21:00-07:00")])
    assert changed.volume == Volume(21 * 60, 7 * 60)
    assert with_changes(changed, [Change("quiet_hours", on=False)]) == Profile()


@pytest.mark.parametrize(
    "change",
    [
        Change("topics", "spam"),
        Change("district", "a;b"),
        Change("life_stage", "rich"),
        Change("child_birth_month", "2026-12"),  # not born yet
        Change("child_birth_month", "2008-03"),  # grown up
        Change("child_birth_month", "2026-13"),
        Change("child_birth_month", "2026-8"),
        Change("language", "xx"),
        Change("quiet_hours", "21:00-07:01"),
        Change("monthly_cap", "0"),
        Change("name", "太郎"),
        Change("", ""),
    ],
)
def test_what_nobody_offers_is_not_possible(change: Change) -> None:
    assert not is_possible(change, catalog(), TODAY)


def test_a_child_is_kept_to_the_end_of_the_school_year_it_turns_18() -> None:
    born = Change("child_birth_month", "2008-03")
    assert is_possible(born, catalog(), date(2026, 3, 31))
    assert not is_possible(born, catalog(), date(2026, 4, 1))


def test_more_children_than_anybody_has_are_not_kept() -> None:
    months = [Change("child_birth_month", f"2024-{n:02d}") for n in range(1, 13)]
    full = with_changes(Profile(), months)
    assert len(full.attributes.child_birth_months) == MAX_CHILDREN
    assert with_changes(full, [Change("child_birth_month", "2025-01")]) == full


# --- any sequence of taps, forged ones among them ---

_parts = st.dictionaries(
    st.sampled_from(["a", "v", "on", "p", "y", "id"]),
    st.one_of(
        st.sampled_from(
            ["topics", "district", "life_stage", "child_birth_month", "language", "quiet_hours"]
            + ["monthly_cap", "end", "0", "1", "garbage", "pregnant", "bereaved", "zh", "2026-08"]
            + ["2099-01", "21:00-07:00", "4", "99", "2024", "旭町", "中央", "9" * 40, "²", "-1"]
        ),
        st.text(max_size=8),
    ),
)
taps = st.lists(
    st.one_of(
        st.integers(0, 12),  # the button in that place
        st.builds(lambda parts: {"do": "choose", **parts}, _parts),
        st.sampled_from(
            ["受信設定", "防災と子育て", "2026年8月", "4回", "英語", "次", "全部外して"]
        ),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(taps=taps)
def test_no_sequence_of_taps_leads_to_an_unknown_value(
    library: Library, taps: list[object]
) -> None:
    view, profile, state = library.view("hachioji"), Profile(), State()
    for tap in taps:
        message = _message(tap, state)
        current = profile
        someone = Resident(
            lambda current=current: current, lambda number: None, "https://x.example/s"
        )
        turn = respond(message, state, view, TODAY, someone)
        assert len(turn.reply.quick_replies) <= 13
        assert all(read_action(button.data) for button in turn.reply.quick_replies)
        profile, state = with_changes(profile, turn.changes), turn.state
        assert _unknown(profile, view) == []


def _message(tap: object, state: State) -> Message:
    if isinstance(tap, int):
        data = state.shown[tap % len(state.shown)][1] if state.shown else "do=settings"
        return Message(data="do=settings" if "erase" in data else data)
    if isinstance(tap, dict):
        return Message(data="&".join(f"{key}={value}" for key, value in tap.items()))
    return Message(str(tap))


def _unknown(profile: Profile, view: CityView) -> list[object]:
    """Whatever no chat offers."""
    offered = view.catalog
    web_only = {c.id for c in offered.choices("life_stage") if c.web_only}
    found: list[object] = [*unknown_values(profile.attributes, offered)]
    found += profile.attributes.life_stages & web_only
    found += {profile.attributes.language} - {"", *view.languages()}
    found += {profile.attributes.district} - {"", *(c.id for c in offered.choices("district"))}
    newest, oldest = month_number("2026-11"), month_number("2008-04")
    found += [m for m in profile.attributes.child_birth_months if not oldest <= m <= newest]
    volume = profile.volume
    if (volume.quiet_start, volume.quiet_end) not in {(None, None), *offered.quiet_hours}:
        found.append(volume)
    return found + [cap for cap in [volume.monthly_cap] if cap not in {None, *offered.monthly_caps}]
