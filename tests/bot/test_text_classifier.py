"""The small classifier of answers and descriptions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from bot.text_classifier import TextClassifier
from knowledge_base.words import Analyzer

EXAMPLES = {
    "too small": "small",
    "it is too tight": "small",
    "too big": "big",
    "much too large": "big",
    "the colour is wrong": "other",
    "I do not like it": "other",
}
ASKED = ["too small for me", "large", "wrong colour", "", "xyz"]


@pytest.mark.parametrize("labels", [{"small", "big", "other"}, {"small", "big"}])
def test_probabilities_are_those_of_scikit_learn(labels: set[str]) -> None:
    examples = {text: label for text, label in EXAMPLES.items() if label in labels}
    texts, classes = list(examples), list(examples.values())
    features = make_union(
        TfidfVectorizer(analyzer=Analyzer("en").stems, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    regression = LogisticRegression(C=50, class_weight="balanced", solver="liblinear", tol=1e-2)
    theirs = make_pipeline(features, regression).fit(texts, classes)
    ours, learnt = TextClassifier.learn("en", texts, classes)
    assert learnt.shape[0] == len(texts)
    for text in ASKED:
        expected = dict(zip(theirs.classes_, theirs.predict_proba([text])[0], strict=True))
        found = ours.probabilities(text)
        assert list(found) == list(expected)
        np.testing.assert_allclose(list(found.values()), list(expected.values()), atol=5e-3)
