"""Flows: matters that are settled by asking a few things and then doing something.

A flow is a Rasa form and two actions. `Flow.collect` reads like a conversation without detours: it asks for one thing
after the other (`case.ask`), as if each answer came at once. It is run from its beginning in every turn; answers that
are known pass through, the first that is not ends the run and is asked. So a corrected answer, an order that
changed in the meantime or a conversation that goes on after a restart need no code of their own. `Flow.settle` does
what was agreed upon, and only then: a rule calls it when the form has everything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.asking import Confirm, Photos, Question
from bot.actions.case import CONFIRMED_SLOT, REQUESTED_SLOT, SETTLED_SLOT, Asking, Case, ChangedMind, Ended
from bot.actions.handoff import (
    complains,
    hand_over,
    hand_over_urgently,
    note_complaint,
    recent_complaints,
    state_of,
)
from bot.actions.services import Services
from bot.intents import FLOWS, NOT_UNDERSTOOD, QUESTION
from bot.nlu.text import count_words
from bot.severity import severity
from shop import NotOffered, NotPossible, ShopUnavailable

D = TypeVar("D")

SMALL_TALK = frozenset({"thank", "help", "bot_challenge", "out_of_scope"})
"""What is answered in a sentence before the question is asked again."""

MOVES = frozenset({"inform", "affirm", "deny", "goodbye", QUESTION, NOT_UNDERSTOOD})
"""Intents of messages that may correct an earlier answer; few words of one are easily taken for a question."""

CERTAIN = 0.999
"""From this confidence on a message means to stop, even where "I don't want it any more" may be an answer."""

WORDS_OF_NO = 2
"""In so many words there is no more than a "no"."""

OFFER_PERSON_AFTER = 2
"""After so many messages in a row that do not answer the question, a person is offered."""


class Flow(ABC, Generic[D]):
    """A matter, named as its intent.

    Attributes:
        intent: with which it begins; its form is `<intent>_form`, what settles it `action_<intent>`.
        slots: what it asks for, forgotten when it begins anew.
        kept: what it asks for, but takes over from what the conversation knows already.
        acknowledgement: the response that comes before the first question, if any.
    """

    intent: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    kept: ClassVar[tuple[str, ...]] = ()
    acknowledgement: ClassVar[str | None] = None

    @abstractmethod
    async def collect(self, case: Case) -> D:
        """What is needed to settle it. Raises `Asking` for what is missing, `Ended` where there is nothing to do."""

    @abstractmethod
    async def settle(self, case: Case, details: D) -> None:
        """Do it, under the case's keys, and say so."""


class FlowForm(Action):
    """Takes a message in a flow's form, and asks for what is missing."""

    def __init__(self, flow: Flow[Any], services: Services, digressions: Mapping[str, Action]) -> None:
        """`digressions` answer intents that interrupt the form, which then asks its question again."""
        self._flow = flow
        self._services = services
        self._digressions = digressions

    def name(self) -> str:
        return f"validate_{self._flow.intent}_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        case = Case(self._services, dispatcher, tracker)
        begins = not case.running(self._flow.intent)
        if begins:
            # What the message names goes before what the conversation knew.
            named = tuple(slot for slot in self._flow.kept if case.said.values(slot))
            case.begin(self._flow.intent, (*self._flow.slots, *named))
            if self._flow.acknowledgement:
                case.say(self._flow.acknowledgement)
        try:
            await self._take(case, begins)
            question = await self._recall(case, await self._pending(case))
            if question:
                await question.put(case)
        except Ended as end:
            return case.closing(end.then)
        except ShopUnavailable:
            # Nothing is lost: the next message finds the form as it is.
            case.say("utter_shop_unavailable")
            return case.events(tracker.get_slot(REQUESTED_SLOT) or [*self._flow.kept, *self._flow.slots][0])
        return case.events(question.slot if question else None)

    async def _take(self, case: Case, begins: bool) -> None:
        """Take what the customer said: as answers, as a correction, or as something else that is answered."""
        if begins:
            await self._answers(case, await self._pending(case), asked=False)
            # What the conversation knew already may not be what this is about.
            await self._corrects(case)
        elif not await self._interrupted(case):
            pending = await self._pending(case)
            if _adds_photos(case):
                return
            if isinstance(pending, Confirm) and await self._revises(case, pending):
                return
            answered = await self._answers(case, pending, asked=True)
            if not answered and not await self._corrects(case):
                await self._digresses(case)

    async def _pending(self, case: Case) -> Question[Any] | None:
        """What is to be asked next, None if everything is known."""
        while True:
            case.answered.clear()
            try:
                await self._flow.collect(case)
            except Asking as asking:
                return asking.question
            except ChangedMind:
                continue
            return None

    async def _recall(self, case: Case, pending: Question[Any] | None) -> Question[Any] | None:
        """Answer what the customer told at the beginning already; returns what is to be asked next."""
        while pending is not None:
            value = case.recalled(pending)
            if value is None:
                break
            case.set(pending.slot, value)
            pending = await self._pending(case)
        return pending

    async def _answers(
        self, case: Case, pending: Question[Any] | None, asked: bool, corrected: str | None = None
    ) -> bool:
        """Take the message as the answer to what was asked, and to what would be asked next.

        `corrected` is the slot that the message has answered already, perhaps with what does not fit.
        """
        taken: set[str] = set()
        while pending is not None and pending.slot not in taken | {corrected}:
            value = pending.read(case) if asked and not taken else pending.volunteered(case)
            if value is None:
                break
            case.set(pending.slot, value)
            taken.add(pending.slot)
            if pending.alone:
                break
            pending = await self._pending(case)
        if taken:
            case.missed(again=False)
        return bool(taken)

    async def _revises(self, case: Case, summary: Confirm) -> bool:
        """Take what is said to a summary as another answer, unless it only says which one is wrong."""
        if case.said.pressed or case.said.intent == "affirm":
            return False
        if await self._corrects(case, only_named=True):
            return True
        if summary.says_what(case) or _only_denies(case):
            return False
        return await self._corrects(case)

    async def _corrects(self, case: Case, only_named: bool = False) -> bool:
        """Take the message as another answer to a question that was answered before.

        The latest is looked at first, but names go before words that may mean many things.
        """
        if complains(case):
            return False
        latest = case.answered[::-1]
        for question in sorted(latest, key=lambda question: not question.named):
            if case.said.intent not in MOVES | {self._flow.intent} | question.akin:
                continue
            if only_named and not question.named:
                continue
            value = question.volunteered(case)
            if value is not None and value != case.known(question.slot):
                case.set(question.slot, value)
                case.missed(again=False)
                await self._answers(case, await self._pending(case), asked=False, corrected=question.slot)
                return True
        return False

    async def _interrupted(self, case: Case) -> bool:
        """Do what goes before any answer; returns whether the message was of that kind."""
        intent = case.said.intent
        if intent == "stop" and not await self._akin_answer(case):
            case.end("utter_stop")
        if intent == "human_handoff":
            hand_over(case, "asked", summary=self._state(case))
            case.end()
        if case.said.pressed and intent in FLOWS and intent != self._flow.intent:
            case.end(then=f"{intent}_form")
        if case.said.case not in (None, case.id):
            case.say_outdated()
            return True
        if intent in ("change_language", "unserved_language"):
            await self._answer(intent, case)
            return True
        return False

    async def _akin_answer(self, case: Case) -> bool:
        """Whether words that would lead away elsewhere answer what was asked."""
        pending = await self._pending(case)
        if pending is None or case.said.intent not in pending.akin or case.said.confidence >= CERTAIN:
            return False
        return pending.read(case) is not None

    async def _digresses(self, case: Case) -> None:
        """Answer a message that answers no question of the flow's; the question is asked again after it."""
        intent = case.said.intent
        # After the answers: "tomorrow" may be one.
        if intent == "goodbye":
            case.end("utter_goodbye")
        if intent in FLOWS and intent != self._flow.intent:
            case.end(then=f"{intent}_form")
        elif complains(case):
            self._hear_complaint(case)
        elif intent == "deny":
            case.end("utter_stop")
        elif intent in self._digressions:
            await self._answer(intent, case)
        elif intent in SMALL_TALK:
            case.say(f"utter_{intent}")
        elif intent not in ("greet", "affirm", self._flow.intent):
            missed = case.missed(again=True)
            case.say("utter_not_an_answer_person" if missed >= OFFER_PERSON_AFTER else "utter_not_an_answer")

    def _hear_complaint(self, case: Case) -> None:
        """Acknowledge a complaint and go on; a repeated or severe one goes to a person at once."""
        if recent_complaints(case) or severity(case.said.text, case.language):
            hand_over_urgently(case, self._state(case))
            case.end()
        note_complaint(case)
        case.say("utter_complaint_noted")

    def _state(self, case: Case) -> dict[str, Any]:
        return state_of(case, self._flow.intent, (*self._flow.kept, *self._flow.slots))

    async def _answer(self, intent: str, case: Case) -> None:
        for event in await self._digressions[intent].run(case.dispatcher, case.tracker, {}):
            if event["event"] == "slot":
                case.set(event["name"], event["value"])


def _only_denies(case: Case) -> bool:
    """Whether the customer says no, and nothing in which there could be more."""
    return case.said.intent == "deny" and count_words(case.said.text) <= WORDS_OF_NO


class FlowEnd(Action):
    """Settles what a flow's form has collected."""

    def __init__(self, flow: Flow[Any], services: Services) -> None:
        self._flow = flow
        self._services = services

    def name(self) -> str:
        return f"action_{self._flow.intent}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        case = Case(self._services, dispatcher, tracker)
        try:
            await self._flow.settle(case, await self._flow.collect(case))
            if not case.passed_on:
                case.set(SETTLED_SLOT, True)
        except Asking:
            # What was agreed upon does not hold any more: another process or the shop was faster.
            return [*case.changes(), FollowupAction(f"{self._flow.intent}_form")]
        except Ended as end:
            return case.closing(end.then)
        except NotPossible as problem:
            case.say(f"utter_not_possible_{problem.code}")
        except NotOffered:
            case.say("utter_offer_person")
        except ShopUnavailable:
            # The form stays open at its last question: whoever confirms again tries again, under the same keys.
            case.say("utter_shop_unavailable")
            return case.reopening(f"{self._flow.intent}_form", CONFIRMED_SLOT)
        return case.settled()


def _adds_photos(case: Case) -> bool:
    """Take photographs that come after they were asked for; "another one", said with them, answers nothing else."""
    photos = next((question for question in case.answered if isinstance(question, Photos)), None)
    added = photos.volunteered(case) if photos else None
    if photos and added:
        case.set(photos.slot, added)
    return bool(added)


def flow_actions(flow: Flow[Any], services: Services, digressions: Mapping[str, Action]) -> list[Action]:
    """The actions of a flow."""
    return [FlowForm(flow, services, digressions), FlowEnd(flow, services)]
