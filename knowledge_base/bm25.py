"""BM25 by bm25s, as Lucene computes it (Kamphuis et al., Which BM25 do you mean?, 2020)."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import bm25s
import numpy as np
from murmurhash import hash_unicode
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


class Vocabulary:
    """Features, each with a number, known by hashes of 64 bits: strings would take twenty times the memory, and more in
    each worker that looks them up. No two features have the same hash, which is checked.
    """

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)
        self._numbers: NDArray[np.int32] = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, features: Collection[str]) -> NDArray[np.int32]:
        """The number of each feature, -1 where it has none."""
        hashes = _hashes(features)
        if not len(self):
            return np.full(len(hashes), -1, dtype=np.int32)
        at = np.searchsorted(self._hashes, hashes)
        at[at == len(self)] = 0
        return np.where(self._hashes[at] == hashes, self._numbers[at], np.int32(-1))

    def with_also(self, features: Collection[str]) -> tuple[Vocabulary, NDArray[np.int32]]:
        """A vocabulary that has these features too, and their numbers in it; new ones are counted on.

        Raises:
            ValueError: when two features have the same hash.
        """
        numbers, hashes = self.find(features), _hashes(features)
        new = np.flatnonzero(numbers == -1)
        numbers[new] = np.arange(len(self), len(self) + len(new))
        vocabulary = Vocabulary()
        vocabulary._hashes = np.concatenate((self._hashes, hashes[new]))
        vocabulary._numbers = np.concatenate((self._numbers, numbers[new]))
        order = np.argsort(vocabulary._hashes)
        vocabulary._hashes, vocabulary._numbers = vocabulary._hashes[order], vocabulary._numbers[order]
        if (vocabulary._hashes[1:] == vocabulary._hashes[:-1]).any():
            raise ValueError("two features have the same hash")
        return vocabulary, numbers


def _hashes(features: Collection[str]) -> NDArray[np.uint64]:
    # Two of 32 bits each; they come as signed numbers.
    halves = [np.fromiter((hash_unicode(feature, seed) for feature in features), dtype=np.int64) for seed in (0, 1)]
    return np.column_stack(halves).astype(np.uint32).view(np.uint64).ravel()


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
        self._vocabulary = Vocabulary()
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
        view._vocabulary = self._vocabulary
        documents = [*self._documents, *view._numbered(texts)]
        view._fill([documents[i] for i in order])
        return view

    def _numbered(self, texts: Iterable[str]) -> list[array[int]]:
        """The features of each text, as their numbers in the vocabulary; unknown ones join it."""
        met: dict[str, int] = {}
        documents = [[met.setdefault(f, len(met)) for f in self._features(text)] for text in texts]
        self._vocabulary, numbers = self._vocabulary.with_also(met.keys())
        return [array("i", numbers[document].tolist()) for document in documents]

    def _fill(self, documents: list[array[int]]) -> None:
        # SciPy builds the matrix in less time than bm25s's default.
        retriever = bm25s.BM25(self._weighting.k1, self._weighting.b, method="lucene", csc_backend="scipy")
        with np.errstate(invalid="ignore"):  # Where no text has a feature, their mean length is 0.
            numbers = {str(number): number for number in range(len(self._vocabulary))}
            retriever.index((documents, numbers), create_empty_token=False, show_progress=False)
        scores = retriever.scores
        # The words of a question are looked up for each article that is found.
        self._column = lru_cache(maxsize=2**10)(self._column_of)
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
        numbers = self._vocabulary.find(features)
        known = numbers[numbers >= 0]
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

    def _column_of(self, feature: str) -> slice:
        """Where the matrix has a feature's texts and scores."""
        (column,) = self._vocabulary.find([feature])
        return slice(0) if column < 0 else slice(*self._scores.indptr[column : column + 2])


def idf(documents: int, having: int | NDArray[Any]) -> Numbers:
    """Lucene's inverse document frequency."""
    frequency: Numbers = np.log1p((documents - having + 0.5) / (having + 0.5))
    return frequency
