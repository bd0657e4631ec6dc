"""What goes to the driver as it is fails like everything else, and keeps nothing by halves."""

import pytest

from bot.errors import StoreError
from bot.store import intake, questions
from bot.store.questions import Question
from tests.store.builders import NOW, accept, arrival, statuses

DAY = "2026-11-21"
WORDS = "わたしの名前は"


def test_a_refused_statement_is_a_store_error_without_its_values_and_undoes_its_write(db):
    accept(db, arrival("a"))

    def write(connection):
        intake.accept(connection, [arrival("b")], NOW)
        questions.add(connection, [Question("q", DAY, WORDS, None)])

    with pytest.raises(StoreError) as caught:
        db.write(write)
    assert WORDS not in str(caught.value) and caught.value.__cause__ is None
    assert statuses(db) == {"a": "waiting"}
    accept(db, arrival("c"))
    assert statuses(db) == {"a": "waiting", "c": "waiting"}


def test_work_that_is_refused_in_its_middle_keeps_nothing(db):
    def work(connection):
        intake.accept(connection, [arrival("b")], NOW)
        raise LookupError("mine")

    with pytest.raises(LookupError):
        db.work(work)
    assert statuses(db) == {}
    accept(db, arrival("c"))
    assert statuses(db) == {"c": "waiting"}
