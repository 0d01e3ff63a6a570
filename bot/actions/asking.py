"""The questions that flows ask: how each is put, which words answer it, and when a known answer still fits."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from bot.actions import cards
from bot.actions.case import CHANGE_SLOT, CONFIRMED_SLOT, Case
from bot.choices import Option as Named
from bot.intents import FLOWS, QUESTION
from bot.values import day as day_value
from bot.values import sentence

T = TypeVar("T")

NO_DESCRIPTION = frozenset(
    {QUESTION, "help", "bot_challenge", "human_handoff", "change_language", "stop", "greet", "goodbye", "thank"}
)
"""Messages that are no description of anything."""


class Question(ABC, Generic[T]):
    """Something that a flow must know.

    Attributes:
        slot: where the answer is kept, as a JSON value.
        alone: whether a message that answers it says nothing else.
        akin: intents that lead away elsewhere, but in whose words this may be answered.
        named: whether its answers have names, so that words which answer it mean nothing else.
    """

    slot: str
    alone = False
    akin: frozenset[str] = frozenset()
    named = False

    @abstractmethod
    async def put(self, case: Case) -> None:
        """Ask it."""

    @abstractmethod
    def read(self, case: Case) -> Any | None:
        """The answer in what the customer has just said, when this was asked; None if there is none."""

    def volunteered(self, case: Case) -> Any | None:
        """The answer in a message that this was not asked before: in the first one, or in a correction."""
        return case.said.choice(self.slot)

    @abstractmethod
    async def accept(self, value: Any, case: Case) -> T | None:
        """What an answer stands for; None if it does not fit (any more) and the question is to be asked again."""


@dataclass(frozen=True)
class Option(Generic[T]):
    """A choice.

    Attributes:
        value: what it is kept as.
        title: what its button says: a text or a value of `bot.values`.
        answer: what it stands for.
        names: what it may be called in the customer's language.
        means: the intent (`affirm`, `deny`) with which it may be chosen as well.
        look: how it looks on a card, where a button does not show enough of it.
    """

    value: str
    title: Any
    answer: T
    names: tuple[str, ...] = ()
    means: str | None = None
    look: cards.Look | None = None


class Choice(Question[T]):
    """One of several things.

    Args:
        response: asks for it; the options become its buttons.
        eager: whether it may be answered before it is asked, by words in the first message or in a correction.
        lead: what stands above the options' card in place of the response.
        values: of the response.
    """

    def __init__(
        self,
        slot: str,
        response: str,
        options: Sequence[Option[T]],
        eager: bool = False,
        lead: Any = None,
        **values: Any,
    ) -> None:
        self.slot = slot
        self.options = list(options)
        self._lead = lead
        self._response = response
        self.named = any(option.names for option in self.options)
        self._eager = eager
        self._values = values

    async def put(self, case: Case) -> None:
        buttons = self.buttons(case)
        case.say(self._response, choices=buttons, card=self.card(case, buttons), **self._values)

    def card(self, case: Case, buttons: Sequence[dict[str, Any]]) -> cards.Card | None:
        """What a channel with cards shows besides the buttons: those options that have a look."""
        return choices_card(case, self.slot, self.options, buttons, self._lead)

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        """The options as buttons."""
        return [button(case, self.slot, option.value, option.title, option.means) for option in self.options]

    def read(self, case: Case) -> str | None:
        said = case.said
        if said.pressed:
            return self._pressed(case)
        meant = next((option.value for option in self.options if option.means == said.intent), None)
        return meant or self._named(case, self.options)

    def volunteered(self, case: Case) -> str | None:
        if case.said.pressed:
            return self._pressed(case)
        return self._named(case, self.options) if self._eager and self._names(case) else None

    async def accept(self, value: Any, case: Case) -> T | None:
        return next((option.answer for option in self.options if option.value == value), None)

    def _pressed(self, case: Case) -> str | None:
        value = case.said.choice(self.slot)
        return value if any(option.value == value for option in self.options) else None

    def _named(self, case: Case, options: Sequence[Option[T]]) -> Any | None:
        return case.services.choices.one(case.said.text, case.language, self.slot, _named(options))

    def _names(self, case: Case) -> bool:
        """Whether the words mean the same wherever the options stand: "the second one" is said of another question."""
        turned = [*self.options[1:], *self.options[:1]]
        return bool(self._named(case, self.options) == self._named(case, turned))


class Deliberate(Choice[T]):
    """A choice that is made when it is asked for; after that, other messages may correct it."""

    def __init__(self, slot: str, response: str, options: Sequence[Option[T]], **values: Any) -> None:
        super().__init__(slot, response, options, eager=True, **values)

    def volunteered(self, case: Case) -> str | None:
        return super().volunteered(case) if case.said.pressed or case.had(self.slot) else None


class Several(Choice[T]):
    """Some of several things, each with a quantity; the answer is a mapping from value to quantity (None: all)."""

    def buttons(self, case: Case) -> list[dict[str, Any]]:
        single = super().buttons(case)
        return [*single, button(case, self.slot, "*", sentence("utter_all_items"))] if len(single) > 1 else single

    def read(self, case: Case) -> Any | None:
        if case.said.pressed:
            value = case.said.choice(self.slot)
            if value == "*":
                return {option.value: None for option in self.options}
            pressed = self._pressed(case)
            return {pressed: None} if pressed else None
        return self._named(case, self.options)

    def volunteered(self, case: Case) -> Any | None:
        return self.read(case) if case.said.pressed or (self._eager and self._names(case)) else None

    async def accept(self, value: Any, case: Case) -> Any | None:
        known = {option.value: option.answer for option in self.options}
        if not value or not set(value) <= set(known):
            return None
        return [(known[name], quantity) for name, quantity in value.items()]

    def _named(self, case: Case, options: Sequence[Option[T]]) -> Any | None:
        return case.services.choices.several(case.said.text, case.language, self.slot, _named(options))


class Quantity(Question[int]):
    """How many pieces of something, from 1 to `most`."""

    alone = True

    def __init__(self, slot: str, response: str, most: int, **values: Any) -> None:
        self.slot = slot
        self._response = response
        self._most = most
        self._values = values

    async def put(self, case: Case) -> None:
        numbers = range(1, min(self._most, 5) + 1)
        choices = [button(case, self.slot, str(number), str(number)) for number in numbers]
        case.say(self._response, choices=choices, count=self._most, **self._values)

    def read(self, case: Case) -> int | None:
        pressed = case.said.choice(self.slot)
        if pressed:
            return int(pressed) if pressed.isdecimal() else None
        return None if case.said.pressed else case.services.choices.number(case.said.text, case.language)

    async def accept(self, value: Any, case: Case) -> int | None:
        return value if isinstance(value, int) and 1 <= value <= self._most else None


class FreeText(Question[str]):
    """Something in the customer's own words.

    Args:
        akin: intents of flows in whose words it may be told; a message that wants any other flow is no answer.
    """

    def __init__(self, slot: str, response: str, akin: frozenset[str] = frozenset(), **values: Any) -> None:
        self.slot = slot
        self._response = response
        self.akin = akin
        self._values = values

    async def put(self, case: Case) -> None:
        case.say(self._response, **self._values)

    def read(self, case: Case) -> str | None:
        return case.said.text.strip() or None if describes(case, self.akin) else None

    async def accept(self, value: Any, case: Case) -> str | None:
        return str(value)


class Day(Question[date]):
    """One of some days; "tomorrow" is counted from `today`, which is the customer's."""

    def __init__(self, slot: str, response: str, days: Sequence[date], today: date, **values: Any) -> None:
        self.slot = slot
        self._response = response
        self._days = list(days)
        self._today = today
        self._values = values

    async def put(self, case: Case) -> None:
        choices = [button(case, self.slot, day.isoformat(), day_value(day)) for day in self._days]
        payloads = {day: choice["payload"] for day, choice in zip(self._days, choices, strict=True)}
        case.say(self._response, choices=choices, card=cards.days(payloads), **self._values)

    def read(self, case: Case) -> str | None:
        if case.said.pressed:
            return case.said.choice(self.slot)
        day = case.services.choices.day(case.said.text, case.language, self._today)
        return day.isoformat() if day else None

    async def accept(self, value: Any, case: Case) -> date | None:
        return next((day for day in self._days if day.isoformat() == value), None)


class Photos(Question[tuple[str, ...]]):
    """Photographs, where the customer has any."""

    def __init__(self, response: str, **values: Any) -> None:
        self.slot = "photos"
        self._response = response
        self._values = values

    async def put(self, case: Case) -> None:
        none = button(case, self.slot, "none", sentence("utter_no_photo"))
        case.say(self._response, choices=[none], card=cards.photos(), **self._values)

    def read(self, case: Case) -> Any | None:
        said = case.said
        if said.photos:
            return list(said.photos)
        if said.pressed:
            return [] if said.choice(self.slot) == "none" else None
        none = said.intent == "deny" or case.services.choices.one(said.text, case.language, self.slot, [Named("none")])
        return [] if none else None

    def volunteered(self, case: Case) -> Any | None:
        # People send one after the other.
        known = case.known(self.slot) or []
        return [*known, *(photo for photo in case.said.photos if photo not in known)] if case.said.photos else None

    async def accept(self, value: Any, case: Case) -> tuple[str, ...] | None:
        return tuple(value)


SUBJECTS = {"order_number": "order", "pickup_day": "day", "repair_day": "day"}
"""What the answers in some slots are called where `bot/data/choices` has words for what is to be changed."""

NOTHING = "nothing"


class _Change(Choice[str]):
    """What of a summary is to be changed: one of some slots, or `NOTHING`."""

    def __init__(self, changeable: Sequence[str]) -> None:
        options = [Option(slot, sentence(f"utter_change_{slot}"), slot) for slot in changeable]
        nothing = Option(NOTHING, sentence("utter_change_nothing"), NOTHING)
        super().__init__(CHANGE_SLOT, "utter_question_change", [*options, nothing], eager=True)

    def _named(self, case: Case, options: Sequence[Option[str]]) -> Any | None:
        slots = {SUBJECTS.get(option.value, option.value): option.value for option in options}
        subjects = [Named(subject) for subject in slots]
        subject = case.services.choices.one(case.said.text, case.language, self.slot, subjects)
        return slots[subject] if subject else None

    def volunteered(self, case: Case) -> str | None:
        value = super().volunteered(case)
        # Whoever has just said "no" to the summary does not mean that nothing is to be changed.
        return value if value != NOTHING or case.said.pressed else None


class Confirm(Question[str]):
    """The last question: whether everything is right. The answer is "yes" or "change".

    Args:
        response: shows the summary; its `{details}` are the summary's text.
        yes: the response that is the title of the button which confirms.
        change: what could be changed; who names that does not confirm, whatever else they say.
    """

    slot = CONFIRMED_SLOT

    def __init__(self, response: str, yes: str, change: _Change, summary: cards.Summary, **values: Any) -> None:
        self._response = response
        self._yes = yes
        self._change = change
        self._summary = summary
        self._values = values

    async def put(self, case: Case) -> None:
        choices = [
            button(case, self.slot, "yes", sentence(self._yes)),
            button(case, self.slot, "change", sentence("utter_change_something")),
            {"title": sentence("utter_drop_it"), "payload": "/stop"},
        ]
        card = self._summary.card(case.services)
        case.say(self._response, choices=choices, card=card, details=self._summary.text, **self._values)

    def read(self, case: Case) -> str | None:
        said = case.said
        if said.pressed:
            return said.choice(self.slot)
        if self.says_what(case):
            return "change"
        answer = case.services.choices.one(said.text, case.language, "yes_no", [Named("yes"), Named("no")])
        if said.intent == "deny" or answer == "no":
            return "change"
        return "yes" if said.intent == "affirm" or answer == "yes" else None

    def says_what(self, case: Case) -> bool:
        """Whether the customer names what is to be changed."""
        return self._change.volunteered(case) is not None

    def volunteered(self, case: Case) -> None:
        return None

    async def accept(self, value: Any, case: Case) -> str | None:
        return value if value in ("yes", "change") else None


async def confirm(
    case: Case, response: str, yes: str, changeable: Sequence[str], summary: cards.Summary, **values: Any
) -> None:
    """Show a summary and have it confirmed; whoever wants something else says what, and is asked that again.

    Args:
        response: shows the summary; its `{details}` are the summary's text.
        yes: the response that is the title of the button which confirms.
        changeable: the slots of answers that can be changed; `utter_change_<slot>` names each.
    """
    changes = _Change(changeable)
    answer = await case.ask(Confirm(response, yes, changes, summary, **values))
    if answer == "yes":
        return
    change: str = await case.ask(changes)
    case.set(CONFIRMED_SLOT, None)
    case.set(CHANGE_SLOT, None)
    if change != NOTHING:
        case.set(change, None)
    case.restart()


def describes(case: Case, akin: frozenset[str]) -> bool:
    """Whether what was said may describe something; `akin` are the flows in whose words that is done.

    A few words about a product are easily taken for a question about the shop: one has to look like a question, too.
    """
    said = case.said
    if said.pressed or said.intent in FLOWS - akin:
        return False
    if said.intent == QUESTION:
        return not case.services.choices.asks(said.text, case.language)
    return said.intent not in NO_DESCRIPTION


def agreed(case: Case) -> bool:
    """Whether the customer has confirmed what is to be done in this case: before, or just now."""
    now = case.asked(CONFIRMED_SLOT) and case.said.case == case.id and case.said.choice(CONFIRMED_SLOT) == "yes"
    return now or case.known(CONFIRMED_SLOT) == "yes"


def button(case: Case, slot: str, value: str, title: Any, means: str | None = None) -> dict[str, Any]:
    """A button that answers a question in this case."""
    arguments = {"question": slot, "choice": value, "case": case.id}
    made = {"title": title, "payload": "/inform" + json.dumps(arguments, ensure_ascii=False)}
    return {**made, "means": means} if means else made


def choices_card(
    case: Case, slot: str, options: Sequence[Option[Any]], buttons: Sequence[dict[str, Any]], lead: Any = None
) -> cards.Card | None:
    """The card of those options that have a look and are offered by one of the buttons; None without any."""
    offered = {made["payload"] for made in buttons}
    payloads = [(option.look, button(case, slot, option.value, option.title)["payload"]) for option in options]
    looks = [(look, payload) for look, payload in payloads if look and payload in offered]
    return cards.choices(looks, case.services, lead)


def titled(slot: str, values: Sequence[str]) -> list[Option[str]]:
    """The options of a fixed set, whose titles are the responses `utter_<slot>_<value>`."""
    return [Option(value, sentence(f"utter_{slot}_{value}"), value) for value in values]


def _named(options: Sequence[Option[Any]]) -> list[Named]:
    return [Named(option.value, option.names) for option in options]
