"""Search over the articles of one language: which of them answers a question, and where.

An article is seen from two sides: how people ask for it (its title and questions), and what it says (its title and
answer, and each section of its body; the one most like the query counts). Each side is compared with the query by
stems and by character n-grams, with BM25. The four scores are added up with weights, and the sums turned into
probabilities. Where there is an encoder, the articles are ranked by their vectors as well; see
`knowledge_base.dense`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count
from typing import NamedTuple

import numpy as np

from knowledge_base.articles import Article
from knowledge_base.bm25 import Numbers, View, Weighting, idf
from knowledge_base.dense import DenseIndex, fused
from knowledge_base.passages import Passage, Passages, RankedSection, Weigh
from knowledge_base.words import Analyzer, without_tags

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
    """The weight of what the article says: title and answer, and its sections."""
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
    """The heading of the section that answers best; '' where none fits better than the article as a whole."""
    question: str
    """The article's question most like the query; '' if the article has none."""
    sections: tuple[RankedSection, ...] = ()
    """The sections that have something of the query, and the article as a whole, the best first."""


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
        self._parameters = p = parameters or Parameters()
        self._analyzer = Analyzer(language)
        asked, told = [_asked(article) for article in articles], [_told(article) for article in articles]
        features = (self._analyzer.stems, self._analyzer.ngrams)
        self._fill(
            articles,
            asked=[View(asked, of, Weighting(p.asked_k1, p.length, p.unsaid)) for of in features],
            told=[View(chain.from_iterable(told), of, Weighting(p.told_k1, p.length, p.unsaid)) for of in features],
            sizes=[len(texts) for texts in told],
        )

    def updated(self, articles: Sequence[Article]) -> SearchIndex:
        """An index of these articles. Those that are the same objects as here are not taken apart again.

        Raises:
            ValueError: there are no articles.
        """
        there = {id(article): position for position, article in enumerate(self._articles)}
        if there.keys().isdisjoint(map(id, articles)):
            return SearchIndex(self._analyzer.language, articles, self._parameters)
        fresh = [article for article in articles if id(article) not in there]
        asked, told = [_asked(article) for article in fresh], [_told(article) for article in fresh]
        sizes = [*np.diff(self._firsts, append=len(self._owners)), *map(len, told)]
        # Where each article stands among the old ones and, after them, the new ones; the same of their texts.
        new = count(len(there))
        order = [there[id(article)] if id(article) in there else next(new) for article in articles]
        firsts = np.cumsum([0, *sizes])
        texts = np.concatenate([np.arange(firsts[i], firsts[i + 1]) for i in order])
        index = SearchIndex.__new__(SearchIndex)
        index._parameters, index._analyzer = self._parameters, self._analyzer
        index._fill(
            articles,
            asked=[view.updated(asked, np.array(order)) for view in self._asked],
            told=[view.updated(chain.from_iterable(told), texts) for view in self._told],
            sizes=[sizes[i] for i in order],
        )
        return index

    def _fill(self, articles: Sequence[Article], asked: list[View], told: list[View], sizes: list[int]) -> None:
        self._articles = articles
        self._positions = {article.slug: i for i, article in enumerate(articles)}
        self._asked, self._told = asked, told
        # Of the texts that tell what the articles say: whose they are, and each article's first.
        self._owners = np.repeat(np.arange(len(sizes)), sizes)
        self._firsts = np.cumsum([0, *sizes[:-1]])
        self._passages = Passages(self._analyzer)
        self._unit = self._typical_sum()
        # Only for articles that are found, and most of the time the same ones are.
        self._questions = lru_cache(maxsize=1024)(self._questions_of)

    def search(self, query: str, limit: int = 3, dense: DenseIndex | None = None) -> list[Hit]:
        """The articles that answer the query, the likeliest first.

        Args:
            query: a question, or a few words; what goes beyond `MAX_QUERY` characters is not looked at.
            limit: how many articles at most. Those that have nothing in common with the query are left out.
            dense: ranks the same articles by what they mean; its ranking is fused with the one by words.
        """
        query = query[:MAX_QUERY]
        if not self._analyzer.words(query):
            return []
        sums = self._sums(query) / self._unit
        chances = np.exp(self._parameters.sharpness * (sums - self._parameters.nothing))
        chances /= 1 + chances.sum()
        if dense is not None:
            chances = fused(chances, dense.chances(query))
        ngrams = frozenset(self._analyzer.ngrams(query))
        tells = lru_cache(maxsize=None)(self._tells)
        return [
            self._hit(i, float(chances[i]), query, ngrams, tells)
            for i in _greatest(chances, limit)
            if sums[i] > 0 or dense is not None
        ]

    def sections(self, query: str, slug: str, whole: str, sections: Sequence[tuple[str, str]]) -> list[RankedSection]:
        """How an article's sections, as somebody sees them, answer a query; see `Passages.sections`."""
        return self._passages.sections(query[:MAX_QUERY], whole, sections, self._weigh(slug))

    def passage(self, query: str, slug: str, answer: str, body: str) -> Passage | None:
        """What an article's body, as somebody sees it, adds to its answer; see `Passages.best`."""
        return self._passages.best(query[:MAX_QUERY], answer, body, self._weigh(slug))

    def _sums(self, query: str) -> Numbers:
        p = self._parameters
        asked, told = (np.sum([view.scores(query) for view in views], axis=0) for views in (self._asked, self._told))
        sums: Numbers = p.asked * asked + p.told * np.maximum.reduceat(told, self._firsts)
        return sums

    def _typical_sum(self, sample: int = 200) -> float:
        """What an article's own questions typically reach at the article.

        As the unit, it makes sums comparable between languages, and between small and large collections.
        """
        own = [(i, text) for i, article in enumerate(self._articles) for text in article.questions or ("",)]
        reached = [self._sums(text)[i] for i, text in own[:: math.ceil(len(own) / sample)]]
        return float(np.median(reached)) or 1.0

    def _hit(self, i: int, score: float, query: str, ngrams: frozenset[str], tells: Weigh) -> Hit:
        article = self._articles[i]
        whole = without_tags(f"{article.title}\n{article.answer}")
        sections = [(" ".join(without_tags(heading).split()), without_tags(text)) for heading, text in article.sections]
        ranked = self._passages.sections(query, whole, sections, self._weigh(article.slug, tells))
        questions = self._questions(i)
        question = max(range(len(questions)), key=lambda j: _likeness(ngrams, questions[j]), default=-1)
        return Hit(
            slug=article.slug,
            score=score,
            section=ranked[0].heading,
            question=article.questions[question] if question >= 0 else "",
            sections=tuple(ranked),
        )

    def _questions_of(self, i: int) -> list[frozenset[str]]:
        """The n-grams of each of an article's questions."""
        return [frozenset(self._analyzer.ngrams(question)) for question in self._articles[i].questions]

    def _weigh(self, slug: str, tells: Weigh | None = None) -> Weigh:
        """How much the words of a question to an article tell: what all its questions are about tells less."""
        tells = tells or self._tells
        position = self._positions.get(slug)
        if position is None:
            return tells
        return lambda word: tells(word) * (1 - self._asked[0].saturation(word, position))

    def _tells(self, word: str) -> float:
        """How much a word tells of which article is meant, from 0 to 1: the fewer have it, the more."""
        number = len(self._articles)
        having = np.zeros(number, bool)
        having[self._asked[0].having(word)] = True
        having[self._owners[self._told[0].having(word)]] = True
        return float(idf(number, np.count_nonzero(having)) / idf(number, 0))


def _asked(article: Article) -> str:
    return "\n".join((without_tags(article.title), *article.questions))


def _told(article: Article) -> list[str]:
    """The article as a whole, with what stands before the first heading; then the sections, each under the title."""
    whole = [article.answer, *(text for heading, text in article.sections if not heading)]
    texts = (whole, *(section for section in article.sections if section.heading))
    return [without_tags("\n".join((article.title, *text))) for text in texts]


def _greatest(numbers: Numbers, limit: int) -> list[int]:
    """Where the greatest numbers stand, the greatest first."""
    # Sorting all takes longer than scoring them.
    candidates = np.argpartition(-numbers, limit)[:limit] if limit < len(numbers) else np.arange(len(numbers))
    greatest: list[int] = candidates[np.lexsort((candidates, -numbers[candidates]))].tolist()
    return greatest


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient: how much two sets have in common, from 0 to 1."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)
