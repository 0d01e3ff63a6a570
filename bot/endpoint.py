"""Where actions run: in this process, behind the same interface as Rasa's client of an action server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import structlog
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.directives import failed

logger = structlog.get_logger()


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

    async def request(self, method: str = "post", **kwargs: Any) -> dict[str, Any]:
        """Answer what `RemoteAction` would send to a server: `json` holds the action's name and the tracker."""
        call = kwargs["json"]
        try:
            result = await self.executor.run(call)
        except ActionExecutionRejection as rejection:
            reason = {"error": rejection.message, "action_name": rejection.action_name}
            raise ClientResponseError(400, rejection.message, json.dumps(reason)) from rejection
        except ActionNotFoundException:
            # A fault of the installation, not of the action: Rasa logs it and goes on.
            raise
        except Exception:
            logger.exception("action.failed", action=call["next_action"], conversation_id=call["sender_id"])
            return failed()
        return result or failed()


_schema = validator_for(RemoteAction.action_response_format_spec())(RemoteAction.action_response_format_spec())


def _validate_action_result(action: RemoteAction, result: dict[str, Any]) -> bool:
    """Check what an action server answered, against a schema that is prepared once.

    Rasa prepares it for every action, which takes 60 ms. What runs here was checked by rasa-sdk's executor.

    Raises:
        jsonschema.ValidationError: when the answer does not fit.
    """
    if not isinstance(action.action_endpoint, LocalActions):
        _schema.validate(result)
    return True


RemoteAction._validate_action_result = _validate_action_result
