"""The actions behind HTTP, as Rasa calls them."""

from __future__ import annotations

from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from sanic import Request, Sanic
from sanic.response import HTTPResponse, json

from aftercare.house import Ground, services_of
from aftercare.readers import recall_readers
from bot.actions import all_actions
from bot.directives import failed

App = Sanic[Any, Any]

logger = structlog.get_logger()


def create_action_server(ground: Ground, name: str = "aftercare_actions") -> App:
    """A server for `POST /webhook` with Rasa's action calls, and `GET /health`."""
    app = Sanic(name, configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, FALLBACK_ERROR_FORMAT="json")
    recall_readers(ground)
    executor = ActionExecutor()
    for action in all_actions(services_of(ground)):
        executor.register_function(action.name(), action.run)

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return json({"status": "ok"})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        call = request.json or {}
        try:
            return json(await executor.run(call))
        except ActionExecutionRejection as rejection:
            return json({"error": rejection.message, "action_name": rejection.action_name}, status=400)
        except ActionNotFoundException as missing:
            return json({"error": str(missing), "action_name": missing.action_name}, status=404)
        except Exception:
            logger.exception("action.failed", action=call.get("next_action"), conversation_id=call.get("sender_id"))
            return json(failed())

    @app.after_server_stop
    async def close(app: App) -> None:
        await ground.database.close()

    return app
