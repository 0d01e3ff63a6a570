"""Open questions that ask for the same thing, put together: each group is something to write about.

Questions are alike by their stems and n-grams, TF-IDF weighted, and grouped by agglomerative clustering with average
linkage: two groups become one as long as their questions are on average close enough. Figures that a choice below
rests on are those of `python -m tests.knowledge_base.measure_grouping`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from knowledge_base.bm25 import Numbers
from knowledge_base.dense import Encode
from knowledge_base.gaps.anonymous import without_masks
from knowledge_base.gaps.log import GapKind, RecordedGap
from knowledge_base.words import Analyzer

MAX_DISTANCE = 0.65
"""The cosine distance up to which questions are grouped. More of it finds more that belongs together, and puts
together more that does not. Here nearly nine in ten questions of a group of four or more are of one article, where
topics are known, and two in three where they are not."""

MOST_QUESTIONS = 2000
"""The different questions of a language that are grouped; their distances are all held in memory."""


@dataclass(frozen=True)
class GapGroup:
    """Questions that ask for the same thing."""

    question: str
    """The most central one."""
    language: str
    count: int
    """How often one of them was asked."""
    kinds: Mapping[GapKind, int]
    """How often for each kind of gap, the most frequent first."""
    articles: tuple[str, ...]
    """The articles that were likeliest or did not help, the most frequent first."""
    latest: datetime
    questions: tuple[str, ...]
    """The different ones, the most frequent first."""


def group(
    gaps: Iterable[RecordedGap],
    topics: Mapping[str, Sequence[str]] | None = None,
    encode: Encode | None = None,
    max_distance: float = MAX_DISTANCE,
    most_questions: int = MOST_QUESTIONS,
) -> list[GapGroup]:
    """Group questions, by language and the largest group first.

    Args:
        gaps: the questions, in any order.
        topics: per language, texts on a topic each, such as the questions of each article. They tell what questions
            are about from how they are asked: words that come with most topics (`could somebody tell me`) count less.
        encode: a sentence encoder in place of TF-IDF.
        max_distance: the cosine distance up to which questions are grouped; an encoder wants one of its own.
        most_questions: how many different questions of a language are grouped, the newest.
    """
    by_language: defaultdict[str, list[RecordedGap]] = defaultdict(list)
    for gap in sorted(gaps, key=lambda gap: gap.created_at, reverse=True):
        by_language[gap.language].append(gap)
    groups: list[GapGroup] = []
    for language, own in sorted(by_language.items()):
        asked = _identical(own)[:most_questions]
        texts = [without_masks(same[0].question) for same in asked]
        vectors = encode(texts) if encode else _tf_idf(texts, Analyzer(language), (topics or {}).get(language, ()))
        found = (
            _summary([asked[i] for i in members], distances) for members, distances in _clusters(vectors, max_distance)
        )
        groups += sorted(found, key=lambda one: (one.count, one.latest), reverse=True)
    return groups


def _identical(gaps: Iterable[RecordedGap]) -> list[list[RecordedGap]]:
    """The gaps by question, where case, spaces and punctuation make no difference; both in the order of the gaps."""
    asked: defaultdict[str, list[RecordedGap]] = defaultdict(list)
    for gap in gaps:
        asked[re.sub(r"[\W_]+", "", gap.question.casefold()) or gap.question].append(gap)
    return list(asked.values())


def _tf_idf(texts: Sequence[str], analyzer: Analyzer, topics: Sequence[str]) -> Any:
    """A sparse matrix of shape (texts, features): stems and n-grams, with the same weight."""
    from scipy.sparse import hstack

    return hstack([_view(texts, features, topics) for features in (analyzer.stems, analyzer.ngrams)]).tocsr()


def _view(texts: Sequence[str], features: Callable[[str], list[str]], topics: Sequence[str]) -> Any:
    """A sparse matrix of shape (texts, features), whose rows have the length 1."""
    # scikit-learn takes longer to load than all the rest, and most who import the knowledge base group nothing.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    # What has no features at all, such as signs alone, is its own.
    vectorizer = TfidfVectorizer(analyzer=lambda text: features(text) or [text], sublinear_tf=True, norm=None)
    matrix = vectorizer.fit_transform(texts)
    if topics:
        matrix = matrix.multiply(_rarity(vectorizer.get_feature_names_out(), map(features, topics))).tocsr()
    return normalize(matrix)


def _rarity(features: Iterable[str], topics: Iterable[Iterable[str]]) -> Numbers:
    """For each feature, how few topics it comes with: 1 for none, next to nothing for all."""
    sets = [frozenset(topic) for topic in topics]
    topics_with = Counter(feature for topic in sets for feature in topic)
    frequencies = np.array([topics_with[feature] for feature in features])
    # The root was better than the plain inverse frequency, where frequent topics lost too much.
    rarity: Numbers = np.sqrt(np.log((1 + len(sets)) / (1 + frequencies)) / np.log(1 + len(sets))) + 0.02
    return rarity


def _clusters(vectors: Any, max_distance: float) -> Iterator[tuple[list[int], Numbers]]:
    """The rows that belong together, and their distances from each other."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics.pairwise import cosine_distances

    distances = cosine_distances(vectors)
    labels = [0]
    if len(distances) > 1:
        clustering = AgglomerativeClustering(
            n_clusters=None, metric="precomputed", linkage="average", distance_threshold=max_distance
        )
        labels = clustering.fit_predict(distances).tolist()
    clusters: defaultdict[int, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        clusters[label].append(row)
    for members in clusters.values():
        yield members, distances[np.ix_(members, members)]


def _summary(asked: Sequence[Sequence[RecordedGap]], distances: Numbers) -> GapGroup:
    """A group of questions, each as often as it was asked; `distances` are those between the questions."""
    often = np.array([len(same) for same in asked])
    central = asked[int(np.argmin(distances @ often))][0]
    gaps = [gap for same in asked for gap in same]
    articles = Counter(gap.article for gap in gaps if gap.article is not None)
    return GapGroup(
        question=central.question,
        language=central.language,
        count=len(gaps),
        kinds=dict(Counter(gap.kind for gap in gaps).most_common()),
        articles=tuple(article for article, _ in articles.most_common()),
        latest=max(gap.created_at for gap in gaps),
        questions=tuple(same[0].question for same in sorted(asked, key=len, reverse=True)),
    )
