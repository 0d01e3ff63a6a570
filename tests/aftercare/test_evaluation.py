import json
from pathlib import Path
from typing import Any

import pytest

from aftercare.errors import ConfigurationError
from aftercare.evaluation import Sample, comparable, evaluate, read_samples


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
        Sample("中文", "zh", "ask_faq", frozenset()),
        Sample("hi", "en", "greet", frozenset()),
    ]


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
