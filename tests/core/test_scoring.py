"""The first stage and the features, beside the plain computation over every document."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.documents import Document
from bot.core.index import Index, build_index
from bot.core.query import CONCEPTS, GRAMS, ORIGINAL, Query, read_query
from bot.core.saved import from_bytes, to_bytes
from bot.core.scoring import FEATURES, score
from tests.core.knowledge import DOCUMENTS, INDEX, LEXICON, TOKENIZE

_BARE = build_index([Document(d.id, d.title, (), d.answer) for d in DOCUMENTS], LEXICON, TOKENIZE)
_WORDS = ("引っ越し", "カード", "なくした", "の", "児童手当", "本を", "借りたい", "zzz", "介護", "ナンバー", "窓口", "?")  # fmt: skip
_GROUP_WEIGHTS = (1.0, 1.0, 0.3, 0.9)


def _asked(query: Query) -> list[tuple[int, int, float]]:
    """Group, term and weight of each term."""
    return [(g, *pair) for g, group in enumerate(query.by_group()) for pair in group.items()]


def plain_features(index: Index, query: Query, document: int) -> dict[str, float]:
    """What `score` says of one document, looked up term by term."""
    postings, found = index.postings, dict.fromkeys(FEATURES, 0.0)
    asked = {ORIGINAL: len(query.unknown) * math.log1p(postings.size), CONCEPTS: 0.0}
    for group, term, weight in _asked(query):
        idf = float(postings.idf[term])
        if group in asked:
            asked[group] += idf
        if group == GRAMS:
            named = postings.title_docs[slice(*postings.title_start[term : term + 2])]
            found["gram_title"] += weight * idf * (document in named)
        for place in range(postings.start[term], postings.start[term + 1]):
            if postings.docs[place] == document:
                found["first"] += weight * _GROUP_WEIGHTS[group] * float(postings.impact[place])
                found["covd"] += idf * (group == ORIGINAL)
                found["ccovd"] += idf * (group == CONCEPTS)
    found["covd"] /= max(asked[ORIGINAL], 1e-6)
    found["ccovd"] /= max(asked[CONCEPTS], 1e-6)
    likeness, found["rcov"], found["sound"] = plain_phrases(index, query, document)
    found["first"] += 5.0 * likeness
    return found


def plain_phrases(index: Index, query: Query, document: int) -> tuple[float, float, float]:
    phrases = index.phrases
    firsts = [*phrases.first.tolist(), phrases.size]
    own = {term: group == ORIGINAL for group, term, _ in _asked(query) if group <= 1}
    lengths = [
        math.sqrt(sum(float(phrases.idf[t]) ** 2 for t in terms)) or 1.0
        for terms in ([t for t in own if own[t]], query.sounds)
    ]
    rows = []
    for row in range(firsts[document], firsts[document + 1]):
        words_length, words_sum, sounds_length = phrases.scales[:, row].tolist()
        word = held = sound = 0.0
        for term in (*own, *query.sounds):
            for place in range(phrases.start[term], phrases.start[term + 1]):
                if phrases.rows[place] == row:
                    idf = float(phrases.idf[term])
                    if term in own:
                        word += idf**2 * own[term] * words_length / lengths[0]
                        held += idf * words_sum
                    else:
                        sound += idf**2 * sounds_length / lengths[1]
        rows.append((word + sound, held, sound))
    likeness, held, sound = (max(each) for each in zip(*rows, strict=True))
    return likeness, held, sound


@given(st.lists(st.sampled_from(_WORDS), max_size=5), st.sampled_from((INDEX, _BARE)))
@settings(max_examples=60, deadline=None)
def test_scores_are_those_of_the_plain_computation(words: list[str], index: Index) -> None:
    query = read_query(index, "".join(words), TOKENIZE)
    scored = score(index, query, 4)
    plain = [plain_features(index, query, number) for number in range(len(index.ids))]
    positive = [number for number, each in enumerate(plain) if each["first"] > 0]
    best = sorted(positive, key=lambda number: -plain[number]["first"])[:4]
    assert np.allclose(
        [plain[number]["first"] for number in scored.candidates],
        [plain[number]["first"] for number in best],
        rtol=1e-5,
    )
    for name in ("first", "covd", "ccovd", "rcov", "sound", "gram_title"):
        expected = [plain[number][name] for number in scored.candidates]
        assert np.allclose(scored.features[:, FEATURES.index(name)], expected, rtol=1e-5, atol=1e-6)


def test_even_terms_of_a_title_count_by_their_direction_alone() -> None:
    query = read_query(INDEX, "カードをなくした", TOKENIZE)
    scored = score(INDEX, query, 4)
    terms, latent = np.array(query.terms), INDEX.latent
    postings = INDEX.postings
    strength = np.array(query.weights) * postings.idf[terms] * postings.latent_weight[terms]
    asked = strength @ latent.axes[latent.row[terms]]
    held = postings.matrices()[1][scored.candidates] @ latent.axes[latent.row]
    lengths = np.linalg.norm(held, axis=1) * np.linalg.norm(asked)
    column = scored.features[:, FEATURES.index("latent_even")]
    assert np.allclose(column, held @ asked / np.maximum(lengths, 1e-9), atol=1e-3)
    norms = np.linalg.norm(latent.axes[1:], axis=1)
    assert np.allclose(norms, 1.0, atol=1e-3) and np.ptp(latent.length[1:]) > 0.1


def test_arrays_of_a_saved_index_lie_where_they_are_read_quickly() -> None:
    index = from_bytes(to_bytes(INDEX))
    for part in (index.postings, index.phrases, index.latent):
        arrays = [value for value in vars(part).values() if isinstance(value, np.ndarray)]
        assert arrays and all(array.flags.aligned for array in arrays)
