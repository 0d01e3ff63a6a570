"""The assistant: a trained Rasa model with the rooms below it, and one turn of a conversation through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rasa.core.actions.action import Action
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.constants import (
    ACTION_VALIDATE_SLOT_MAPPINGS,
    DEFAULT_SLOT_NAMES,
    MAPPING_TYPE,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecutionRejected, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.utils.endpoints import EndpointConfig

from bot.cheap_actions import cheap
from bot.countries import region_of
from bot.decision import Decision
from bot.directives import DIRECTIVE
from bot.identity import VERIFIED_SLOT, Identity
from bot.intents import FLOWS
from bot.loading import load_model
from bot.localization import Catalogues
from bot.matters import Connectives, Matter, separate
from bot.nlu.attributes import CARDS, CONVERSATION_LANGUAGE, DEFAULT_LANGUAGE, IDENTITY, LANGUAGE, LOCALE_HINT, PHOTOS
from bot.nlu.text import without_accents
from bot.output import WholeMessages
from bot.reply import Reply, Understanding
from bot.responses import MEANS, GettextResponses
from bot.topics import TOPIC_SLOT, Signs, go_on, topic_of
from bot.tracker_store import BoundedTrackerStore
from bot.turn import one_turn
from bot.values import sentence
from storage import Database

LANGUAGE_SLOT = "language"

COUNTRY_SLOT = "country"

NEXT_MATTER_SLOT = "next_matter"
"""The part of a message that is taken up when the matter of the other part is settled."""

ENDS_EVERYTHING = frozenset({"stop", "goodbye", "human_handoff"})
"""After these, no matter waits any more."""


class TurnProcessor(MessageProcessor):
    """Rasa's processor, with a conversation's language carried from turn to turn in the slot `language`.

    Args:
        languages: those that are served.
        decision: makes up the mind about what the model thinks of a message.
        connectives: with which a message goes on to another matter, by language.
        signs: by which a message shows that it goes on from the last question, by language.
    """

    def __init__(
        self,
        *arguments: Any,
        languages: Sequence[str],
        decision: Decision,
        connectives: Mapping[str, Connectives],
        signs: Mapping[str, Signs],
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._languages = languages
        self._decision = decision
        self._connectives = connectives
        self._signs = signs

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with TemporaryDirectory() as folder:
            metadata, runner = load_model(Path(folder), Path(model_path))
        return Path(model_path).name, metadata, runner

    def _parse_message_with_graph(
        self, message: UserMessage, tracker: DialogueStateTracker, only_output_properties: bool = True
    ) -> dict[str, Any]:
        parsed: dict[str, Any] = super()._parse_message_with_graph(message, tracker, only_output_properties)
        return parsed if is_payload(parsed) else self._decision.decide(parsed)

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Nothing: all intents and entities come from the data that the domain is checked against in training.

        Rasa builds an empty domain for each message, to see whether this one is empty too.
        """

    def _log_slots(self, tracker: DialogueStateTracker) -> None:
        """Nothing: slots hold personal data."""

    async def _run_action(self, action: Action, *arguments: Any, **options: Any) -> bool:
        more: bool = await super()._run_action(cheap(action), *arguments, **options)
        return more

    def _log_action_on_tracker(
        self,
        tracker: DialogueStateTracker,
        action: Action,
        events: Sequence[Event] | None,
        prediction: PolicyPrediction,
    ) -> None:
        # As Rasa does, without deep copies of all events for the log.
        events = list(events or ())
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Fill slots from the message, as their mappings say. Where none does, Rasa looks at each all the same."""
        if self._fills_slots:
            return await super().run_action_extract_slots(output_channel, tracker)
        return tracker

    @cached_property
    def _fills_slots(self) -> bool:
        """Whether a slot is filled other than by what actions return."""
        by_actions = {MAPPING_TYPE: str(SlotMappingType.CUSTOM)}
        own = [slot for slot in self.domain.slots if slot.name not in DEFAULT_SLOT_NAMES]
        mapped = any(mapping != by_actions for slot in own for mapping in slot.mappings)
        return mapped or ACTION_VALIDATE_SLOT_MAPPINGS in self.domain.user_actions

    async def handle_turn(self, message: UserMessage) -> DialogueStateTracker:
        """Process a message as `handle_message` does; returns the tracker after it, which is not stored."""
        tracker = await self.fetch_tracker_and_update_session(message.sender_id, message.output_channel)
        message.metadata[CONVERSATION_LANGUAGE] = tracker.get_slot(LANGUAGE_SLOT)
        country = region_of(message.metadata.get(LOCALE_HINT))
        if country and not tracker.get_slot(COUNTRY_SLOT):
            tracker.update(SlotSet(COUNTRY_SLOT, country), self.domain)
        message.parse_data = await self.parse_message(message, tracker)
        hinted = (message.metadata.get(LOCALE_HINT) or "").partition("-")[0]
        if is_payload(message.parse_data) and hinted in self._languages and not tracker.get_slot(LANGUAGE_SLOT):
            # A chat that begins with a button has no words to know its language by.
            tracker.update(SlotSet(LANGUAGE_SLOT, hinted), self.domain)
        pressed = _pressed(message.parse_data, tracker)
        if pressed:
            message.text = pressed
            message.parse_data = await self.parse_message(message, tracker)
        continued = self._follow_up(message, tracker)
        if continued:
            message.parse_data = continued
        matters = [] if continued else self._matters(message, tracker)
        if matters:
            await self._name(matters, message, tracker)
            message.text, message.parse_data = matters[0].text, matters[0].parsed
            tracker.update(SlotSet(NEXT_MATTER_SLOT, matters[1].text), self.domain)
        tracker = await self._act(message, tracker)
        intent = message.parse_data[INTENT][INTENT_NAME_KEY]
        if intent in FLOWS and tracker.get_slot(TOPIC_SLOT):
            tracker.update(SlotSet(TOPIC_SLOT, None), self.domain)
        waiting = tracker.get_slot(NEXT_MATTER_SLOT)
        if waiting and intent in ENDS_EVERYTHING:
            tracker.update(SlotSet(NEXT_MATTER_SLOT, None), self.domain)
        elif waiting and not _asks(tracker):
            tracker = await self._go_on(waiting, message, tracker)
        return tracker

    async def _act(self, message: UserMessage, tracker: DialogueStateTracker) -> DialogueStateTracker:
        """Log a parsed message and do what follows from it."""
        await self._handle_message_with_tracker(message, tracker)
        language = message.parse_data.get(LANGUAGE)
        if language is not None and language["served"]:
            tracker.update(SlotSet(LANGUAGE_SLOT, language["name"]), self.domain)
        tracker = await self.run_action_extract_slots(message.output_channel, tracker)
        await self._run_prediction_loop(message.output_channel, tracker)
        return tracker

    def _follow_up(self, message: UserMessage, tracker: DialogueStateTracker) -> dict[str, Any] | None:
        """What a message is understood as that goes on from the last question; None if it does not."""
        topic = topic_of(tracker)
        if topic is None or is_payload(message.parse_data):
            return None
        return go_on(
            topic,
            message.parse_data,
            self._signs,
            lambda text: self._understand([text], message, tracker)[0],
            marked_only=tracker.active_loop_name is not None,
        )

    def _matters(self, message: UserMessage, tracker: DialogueStateTracker) -> list[Matter]:
        """The two matters of a message that has two, unless it answers a question of the assistant's."""
        parsed = message.parse_data
        if is_payload(parsed) or tracker.active_loop_name or tracker.get_slot(NEXT_MATTER_SLOT):
            return []
        language = (parsed.get(LANGUAGE) or {}).get("name", "")
        return separate(
            message.text, language, self._connectives, lambda texts: self._understand(texts, message, tracker)
        )

    def _understand(
        self, texts: Sequence[str], message: UserMessage, tracker: DialogueStateTracker
    ) -> list[dict[str, Any]]:
        """Texts that stand for a message, in its language, each parsed and decided."""
        language = (message.parse_data.get(LANGUAGE) or {}).get("name", "")
        metadata = {**message.metadata, CONVERSATION_LANGUAGE: language}
        parts = [UserMessage(text, message.output_channel, message.sender_id, metadata=metadata) for text in texts]
        return [self._decision.decide(part) for part in self._parse_together(parts, tracker)]

    def _parse_together(self, messages: list[UserMessage], tracker: DialogueStateTracker) -> list[dict[str, Any]]:
        """What the model makes of several messages, before the decision, in one run of its graph."""
        target = self.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: tracker}
        parsed = self.graph_runner.run(inputs=inputs, targets=[target])[target]
        return [{ENTITIES: [], **part.as_dict(only_output_properties=True)} for part in parsed]

    async def _name(self, matters: Sequence[Matter], message: UserMessage, tracker: DialogueStateTracker) -> None:
        """Say what was understood, and that one comes after the other."""
        language = matters[0].parsed[LANGUAGE]["name"]
        first, second = (sentence(f"utter_reading_{matter.intent}") for matter in matters)
        await self._say("utter_two_matters", message, tracker, say_in=language, first=first, second=second)

    async def _go_on(self, text: str, message: UserMessage, tracker: DialogueStateTracker) -> DialogueStateTracker:
        """Take up the matter that waited."""
        tracker.update(SlotSet(NEXT_MATTER_SLOT, None), self.domain)
        metadata = {**message.metadata, CONVERSATION_LANGUAGE: tracker.get_slot(LANGUAGE_SLOT)}
        waiting = UserMessage(text, message.output_channel, message.sender_id, metadata=metadata)
        waiting.parse_data = await self.parse_message(waiting, tracker)
        reading = sentence(f"utter_reading_{Matter(text, waiting.parse_data).intent}")
        await self._say("utter_next_matter", message, tracker, matter=reading)
        return await self._act(waiting, tracker)

    async def _say(self, response: str, message: UserMessage, tracker: DialogueStateTracker, **values: Any) -> None:
        """Say a response outside of what the rules decide."""
        channel = message.output_channel
        said = await self.nlg.generate(response, tracker, channel.name(), **values)
        event = BotUttered(said["text"], metadata={"utter_action": response})
        await channel.send_response(message.sender_id, event.message())
        tracker.update(event, self.domain)


class Assistant:
    """Answers messages with a trained model. Turns of one conversation must not overlap; the caller sees to it.

    Args:
        model: the path of a model archive.
        database: where conversations' state is kept.
        actions: where actions run.
        catalogues: the translations of what is said.
        variables: values that every response may use.
        decision: makes up the mind about what a message is taken for.
        connectives: with which a message goes on to another matter, by language.
        signs: by which a message shows that it goes on from the last question, by language.
        default_language: the language of a conversation in which nothing told it yet.
    """

    def __init__(
        self,
        model: Path,
        database: Database,
        actions: EndpointConfig,
        catalogues: Catalogues,
        variables: Mapping[str, Any],
        decision: Decision,
        connectives: Mapping[str, Connectives],
        signs: Mapping[str, Signs],
        default_language: str = "en",
    ) -> None:
        self._default_language = default_language
        self._processor = TurnProcessor(
            model_path=model,
            tracker_store=InMemoryTrackerStore(Domain.empty()),
            lock_store=InMemoryLockStore(),
            generator=TemplatedNaturalLanguageGenerator({}),
            action_endpoint=actions,
            languages=catalogues.languages,
            decision=decision,
            connectives=connectives,
            signs=signs,
        )
        # Both need the domain, which comes with the model.
        domain: Domain = self._processor.domain
        self._trackers = self._processor.tracker_store = BoundedTrackerStore(domain, database)
        self._processor.nlg = GettextResponses(domain.responses, catalogues, variables, default_language)

    @property
    def model(self) -> str:
        """The name of the model that answers."""
        return str(self._processor.model_filename)

    async def reply(
        self,
        conversation_id: str,
        text: str,
        locale_hint: str | None = None,
        *,
        identity: Identity | None = None,
        photos: Sequence[str] = (),
        cards: bool = False,
    ) -> Reply:
        """One turn: what the customer wrote (or the payload of a button), and what the assistant answers.

        The conversation's state is in the answer, and the caller has to keep it (`Reply.tracker`).

        `identity` is who wrote it, if the channel vouches for that; with the next message it is forgotten. `photos` are
        the ids of photographs that came with it. `cards` is whether the channel can show cards.

        Raises:
            storage.DatabaseUnavailable: when the conversation's state cannot be read.
        """
        channel = WholeMessages()
        metadata = {
            LOCALE_HINT: locale_hint,
            DEFAULT_LANGUAGE: self._default_language,
            IDENTITY: asdict(identity) if identity else None,
            PHOTOS: list(photos),
            CARDS: cards,
        }
        message = UserMessage(text, channel, conversation_id, metadata=metadata)
        with one_turn():
            tracker = await self._processor.handle_turn(message)
        language = tracker.get_slot(LANGUAGE_SLOT) or self._default_language
        messages: list[dict[str, Any]] = []
        directives: list[dict[str, Any]] = []
        for said in channel.messages:
            custom = said.pop("custom", None) or {}
            said.pop("recipient_id", None)
            if "buttons" in said:
                said["buttons"] = [{name: button[name] for name in ("title", "payload")} for button in said["buttons"]]
            if DIRECTIVE in custom:
                directives.append(custom)
            elif custom:
                said["custom"] = custom
            # Where nothing works, each action apologises.
            if said and said not in messages[-1:]:
                messages.append(said)
        customer = (tracker.get_slot(VERIFIED_SLOT) or {}).get("id")
        understanding = _understanding(message.parse_data, language)
        return Reply(messages, language, understanding, directives, customer, self._trackers.change(tracker))

    async def parse(self, text: str) -> dict[str, Any]:
        """What the model makes of a message outside of any conversation, as Rasa's parse result."""
        message = UserMessage(text, CollectingOutputChannel(), "parse", metadata={})
        parsed: dict[str, Any] = await self._processor.parse_message(message)
        return parsed


def _asks(tracker: DialogueStateTracker) -> bool:
    """Whether the assistant waits for an answer: a form is open, or the last thing it said has buttons."""
    said = tracker.get_last_event_for(BotUttered)
    return bool(tracker.active_loop_name or (said and said.data.get("buttons")))


def _pressed(parsed: Mapping[str, Any], tracker: DialogueStateTracker) -> str | None:
    """The payload of the button that was pressed in words: by its title, or by a "yes" or a "no" that stands for it."""
    offers = _offers(tracker)
    title = _as_compared(parsed[TEXT])
    named = [button["payload"] for buttons in offers for button in buttons if _as_compared(button["title"]) == title]
    intent = parsed[INTENT][INTENT_NAME_KEY]
    meant = [button["payload"] for button in (offers[-1] if offers else []) if button.get(MEANS) == intent]
    return next(iter([*named[-1:], *meant]), None)


def _offers(tracker: DialogueStateTracker) -> list[list[dict[str, Any]]]:
    """The buttons of each message with which the assistant answered last."""
    answer = takewhile(lambda event: not isinstance(event, UserUttered), reversed(tracker.events))
    return [event.data.get("buttons") or [] for event in answer if isinstance(event, BotUttered)][::-1]


def _as_compared(title: str) -> str:
    return without_accents(title).strip(" .!。！")


def is_payload(parsed: Mapping[str, Any]) -> bool:
    """Whether a parsed message came from a button, which names its intent itself."""
    return bool(parsed[TEXT].startswith(INTENT_MESSAGE_PREFIX))


def _understanding(parsed: Mapping[str, Any], language: str) -> Understanding:
    intent = parsed[INTENT]
    return Understanding(
        intent=intent[INTENT_NAME_KEY] or "",
        confidence=float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0),
        language=(parsed.get(LANGUAGE) or {}).get("name", language),
        entities=list(parsed[ENTITIES]),
    )
