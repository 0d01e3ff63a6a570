from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.intents import QUESTION
from bot.languages import pipeline_languages
from bot.matters import (
    MATTERS,
    MAX_BORDERS,
    SURE_ADDED,
    SURE_APART,
    SURE_JOINED,
    Connectives,
    Matter,
    load_connectives,
    separate,
)

ROOT = Path(__file__).parents[2]

CONNECTIVES = load_connectives(ROOT / "bot" / "connectives.yml")

KEYWORDS = {
    "order": "track_order",
    "cancel": "cancel_order",
    "invoice": "request_invoice",
    "return": f"{QUESTION}/return-policy",
    "refunds": f"{QUESTION}/refund-times",
    "hello": "greet",
}


class Understanding:
    """Takes a text for what its last keyword says, and notes what it was asked."""

    def __init__(self, confidence: float = 0.999, confidences: dict[str, float] | None = None) -> None:
        self.confidence = confidence
        self.confidences = confidences or {}
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        self.asked += texts
        return [self.parse(text) for text in texts]

    def parse(self, text: str) -> dict[str, Any]:
        known = [word for word in text.lower().replace("?", "").split() if word in KEYWORDS]
        label = KEYWORDS[known[-1]] if known else "out_of_scope"
        intent, _, article = label.partition("/")
        selector = {QUESTION: {"ranking": [{"intent_response_key": label, "confidence": 1.0}]}} if article else {}
        confidence = self.confidences.get(label, self.confidence)
        # The decision says that it was not understood; the ranking, what it would be.
        return {
            "text": text,
            "intent": {"name": intent},
            "intent_ranking": [{"name": intent, "confidence": confidence}],
            "response_selector": selector,
        }


def separated(text: str, understand: Callable[..., Any] | None = None, language: str = "en") -> list[tuple[str, str]]:
    found = separate(text, language, CONNECTIVES, understand or Understanding())
    return [(matter.text, matter.label) for matter in found]


def borders(text: str, language: str) -> list[tuple[str, str, float]]:
    """The two parts at each border, and how sure both must be."""
    return [(text[: place.end], text[place.start :], place.sure) for place in CONNECTIVES[language].borders(text)]


def test_every_served_language_has_connectives() -> None:
    assert CONNECTIVES.keys() == set(
        pipeline_languages(yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8")))
    )


def test_the_matters_are_intents_of_the_domain() -> None:
    intents = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))["intents"]
    names = {next(iter(intent)) if isinstance(intent, dict) else intent for intent in intents}
    assert names >= MATTERS


@pytest.mark.parametrize(
    ("language", "text", "first", "second", "sure"),
    [
        ("en", "where is my order, also how do I return it", "where is my order, ", " how do I return it", SURE_ADDED),
        ("en", "where is my order by the way can I return", "where is my order ", " can I return", SURE_ADDED),
        ("en", "where is it now? Oh, and also can I return", "where is it now? ", " can I return", SURE_ADDED),
        ("en", "where is my order and can I return", "where is my order ", " can I return", SURE_JOINED),
        ("en", "where is my order? can I return it", "where is my order? ", "can I return it", SURE_APART),
        ("de", "wo ist es jetzt, außerdem kann ich tauschen", "wo ist es jetzt, ", " kann ich tauschen", SURE_ADDED),
        ("de", "wo ist mein Paket und kann ich tauschen", "wo ist mein Paket ", " kann ich tauschen", SURE_JOINED),
        ("de", "wo ist mein Paket. kann ich tauschen", "wo ist mein Paket. ", "kann ich tauschen", SURE_APART),
        (
            "es",
            "mi pedido no llega, por cierto quiero otro nuevo",
            "mi pedido no llega, ",
            " quiero otro nuevo",
            SURE_ADDED,
        ),
        ("es", "mi pedido no llega y quiero otro nuevo", "mi pedido no llega ", " quiero otro nuevo", SURE_JOINED),
        ("es", "mi pedido no llega; quiero devolver algo", "mi pedido no llega; ", "quiero devolver algo", SURE_APART),
        ("fr", "où est mon colis, au fait puis-je le rendre", "où est mon colis, ", " puis-je le rendre", SURE_ADDED),
        ("fr", "où est mon colis et je veux rendre", "où est mon colis ", " je veux rendre", SURE_JOINED),
        ("fr", "où est mon colis ? je veux rendre", "où est mon colis ? ", "je veux rendre", SURE_APART),
        ("zh", "我的快递到哪了，另外怎么退货呢", "我的快递到哪了，", "怎么退货呢", SURE_ADDED),
        ("zh", "我的快递到哪了再帮我开发票", "我的快递到哪了", "帮我开发票", SURE_JOINED),
        ("zh", "我的快递到哪了？怎么申请退货", "我的快递到哪了？", "怎么申请退货", SURE_APART),
        ("zh", "1)我的快递到哪了2)怎么申请退货", "1)我的快递到哪了", "怎么申请退货", SURE_ADDED),
    ],
)
def test_the_likeliest_border(language: str, text: str, first: str, second: str, sure: float) -> None:
    assert borders(text, language)[0] == (first, second, sure)


@pytest.mark.parametrize("language", CONNECTIVES)
def test_every_connective_of_the_file_is_found(language: str) -> None:
    words = yaml.safe_load((ROOT / "bot" / "connectives.yml").read_text(encoding="utf-8"))[language]
    side, space = ("你好你好你好", "") if language == "zh" else ("xx xx xx", " ")
    for kind, sure in (("adding", SURE_ADDED), ("joining", SURE_JOINED)):
        for connective in words[kind]:
            text = f"{side}{space}{connective}{space}{side}"
            assert (f"{side}{space}", f"{space}{side}", sure) in borders(text, language), connective


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "my brand new sandals have arrived"),
        ("en", "is there a surplus of these boots"),
        ("de", "meine Hunde mögen den Hundekorb sehr"),
        ("es", "yo quiero ese yogur del anuncio"),
        ("fr", "cette veste etincelle dans la nuit"),
    ],
)
def test_a_connective_inside_of_a_word_is_none(language: str, text: str) -> None:
    assert borders(text, language) == []


@pytest.mark.parametrize(
    "text",
    ["where is it and", "order, also", "ok, where is my order", "cancel it. and where is my order", "", "  ", "..."],
)
def test_no_part_is_too_short(text: str) -> None:
    understand = Understanding()
    assert separated(text, understand) == []
    assert understand.asked == []


def test_a_short_part_in_chinese() -> None:
    assert borders("谢谢，另外怎么退货呢", "zh") == []
    assert borders("快递到哪，另外怎么退货", "zh") != []


def test_there_are_at_most_so_many_borders_and_the_clearest_come_first() -> None:
    text = ", ".join(["so many words here"] * 20) + " and so on and so on, also where is my order"
    found = borders(text, "en")
    assert len(found) == MAX_BORDERS
    assert [sure for _, _, sure in found] == sorted(sure for _, _, sure in found)
    assert found[0][1:] == (" where is my order", SURE_ADDED)
    understand = Understanding()
    separated(text, understand)
    assert len(understand.asked) == 2 * MAX_BORDERS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Where is my order AC-104233? Also, how do I return boots?",
            [("Where is my order AC-104233?", "track_order"), ("how do I return boots?", f"{QUESTION}/return-policy")],
        ),
        (
            "how do I return boots, by the way please cancel the other",
            [("how do I return boots", f"{QUESTION}/return-policy"), ("please cancel the other", "cancel_order")],
        ),
        (
            "send me the invoice and tell me where is my order",
            [("send me the invoice", "request_invoice"), ("tell me where is my order", "track_order")],
        ),
        (
            "please cancel it now. where is my order",
            [("please cancel it now.", "cancel_order"), ("where is my order", "track_order")],
        ),
        (
            "how can I return, also when do refunds come",
            [("how can I return", f"{QUESTION}/return-policy"), ("when do refunds come", f"{QUESTION}/refund-times")],
        ),
    ],
)
def test_two_matters_are_found_in_their_order(text: str, expected: list[tuple[str, str]]) -> None:
    assert separated(text) == expected


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("where is my order, also please cancel the other", SURE_ADDED),
        ("where is my order and please cancel the other", SURE_JOINED),
        ("where is my order, please cancel the other", SURE_APART),
    ],
)
def test_the_weaker_the_connective_the_surer_both_must_be(text: str, needed: float) -> None:
    assert len(separated(text, Understanding(needed))) == 2
    assert separated(text, Understanding(needed - 0.001)) == []
    assert separated(text, Understanding(1.0, {"track_order": needed - 0.001})) == []
    assert separated(text, Understanding(1.0, {"cancel_order": needed - 0.001})) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("where is my order, also where is my other order", id="the same intent"),
        pytest.param("can I return shoes, also can I return socks", id="the same article"),
        pytest.param("well hello to you, also where is my order", id="a greeting and a matter"),
        pytest.param("where is my order, also just saying hello", id="a matter and a greeting"),
        pytest.param("the weather is nice, also where is my order", id="what is no matter of the shop"),
        pytest.param("where is my order", id="no border"),
    ],
)
def test_one_matter_is_not_parted(text: str) -> None:
    assert separated(text) == []


def test_the_clearest_connective_is_taken() -> None:
    text = "so where is my order and where exactly is it, also please cancel it all"
    assert separated(text) == [
        ("so where is my order and where exactly is it", "track_order"),
        ("please cancel it all", "cancel_order"),
    ]


def test_two_questions_are_told_apart_by_a_word_only() -> None:
    assert separated("how do I return it. how long do refunds take") == []
    assert separated("how do I return it and how long do refunds take") == [
        ("how do I return it", f"{QUESTION}/return-policy"),
        ("how long do refunds take", f"{QUESTION}/refund-times"),
    ]


def test_of_equally_clear_ones_the_best_understood_is_taken() -> None:
    class Lengthy(Understanding):
        """The surer, the more words."""

        def parse(self, text: str) -> dict[str, Any]:
            self.confidence = SURE_JOINED + len(text.split()) / 1000
            return super().parse(text)

    text = "please tell me where is my order and be quick and cancel all of the rest for me today"
    assert separated(text, Lengthy()) == [
        ("please tell me where is my order and be quick", "track_order"),
        ("cancel all of the rest for me today", "cancel_order"),
    ]


def test_a_full_width_message_is_parted_as_it_stands() -> None:
    text = "ｗｈｅｒｅ is my order， ａｌｓｏ please cancel the other"
    assert separated(text) == [("ｗｈｅｒｅ is my order", "track_order"), ("please cancel the other", "cancel_order")]


@pytest.mark.parametrize("dash", ["\N{EM DASH}", "\N{EN DASH}"])
def test_a_dash_parts_too(dash: str) -> None:
    assert len(separated(f"where is my order {dash} please cancel the other")) == 2


@pytest.mark.parametrize("language", ["it", ""])
def test_in_an_unknown_language_there_is_one_matter(language: str) -> None:
    understand = Understanding()
    assert separated("where is my order, also please cancel the other", understand, language) == []
    assert understand.asked == []


def test_what_a_matter_is_called() -> None:
    question = Matter("x", Understanding(0.7).parse("how do I return"))
    assert (question.label, question.intent, question.confidence) == (f"{QUESTION}/return-policy", QUESTION, 0.7)
    order = Matter("x", Understanding(0.8).parse("my order"))
    assert (order.label, order.intent, order.confidence) == ("track_order", "track_order", 0.8)


def test_words_of_ones_own() -> None:
    connectives = Connectives(openers=["so"], adding=["then", "then again"], joining=["or"])
    border, *_ = connectives.borders("one two three so, then again four five six")
    assert (border.end, border.start, border.sure) == (14, 28, SURE_ADDED)
