"""Terms of texts (words, runs of characters), known by their hashes.

A vocabulary of strings takes some 150 bytes a term, most of them Python's own, and is touched, so copied, by each
worker that looks a term up. A sorted array of 64-bit hashes takes eight, and forked workers share it. No two terms of a
vocabulary have the same hash, which is checked; that a foreign one has the hash of a known one is a matter of one in
10^14.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse
from murmurhash import hash_unicode

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

Analyze = Callable[[str], list[str]]
"""Takes a text apart into terms."""


class Terms:
    """A vocabulary: each term has a number, which is the position of its hash among all.

    Args:
        hashes: sorted, of type uint64 and shape (n,).
    """

    def __init__(self, hashes: npt.NDArray[np.uint64]) -> None:
        self.hashes = hashes

    @classmethod
    def of(cls, vocabulary: Mapping[str, int]) -> tuple[Self, npt.NDArray[np.intp]]:
        """The terms of a vocabulary of scikit-learn's, and of each, in their new order, the number that it had there.

        Raises:
            ValueError: when two terms have the same hash.
        """
        hashes = np.empty(len(vocabulary), dtype=np.uint64)
        hashes[list(vocabulary.values())] = _hashes(vocabulary)
        order = np.argsort(hashes)
        hashes = hashes[order]
        if (hashes[1:] == hashes[:-1]).any():
            raise ValueError("two terms have the same hash")
        return cls(hashes), order

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, terms: Iterable[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """The numbers of those of the terms that are known, ascending, and how often each occurs."""
        counts = Counter(terms)
        hashes = _hashes(counts)
        at = np.searchsorted(self.hashes, hashes)
        at[at == len(self.hashes)] = 0
        known = np.flatnonzero(self.hashes[at] == hashes) if len(self.hashes) else np.zeros(0, dtype=np.intp)
        columns = at[known].astype(np.int32)
        order = np.argsort(columns)
        frequencies = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))[known]
        return columns[order], frequencies[order]


class Tfidf:
    """What a `TfidfVectorizer` has learnt (with `sublinear_tf`), for texts that come one by one.

    Args:
        terms: its vocabulary.
        weights: the terms' inverse document frequencies, of type float32 and shape (n,).
    """

    def __init__(self, terms: Terms, weights: npt.NDArray[np.float32]) -> None:
        self.terms = terms
        self.weights = weights

    @classmethod
    def learn(cls, vectorizer: TfidfVectorizer, texts: Sequence[str]) -> tuple[Self, scipy.sparse.csr_matrix]:
        """Fit a vectorizer to texts; returns what it has learnt, and their features of shape (texts, n)."""
        features = vectorizer.fit_transform(texts)
        terms, order = Terms.of(vectorizer.vocabulary_)
        features = features[:, order]
        features.sort_indices()
        return cls(terms, vectorizer.idf_[order].astype(np.float32)), features

    def transform(self, terms: Iterable[str]) -> scipy.sparse.csr_matrix:
        """The features of a text that consists of these terms, of length 1 and shape (1, n)."""
        columns, frequencies = self.terms.find(terms)
        values = (1 + np.log(frequencies)) * self.weights[columns]
        values = (values / (np.linalg.norm(values) or 1)).astype(np.float32)
        return scipy.sparse.csr_matrix((values, columns, [0, len(columns)]), shape=(1, len(self.weights)))


def _hashes(terms: Iterable[str]) -> npt.NDArray[np.uint64]:
    terms = list(terms)
    # Two of 32 bits each; they come as signed numbers.
    halves = [np.fromiter((hash_unicode(term, seed) for term in terms), dtype=np.int64) for seed in (0, 1)]
    return np.column_stack(halves).astype(np.uint32).view(np.uint64).ravel()
