import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from knowledge_base import GapKind, GapSource, RecordedGap, group, load_articles
from knowledge_base.dense import Floats
from tests.knowledge_base.measure_grouping import ARTICLES, agreement, aspects, grouped, topics_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LANGUAGES = ("de", "en", "es", "fr", "zh")


def gap(
    question: str,
    language: str = "en",
    kind: GapKind = GapKind.UNANSWERED,
    article: str | None = None,
    hours: int = 0,
) -> RecordedGap:
    moment = NOON + timedelta(hours=hours)
    return RecordedGap(kind, question, language, GapSource.CHAT, article, created_at=moment)


def test_no_questions_make_no_groups() -> None:
    assert group([]) == []


def test_a_single_question_is_a_group() -> None:
    (one,) = group([gap("do you engrave watches?", article="gift-cards")])
    assert one.question == "do you engrave watches?"
    assert one.questions == ("do you engrave watches?",)
    assert (one.count, one.language, one.latest) == (1, "en", NOON)
    assert one.kinds == {GapKind.UNANSWERED: 1}
    assert one.articles == ("gift-cards",)


def test_what_is_alike_comes_together_and_the_rest_does_not() -> None:
    watches = ["do you engrave watches?", "can you engrave a watch", "engraving a watch, do you do that"]
    schools = ["is there a discount for schools", "school discount?"]
    found = group([gap(question) for question in [*watches, *schools, "is your honey organic"]])
    assert [set(one.questions) for one in found] == [set(watches), set(schools), {"is your honey organic"}]


def test_identical_questions_are_one() -> None:
    asked = ["Do you engrave watches?", "do you engrave watches", "DO YOU ENGRAVE  WATCHES!!"]
    (one,) = group([gap(question, hours=hour) for hour, question in enumerate(asked)])
    assert one.count == 3
    assert one.questions == ("DO YOU ENGRAVE  WATCHES!!",)  # the newest wording
    assert one.latest == NOON + timedelta(hours=2)


def test_a_group_counts_kinds_and_articles_the_most_frequent_first() -> None:
    (one,) = group(
        [
            gap("do you engrave watches?", kind=GapKind.UNSURE, article="repairs"),
            gap("do you engrave watches?", kind=GapKind.UNHELPFUL, article="gift-cards"),
            gap("can you engrave a watch", kind=GapKind.UNHELPFUL, article="gift-cards"),
            gap("can you engrave watches", kind=GapKind.UNHELPFUL),
        ]
    )
    assert list(one.kinds.items()) == [(GapKind.UNHELPFUL, 3), (GapKind.UNSURE, 1)]
    assert one.articles == ("gift-cards", "repairs")
    assert one.questions[0] == "do you engrave watches?"


def test_the_question_of_a_group_is_the_most_central_one() -> None:
    asked = ["do you engrave watches at all, and is it free", "engrave watches", "engrave watches please"]
    (one,) = group([gap(question) for question in asked], max_distance=0.9)
    assert one.question in asked[1:]
    asked += ["do you engrave watches at all, and is it free"] * 20
    (one,) = group([gap(question) for question in asked], max_distance=0.9)
    assert one.question == asked[0]


def test_languages_are_apart_and_the_largest_group_is_first() -> None:
    found = group(
        [
            gap("USB?", "en"),
            gap("wifi?", "en", hours=2),
            gap("USB?", "de"),
            gap("do you engrave watches", "en"),
            gap("do you engrave watches", "en"),
        ]
    )
    assert [(one.language, one.question) for one in found] == [
        ("de", "USB?"),
        ("en", "do you engrave watches"),
        ("en", "wifi?"),
        ("en", "USB?"),
    ]


def test_masks_make_nothing_alike() -> None:
    found = group([gap("[name] honey [number] [email]"), gap("[name] watch [number] [email]")])
    assert [one.count for one in found] == [1, 1]


def test_the_way_of_asking_makes_nothing_alike_where_topics_are_known() -> None:
    asked = ["could somebody tell me about honey", "could somebody tell me about watches"]
    assert len(group([gap(question) for question in asked])) == 1
    topics = {"en": [f"{topic}\ncould somebody tell me about {topic}" for topic in ("shoes", "returns", "vouchers")]}
    assert len(group([gap(question) for question in asked], topics)) == 2


@pytest.mark.parametrize("question", ["👍", "_", "?"])
def test_questions_without_words_break_nothing(question: str) -> None:
    assert [one.count for one in group([gap(question), gap(question), gap("...")])] == [2, 1]


def test_only_the_newest_questions_are_grouped() -> None:
    asked = [gap(question, hours=hour) for hour, question in enumerate(["honey", "watches", "schools", "honey"])]
    found = group(asked, most_questions=2)
    assert [(one.question, one.count) for one in found] == [("honey", 2), ("schools", 1)]


def test_an_encoder_may_say_what_is_alike() -> None:
    meanings = {"timepiece": 0, "watch": 0, "[name], honey": 1}
    seen: list[str] = []

    def encode(texts: Sequence[str]) -> Floats:
        seen.extend(texts)
        return np.eye(2, dtype=np.float32)[[meanings.get(text, 1) for text in texts]]

    found = group([gap(question) for question in meanings], encode=encode, max_distance=0.3)
    assert [set(one.questions) for one in found] == [{"timepiece", "watch"}, {"[name], honey"}]
    assert not any("[" in text for text in seen)


@pytest.mark.parametrize("language", LANGUAGES)
def test_groups_are_about_one_thing(language: str) -> None:
    """What `measure_grouping` measures, less a margin: a fall below is a regression."""
    articles = [article for article in load_articles(ARTICLES)[0] if article.language == language]
    labelled = aspects(language)
    numbers = grouped(list(labelled), language, topics_of(articles))
    asked = [question for question in labelled if question in numbers]
    found = agreement([labelled[question] for question in asked], [numbers[question] for question in asked])
    assert found.precision >= 0.88
    assert found.recall >= 0.2


def test_two_thousand_questions_take_seconds() -> None:
    articles = [article for article in load_articles(ARTICLES)[0] if article.language == "zh"]
    asked = [gap(question, "zh") for article in articles for question in article.questions]
    topics = topics_of(articles)
    group(asked[:2])  # loads scikit-learn
    start = time.process_time()
    found = group(asked, topics)
    assert time.process_time() - start < 5
    assert sum(len(one.questions) for one in found) == 2000
