"""A linear classifier of short texts that is small when it has learnt, and can be kept in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.special import expit

from bot.nlu.terms import Analyze, Tfidf
from knowledge_base.words import Analyzer

if TYPE_CHECKING:
    # Takes a second to import, and who only lists orders needs it not.
    from sklearn.feature_extraction.text import TfidfVectorizer

Floats = npt.NDArray[np.float32]


class TextClassifier:
    """Logistic regression, one class against the others, on the stems of a text and its runs of characters.

    Args:
        language: of the texts; it decides what their stems are.
        views: what was learnt of the stems, and of the runs of characters.
        classes: the labels.
        weights: of shape (features, classes), or (features, 1) where there are two classes.
        bias: of shape (classes,), or (1,).
    """

    def __init__(
        self, language: str, views: Sequence[Tfidf], classes: Sequence[str], weights: Floats, bias: Floats
    ) -> None:
        self._language = language
        self._views = views
        self.classes = classes
        self._weights = weights
        self._bias = bias

    @classmethod
    def learn(
        cls, language: str, texts: Sequence[str], labels: Sequence[str], class_weight: str | None = "balanced"
    ) -> tuple[Self, scipy.sparse.csr_matrix]:
        """Learn from labelled texts; returns the classifier, and the features of the texts of shape (texts, n).

        Args:
            class_weight: `balanced` if small classes are to count as much as large ones.
        """
        from sklearn.linear_model import LogisticRegression

        learnt = [Tfidf.learn(vectorizer, texts) for vectorizer in _vectorizers(language)]
        features = scipy.sparse.hstack([of_view for _, of_view in learnt], format="csr")
        regression = LogisticRegression(C=50, class_weight=class_weight, solver="liblinear", tol=1e-2)
        regression.fit(features, labels)
        weights = np.ascontiguousarray(regression.coef_.T, dtype=np.float32)
        bias = regression.intercept_.astype(np.float32)
        classes = [str(label) for label in regression.classes_]
        return cls(language, [view for view, _ in learnt], classes, weights, bias), features.astype(np.float32)

    def features(self, text: str) -> scipy.sparse.csr_matrix:
        """The features of a text, of shape (1, n); each view's are a vector of length one."""
        views = zip(self._views, _analyzers(self._language), strict=True)
        return scipy.sparse.hstack([view.transform(analyze(text)) for view, analyze in views], format="csr")

    def probabilities(self, text: str) -> dict[str, float]:
        """How likely a text is of each class."""
        features = self.features(text)
        likely = expit(features.data @ self._weights[features.indices] + self._bias)
        of_all = [1 - likely[0], likely[0]] if len(self.classes) == 2 else likely / likely.sum()
        return dict(zip(self.classes, map(float, of_all), strict=True))


def _vectorizers(language: str) -> list[TfidfVectorizer]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return [
        TfidfVectorizer(analyzer=_stems(language), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3) if language == "zh" else (2, 5), sublinear_tf=True),
    ]


@cache
def _analyzers(language: str) -> list[Analyze]:
    return [vectorizer.build_analyzer() for vectorizer in _vectorizers(language)]


@cache
def _stems(language: str) -> Callable[[str], list[str]]:
    return Analyzer(language).stems
