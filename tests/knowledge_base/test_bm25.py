import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.bm25 import View, Vocabulary, Weighting

WEIGHTING = Weighting(k1=1.5, b=0.5, unsaid=2.0)

texts = st.lists(st.lists(st.sampled_from("abcdef"), max_size=8).map(" ".join), min_size=1, max_size=8)


def by_the_formula(texts: Sequence[str], query: str) -> list[float]:
    """BM25 as it stands in the paper (Lucene's variant), over the share that could be reached."""
    k1, b, unsaid = WEIGHTING
    documents = [text.split() for text in texts]
    mean = sum(map(len, documents)) / len(documents) or 1.0

    def idf(term: str) -> float:
        having = sum(term in document for document in documents)
        return math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))

    terms = set(query.split())
    reachable = sum(map(idf, terms)) + unsaid * idf("unknown")
    return [
        sum(
            idf(term) * document.count(term) / (document.count(term) + k1 * (1 - b + b * len(document) / mean))
            for term in terms
        )
        / reachable
        for document in documents
    ]


@given(texts, st.lists(st.sampled_from("abcdexyz"), max_size=5).map(" ".join))
def test_scores_are_those_of_the_formula(texts: list[str], query: str) -> None:
    view = View(texts, str.split, WEIGHTING)

    np.testing.assert_allclose(view.scores(query), by_the_formula(texts, query), rtol=1e-5)


@given(texts, texts, st.randoms())
def test_an_updated_view_is_that_of_its_texts(old: list[str], new: list[str], random: Random) -> None:
    order = list(range(len(old) + len(new)))
    random.shuffle(order)
    order = order[: len(order) // 2 + 1]
    updated = View(old, str.split, WEIGHTING).updated(new, np.array(order))

    expected = by_the_formula([(old + new)[i] for i in order], "a b x")
    np.testing.assert_allclose(updated.scores("a b x"), expected, rtol=1e-5)


def test_an_update_leaves_the_view_as_it_was() -> None:
    view = View(["a b", "b"], str.split, WEIGHTING)
    before = view.scores("a c")
    view.updated(["c c c"], np.array([2, 0]))

    np.testing.assert_array_equal(view.scores("a c"), before)


def test_who_has_a_feature_and_how_much() -> None:
    view = View(["a b a", "b", ""], str.split, WEIGHTING)

    assert view.having("a").tolist() == [0]
    assert sorted(view.having("b").tolist()) == [0, 1]
    assert view.having("x").size == 0
    assert view.saturation("a", 0) > view.saturation("b", 0) > 0
    assert (view.saturation("a", 1), view.saturation("x", 0)) == (0.0, 0.0)


@pytest.mark.parametrize("texts", [[""], ["", ""]])
def test_texts_without_features(texts: list[str]) -> None:
    assert View(texts, str.split, WEIGHTING).scores("a").tolist() == [0.0] * len(texts)


def test_a_vocabulary_counts_on_from_what_it_has() -> None:
    first, numbers = Vocabulary().with_also(["how", "long", "退货"])
    assert numbers.tolist() == [0, 1, 2]
    second, numbers = first.with_also(["long", "parcel"])
    assert numbers.tolist() == [1, 3]
    assert second.find(["退货", "parcel", "nothing"]).tolist() == [2, 3, -1]
    assert first.find(["parcel"]).tolist() == [-1]
    assert Vocabulary().find(["how"]).tolist() == [-1]
