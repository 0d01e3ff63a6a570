import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.errors import ConfigurationError
from aftercare.evaluation import (
    Comparison,
    Result,
    Sample,
    best_thresholds,
    comparable,
    compare,
    evaluate,
    parse_all,
    read_samples,
    report,
)


def write(path: Path, *lines: object) -> Path:
    """A file of JSON lines; texts are written as they are."""
    text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def sample(text: str, intent: str, *entities: tuple[str, str], language: str = "en") -> Sample:
    return Sample(text, language, intent, frozenset((entity, comparable(entity, value)) for entity, value in entities))


def parsed(
    language: str | None, *ranking: tuple[str, float], entities: tuple[tuple[str, Any], ...] = ()
) -> dict[str, Any]:
    """What Rasa answers; the first of the ranking is the intent."""
    intents = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    return {
        "intent": intents[0],
        "intent_ranking": intents,
        "entities": [{"entity": entity, "value": value} for entity, value in entities],
        **({"language": {"name": language}} if language else {}),
    }


def test_samples_are_read_from_all_files_in_their_order(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one.jsonl",
        {
            "text": "wo ist #104233",
            "language": "de",
            "intent": "track_order",
            "entities": [{"entity": "order_number", "value": "#104233"}, {"entity": "product", "value": " Lampe "}],
        },
        "",
        {"text": "中文", "language": "zh", "intent": "ask_faq/return-policy", "entities": []},
    )
    two = write(tmp_path / "two.jsonl", {"text": "hi", "language": "en", "intent": "greet"})
    assert read_samples([one, two]) == [
        Sample("wo ist #104233", "de", "track_order", frozenset({("order_number", "104233"), ("product", "lampe")})),
        Sample("中文", "zh", "ask_faq", frozenset(), article="return-policy"),
        Sample("hi", "en", "greet", frozenset()),
    ]


def test_the_article_of_a_question_stands_in_its_intent_or_beside_it(tmp_path: Path) -> None:
    path = write(
        tmp_path / "samples.jsonl",
        {"text": "a", "language": "en", "intent": "ask_faq/warranty"},
        {"text": "b", "language": "en", "intent": "ask_faq", "article": "warranty", "entities": []},
        {"text": "c", "language": "en", "intent": "ask_faq"},
        {"text": "d", "language": "en", "intent": "greet", "article": None},
    )
    samples = read_samples([path])
    assert [sample.intent for sample in samples] == ["ask_faq", "ask_faq", "ask_faq", "greet"]
    assert [sample.article for sample in samples] == ["warranty", "warranty", None, None]


GOOD = {"text": "hi", "language": "en", "intent": "greet", "entities": []}


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "hi"',
        "hi",
        "[]",
        "1",
        '"hi"',
        "null",
        {"language": "en", "intent": "greet"},
        {"text": "hi", "intent": "greet"},
        {"text": "hi", "language": "en"},
        {**GOOD, "entities": None},
        {**GOOD, "entities": ["x"]},
        {**GOOD, "entities": [{"entity": "code"}]},
        {**GOOD, "entities": [{"value": "123456"}]},
        {**GOOD, "entities": [{"entity": "code", "value": 123456}]},
    ],
)
def test_a_line_that_is_no_sample_is_named(tmp_path: Path, line: object) -> None:
    path = write(tmp_path / "samples.jsonl", GOOD, "", line, GOOD)
    with pytest.raises(ConfigurationError) as caught:
        read_samples([path])
    assert str(caught.value).startswith(f"{path}:3: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.jsonl"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing.jsonl", tmp_path, binary):
        with pytest.raises(ConfigurationError) as caught:
            read_samples([path])
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("character", ["\u2028", "\x85"])
def test_a_sample_may_hold_any_character_that_json_may(tmp_path: Path, character: str) -> None:
    path = write(tmp_path / "samples.jsonl", {**GOOD, "text": f"where is{character}my order"})
    assert read_samples([path])[0].text == f"where is{character}my order"


@pytest.mark.parametrize("value", ["AC-104233", "ac104233", "#104233", "104233", "＃１０４２３３", "AC 104233"])
def test_order_numbers_are_compared_by_their_digits(value: str) -> None:
    assert comparable("order_number", value) == "104233"


def test_other_values_are_compared_without_case_and_outer_space() -> None:
    assert comparable("product", " Desk LAMP ") == comparable("product", "desk lamp")
    assert comparable("code", "104-233") != comparable("code", "104233")
    assert comparable("size", "42") != comparable("size", "43")


SAMPLES = [
    sample("where is AC-104233", "track_order", ("order_number", "AC-104233")),
    sample("any news", "track_order"),
    sample("cancel the lamp", "cancel_order", ("product", "Lamp")),
    sample("hello anna@mail.example", "greet", ("email", "anna@mail.example")),
]
PARSED = {
    # Right, and the order number in another form.
    "where is AC-104233": parsed("en", ("track_order", 0.9), ("greet", 0.1), entities=(("order_number", "#104233"),)),
    # Wrong, and a colour that is not there.
    "any news": parsed("en", ("cancel_order", 0.6), ("track_order", 0.4), entities=(("colour", "red"),)),
    # Right, and the product in another case.
    "cancel the lamp": parsed("en", ("cancel_order", 0.8), entities=(("product", "lamp "),)),
    # Not sure enough to act on, but the likeliest is right; the language is wrong and the address missed.
    "hello anna@mail.example": parsed("de", ("nlu_fallback", 0.7), ("greet", 0.35)),
}


async def parse(text: str) -> dict[str, Any]:
    return PARSED[text]


async def test_the_figures_of_a_language() -> None:
    report = (await evaluate(parse, SAMPLES))["en"]
    assert report.n == 4
    assert report.language_accuracy == pytest.approx(3 / 4)
    assert report.intent_accuracy == pytest.approx(3 / 4)
    # track_order: one hit, one missed. cancel_order: one hit, one too many. greet: one hit.
    assert report.intent_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    # Two hits (the order number, the product), one too many (the colour), one missed (the address).
    assert report.entity_f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert report.fallbacks == 1
    # Each message has a bin of its own, of weight 1/4: 0.9, 0.8 and 0.35 were right, 0.6 was wrong.
    assert report.calibration_error == pytest.approx((0.1 + 0.2 + 0.65 + 0.6) / 4)


async def test_the_figures_of_each_intent_and_entity() -> None:
    report = (await evaluate(parse, SAMPLES))["en"]
    assert report.intents == {
        "cancel_order": {"n": 1, "accuracy": 1.0, "f1": pytest.approx(2 / 3)},
        "greet": {"n": 1, "accuracy": 1.0, "f1": 1.0},
        "track_order": {"n": 2, "accuracy": 0.5, "f1": pytest.approx(2 / 3)},
    }
    assert report.entities == {
        "colour": {"n": 0, "precision": 0.0, "recall": 1.0, "f1": 0.0},
        "email": {"n": 1, "precision": 1.0, "recall": 0.0, "f1": 0.0},
        "order_number": {"n": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0},
        "product": {"n": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0},
    }


async def test_the_most_frequent_confusions_come_first() -> None:
    samples = [sample("a", "greet"), sample("b", "stop"), sample("c", "stop"), sample("d", "stop")]
    guesses = {"a": "goodbye", "b": "deny", "c": "stop", "d": "deny"}

    async def guess(text: str) -> dict[str, Any]:
        return parsed("en", (guesses[text], 1.0))

    assert (await evaluate(guess, samples))["en"].confusions == [
        {"intent": "stop", "taken_for": "deny", "n": 2},
        {"intent": "greet", "taken_for": "goodbye", "n": 1},
    ]


async def test_each_language_is_reported_by_itself() -> None:
    samples = [sample("hi", "greet"), sample("hallo", "greet", language="de"), sample("nein", "deny", language="de")]

    async def german(text: str) -> dict[str, Any]:
        return parsed("de", ("greet", 1.0))

    reports = await evaluate(german, samples)
    assert {
        language: (report.n, report.language_accuracy, report.intent_accuracy) for language, report in reports.items()
    } == {
        "de": (2, 1.0, 0.5),
        "en": (1, 0.0, 1.0),
    }


async def test_an_intent_that_no_sample_has_does_not_count_in_the_mean() -> None:
    async def wrong(text: str) -> dict[str, Any]:
        return parsed("en", ("greet" if text == "a" else "stop", 1.0))

    report = (await evaluate(wrong, [sample("a", "greet"), sample("b", "greet")]))["en"]
    assert list(report.intents) == ["greet"]
    assert report.intent_f1 == pytest.approx(2 / 3)


async def test_a_value_that_is_not_text_is_compared_as_its_text() -> None:
    async def number(text: str) -> dict[str, Any]:
        return parsed("en", ("inform", 1.0), entities=(("size", 42),))

    assert (await evaluate(number, [sample("42", "inform", ("size", "42"))]))["en"].entity_f1 == 1.0


async def test_without_any_entity_nothing_is_missed() -> None:
    async def nothing(text: str) -> dict[str, Any]:
        return parsed(None, ("greet", 1.0))

    report = (await evaluate(nothing, [sample("hi", "greet")]))["en"]
    assert (report.entity_f1, report.language_accuracy, report.entities) == (1.0, 0.0, {})


async def test_no_samples_give_no_reports() -> None:
    assert await evaluate(parse, []) == {}


async def test_every_message_is_parsed_once_and_kept_with_its_language() -> None:
    asked = []

    async def echo(text: str) -> dict[str, Any]:
        asked.append(text)
        return parsed("en", (text, 1.0))

    texts = [("hallo", "de"), ("hi", "en"), ("nein", "de"), ("hi", "en"), ("你好", "zh")]
    samples = [sample(text, "greet", language=language) for text, language in texts]
    results = await parse_all(echo, iter(samples))
    assert asked == [text for text, _ in texts]
    assert list(results) == ["de", "en", "zh"]
    assert [one for one, _ in results["de"]] == [samples[0], samples[2]]
    assert all(answer["intent"]["name"] == one.text for own in results.values() for one, answer in own)


async def test_nothing_to_parse_is_no_result() -> None:
    assert await parse_all(parse, []) == {}


def question(article: str | None, *ranking: str, intent: str = "ask_faq", taken_for: str = "ask_faq") -> Result:
    """A message about an article, and the articles that it was taken for."""
    entries = [{"intent_response_key": f"ask_faq/{slug}", "confidence": 0.5} for slug in ranking]
    selector = {"all_retrieval_intents": ["ask_faq"], "ask_faq": {"response": entries[:1], "ranking": entries}}
    answer = {**parsed("en", (taken_for, 0.9)), "response_selector": selector}
    return Sample("text", "en", intent, frozenset(), article), answer


def test_the_likeliest_article_counts_and_no_other() -> None:
    results = [
        question("warranty", "warranty", "repairs"),
        question("warranty", "repairs", "warranty"),
        question("warranty", "warranty"),
        question("repairs"),
    ]
    assert report(results).article_accuracy == pytest.approx(2 / 4)


def test_an_article_counts_whatever_the_intent_was_taken_for() -> None:
    results = [question("warranty", "warranty", taken_for="request_repair"), question("warranty", "repairs")]
    assert report(results).article_accuracy == pytest.approx(1 / 2)
    assert report(results).intent_accuracy == pytest.approx(1 / 2)


def test_only_questions_that_name_their_article_count() -> None:
    results = [
        question("warranty", "repairs"),
        question(None, "repairs"),
        question(None, "repairs", intent="greet", taken_for="greet"),
    ]
    assert report(results).article_accuracy == 0.0
    assert report(results[1:]).article_accuracy == 1.0


def test_without_a_ranking_of_articles_none_is_right() -> None:
    asked = Sample("text", "en", "ask_faq", frozenset(), "warranty")
    for selector in ({}, {"response_selector": None}, {"response_selector": {"all_retrieval_intents": ["ask_faq"]}}):
        assert report([(asked, {**parsed("en", ("ask_faq", 0.9)), **selector})]).article_accuracy == 0.0


def message(confidence: float, *ranking: str) -> Result:
    """A message that says "hi", and the intents that it was taken for."""
    guesses = [(name, confidence if place == 0 else confidence / 10) for place, name in enumerate(ranking)]
    return sample("hi", "greet"), parsed("en", *guesses)


def test_the_best_thresholds_part_what_is_right_what_is_nearly_right_and_what_is_neither() -> None:
    results = [
        *[message(0.92, "greet", "stop")] * 20,
        # Wrong, but the right one is among the choices.
        *[message(0.47, "stop", "greet")] * 10,
        *[message(0.13, "stop", "deny", "thank", "greet")] * 5,
    ]
    sure, offer = best_thresholds(results)
    assert 0.47 < sure <= 0.92
    assert 0.13 < offer <= 0.47


def test_who_is_always_right_should_always_act() -> None:
    sure, offer = best_thresholds([message(confidence, "greet", "stop") for confidence in (0.22, 0.5, 0.9)])
    assert offer <= sure <= 0.22


def test_who_is_always_wrong_should_ask_where_that_helps_and_else_give_up() -> None:
    nearly = [message(confidence, "stop", "deny", "greet") for confidence in (0.3, 0.52, 0.78)]
    sure, offer = best_thresholds(nearly)
    assert offer <= 0.3
    assert sure > 0.78
    sure, offer = best_thresholds(
        [(one, parsed("en", ("stop", answer["intent"]["confidence"]))) for one, answer in nearly]
    )
    assert 0.78 < offer <= sure


def test_a_message_that_was_not_understood_counts_by_its_likeliest_intent() -> None:
    results = [(sample("hi", "greet"), parsed("en", ("nlu_fallback", 0.99), ("greet", 0.42), ("stop", 0.3)))] * 3
    sure, _ = best_thresholds(results)
    assert sure <= 0.42


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.permutations(["greet", "stop", "deny", "thank"])).map(
            lambda drawn: message(drawn[0], *drawn[1])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_thresholds_are_in_order(results: list[Result]) -> None:
    sure, offer = best_thresholds(results)
    assert 0 <= offer <= sure <= 1


def outcomes(right: str) -> list[Result]:
    """Results of one model: "+" for a message whose intent it recognised."""
    return [(sample("hi", "greet"), parsed("en", ("greet" if sign == "+" else "stop", 1.0))) for sign in right]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param("++--", "++--", Comparison(0, 0, 1.0), id="the same"),
        pytest.param("", "", Comparison(0, 0, 1.0), id="nothing"),
        pytest.param("+++---", "---+++", Comparison(3, 3, 1.0), id="equally good"),
        pytest.param("+++++", "-----", Comparison(5, 0, 2 / 2**5), id="only better"),
        pytest.param("-----", "+++++", Comparison(0, 5, 2 / 2**5), id="only worse"),
        pytest.param("++++++++-", "--------+", Comparison(8, 1, 2 * (1 + 9) / 2**9), id="mostly better"),
        # What both know or neither does says nothing of the difference.
        pytest.param("+++++" + "+-" * 50, "-----" + "+-" * 50, Comparison(5, 0, 2 / 2**5), id="among many"),
    ],
)
def test_two_models_are_compared_on_what_only_one_of_them_knows(ours: str, theirs: str, expected: Comparison) -> None:
    found = compare(outcomes(ours), outcomes(theirs))
    assert (found.fixed, found.broken) == (expected.fixed, expected.broken)
    assert found.p_value == pytest.approx(expected.p_value)


def test_an_intent_that_was_not_sure_enough_counts_in_a_comparison() -> None:
    unsure = [(sample("hi", "greet"), parsed("en", ("nlu_fallback", 0.9), ("greet", 0.3)))]
    assert compare(unsure, outcomes("-")).fixed == 1


def test_models_are_compared_on_the_same_messages_only() -> None:
    with pytest.raises(ValueError):
        compare(outcomes("++"), outcomes("+"))
