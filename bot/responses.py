"""Rasa's response generator on gettext: a response of `domain.yml`, in the conversation's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator, ResponseVariationFilter
from rasa.shared.core.trackers import DialogueStateTracker

from bot.localization import BUTTON, PLURAL, Catalogues, join, plain
from bot.values import KINDS

CHOICES = "choices"
"""Under this name an action passes buttons whose titles are values of `bot.values`."""

CARD = "card"
"""Under this name an action passes a card (see `bot.actions.cards`): JSON in which there are values of `bot.values`."""

MEANS = "means"
"""Of a button, the intent (`affirm`, `deny`) with which one may answer in words in place of pressing it."""

SAY_IN = "say_in"
"""Under this name an action passes the language of a response that is not to be in the conversation's."""


class GettextResponses(NaturalLanguageGenerator):
    """Fills the responses of the domain in the language of the slot `language`.

    The English text in `domain.yml` is the message id and the response's name its context. A response whose
    `metadata` has a `plural` chooses its form by the value `count`.

    Args:
        responses: the responses of the domain.
        catalogues: their translations.
        variables: values that every response may use, such as the shop's name.
        default_language: where the conversation has none yet.
    """

    def __init__(
        self,
        responses: Mapping[str, list[dict[str, Any]]],
        catalogues: Catalogues,
        variables: Mapping[str, Any],
        default_language: str = "en",
    ) -> None:
        self._responses = dict(responses)
        self._variations = ResponseVariationFilter(self._responses)
        self._catalogues = catalogues
        self._variables = dict(variables)
        self._default_language = default_language

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The response's text, buttons and card (its `custom`), or None where the domain has no such response."""
        if utter_action not in self._responses:
            return None
        slots = tracker.current_slot_values()
        fitting = self._variations.responses_for_utter_action(utter_action, output_channel, slots)
        if not fitting:
            return None
        language = kwargs.get(SAY_IN) or slots.get("language") or self._default_language
        return self.render(utter_action, fitting[0], {**slots, **kwargs}, language)

    def render(
        self, name: str, response: Mapping[str, Any], values: Mapping[str, Any], language: str
    ) -> dict[str, Any]:
        """One variation of a response with its values filled in."""
        rendered = {
            key: value for key, value in response.items() if key not in ("text", "buttons", "metadata", "condition")
        }
        rendered["text"] = self._text(name, response, values, language)
        buttons = [
            {**button, "title": self._catalogues.text(language, BUTTON, button["title"])}
            for button in response.get("buttons", [])
        ]
        buttons += [{**choice, "title": self._write(choice["title"], language)} for choice in values.get(CHOICES) or []]
        if buttons:
            rendered["buttons"] = buttons
        if values.get(CARD):
            rendered["custom"] = self._write_card(values[CARD], language)
        return rendered

    def _text(self, name: str, response: Mapping[str, Any], values: Mapping[str, Any], language: str) -> str:
        source = response.get("text") or ""
        plural = (response.get("metadata") or {}).get(PLURAL)
        if plural:
            text = self._catalogues.plural(language, name, source, plural, int(values["count"]))
        else:
            text = self._catalogues.text(language, name, source)
        return text.format_map(_Written(self, {**self._variables, **values}, language))

    def _write_card(self, part: Any, language: str) -> Any:
        if isinstance(part, Mapping):
            if part.get("kind") in KINDS:
                return self._write(part, language).strip()
            return {name: self._write_card(value, language) for name, value in part.items()}
        if isinstance(part, list | tuple):
            return [self._write_card(value, language) for value in part]
        return part

    def _write(self, value: Any, language: str) -> str:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if kind == "sentence":
            response = self._responses[value["response"]][0]
            return self._text(value["response"], response, value["values"], language)
        if kind == "capitalized":
            text = self._write(value["value"], language)
            return text[:1].upper() + text[1:]
        if kind == "lines":
            return "\n".join(self._write(part, language) for part in value["parts"])
        if kind == "listing":
            return join((self._write(item, language) for item in value["items"]), language)
        return plain(value, language)


class _Written(dict[str, Any]):
    """Values for `str.format_map`, each written for the language when it is asked for."""

    def __init__(self, responses: GettextResponses, values: Mapping[str, Any], language: str) -> None:
        super().__init__(values)
        self._responses = responses
        self._language = language

    def __getitem__(self, name: str) -> str:
        return self._responses._write(super().__getitem__(name), self._language)
