"""BM25 by bm25s, as Lucene computes it (Kamphuis et al., Which BM25 do you mean?, 2020)."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import bm25s
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

logging.getLogger("bm25s").setLevel(logging.WARNING)  # On import it asks for everything.

Features = Callable[[str], list[str]]
"""Takes a text apart."""

Numbers = NDArray[np.float64]


class Weighting(NamedTuple):
    """The parameters of BM25."""

    k1: float
    """Saturation: the higher, the more counts a feature that comes back."""
    b: float
    """How much a long text must say a feature more often, from 0 to 1."""
    unsaid: float
    """A query is rated as if it had this many unknown features more."""


class View:
    """Texts, seen by one kind of feature. It does not change, and threads may share it.

    Args:
        texts: what is searched.
        features: what the texts and the queries consist of.
        weighting: the parameters.
    """

    def __init__(self, texts: Iterable[str], features: Features, weighting: Weighting) -> None:
        self._features = features
        self._weighting = weighting
        self._vocabulary: dict[str, int] = {}
        self._fill(self._numbered(texts))

    def updated(self, texts: Iterable[str], order: NDArray[np.int64]) -> View:
        """A view of other texts, in which those that it has in common with this one are not taken apart again.

        Args:
            texts: the new ones.
            order: the texts of the view, by their number: first this view's are counted, and then the new ones.
        """
        view = View.__new__(View)
        view._features = self._features
        view._weighting = self._weighting
        view._vocabulary = dict(self._vocabulary)
        documents = [*self._documents, *view._numbered(texts)]
        view._fill([documents[i] for i in order])
        return view

    def _numbered(self, texts: Iterable[str]) -> list[array[int]]:
        """The features of each text, as their numbers in the vocabulary; unknown ones join it."""
        known = self._vocabulary
        return [array("i", [known.setdefault(f, len(known)) for f in self._features(text)]) for text in texts]

    def _fill(self, documents: list[array[int]]) -> None:
        # SciPy builds the matrix in less time than bm25s's default.
        retriever = bm25s.BM25(self._weighting.k1, self._weighting.b, method="lucene", csc_backend="scipy")
        with np.errstate(invalid="ignore"):  # Where no text has a feature, their mean length is 0.
            retriever.index((documents, self._vocabulary), create_empty_token=False, show_progress=False)
        scores = retriever.scores
        self._documents = documents
        # bm25s would add the scores up with `np.add.at`, which in NumPy 1.24 takes twenty times as long: so the
        # query goes to its matrix (a row a text, a column a feature) directly.
        self._scores = sparse.csc_matrix(
            (scores["data"], scores["indices"], scores["indptr"]), (len(documents), len(self._vocabulary))
        )

    def scores(self, query: str) -> Numbers:
        """For each text, the share from 0 to 1 of what could be reached.

        Unknown features count in what could be reached: a query that is foreign to all texts scores low.
        """
        features = set(self._features(query))
        known = [self._vocabulary[feature] for feature in features if feature in self._vocabulary]
        number = len(self._documents)
        columns = self._scores[:, known]
        unknown = len(features) - len(known) + self._weighting.unsaid
        reachable = idf(number, np.diff(columns.indptr)).sum() + idf(number, 0) * unknown
        scores: Numbers = columns @ np.ones(len(known)) / reachable
        return scores

    def having(self, feature: str) -> NDArray[np.int32]:
        """The texts that have a feature."""
        texts: NDArray[np.int32] = self._scores.indices[self._column(feature)]
        return texts

    def saturation(self, feature: str, text: int) -> float:
        """How far a text is about a feature, from 0 to 1: BM25's saturated count."""
        column = self._column(feature)
        having, scores = self._scores.indices[column], self._scores.data[column]
        return float(scores[having == text].sum() / idf(len(self._documents), having.size))

    def _column(self, feature: str) -> slice:
        """Where the matrix has a feature's texts and scores."""
        column = self._vocabulary.get(feature)
        return slice(0) if column is None else slice(*self._scores.indptr[column : column + 2])


def idf(documents: int, having: int | NDArray[Any]) -> Numbers:
    """Lucene's inverse document frequency."""
    frequency: Numbers = np.log1p((documents - having + 0.5) / (having + 0.5))
    return frequency
