"""Articles as vectors of a sentence encoder: which of them mean what a question means.

An article is as close to a question as the closest of its texts: its questions, title, answer and sections. What the
encoder is, is left to the caller (`Encode`).
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.articles import Article
from knowledge_base.bm25 import Numbers
from knowledge_base.words import without_tags

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]

Encode = Callable[[Sequence[str]], Floats]
"""Turns texts into vectors, of shape (texts, d)."""

RECIPROCAL_RANK_K = 60
"""The constant of reciprocal rank fusion, as in the paper."""

_PROBE = " ".join(map(str, range(1000)))
"""What tells encoders apart. It is longer than what they read, so that how much they read counts as well."""


class VectorCache:
    """Keeps the vectors of texts in a folder, a file for each collection of texts and encoder.

    Encoding takes milliseconds a text: so a restart encodes nothing, and a change only what is new. A file that is
    missing or broken only costs time.

    Args:
        folder: is made when there is something to keep; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def vectors(self, collection: str, texts: Sequence[str], encode: Encode) -> Floats:
        """The vectors of a collection's texts, of shape (texts, d); the file then has these and no others."""
        if self._folder is None:
            return _encoded(collection, texts, encode)
        probe = encode([_PROBE])
        path = self._folder / f"{collection}-{_hash(probe.round(2).tobytes())[:16]}.npz"
        by_key = {_hash(text.encode()): text for text in texts}
        known = _load(path, probe.shape[1])
        missing = [key for key in by_key if key not in known]
        if missing:
            fresh = _encoded(collection, [by_key[key] for key in missing], encode)
            known.update(zip(missing, fresh, strict=True))
            _save(path, {key: known[key] for key in by_key})
        return np.stack([known[_hash(text.encode())] for text in texts])


class DenseIndex:
    """The vectors of one language's articles. It does not change, and threads may share it.

    Cosines mean different things in different encoders. How sure to be of one is learnt from the articles' own
    questions, each of them compared with all texts but itself: the sharpness is that under which their articles are
    likeliest, and a question as far from everything as one in twenty of them is as likely to have no answer.

    Args:
        articles: at least one.
        vectors: of the articles' texts (see `texts_of`), article by article, of shape (texts, d).
        encode: the encoder of the vectors.
    """

    def __init__(self, articles: Sequence[Article], vectors: Floats, encode: Encode) -> None:
        sizes = [len(texts_of(article)) for article in articles]
        self._encode = encode
        self._vectors = _normalised(vectors)
        self._firsts = np.cumsum([0, *sizes[:-1]])
        self._owners = np.repeat(np.arange(len(sizes)), sizes)
        self._sharpness, self._nothing = self._calibrated([len(article.questions) for article in articles])

    def chances(self, query: str) -> Numbers:
        """For each article, the probability that it answers the query; together at most 1."""
        closeness = self._closeness(self._vectors @ _normalised(self._encode([query]))[0]).astype(np.float64)
        odds = self._sharpness * (closeness - self._nothing)
        probabilities: Numbers = np.exp(odds - np.logaddexp.reduce(odds, initial=0.0))
        return probabilities

    def _closeness(self, cosines: Floats) -> Floats:
        """Of each article the closest text, from the cosines of all texts."""
        return np.maximum.reduceat(cosines, self._firsts)

    def _calibrated(self, questions: Sequence[int], sample: int = 200) -> tuple[float, float]:
        # Of an article without questions, its title; see `texts_of`.
        own = np.concatenate([first + np.arange(max(1, n)) for first, n in zip(self._firsts, questions, strict=True)])
        own = own[:: -(-len(own) // sample)]
        closeness = np.stack([self._closeness(self._others(text)) for text in own]).astype(np.float64)
        right = closeness[np.arange(len(own)), self._owners[own]]
        nothing = float(np.quantile(closeness.max(axis=1), 0.05))

        def likelihood(sharpness: float) -> float:
            odds = sharpness * (closeness - nothing)
            return float(np.mean(sharpness * (right - nothing) - np.logaddexp.reduce(odds, axis=1, initial=0.0)))

        return max(np.geomspace(1, 1000, 60).tolist(), key=likelihood), nothing

    def _others(self, text: int) -> Floats:
        """The cosines of a text with all texts; none with itself."""
        cosines: Floats = self._vectors @ self._vectors[text]
        cosines[text] = -1
        return cosines


def texts_of(article: Article) -> list[str]:
    """What is encoded of an article: its questions, title, answer and sections."""
    told = (article.title, article.answer, *("\n".join(section) for section in article.sections))
    return [*article.questions, *(without_tags(text).strip() for text in told)]


def fused(lexical: Numbers, dense: Numbers) -> Numbers:
    """The probabilities of two rankings of the same articles as one.

    The order is that of reciprocal rank fusion (Cormack, Clarke and Büttcher, Reciprocal Rank Fusion Outperforms
    Condorcet and Individual Rank Learning Methods, 2009). The probabilities are the geometric means of both, that of
    no article included, scaled to 1 together (a logarithmic opinion pool: Genest and Zidek, Combining Probability
    Distributions, 1986); the greatest goes to the first article, and so on.
    """
    merits = 1 / (RECIPROCAL_RANK_K + _ranks(lexical)) + 1 / (RECIPROCAL_RANK_K + _ranks(dense))
    means = np.sqrt(lexical * dense)
    none = math.sqrt(max(0.0, 1 - lexical.sum()) * max(0.0, 1 - dense.sum()))
    pooled = means / max(means.sum() + none, 1e-12)
    probabilities: Numbers = np.empty_like(pooled)
    probabilities[np.lexsort((-pooled, -merits))] = -np.sort(-pooled)
    return probabilities


def _ranks(chances: Numbers) -> Numbers:
    """From 1. Equals share the middle one of theirs: no order is made up between articles of which nothing is known."""
    _, inverse, counts = np.unique(-chances, return_inverse=True, return_counts=True)
    ranks: Numbers = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _encoded(collection: str, texts: Sequence[str], encode: Encode) -> Floats:
    # Of a whole collection it takes minutes, in which nothing else is heard.
    logger.info("Encoding %d texts of the knowledge base in '%s'", len(texts), collection)
    vectors = encode(texts)
    logger.info("Encoded %d texts of the knowledge base in '%s'", len(texts), collection)
    return vectors


def _normalised(vectors: Floats) -> Floats:
    normalised: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return normalised


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _load(path: Path, size: int) -> dict[str, Floats]:
    """The vectors of a file, by their texts' hashes; none of a file that is missing, broken, or of another size."""
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, vectors = file["keys"], file["vectors"]
        if vectors.shape != (len(keys), size):
            raise ValueError(f"vectors of shape {vectors.shape}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s is broken, and its vectors computed anew: %s", path, error)
        return {}
    return dict(zip(keys.tolist(), vectors, strict=True))


def _save(path: Path, vectors: Mapping[str, Floats]) -> None:
    """Write the file as a whole or not at all: another process may read it at any time."""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            np.savez(file, keys=np.array([*vectors]), vectors=np.stack([*vectors.values()]))
        temporary.replace(path)
    except OSError as error:
        logger.warning("%s cannot be written: %s", path, error)
        with suppress(OSError):
            temporary.unlink()
