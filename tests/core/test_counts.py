"""Counting what stands in many documents once gives what counting each for itself gives."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.counts import (
    Reading,
    Vocabulary,
    compounds,
    concept_term,
    count_documents,
    readings,
    related_text,
)
from bot.core.documents import Document
from bot.core.terms import gram_terms, phrase_terms, spoken, tokenize_text, word_terms
from bot.core.text import fold, sentences, squeeze
from tests.core.knowledge import LEXICON, TOKENIZE

_PIECES = (
    "転入届を出します。",
    "カードの再交付",
    "紛失 届",
    "引っ越し",
    "ＡＢＣ",
    "窓口は１階です。\n",
    "",
)
_TEXT = st.lists(st.sampled_from(_PIECES), max_size=4).map("".join)
_DOCUMENT = st.builds(
    Document, st.just("id"), _TEXT, st.lists(_TEXT, max_size=2).map(tuple), _TEXT,
    st.lists(_TEXT, max_size=2).map(tuple), _TEXT,
)  # fmt: skip


def plain_counts(document: Document) -> tuple[dict[str, list[int]], list[list[str]]]:
    """Terms with their counts by field, and the terms of each phrase, sentence by sentence."""
    questions = (document.title, *document.questions)
    fields = ("\n".join(questions), document.answer, related_text(document, {}), document.contact)
    counts: list[Counter[str]] = [Counter() for _ in fields]
    phrases = []
    for question in questions:
        tokens = tokenize_text(fold(question), TOKENIZE)
        counts[0].update(
            (*word_terms(tokens), *gram_terms(tokens), *readings(tokens), *compounds(tokens))
        )
        sounds = dict.fromkeys(phrase_terms(spoken(tokens)))
        phrases.append([*dict.fromkeys(word_terms(tokens)), *sounds])
    for field, text in enumerate(fields):
        if field:
            for sentence in sentences(fold(text)):
                tokens = TOKENIZE(sentence)
                counts[field].update((*word_terms(tokens), *gram_terms(tokens), *readings(tokens)))
        for line in LEXICON:
            held = sum(squeeze(fold(text)).count(word) for word in set(line[1]) if len(word) > 1)
            if held:
                counts[field][concept_term(line)] += held
    every = dict.fromkeys(term for each in counts for term in each)
    return {term: [each[term] for each in counts] for term in every}, phrases


@given(st.lists(_DOCUMENT, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_documents_counted_together_are_counted_as_each_alone(documents: list[Document]) -> None:
    vocabulary: Vocabulary = {}
    related = [related_text(document, {}) for document in documents]
    together = count_documents(documents, related, LEXICON, Reading(TOKENIZE, vocabulary))
    names = list(vocabulary)
    assert list(vocabulary.values()) == list(range(len(vocabulary)))
    for document, counted in zip(documents, together, strict=True):
        terms, phrases = plain_counts(document)
        rows = zip(counted.terms.tolist(), counted.tallies.tolist(), strict=True)
        assert {names[number]: row for number, row in rows} == terms
        assert [[names[n] for n in phrase] for phrase in counted.phrases] == phrases
