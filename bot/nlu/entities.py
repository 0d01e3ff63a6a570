"""Entities: what has a shape is found by its shape, the rest by a conditional random field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pycrfsuite
from babel import Locale
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.localization import language_name
from bot.nlu import patterns
from bot.nlu.attributes import LANGUAGE
from bot.nlu.lexicon import MARK, word_of
from bot.nlu.patterns import Match
from bot.nlu.persistence import LearningComponent
from bot.nlu.text import normalize

OUTSIDE = "O"

NEIGHBOUR_FEATURES = ("end3", "shape", "known", "lexicon", "value")
"""What a word is told of the words right before and after it, besides the words themselves."""

PLAIN = 10
"""Of the examples in which nothing is marked or looks like a value, one in so many is learnt from: the others show
often enough what is none."""

TRAILING = ".,;!?"
"""What a tokenizer may leave at the end of a word, but is no part of a value, except of a date (`24.11.`)."""

SHAPED = frozenset({"order_number", "email", "tracking_number", "phone", "code", "amount"})
"""The types that `bot.nlu.patterns` finds; the random field learns all others that the examples mark."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityExtractor(LearningComponent, EntityExtractorMixin):
    """Finds the entities of a message; values are substrings of its text, and never overlap.

    The random field labels words (characters in Chinese) with begin-inside-outside tags. Its features are the words
    around, their endings and shapes, the marks of the lexicon, and whether CLDR knows them as a language, a month or
    a weekday.

    Options:
        iterations: of the optimiser, at most.
        c1, c2: weights of the L1 and L2 regularisation.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {LANGUAGE: None, "iterations": 30, "c1": 0.1, "c2": 0.05}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config, model_storage, resource)
        self._model = b""
        self._gazetteer: dict[str, str] = {}
        self._tagger: pycrfsuite.Tagger | None = None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the marked values of the examples."""
        self._gazetteer = _gazetteer(self._config[LANGUAGE])
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params(
            {
                "c1": self._config["c1"],
                "c2": self._config["c2"],
                "max_iterations": self._config["iterations"],
                "feature.possible_transitions": True,
            }
        )
        for number, example in enumerate(training_data.intent_examples):
            units = self._units(example)
            if number % PLAIN and not example.get(ENTITIES) and not any(_may_be_value(unit) for unit in units):
                continue
            marks = [
                Match(mark[ENTITY_ATTRIBUTE_TYPE], mark[ENTITY_ATTRIBUTE_START], mark[ENTITY_ATTRIBUTE_END])
                for mark in example.get(ENTITIES, [])
                if mark[ENTITY_ATTRIBUTE_TYPE] not in SHAPED
            ]
            if units:
                trainer.append(self._features(example.get(TEXT), units), _tags(units, marks))
        with TemporaryDirectory() as directory:
            model = Path(directory, "entities.crfsuite")
            trainer.train(str(model))
            # To ask CLDR again would load it for all languages into the memory of each process, some 80 MB.
            return self._keep((model.read_bytes(), self._gazetteer))

    def _recall(self, learnt: Any) -> None:
        # The tagger does not keep it alive.
        self._model, self._gazetteer = learnt
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._model)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the entities of each message."""
        for message in messages:
            text = message.get(TEXT)
            entities = [
                {
                    ENTITY_ATTRIBUTE_TYPE: match.entity,
                    ENTITY_ATTRIBUTE_START: match.start,
                    ENTITY_ATTRIBUTE_END: match.end,
                    ENTITY_ATTRIBUTE_VALUE: text[match.start : match.end],
                }
                for match in self._find(message)
            ]
            message.set(ENTITIES, self.add_extractor_name(entities), add_to_output=True)
        return messages

    def _find(self, message: Message) -> list[Match]:
        text = message.get(TEXT)
        found = [*patterns.find(text)]
        units = self._units(message)
        if units and self._tagger is not None:
            tags = self._tagger.tag(self._features(text, units))
            found += [
                match
                for match in (_trimmed(match, text) for match in _matches(units, tags))
                if not any(match.start < other.end and other.start < match.end for other in found)
            ]
        return sorted(found, key=lambda match: match.start)

    def _units(self, message: Message) -> list[Token]:
        tokens: list[Token] = message.get(TOKENS_NAMES[TEXT]) or []
        if self._config[LANGUAGE] != "zh":
            return tokens
        return [
            Token(
                character,
                token.start + offset,
                data={"word": token.text, "offset": offset, MARK: _mark_inside(token.data.get(MARK, ""), offset)},
            )
            for token in tokens
            for offset, character in enumerate(token.text)
        ]

    def _features(self, text: str, units: Sequence[Token]) -> list[dict[str, Any]]:
        shaped = patterns.find(text)
        words = [word_of(unit) for unit in units]
        own = [_unit_features(unit, word, shaped, self._gazetteer) for unit, word in zip(units, words, strict=True)]
        features = []
        for index, unit in enumerate(own):
            row = {**unit, "bias": True}
            for distance in (-2, -1, 1, 2):
                position = index + distance
                if 0 <= position < len(words):
                    row[f"{distance}:word"] = words[position]
                    if abs(distance) == 1:
                        row.update({f"{distance}:{name}": own[position].get(name, "") for name in NEIGHBOUR_FEATURES})
                else:
                    row[f"{distance}:none"] = True
            if index:
                row["pair"] = f"{words[index - 1]} {words[index]}"
            features.append(row)
        return features


def _may_be_value(unit: Token) -> bool:
    return bool(unit.data.get(MARK)) or any(character.isdigit() for character in unit.text)


def _mark_inside(mark: str, offset: int) -> str:
    """The mark of a word's character: only the first one begins an entry."""
    return f"I-{mark[2:]}" if offset and mark.startswith("B-") else mark


def _unit_features(unit: Token, word: str, shaped: Sequence[Match], gazetteer: dict[str, str]) -> dict[str, Any]:
    features: dict[str, Any] = {
        "word": word,
        "end2": word[-2:],
        "end3": word[-3:],
        "end4": word[-4:],
        "start3": word[:3],
        "shape": _shape(unit.text),
        "known": gazetteer.get(word, ""),
        "lexicon": unit.data.get(MARK, ""),
    }
    if "word" in unit.data:
        # A character of Chinese text: the word it is in, and where in it.
        features["in"] = unit.data["word"]
        features["at"] = f"{unit.data['offset']}/{len(unit.data['word'])}"
        features["known"] = gazetteer.get(unit.data["word"], "")
    for match in shaped:
        if match.start <= unit.start < match.end:
            features["value"] = match.entity
    return features


def _shape(word: str) -> str:
    """`Xx` for `Berlin`, `d.d` for `12.03`: runs of the same kind of character become one."""
    kinds = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "d", re.sub(r"[A-ZÀ-Þ]", "X", word)))
    return re.sub(r"(.)\1+", r"\1", kinds)


@cache
def _gazetteer(language: str) -> dict[str, str]:
    """Words of CLDR that say what they are, in this language, in English and in their own."""
    words: dict[str, str] = {}
    own = Locale.parse(language)
    for locale in (Locale("en"), own):
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                words.update(dict.fromkeys(map(normalize, locale.months[context][width].values()), "month"))
                words.update(dict.fromkeys(map(normalize, locale.days[context][width].values()), "day"))
        words.update({normalize(name): "language" for name in locale.languages.values() if " " not in name})
    words.update({normalize(language_name(code)): "language" for code in map(str, own.languages) if len(code) == 2})
    return words


def _trimmed(match: Match, text: str) -> Match:
    if match.entity == "date":
        return match
    value = text[match.start : match.end].rstrip(TRAILING)
    return Match(match.entity, match.start, match.start + len(value))


def _tags(units: Sequence[Token], marks: Sequence[Match]) -> list[str]:
    tags = []
    for unit in units:
        mark = next((mark for mark in marks if mark.start <= unit.start < mark.end), None)
        if mark is None:
            tags.append(OUTSIDE)
        else:
            tags.append(("B-" if unit.start == mark.start else "I-") + mark.entity)
    return tags


def _matches(units: Sequence[Token], tags: Sequence[str]) -> Iterator[Match]:
    entity, start, end = "", 0, 0
    for unit, tag in zip(units, tags, strict=True):
        if tag.startswith("I-") and tag[2:] == entity:
            end = unit.end
            continue
        if entity:
            yield Match(entity, start, end)
        entity, start, end = ("", 0, 0) if tag == OUTSIDE else (tag[2:], unit.start, unit.end)
    if entity:
        yield Match(entity, start, end)
