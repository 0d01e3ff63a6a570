"""Terms by their hashes: what scikit-learn's vectorizer finds, in a twentieth of the memory."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.terms import Terms, Tfidf

TEXTS = ["where is my parcel", "where is my order", "I want to return the boots", "退货在哪里办", "退货", ""]
MOST_BYTES_A_TERM = 20


def vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32)


@pytest.mark.parametrize("text", [*TEXTS, "where are the boots", "nothing of it: ÄÖ"])
def test_features_are_those_of_the_vectorizer(text: str) -> None:
    theirs = vectorizer().fit(TEXTS)
    ours, _ = Tfidf.learn(vectorizer(), TEXTS)
    _, order = Terms.of(theirs.vocabulary_)
    found = ours.transform(theirs.build_analyzer()(text)).toarray()
    np.testing.assert_allclose(found, theirs.transform([text]).toarray()[:, order], rtol=1e-5, atol=1e-7)


def test_learning_gives_the_features_of_what_is_learnt_from() -> None:
    tfidf, features = Tfidf.learn(vectorizer(), TEXTS)
    analyze = vectorizer().build_analyzer()
    for text, row in zip(TEXTS, features.toarray(), strict=True):
        np.testing.assert_allclose(tfidf.transform(analyze(text)).toarray()[0], row, rtol=1e-5, atol=1e-7)


@given(st.lists(st.text(max_size=5), max_size=30), st.lists(st.text(max_size=5), max_size=30))
def test_known_terms_are_found_and_others_are_not(known: list[str], asked: list[str]) -> None:
    vocabulary = {term: number for number, term in enumerate(dict.fromkeys(known))}
    terms, order = Terms.of(vocabulary)
    columns, frequencies = terms.find(asked)
    names = list(vocabulary)
    found = {names[order[column]]: frequency for column, frequency in zip(columns, frequencies, strict=True)}
    assert found == {term: count for term, count in Counter(asked).items() if term in vocabulary}
    assert list(columns) == sorted(columns)


def test_two_terms_of_the_same_hash_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.terms.hash_unicode", lambda term, seed: 1)
    with pytest.raises(ValueError, match="hash"):
        Terms.of({"one": 0, "other": 1})


def test_a_vocabulary_is_small() -> None:
    many = [f"{number:x} {number * 7919:x}" for number in range(3000)]
    tfidf, _ = Tfidf.learn(vectorizer(), many)
    assert len(tfidf.terms) > 5000
    assert len(pickle.dumps(tfidf)) < MOST_BYTES_A_TERM * len(tfidf.terms)
