"""The project that is made for stock Rasa, read by Rasa's own loaders."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine import import_rasa

import_rasa()

from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader  # noqa: E402
from rasa.shared.core.training_data.structures import RuleStep  # noqa: E402
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader  # noqa: E402
from rasa.shared.nlu.training_data.training_data import TrainingData  # noqa: E402

from benchmarks.stock.project import default_configuration, domain, examples, read_rules, stories  # noqa: E402
from bot.nlu.importer import read_examples  # noqa: E402
from knowledge_base import load_article  # noqa: E402

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def made() -> Domain:
    own = yaml.load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    folder = ROOT / "knowledge_base" / "articles"
    articles = [load_article(folder / language / "return-policy.md") for language in ("en", "de")]
    return Domain.from_dict(domain(own, articles))


def _steps(key: str, told: list[dict[str, Any]], made: Domain) -> list[Any]:
    return YAMLStoryReader(made).read_from_parsed_yaml({"version": "3.1", key: told})


def test_the_rules_are_the_projects_but_for_the_answer_to_questions(made: Domain) -> None:
    rules = list(read_rules(ROOT / "bot" / "data" / "rules"))
    steps = _steps("rules", rules, made)
    assert len(steps) == len(rules)
    assert all(isinstance(step, RuleStep) for step in steps)
    actions = [step["action"] for rule in rules for step in rule["steps"] if "action" in step]
    assert "utter_ask_faq" in actions
    assert "action_answer_question" not in actions


def test_the_stories_go_from_an_intent_to_the_end_of_its_flow(made: Domain) -> None:
    told = stories(list(read_rules(ROOT / "bot" / "data" / "rules")))
    assert len(_steps("stories", told, made)) == len(told)
    track_order = next(story for story in told if story["story"] == "begin track_order")
    assert track_order["steps"] == [
        {"intent": "track_order"},
        {"action": "track_order_form"},
        {"active_loop": "track_order_form"},
        {"active_loop": None},
        {"slot_was_set": [{"requested_slot": None}]},
        {"action": "action_track_order"},
    ]


def test_articles_are_responses_in_each_language(made: Domain) -> None:
    answers = made.responses["utter_ask_faq/return-policy"]
    assert len(answers) == 2
    assert all("{" not in answer["text"] for answer in answers)


def test_examples_keep_their_text_intent_and_entities() -> None:
    own = read_examples(ROOT / "bot" / "data" / "nlu" / "en" / "orders.yml", "en")
    few = TrainingData(own.training_examples[:40])
    read = RasaYAMLReader().reads(examples(few).nlu_as_yaml())
    assert [_labels(message) for message in read.training_examples] == [
        _labels(message) for message in few.training_examples
    ]


def _labels(message: Any) -> tuple[Any, ...]:
    marks = [(mark["entity"], mark["value"]) for mark in message.get("entities", [])]
    return message.get("text"), message.get("intent"), marks


def test_the_configuration_is_rasas_default() -> None:
    names = [component["name"] for part in ("pipeline", "policies") for component in default_configuration()[part]]
    assert {"DIETClassifier", "ResponseSelector", "TEDPolicy", "UnexpecTEDIntentPolicy", "RulePolicy"} < set(names)
