"""A matter in hand: what the customer has just said, what is known so far, and what is said in return."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.services import Services
from bot.letters import Letter
from bot.nlu.attributes import CONVERSATION_LANGUAGE
from shop import Customer, Order, Product

if TYPE_CHECKING:
    from bot.actions.asking import Question

T = TypeVar("T")

CASE_SLOT = "case"
"""What a flow remembers of its run: `flow`, `id`, and `missed`, how many messages in a row it did not understand; with
`opening`, the message with which it began, and `recalled`, the slots that were looked for in that."""

LAST_CASE_SLOT = "last_case"
"""The id of the case that was settled last: its buttons do nothing any more."""

SETTLED_SLOT = "settled"
"""Whether something was settled that the customer has not been asked about."""

REQUESTED_SLOT = "requested_slot"

CHANGE_SLOT = "change"
CONFIRMED_SLOT = "confirmed"

LISTEN = "action_listen"


class Asking(Exception):
    """Something is not known yet: the question is to be asked."""

    def __init__(self, question: Question[Any]) -> None:
        super().__init__(question.slot)
        self.question = question


class Ended(Exception):
    """The matter is at its end before everything was known; the reason has been said."""

    def __init__(self, then: str = LISTEN) -> None:
        super().__init__(then)
        self.then = then


class ChangedMind(Exception):
    """An answer was taken back: what follows from the others is to be looked at again from the beginning."""


class Said:
    """What the customer has just said.

    Attributes:
        text: the words, or the payload of a button.
        intent: what it was taken for.
        confidence: how sure that is.
        photos: the ids of photographs that came with it.
    """

    def __init__(self, message: Mapping[str, Any]) -> None:
        self.text = str(message.get("text") or "")
        self.intent = str((message.get("intent") or {}).get("name") or "")
        self.confidence = float((message.get("intent") or {}).get("confidence") or 0)
        self.photos = tuple((message.get("metadata") or {}).get("photos") or ())
        self._entities = message.get("entities") or []

    def as_message(self) -> dict[str, Any]:
        """What it can be made of again, as JSON."""
        entities = [{"entity": found["entity"], "value": found["value"]} for found in self._entities]
        metadata = {"photos": list(self.photos)}
        return {"text": self.text, "intent": {"name": self.intent}, "entities": entities, "metadata": metadata}

    @property
    def pressed(self) -> bool:
        """Whether it came from a button."""
        return self.text.startswith("/")

    def values(self, entity: str) -> list[str]:
        """The values of an entity, in the order in which they stand."""
        return [str(found["value"]) for found in self._entities if found["entity"] == entity]

    def choice(self, question: str) -> str | None:
        """What a button of this question sent."""
        if question not in self.values("question"):
            return None
        return next(iter(self.values("choice")), None)

    @property
    def case(self) -> str | None:
        """The case in which the button was offered."""
        return next(iter(self.values("case")), None)


class Case:
    """One run of a flow, in one turn."""

    def __init__(self, services: Services, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.services = services
        self.dispatcher = dispatcher
        self.tracker = tracker
        self.said = Said(tracker.latest_message)
        self.answered: list[Question[Any]] = []
        """The questions that were found answered, in their order, when the flow was last looked through."""
        self.passed_on = False
        """Whether it is with a person now."""
        self._changes: dict[str, Any] = {}
        self._orders: dict[str, Order | None] = {}
        self._customers: dict[str, Customer | None] = {}
        self._products: list[Product] | None = None

    # What is known

    @property
    def opening(self) -> Said:
        """The message with which this case began."""
        return Said((self.known(CASE_SLOT) or {}).get("opening") or {})

    def known(self, slot: str) -> Any:
        """The value of a slot, None where it has none."""
        return self._changes[slot] if slot in self._changes else self.tracker.get_slot(slot)

    def set(self, slot: str, value: Any) -> None:
        """Remember a value; None forgets it."""
        self._changes[slot] = value

    @property
    def language(self) -> str:
        """The language of the conversation."""
        return str(self.known("language") or self.services.default_language)

    def keep_language(self) -> None:
        """Stay in the language of the conversation: what was said, such as an address, is in none, or in its own."""
        before = (self.tracker.latest_message.get("metadata") or {}).get(CONVERSATION_LANGUAGE)
        if before:
            self.set("language", before)

    @property
    def id(self) -> str:
        """What tells this run of a flow from all others."""
        return str((self.known(CASE_SLOT) or {}).get("id", ""))

    def key(self, what: str) -> str:
        """The key under which something is done once in this case, however often the customer says so."""
        return f"{self.tracker.sender_id}:{self.id}:{what}"

    def running(self, flow: str) -> bool:
        """Whether this flow has begun and not ended."""
        return bool(self.known(REQUESTED_SLOT) and (self.known(CASE_SLOT) or {}).get("flow") == flow)

    def asked(self, slot: str) -> bool:
        """Whether this is what was asked last."""
        return bool(self.tracker.get_slot(REQUESTED_SLOT) == slot)

    def fresh(self, slot: str) -> bool:
        """Whether a slot has got a value in this turn."""
        return self._changes.get(slot) is not None

    def came_up(self, slot: str) -> bool:
        """Whether a slot's question has come up in this case, answered or not."""
        return slot in (self.known(CASE_SLOT) or {}).get("recalled", ())

    def had(self, slot: str) -> bool:
        """Whether a slot had a value in this case before this turn."""
        before = self.tracker.get_slot(CASE_SLOT) or {}
        return before.get("id") == self.id and self.tracker.get_slot(slot) is not None

    def begin(self, flow: str, slots: tuple[str, ...]) -> None:
        """Begin a new case: answers of an earlier one do not count."""
        for slot in (*slots, CHANGE_SLOT, CONFIRMED_SLOT):
            if self.known(slot) is not None:
                self.set(slot, None)
        # What is to be changed is never in the words with which a case begins.
        beginning = {"opening": self.said.as_message(), "recalled": [CHANGE_SLOT]}
        self.set(CASE_SLOT, {"flow": flow, "id": secrets.token_hex(6), "missed": 0, **beginning})

    def recalled(self, question: Question[Any]) -> Any | None:
        """The answer to a question in the words with which the case began.

        It is looked for once, and never for what was answered before: an answer that was taken back stays so.
        """
        case = dict(self.known(CASE_SLOT) or {})
        closed = {*case["recalled"], *(answered.slot for answered in self.answered)}
        self.set(CASE_SLOT, {**case, "recalled": sorted({*closed, question.slot})})
        # What was tried in this turn and does not fit would be refused a second time.
        if question.slot in closed or question.slot in self._changes:
            return None
        now, self.said = self.said, self.opening
        try:
            return question.volunteered(self)
        finally:
            self.said = now

    def missed(self, again: bool) -> int:
        """Count a message that was not understood, or (`again` false) one that was; returns how many in a row."""
        case = dict(self.known(CASE_SLOT) or {})
        case["missed"] = case.get("missed", 0) + 1 if again else 0
        self.set(CASE_SLOT, case)
        return int(case["missed"])

    async def order(self, number: str) -> Order | None:
        """The order with this number, looked up once a turn."""
        if number not in self._orders:
            self._orders[number] = await self.services.shop.order(number)
        return self._orders[number]

    async def customer(self, email: str) -> Customer | None:
        """The customer with this address, looked up once a turn."""
        if email not in self._customers:
            self._customers[email] = await self.services.shop.customer(email)
        return self._customers[email]

    async def products(self) -> list[Product]:
        """The catalogue, looked up once a turn."""
        if self._products is None:
            self._products = await self.services.shop.products()
        return self._products

    # What is asked and said

    async def ask(self, question: Question[T]) -> T:
        """The answer to a question; raises `Asking` as long as there is none that fits."""
        value = self.known(question.slot)
        if value is not None:
            answer = await question.accept(value, self)
            if answer is not None:
                self.answered.append(question)
                return answer
            if self.known(question.slot) is not None:
                self.set(question.slot, None)
        raise Asking(question)

    def say(self, response: str, **values: Any) -> None:
        """Say a response of the domain, with its values."""
        # In the language as it is now: a change of language counts for Rasa only after the turn.
        self.dispatcher.utter_message(response=response, say_in=self.language, **values)

    def say_outdated(self) -> None:
        """Say that a button belongs to a case that is not in hand any more."""
        done = self.said.case == self.known(LAST_CASE_SLOT)
        self.say("utter_already_done" if done else "utter_no_longer_open")

    def restart(self) -> NoReturn:
        """Look at everything again from the beginning, since an answer was taken back."""
        raise ChangedMind

    def end(self, response: str | None = None, then: str = LISTEN, **values: Any) -> NoReturn:
        """End the matter here, with a response that says why."""
        if response:
            self.say(response, **values)
        raise Ended(then)

    async def write(self, name: str, order: Order, **values: Any) -> None:
        """Write a letter to the order's customer, once in this case."""
        letter = Letter(name, order.customer.email, self.language, {"customer": order.customer.name, **values})
        await self.services.post.put(letter, self.key(name))

    # What Rasa is told

    def events(self, requested: str | None) -> list[EventType]:
        """What has changed, and what the form asks for next."""
        # Rasa takes a form that sets no slot for one that could do nothing with the message.
        self._changes.setdefault(CASE_SLOT, self.tracker.get_slot(CASE_SLOT))
        return [*self.changes(), SlotSet(REQUESTED_SLOT, requested)]

    def changes(self) -> list[EventType]:
        """What has changed."""
        return [SlotSet(slot, value) for slot, value in self._changes.items()]

    def closing(self, then: str = LISTEN) -> list[EventType]:
        """The events that end the form; `then` is the action that follows."""
        self.set(CASE_SLOT, None)
        return [*self.events(None), ActiveLoop(None), FollowupAction(then)]

    def settled(self) -> list[EventType]:
        """The events after which the case is history."""
        self.set(LAST_CASE_SLOT, self.id)
        self.set(CASE_SLOT, None)
        return self.changes()

    def reopening(self, form: str, slot: str) -> list[EventType]:
        """The events that open the form again, at the question of a slot."""
        self.set(slot, None)
        return [*self.changes(), ActiveLoop(form), SlotSet(REQUESTED_SLOT, slot), FollowupAction(LISTEN)]
