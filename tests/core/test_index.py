import dataclasses
import gc

import pytest

from bot.core.index import IndexBuilder, build_index
from bot.core.matching import rank
from bot.core.saved import from_bytes, index_key, to_bytes
from tests.core.knowledge import DOCUMENTS, INDEX, LEXICON, TOKENIZE

QUESTIONS = ("引っ越し", "カードをなくした", "じどうてあて", "hello", "介護", "借りたい")


def test_a_saved_index_ranks_the_same() -> None:
    again = from_bytes(to_bytes(INDEX))
    assert [rank(again, text, TOKENIZE) for text in QUESTIONS] == [
        rank(INDEX, text, TOKENIZE) for text in QUESTIONS
    ]


def test_a_saved_index_mends_the_same_words() -> None:
    again = from_bytes(to_bytes(INDEX)).repairer
    assert again == INDEX.repairer
    assert again.patterns


def test_a_saved_index_looks_up_the_same_terms() -> None:
    again = from_bytes(to_bytes(INDEX)).terms
    assert again.number == INDEX.terms.number
    for table in ("words", "grams", "bare"):
        assert getattr(again, table) == getattr(INDEX.terms, table)
    assert again.number["w:マイナンバー"] == again.words["マイナンバー"]


def test_an_index_saved_in_an_earlier_form_is_refused() -> None:
    with pytest.raises(ValueError):
        from_bytes(to_bytes(INDEX).replace(b"madoguchi-index-9", b"madoguchi-index-8", 1))


def test_a_word_that_no_document_holds_is_known_but_not_looked_up() -> None:
    shorter = build_index(DOCUMENTS[1:], LEXICON, TOKENIZE, INDEX)
    gone = INDEX.terms.words.keys() - shorter.terms.words.keys()
    assert gone and all(shorter.terms.knows(word) for word in gone)
    assert not shorter.terms.knows("知らない言葉")


def test_anything_but_a_saved_index_is_refused() -> None:
    saved = to_bytes(INDEX)
    for data in (b"", b"pickle", saved[:-40], saved[:25], b"madoguchi-index-1\n" + b"\xff" * 40):
        with pytest.raises(ValueError):
            from_bytes(data)


def test_loading_leaves_the_collector_of_garbage_as_it_was() -> None:
    saved = to_bytes(INDEX)
    from_bytes(saved)
    assert gc.isenabled()
    with pytest.raises(ValueError):
        from_bytes(saved[:-40])
    assert gc.isenabled()
    gc.disable()
    try:
        from_bytes(saved)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_key_changes_with_documents_and_word_list() -> None:
    key = index_key(DOCUMENTS, LEXICON)
    assert key == index_key(list(DOCUMENTS), list(LEXICON))
    assert key != index_key(DOCUMENTS[1:], LEXICON)
    assert key != index_key(DOCUMENTS, LEXICON[1:])


def test_a_builder_gives_what_building_from_the_index_before_gives() -> None:
    builder = IndexBuilder(LEXICON, TOKENIZE)
    before = None
    for documents in (DOCUMENTS, DOCUMENTS[1:], (*DOCUMENTS[2:], DOCUMENTS[0])):
        before = build_index(documents, LEXICON, TOKENIZE, before)
        assert to_bytes(builder.build(documents)) == to_bytes(before)


def test_a_builder_reads_no_text_twice() -> None:
    asked: list[str] = []

    def tokenize(text: str):  # type: ignore[no-untyped-def]
        asked.append(text)
        return TOKENIZE(text)

    builder = IndexBuilder(LEXICON, tokenize)
    builder.build(DOCUMENTS)
    asked.clear()
    builder.build([dataclasses.replace(each, questions=()) for each in DOCUMENTS])
    assert asked == []


def test_only_changed_documents_are_tokenised_again() -> None:
    seen: list[str] = []

    def counting(text: str):  # type: ignore[no-untyped-def]
        seen.append(text)
        return TOKENIZE(text)

    changed = dataclasses.replace(DOCUMENTS[0], title="転居の届け出")
    build_index((changed, *DOCUMENTS[1:]), LEXICON, counting, INDEX)
    assert "転居の届け出" in seen
    assert not any("要介護認定" in text for text in seen)


def test_a_rebuilt_index_knows_the_change_and_forgets_what_went() -> None:
    changed = dataclasses.replace(DOCUMENTS[4], title="プールの予約", questions=("泳ぎたい",))
    index = build_index((*DOCUMENTS[:4], changed, *DOCUMENTS[5:]), LEXICON, TOKENIZE, INDEX)
    assert rank(index, "プールで泳ぎたい", TOKENIZE).matches[0].id == "library"
    assert rank(build_index(DOCUMENTS[1:], LEXICON, TOKENIZE, INDEX), "引っ越し", TOKENIZE)
    shorter = build_index(DOCUMENTS[1:], LEXICON, TOKENIZE, INDEX)
    assert "moving" not in {match.id for match in rank(shorter, "引っ越し", TOKENIZE).matches}


def test_related_ids_are_read_as_titles() -> None:
    title_word = INDEX.terms.words["マイナンバー"]
    begin, end = INDEX.postings.start[title_word : title_word + 2]
    assert 0 in INDEX.postings.docs[begin:end].tolist()


def test_an_empty_index_finds_nothing() -> None:
    index = build_index((), LEXICON, TOKENIZE)
    assert rank(index, "引っ越し", TOKENIZE).matches == ()
    assert rank(from_bytes(to_bytes(index)), "引っ越し", TOKENIZE).matches == ()
