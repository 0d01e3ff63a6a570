"""A project for stock Rasa, made of this one's training data and rules.

Two things have another form, each to stock Rasa's advantage or by its own rules:

* General questions are answered with `utter_ask_faq`, Rasa's own way to answer a retrieval intent, from responses that
  are the articles' answers: no action is called, and nothing is searched.
* Rasa's `TEDPolicy` and `UnexpecTEDIntentPolicy` learn from stories alone, of which this project has none: the path of
  each rule is told as a story too.

Lookup tables are left out: the default pipeline would match each message with all of them.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.intents import NO_ARTICLE, QUESTION
from bot.nlu.importer import MultilingualImporter
from knowledge_base import Article, load_articles

VERSION = "3.1"

FAQ_ACTION = "action_answer_question"

Step = dict[str, Any]


def export(project: Path, target: Path) -> None:
    """Write a project for stock Rasa into a folder, from the one with `config.yml` in the folder `project`."""
    importer = MultilingualImporter(str(project / "config.yml"))
    articles, _ = load_articles(importer.articles_folder)
    rules = list(read_rules(importer.data_folder / "rules"))
    _write(target / "config.yml", default_configuration())
    _write(target / "domain.yml", domain(yaml.safe_load(importer.domain_file.read_text(encoding="utf-8")), articles))
    _write(target / "data" / "rules.yml", {"version": VERSION, "rules": rules})
    _write(target / "data" / "stories.yml", {"version": VERSION, "stories": stories(rules)})
    (target / "data" / "nlu.yml").write_text(examples(importer.get_nlu_data()).nlu_as_yaml(), encoding="utf-8")
    _write(target / "credentials.yml", {"rest": None})


def default_configuration() -> dict[str, Any]:
    """The pipeline and policies that Rasa takes where `config.yml` names none, as `rasa init` leaves it."""
    file = importlib.resources.files("rasa.engine.recipes.config_files") / "default_config.yml"
    configuration: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {**configuration, "assistant_id": "stock"}


def read_rules(folder: Path) -> Iterable[dict[str, Any]]:
    """The project's rules, with stock Rasa's answer to general questions."""
    for path in sorted(folder.glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            yield {**rule, "steps": [_stock(step) for step in rule["steps"]]}


def stories(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The paths of the rules: that of a flow goes on where its form is filled."""
    settled = {rule["condition"][0]["active_loop"]: rule["steps"][1:] for rule in rules if "condition" in rule}
    told = []
    for rule in rules:
        if "condition" in rule:
            continue
        form = rule["steps"][-1].get("active_loop")
        told.append({"story": rule["rule"], "steps": [*rule["steps"], *settled.get(form, [])]})
    return told


def domain(own: dict[str, Any], articles: Iterable[Article]) -> dict[str, Any]:
    """The project's domain, with the articles as responses to questions, each in all of its languages."""
    answers: dict[str, list[dict[str, str]]] = {f"utter_{QUESTION}/{NO_ARTICLE}": [{"text": NO_ARTICLE}]}
    for article in articles:
        # Braces would be slots.
        text = article.answer.replace("{", "(").replace("}", ")")
        answers.setdefault(f"utter_{QUESTION}/{article.slug}", []).append({"text": text})
    actions = [action for action in own["actions"] if action != FAQ_ACTION]
    return {**own, "actions": actions, "responses": {**own["responses"], **answers}}


def examples(data: TrainingData) -> TrainingData:
    """The project's examples, without what only its own components read."""
    return TrainingData(
        [
            Message.build(
                message.get(TEXT), message.get(INTENT_RESPONSE_KEY) or message.get(INTENT), message.get(ENTITIES)
            )
            for message in data.training_examples
        ],
        data.entity_synonyms,
        data.regex_features,
    )


def _stock(step: Step) -> Step:
    return {"action": f"utter_{QUESTION}"} if step.get("action") == FAQ_ACTION else step


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
