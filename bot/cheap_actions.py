"""Rasa's actions, without what costs time where they run in this process."""

from __future__ import annotations

from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk.interfaces import ActionExecutionRejection as Rejection

from bot.endpoint import LocalActions
from bot.rasa_events import events_of

_schema = validator_for(RemoteAction.action_response_format_spec())(RemoteAction.action_response_format_spec())


def cheap(action: Action) -> Action:
    """The same action."""
    kind = {RemoteAction: CheapAction, FormAction: CheapForm}.get(type(action))
    return kind(action.name(), action.action_endpoint) if kind else action


class CheapAction(RemoteAction):
    """An action of the project, in this process or on an action server."""

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        """See `RemoteAction.run`."""
        if not isinstance(self.action_endpoint, LocalActions):
            events: list[Event] = await super().run(output_channel, nlg, tracker, domain)
            return events
        try:
            answer = await self.action_endpoint.run(self._action_call_format(tracker, domain))
        except Rejection as rejection:
            raise ActionExecutionRejection(rejection.action_name, rejection.message) from rejection
        said = await self._utter_responses(answer["responses"], output_channel, nlg, tracker)
        return [*said, *events_of(answer["events"])]

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        """Check what an action server answered. Rasa prepares the schema anew for each answer, which takes 60 ms.

        Raises:
            jsonschema.ValidationError: when the answer does not fit.
        """
        _schema.validate(result)
        return True


class CheapForm(FormAction):
    """A form."""

    async def _validate_if_required(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
    ) -> list[Event]:
        # As Rasa does, without a deep copy of the message for the log.
        listened = tracker.latest_action_name == ACTION_LISTEN_NAME
        if not tracker.active_loop or (listened and not tracker.is_active_loop_interrupted):
            events: list[Event] = await self.validate(tracker, domain, output_channel, nlg)
        else:
            events = await self.validate_slots({}, tracker, domain, output_channel, nlg)
        return events

    async def validate_slots(
        self,
        slot_candidates: dict[str, Any],
        tracker: DialogueStateTracker,
        domain: Domain,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
    ) -> list[Event]:
        """See `FormAction.validate_slots`."""
        name = f"validate_{self.name()}"
        if name not in domain.action_names_or_texts:
            return []
        candidates = [SlotSet(slot, value) for slot, value in slot_candidates.items()]
        action = CheapAction(name, self.action_endpoint)
        return await action.run(output_channel, nlg, self._temporary_tracker(tracker, candidates, domain), domain)

    def _temporary_tracker(
        self, current_tracker: DialogueStateTracker, additional_events: list[Event], domain: Domain
    ) -> DialogueStateTracker:
        tracker = current_tracker.copy()
        requested = SlotSet(REQUESTED_SLOT, self.get_slot_to_fill(current_tracker))
        for event in (requested, ActionExecuted(self.name()), *additional_events):
            tracker.update(event, domain)
        return tracker
