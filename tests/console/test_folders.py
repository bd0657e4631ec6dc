"""Folders are called by what they hold, beside their paths."""

from __future__ import annotations

import pytest

from bot.console.folders import folder_name
from bot.store.staff import Role
from tests.console.office import Office


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("knowledge/common", "共通"),
        ("knowledge/minato", "湊市"),
        ("knowledge/translations/en/yamate", "ほかの言語・en・山手市"),
        ("intents", "あいさつ・緊急・資料にない話など"),
        ("intents/segments.yaml", "配信条件"),
        ("knowledge/kodomo-ka", "kodomo-ka"),
    ],
)
def test_a_folder_is_called_by_what_it_holds(office: Office, path: str, name: str) -> None:
    assert folder_name(path, office.console.workshop.drafts.current().content) == name


def test_a_language_is_called_as_it_calls_itself(office: Office) -> None:
    content = office.console.workshop.drafts.current().content
    assert folder_name("intents/wording/ja", content).endswith(content.wording["ja"]["name"])


def test_names_stand_beside_the_paths_where_folders_are_chosen(office: Office) -> None:
    admin = office.signed_in(Role.ADMIN)
    assert "湊市（1） <span" in admin.read("/staff/content/")
    people = admin.read("/staff/people/")
    assert 'value="knowledge/minato"> 湊市 <span class="quiet">knowledge/minato</span>' in people
