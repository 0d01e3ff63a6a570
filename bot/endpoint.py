"""Where actions run: in this process, behind the interface of Rasa's client of an action server; or on a server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

import structlog
from aiohttp import ClientError, ClientTimeout
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.directives import failed

logger = structlog.get_logger()

ANSWER_SECONDS = 10.0
"""How long to wait for an action server: the customer waits as well."""

PAUSE_SECONDS = 2.0
"""So long after that nothing more is asked of it for the same conversation: a turn takes several actions."""


class LocalActions(EndpointConfig):
    """Runs actions with rasa-sdk's executor in place of calling a server.

    An action that raises is answered with the response `utter_action_failed`: the customer gets an apology, a
    person the matter, and the log the error and the conversation's id.
    """

    def __init__(self, actions: Iterable[Action]) -> None:
        # With a selective domain, Rasa does not write out the domain for each call: no action here reads it.
        super().__init__(url="local://actions", enable_selective_domain=True)
        self.executor = ActionExecutor()
        for action in actions:
            self.executor.register_function(action.name(), action.run)

    async def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """The answer to what would be sent to an action server: the action's name and the tracker.

        Raises:
            rasa_sdk.interfaces.ActionExecutionRejection: when the action does not apply.
            rasa_sdk.interfaces.ActionNotFoundException: when there is none of this name.
        """
        try:
            result = await self.executor.run(call)
        except (ActionExecutionRejection, ActionNotFoundException):
            # Of the latter, a fault of the installation and not of the action, Rasa writes to the log.
            raise
        except Exception:
            logger.exception("action.failed", action=call["next_action"], conversation_id=call["sender_id"])
            return failed()
        return result or failed()

    async def request(self, method: str = "post", **kwargs: Any) -> dict[str, Any]:
        """The answer to what Rasa's client sends as `json`."""
        try:
            return await self.run(kwargs["json"])
        except ActionExecutionRejection as rejection:
            reason = {"error": rejection.message, "action_name": rejection.action_name}
            raise ClientResponseError(400, rejection.message, json.dumps(reason)) from rejection


class RemoteActions(EndpointConfig):
    """Calls an action server. One that cannot be reached, or gives no answer in time, is answered for as an action that
    raises: with the response `utter_action_failed`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._failed_at: dict[str, float] = {}

    async def request(self, method: str = "post", **kwargs: Any) -> Any:
        """See `EndpointConfig.request`."""
        call = kwargs["json"]
        lately = time.monotonic() - PAUSE_SECONDS
        self._failed_at = {whose: at for whose, at in self._failed_at.items() if at > lately}
        if call["sender_id"] in self._failed_at:
            return failed()
        kwargs["timeout"] = ClientTimeout(total=ANSWER_SECONDS)
        try:
            return await super().request(method, **kwargs)
        except (ClientError, TimeoutError) as error:
            if isinstance(error, ClientResponseError) and error.status == 400:
                # The action does not apply, and says so.
                raise
            described = {"action": call["next_action"], "conversation_id": call["sender_id"]}
            logger.error("action_server.unavailable", **described, reason=str(error) or type(error).__name__)
            self._failed_at[call["sender_id"]] = time.monotonic()
            return failed()
