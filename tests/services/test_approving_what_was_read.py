"""Who approves has read what goes out; who refuses says why."""

from __future__ import annotations

import pytest

from bot.core.wordcheck import concerns
from bot.services.announcing import AnnouncementRefused
from bot.store.database import Database
from tests.services.announcing import APPROVER, AUTHOR, Office, bystanders, draft, people


@pytest.fixture
def office(db: Database) -> Office:
    """Residents for the usual draft."""
    bystanders(db)
    people(db, 6)
    return Office(db)


def test_approval_of_a_text_rewritten_since_is_refused(office: Office) -> None:
    number = office.new(draft())
    office.announcing.submit(number)
    seen = office.announcing.load(number).draft
    office.announcing.edit(number, "a.yaml", draft("ほかの文です。").encode())
    office.announcing.submit(number)
    with pytest.raises(AnnouncementRefused, match="書き直しました"):
        office.announcing.approve(number, APPROVER, seen=seen)
    office.announcing.approve(number, APPROVER, seen=office.announcing.load(number).draft)
    assert office.state(number) == "scheduled"


def test_draft_back_in_work_is_not_approved_by_who_read_it_before(office: Office) -> None:
    number = office.new(draft())
    with pytest.raises(AnnouncementRefused, match="下書き"):
        office.announcing.approve(number, APPROVER, seen=office.announcing.load(number).draft)


def test_edit_over_an_edit_not_seen_is_refused(office: Office) -> None:
    number = office.new(draft())
    seen = office.announcing.load(number).draft
    office.announcing.edit(number, "a.yaml", draft("先の人です。").encode(), seen=seen)
    with pytest.raises(AnnouncementRefused, match="書き直しました"):
        office.announcing.edit(number, "a.yaml", draft("後の人です。").encode(), seen=seen)


def test_sent_back_is_a_draft_with_the_reason_until_rewritten(office: Office) -> None:
    number = office.new(draft())
    office.announcing.submit(number)
    with pytest.raises(AnnouncementRefused, match="理由"):
        office.announcing.send_back(number, APPROVER, " ")
    office.announcing.send_back(number, APPROVER, "会場を書いてください")
    stored = office.announcing.load(number)
    assert str(stored.state) == "draft" and "会場を書いてください" in stored.reason
    last = office.reporting.history(number)[-1]
    assert (last.who, last.what, last.note) == (APPROVER, "return", "会場を書いてください")
    office.announcing.edit(number, "a.yaml", draft("会場は公民館です。").encode())
    assert office.announcing.load(number).reason == ""


def test_who_signed_in_is_the_author_whatever_the_file_says(office: Office) -> None:
    number = office.announcing.new("a.yaml", draft(author=AUTHOR).encode(), author=APPROVER)
    with pytest.raises(AnnouncementRefused, match="作った人は承認できません"):
        office.announcing.approve(number, APPROVER)


def test_finding_says_which_words_it_is_about(office: Office) -> None:
    number = office.new(draft("11月25日（月）に、０４２-１２３-４５６へ。"))
    found = office.announcing.check(number).findings
    text = "11月25日（月）に、０４２-１２３-４５６へ。"
    about = {each.words for each in found if concerns(each, text)}
    assert about == {"11月25日(月)", "042-123-456"}
    assert not any(concerns(each, "ほかの文") for each in found)


def test_preview_of_an_unsaved_draft_counts_like_that_of_a_kept_one(office: Office) -> None:
    number = office.new(draft())
    kept = office.previewing.preview(number)
    read = office.announcing.draft(office.announcing.load(number))
    unsaved = office.previewing.look(read)
    assert (unsaved.counted, unsaved.sentence) == (kept.counted, kept.sentence)
    assert kept.counted.count == 6
