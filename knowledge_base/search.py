"""Search over the articles of one language: which of them answers a question.

An article is seen from two sides: how people ask for it (its title and questions) and what it says (title,
answer and body). Each side is compared with the query by stems and by character n-grams, with BM25. The four
scores are added up with weights, and the sums turned into probabilities.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import bm25s  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from knowledge_base.articles import Article
from knowledge_base.words import Analyzer

logging.getLogger("bm25s").setLevel(logging.WARNING)  # On import it asks for everything.

Numbers = NDArray[np.float64]

MAX_QUERY = 500
"""The characters of a query that are looked at: more than a question needs, and a bound on its time."""


@dataclass(frozen=True)
class Parameters:
    """The numbers of the search, chosen by `python -m tests.knowledge_base.measure`.

    The optimum is flat: half or double a weight or a k1 costs a point or two of MRR.
    """

    asked: float = 1.0
    """The weight of what people ask: title and questions."""
    told: float = 0.6
    """The weight of what the article says: title, answer and body."""
    asked_k1: float = 5.0
    """BM25's saturation: a word that comes back in many of an article's questions is what it is about, so
    that each time counts."""
    told_k1: float = 2.5
    length: float = 0.4
    """BM25's b: how much a long text must say a word more often, from 0 to 1."""
    unsaid: float = 4.0
    """A query is rated as if it had this many unknown words more. One word that fits is less of a proof
    than a whole sentence that fits."""
    sharpness: float = 15.5
    """By how much the log odds between two articles grow for a difference of 1 between their sums."""
    nothing: float = 0.39
    """The sum at which an article is as likely to be the answer as that there is none."""


class Hit(NamedTuple):
    """An article that may answer a query."""

    slug: str
    score: float
    """The probability, from 0 to 1, that this article answers the query: of the first hits scored around
    0.8, four in five are right. The scores of all articles add up to at most 1; the rest is the probability
    that none does.
    """
    section: str
    """The heading of the section most like the query; '' for the text before the first heading."""
    question: str
    """The article's question most like the query; '' if the article has none."""


class SearchIndex:
    """The index of one language's articles. It does not change, and threads may share it.

    Args:
        language: how text is taken apart; see `knowledge_base.words`.
        articles: at least one, all in this language.
        parameters: for measuring.

    Raises:
        ValueError: there are no articles.
    """

    def __init__(self, language: str, articles: Sequence[Article], parameters: Parameters | None = None) -> None:
        if not articles:
            raise ValueError(f"no articles to index in '{language}'")
        self._articles = articles
        self._parameters = p = parameters or Parameters()
        self._analyzer = Analyzer(language)
        asked = ["\n".join((_text(article.title), *article.questions)) for article in articles]
        told = [_text("\n".join((article.title, article.answer, article.body))) for article in articles]
        self._views = [
            (weight, _View(texts, features, k1, p.length, p.unsaid))
            for weight, texts, k1 in ((p.asked, asked, p.asked_k1), (p.told, told, p.told_k1))
            for features in (self._analyzer.stems, self._analyzer.ngrams)
        ]
        self._unit = self._typical_sum()
        # Only for articles that are found, and most of the time the same ones are.
        self._parts = lru_cache(maxsize=1024)(self._take_apart)

    def search(self, query: str, limit: int = 3) -> list[Hit]:
        """The articles that answer the query, the likeliest first.

        Args:
            query: a question, or a few words; what goes beyond `MAX_QUERY` characters is not looked at.
            limit: how many articles at most. Those that have nothing in common with the query are left out.
        """
        query = query[:MAX_QUERY]
        sums = self._sums(query) / self._unit
        chances = np.exp(self._parameters.sharpness * (sums - self._parameters.nothing))
        chances /= 1 + chances.sum()
        ngrams = frozenset(self._analyzer.ngrams(query))
        best = np.argsort(-sums, kind="stable")[:limit].tolist()
        return [self._hit(i, float(chances[i]), ngrams) for i in best if sums[i] > 0]

    def _sums(self, query: str) -> Numbers:
        sums = np.zeros(len(self._articles))
        for weight, view in self._views:
            sums += weight * view.scores(query)
        return sums

    def _typical_sum(self, sample: int = 200) -> float:
        """What an article's own questions typically reach at the article.

        As the unit, it makes sums comparable between languages, and between small and large collections.
        """
        own = [(i, text) for i, article in enumerate(self._articles) for text in article.questions or ("",)]
        reached = [self._sums(text)[i] for i, text in own[:: math.ceil(len(own) / sample)]]
        return float(np.median(reached)) or 1.0

    def _hit(self, i: int, score: float, query: frozenset[str]) -> Hit:
        article = self._articles[i]
        questions, sections = self._parts(i)
        question = max(range(len(questions)), key=lambda j: _likeness(query, questions[j]), default=-1)
        section = max(range(len(sections)), key=lambda j: _coverage(query, sections[j]), default=-1)
        return Hit(
            slug=article.slug,
            score=score,
            section=_text(article.sections[section].heading).strip() if section >= 0 else "",
            question=article.questions[question] if question >= 0 else "",
        )

    def _take_apart(self, i: int) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
        """The n-grams of each of an article's questions, and of each of its sections."""
        article, ngrams = self._articles[i], self._analyzer.ngrams
        questions = [frozenset(ngrams(question)) for question in article.questions]
        sections = [frozenset(ngrams(_text("\n".join(section)))) for section in article.sections]
        return questions, sections


class _View:
    """A text of every article, seen by one kind of feature: a BM25 index."""

    def __init__(
        self, texts: Iterable[str], features: Callable[[str], list[str]], k1: float, b: float, unsaid: float
    ) -> None:
        vocabulary: dict[str, int] = {}
        documents = [[vocabulary.setdefault(f, len(vocabulary)) for f in features(text)] for text in texts]
        if not vocabulary:  # bm25s cannot index nothing at all.
            documents[0].append(vocabulary.setdefault("", 0))
        # SciPy builds the matrix in less time than bm25s's default.
        retriever = bm25s.BM25(k1=k1, b=b, method="lucene", csc_backend="scipy")
        retriever.index((documents, vocabulary), create_empty_token=False, show_progress=False)

        self._features = features
        self._vocabulary = vocabulary
        self._size = len(documents)
        # bm25s would add the postings up with `np.add.at`, which in NumPy 1.24 takes thirty times as long
        # as `np.bincount`; so the query goes to its matrix (a column a feature) directly.
        self._values: NDArray[np.float32] = retriever.scores["data"]
        self._documents: NDArray[np.int32] = retriever.scores["indices"]
        starts = retriever.scores["indptr"]
        self._starts: list[int] = starts.tolist()
        self._idf: list[float] = _idf(np.diff(starts), self._size).tolist()
        self._unknown_idf = float(_idf(np.zeros(1), self._size)[0])
        self._unsaid = unsaid

    def scores(self, query: str) -> Numbers:
        """For each document, in the order of the texts, the share from 0 to 1 of what could be reached.

        Unknown features count in what could be reached: a query that is foreign to all documents scores low.
        """
        features = set(self._features(query))
        known = [self._vocabulary[feature] for feature in features if feature in self._vocabulary]
        if not known:
            return np.zeros(self._size)
        columns = [slice(self._starts[j], self._starts[j + 1]) for j in known]
        documents = np.concatenate([self._documents[column] for column in columns])
        values = np.concatenate([self._values[column] for column in columns])
        unknown = len(features) - len(known) + self._unsaid
        reachable = sum(self._idf[j] for j in known) + self._unknown_idf * unknown
        scores: Numbers = np.bincount(documents, values, self._size) / reachable
        return scores


def _idf(frequencies: NDArray[Any], documents: int) -> Numbers:
    """Lucene's inverse document frequency, as in bm25s."""
    idf: Numbers = np.log1p((documents - frequencies + 0.5) / (frequencies + 0.5))
    return idf


# What a tag becomes depends on the country; the index has what all countries have in common.
_TEMPLATE_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def _text(template: str) -> str:
    return _TEMPLATE_TAG.sub(" ", template)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient: how much two sets have in common, from 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)


def _coverage(query: frozenset[str], text: frozenset[str]) -> float:
    """How much of the query a text has; of two that have the same, the shorter one is preferred."""
    return len(query & text) / (1 + math.log1p(len(text)))
