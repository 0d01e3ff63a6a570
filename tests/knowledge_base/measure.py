"""How good and how fast the search is.

    python -m tests.knowledge_base.measure [--scale N | --passages N]      # in the repository's folder

Per language: hit@1, hit@3 and MRR in percent, the mean score of the first hit, and a query's p95 (processor
time), on two sets: `held`, five questions of each article left out of the index, in three random draws; and
`dev`, the general questions of `tests/nlu/<language>.jsonl`. Then, for first hits by score, the share that
is right. `--scale` measures time and memory of an index of N articles that are made of the English ones.
`--passages` prints, for N random questions of each language, the section that was chosen, and the passage where
there is one worth adding to the answer: what is right, only a reader can tell.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import resource
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from knowledge_base import WORTH_ADDING, Article, Hit, KnowledgeBase, SearchIndex, Section, load_articles
from shop import Policies

ROOT = Path(__file__).parents[2]
ARTICLES = ROOT / "knowledge_base" / "articles"


class Question(NamedTuple):
    text: str
    slug: str


class Searchable(Protocol):
    def search(self, query: str, language: str, limit: int) -> list[Hit]: ...


@dataclasses.dataclass(frozen=True)
class _Alone:
    """An index on its own, with the interface of the knowledge base."""

    index: SearchIndex

    def search(self, query: str, language: str, limit: int) -> list[Hit]:
        return self.index.search(query, limit)


def hold_out(articles: Sequence[Article], seed: int, number: int = 5) -> tuple[Searchable, list[Question]]:
    """An index of the articles without `number` random questions of each, and these questions."""
    draw = random.Random(seed)
    remaining, questions = [], []
    for article in articles:
        out = set(draw.sample(article.questions, number))
        questions += [Question(text, article.slug) for text in article.questions if text in out]
        kept = tuple(text for text in article.questions if text not in out)
        remaining.append(dataclasses.replace(article, questions=kept))
    return _Alone(SearchIndex(articles[0].language, remaining)), questions


def development_questions(language: str) -> list[Question]:
    """The general questions of the development set."""
    lines = (ROOT / "tests" / "nlu" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line) for line in lines if line.strip()]
    return [Question(m["text"], m["article"]) for m in messages if m["intent"] == "ask_faq"]


def ranks(base: Searchable, language: str, questions: Iterable[Question]) -> list[float]:
    """For each question, the rank of its article among the first ten, from 0; infinite if it is not there."""
    found = []
    for question in questions:
        slugs = [hit.slug for hit in base.search(question.text, language, 10)]
        found.append(slugs.index(question.slug) if question.slug in slugs else float("inf"))
    return found


def _report(name: str, runs: Sequence[tuple[Searchable, list[Question]]], language: str) -> list[tuple[float, bool]]:
    found = np.array([rank for base, questions in runs for rank in ranks(base, language, questions)])
    first, spent = [], []
    for base, questions in runs:
        for question in questions:
            start = time.process_time()
            hits = base.search(question.text, language, 3)
            spent.append(time.process_time() - start)
            first.append((hits[0].score if hits else 0.0, bool(hits) and hits[0].slug == question.slug))
    print(
        f"{language} {name:5} n={len(found):4}  hit@1 {100 * (found < 1).mean():5.1f}  "
        f"hit@3 {100 * (found < 3).mean():5.1f}  MRR {100 * (1 / (1 + found)).mean():5.1f}  "
        f"score {np.mean([score for score, _ in first]):.2f}  p95 {1000 * np.percentile(spent, 95):.2f} ms"
    )
    return first


def _scale(articles: Sequence[Article], size: int) -> None:
    draw = random.Random(0)
    syllables = [consonant + vowel for consonant in "bcdfglmnprst" for vowel in "aeiou"]
    invented = ["".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(20_000)]

    def vary(text: str) -> str:
        return " ".join(word if draw.random() < 0.7 else draw.choice(invented) for word in text.split())

    many = []
    for i in range(size):
        model = draw.choice(articles)
        questions = tuple(vary(question) for question in model.questions[:26])
        sections = tuple(Section(heading, vary(text)) for heading, text in model.sections)
        many.append(dataclasses.replace(model, slug=f"a-{i}", questions=questions, sections=sections))
    before = _megabytes()
    start = time.process_time()
    index = SearchIndex("en", many)
    indexed = time.process_time() - start
    memory = _megabytes() - before
    spent = []
    for article in draw.choices(articles, k=300):
        query = vary(draw.choice(article.questions))
        start = time.process_time()
        index.search(query)
        spent.append(time.process_time() - start)
    p50, p95 = np.percentile(spent, [50, 95]) * 1000
    changed = dataclasses.replace(many[0], slug="changed")
    start = time.process_time()
    index.updated([changed, *many[1:]])
    updated = time.process_time() - start
    print(
        f"{size} articles: indexed in {indexed:.1f} s, {memory:.0f} MB; one changed in {updated:.1f} s; "
        f"a query p50 {p50:.2f} ms, p95 {p95:.2f} ms"
    )


def _megabytes() -> float:
    """The memory of this process that is in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _passages(size: int) -> None:
    base = KnowledgeBase(ARTICLES, Policies.load(ROOT / "shop" / "policies.yml").for_country)
    for language in base.languages:
        draw = random.Random(0)
        country = "US" if language == "en" else "CN" if language == "zh" else language.upper()
        questions = [(article, question) for article in base.articles(language) for question in article.questions]
        for article, question in draw.sample(questions, size):
            rendered = base.answer(article.slug, language, country).rendered
            hits = base.search(question, language, 1, country)
            passage = base.passage(question, rendered)
            print(f"\n{language} {article.slug}: {question}\n  {rendered.answer}")
            print(f"  section: {hits[0].section if hits and hits[0].slug == article.slug else '?'}")
            if passage and passage.gain >= WORTH_ADDING:
                print(f"  {passage.gain:.2f}: {passage.text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, metavar="N", help="measure an index of N articles instead")
    parser.add_argument("--passages", type=int, metavar="N", help="print what answers N questions of each language")
    arguments = parser.parse_args()
    if arguments.passages:
        return _passages(arguments.passages)
    articles, errors = load_articles(ARTICLES)
    for error in errors:
        print(error)
    if arguments.scale:
        return _scale([article for article in articles if article.language == "en"], arguments.scale)

    first: list[tuple[float, bool]] = []
    for language in sorted({article.language for article in articles}):
        of_language = [article for article in articles if article.language == language]
        first += _report("held", [hold_out(of_language, seed) for seed in range(3)], language)
        whole = _Alone(SearchIndex(language, of_language))
        first += _report("dev", [(whole, development_questions(language))], language)
    for low in np.arange(0, 1, 0.1):
        right = [is_right for score, is_right in first if low <= score < low + 0.1]
        share = 100 * np.mean(right)
        print(f"score {low:.1f} to {low + 0.1:.1f}: {len(right):4} questions, {share:5.1f} % right")


if __name__ == "__main__":
    main()
