"""The assistant: a trained Rasa model with the rooms below it, and one turn of a conversation through it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.utils.endpoints import EndpointConfig

from bot.directives import DIRECTIVE
from bot.localization import Catalogues
from bot.nlu.attributes import CONVERSATION_LANGUAGE, DEFAULT_LANGUAGE, LANGUAGE, LOCALE_HINT
from bot.reply import Reply, Understanding
from bot.responses import GettextResponses
from bot.runner import SequentialGraphRunner
from bot.tracker_store import BoundedTrackerStore
from storage import Database

LANGUAGE_SLOT = "language"


class TurnProcessor(MessageProcessor):
    """Rasa's processor, with a conversation's language carried from turn to turn in the slot `language`."""

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with TemporaryDirectory() as folder:
            metadata, runner = load_predict_graph_runner(
                Path(folder), Path(model_path), LocalModelStorage, SequentialGraphRunner
            )
        return Path(model_path).name, metadata, runner

    async def handle_turn(self, message: UserMessage) -> DialogueStateTracker:
        """Process a message as `handle_message` does; returns the tracker after it."""
        tracker = await self.fetch_tracker_and_update_session(message.sender_id, message.output_channel)
        message.metadata[CONVERSATION_LANGUAGE] = tracker.get_slot(LANGUAGE_SLOT)
        message.parse_data = await self.parse_message(message, tracker)
        await self._handle_message_with_tracker(message, tracker)
        language = message.parse_data.get(LANGUAGE)
        if language is not None and language["served"]:
            tracker.update(SlotSet(LANGUAGE_SLOT, language["name"]), self.domain)
        tracker = await self.run_action_extract_slots(message.output_channel, tracker)
        await self._run_prediction_loop(message.output_channel, tracker)
        await self.save_tracker(tracker)
        return tracker


class Assistant:
    """Answers messages with a trained model. Turns of one conversation must not overlap; the caller sees to it.

    Args:
        model: the path of a model archive.
        database: where conversations' state is kept.
        actions: where actions run.
        catalogues: the translations of what is said.
        variables: values that every response may use.
        default_language: the language of a conversation in which nothing told it yet.
    """

    def __init__(
        self,
        model: Path,
        database: Database,
        actions: EndpointConfig,
        catalogues: Catalogues,
        variables: Mapping[str, Any],
        default_language: str = "en",
    ) -> None:
        self._default_language = default_language
        self._processor = TurnProcessor(
            model_path=model,
            tracker_store=InMemoryTrackerStore(Domain.empty()),
            lock_store=InMemoryLockStore(),
            generator=TemplatedNaturalLanguageGenerator({}),
            action_endpoint=actions,
        )
        # Both need the domain, which comes with the model.
        domain: Domain = self._processor.domain
        self._processor.tracker_store = BoundedTrackerStore(domain, database)
        self._processor.nlg = GettextResponses(domain.responses, catalogues, variables, default_language)

    async def reply(self, conversation_id: str, text: str, locale_hint: str | None = None) -> Reply:
        """One turn: what the customer wrote (or the payload of a button), and what the assistant answers.

        Raises:
            storage.DatabaseUnavailable: when the conversation's state cannot be read or kept.
        """
        channel = CollectingOutputChannel()
        metadata = {LOCALE_HINT: locale_hint, DEFAULT_LANGUAGE: self._default_language}
        message = UserMessage(text, channel, conversation_id, metadata=metadata)
        tracker = await self._processor.handle_turn(message)
        language = tracker.get_slot(LANGUAGE_SLOT) or self._default_language
        messages, directives = [], []
        for said in channel.messages:
            custom = said.pop("custom", None) or {}
            said.pop("recipient_id", None)
            if DIRECTIVE in custom:
                directives.append(custom)
            elif custom:
                said["custom"] = custom
            if said:
                messages.append(said)
        return Reply(messages, language, _understanding(message.parse_data, language), directives)

    async def parse(self, text: str) -> dict[str, Any]:
        """What the model makes of a message outside of any conversation, as Rasa's parse result."""
        message = UserMessage(text, CollectingOutputChannel(), "parse", metadata={})
        parsed: dict[str, Any] = await self._processor.parse_message(message)
        return parsed


def _understanding(parsed: Mapping[str, Any], language: str) -> Understanding:
    intent = parsed[INTENT]
    return Understanding(
        intent=intent[INTENT_NAME_KEY] or "",
        confidence=float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0),
        language=(parsed.get(LANGUAGE) or {}).get("name", language),
        entities=list(parsed[ENTITIES]),
    )
