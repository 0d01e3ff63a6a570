"""How well open questions are grouped.

    python -m tests.knowledge_base.measure_grouping [DISTANCE ...]      # in the repository's folder

On the questions of `aspects.yml`, among 1,500 questions of other articles in the same language: B-cubed precision
and recall, and precision and recall of pairs, where questions belong together that ask for the same. Then, for all
questions, B-cubed precision where those of one article belong together, and the share of the most frequent article
in groups of four or more. In percent, the mean of the languages; with and without knowing the articles' topics.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from knowledge_base import Article, GapKind, GapSource, RecordedGap, group, load_articles
from knowledge_base.gaps.grouping import MAX_DISTANCE

ROOT = Path(__file__).parents[2]
ARTICLES = ROOT / "knowledge_base" / "articles"
OTHERS = 1500


class Agreement(NamedTuple):
    """How far groups agree with classes, from 0 to 1."""

    precision: float
    """B-cubed: the share of an item's group that is of its class, on average over the items."""
    recall: float
    """B-cubed: the share of an item's class that is in its group."""
    pair_precision: float
    pair_recall: float


def agreement(classes: Sequence[Hashable], groups: Sequence[Hashable]) -> Agreement:
    """Compare the class of each item with its group."""
    both, of_class, of_group = Counter(zip(classes, groups, strict=True)), Counter(classes), Counter(groups)
    pairs = sum(n * (n - 1) for n in both.values())
    return Agreement(
        sum(n * n / of_group[g] for (_, g), n in both.items()) / len(classes),
        sum(n * n / of_class[c] for (c, _), n in both.items()) / len(classes),
        pairs / (sum(n * (n - 1) for n in of_group.values()) or 1),
        pairs / (sum(n * (n - 1) for n in of_class.values()) or 1),
    )


def aspects(language: str) -> dict[str, str]:
    """What each labelled question of a language asks for."""
    labelled = yaml.safe_load((ROOT / "tests" / "knowledge_base" / "aspects.yml").read_text(encoding="utf-8"))
    return {question: aspect for aspect, questions in labelled[language].items() for question in questions}


def topics_of(articles: Sequence[Article]) -> dict[str, list[str]]:
    """The questions of each article, by language."""
    topics: dict[str, list[str]] = {}
    for article in articles:
        topics.setdefault(article.language, []).append("\n".join(article.questions))
    return topics


def grouped(
    questions: Sequence[str],
    language: str,
    topics: Mapping[str, Sequence[str]] | None,
    max_distance: float = MAX_DISTANCE,
) -> dict[str, int]:
    """The number of each question's group."""
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    gaps = [RecordedGap(GapKind.UNANSWERED, text, language, GapSource.CHAT, created_at=moment) for text in questions]
    groups = group(gaps, topics, max_distance=max_distance, most_questions=len(gaps))
    return {question: number for number, found in enumerate(groups) for question in found.questions}


def _measure(language: str, articles: Sequence[Article], known: bool, max_distance: float) -> list[float]:
    labelled = aspects(language)
    own = {question: article.slug for article in articles for question in article.questions}
    others = random.Random(1).sample(sorted(own.keys() - labelled.keys()), OTHERS)
    topics = topics_of(articles) if known else None
    numbers = grouped([*labelled, *others], language, topics, max_distance)
    asked = [question for question in labelled if question in numbers]
    by_aspect = agreement([labelled[question] for question in asked], [numbers[question] for question in asked])
    placed = [question for question in numbers if question in own]
    by_article = agreement([own[question] for question in placed], [numbers[question] for question in placed])
    members: dict[int, Counter[str]] = {}
    for question in placed:
        members.setdefault(numbers[question], Counter())[own[question]] += 1
    shares = [max(count.values()) / count.total() for count in members.values() if count.total() >= 4]
    return [*by_aspect, by_article.precision, float(np.mean(shares or [1]))]


def main() -> None:
    articles, _ = load_articles(ARTICLES)
    languages = sorted({article.language for article in articles})
    for known in (False, True):
        for max_distance in [float(given) for given in sys.argv[1:]] or [MAX_DISTANCE]:
            start = time.perf_counter()
            figures = [
                _measure(
                    language, [article for article in articles if article.language == language], known, max_distance
                )
                for language in languages
            ]
            precision, recall, pair_precision, pair_recall, by_article, big = 100 * np.mean(figures, axis=0)
            print(
                f"{'topics known' if known else 'topics unknown':14}  distance {max_distance:.2f}  "
                f"aspects: precision {precision:.1f}  recall {recall:.1f}  "
                f"of pairs {pair_precision:.1f}, {pair_recall:.1f}  "
                f"articles: precision {by_article:.1f}  in groups of four or more {big:.1f}  "
                f"({(time.perf_counter() - start) / len(languages):.1f} s a language)"
            )


if __name__ == "__main__":
    main()
