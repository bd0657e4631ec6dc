"""Answers put together as cards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.content.loader import load
from bot.content.sudachi import SudachiTokenizer
from bot.core.compose import entry_card
from bot.core.view import CityView
from bot.services.library import Library, Terms
from tests.builders import content

SOON, LATE = date(2022, 6, 1), date(2030, 6, 1)


def test_an_answer_that_has_grown_old_says_so_from_that_day_on(
    tokenizer: SudachiTokenizer,
) -> None:
    view = Library(load(content({})).draft, tokenizer, Terms()).view("minato")
    entry = replace(next(iter(view.content.entries.values())), as_of="2022年度", topic="x")
    soon, late = (entry_card(view, entry, "ja", day) for day in (SOON, LATE))
    said = view.wording("ja").say("old", as_of="2022年度")
    assert said not in soon.body
    assert late.body == f"{soon.body}\n{said}"
    assert entry_card(view, entry, "ja", SOON) == soon
    assert late.fixed  # everybody is told so, and it is drawn once


def test_more_and_another_year_stand_behind_the_answer_of_one_resident(
    tokenizer: SudachiTokenizer,
) -> None:
    view: CityView = Library(load(content({})).draft, tokenizer, Terms()).view("minato")
    entry = replace(next(iter(view.content.entries.values())), as_of="2022年度", topic="x")
    plain = entry_card(view, entry, "ja", SOON)
    card = entry_card(view, entry, "ja", LATE, "2015年はどうでしたか", "もう一言。")
    other = view.wording("ja").say("other_year", asked="2015年", as_of="2022年度")
    assert card.body == f"{plain.body}\nもう一言。\n{other}"
    assert not card.fixed
