"""The Cloud API's addresses, and what the page asks for.

Sources: Meta, "WhatsApp Business Platform: Messages" and "Media", https://developers.facebook.com/documentation/
business-messaging/whatsapp/business-phone-numbers/media
"""

from __future__ import annotations

import hmac
import json as json_module
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from sanic import Blueprint, Request, Sanic
from sanic.response import HTTPResponse, json, raw

from connectors.simulators.page import Action, page_routes
from connectors.simulators.serving import LOST, answering, lose_answer, simulator_app, take_failure
from connectors.simulators.whatsapp.errors import GraphError, no_such_object, unauthorized
from connectors.simulators.whatsapp.messages import Read, read_message
from connectors.simulators.whatsapp.simulator import FAILURES, PAUSES, WhatsApp
from connectors.whatsapp.account import SIMULATED_NUMBER, SIMULATED_PHONE_NUMBER_ID

DOWNLOAD_SECONDS = 300
"""So long the address of a file is good."""

_names = (f"whatsapp_simulator_{number}" for number in count(1))


def whatsapp_app(
    secrets: Mapping[str, str], webhook: str, pauses: Sequence[float] = PAUSES, name: str | None = None
) -> Sanic[Any, Any]:
    """The stand-in as an application; `app.ctx.simulator` is the `WhatsApp`.

    Args:
        secrets: see `connectors.facilities`.
        webhook: the address of the server's webhook.
        pauses: seconds between tries of a webhook that was not taken.
        name: of the application, none other in the process has it.
    """
    simulator = WhatsApp(secrets, webhook, pauses)
    page = page_routes("whatsapp", simulator.stage, simulator.media, page_actions(simulator))
    return simulator_app(name or next(_names), simulator, platform_routes(simulator), page)


def page_actions(simulator: WhatsApp) -> dict[str, Action]:
    """What the page can have done."""
    stage = simulator.stage
    return {
        "say": lambda told: simulator.say(_number(told), told["message"], told.get("reply_to")),
        "choose": lambda told: simulator.choose(stage.bubbles[told["bubble"]], told["choice"]),
        "send-file": lambda told: simulator.send_file(
            _number(told), told["kind"], told["file"], told.get("caption", "")
        ),
        "read": lambda told: simulator.read(told["customer"]),
        "switch": lambda told: simulator.switch(told["name"], told["value"]),
        "again": lambda told: simulator.tell_again(stage.bubbles[told["bubble"]]),
        "check": lambda told: simulator.check(),
        "clear": lambda told: stage.clear(),
    }


def platform_routes(simulator: WhatsApp) -> Blueprint:
    """The Graph API."""
    routes = Blueprint("graph_api")

    authorized = answering(simulator.stage, check=lambda request: _authorize(request, simulator.token))

    @routes.post(r"/<version:v\d+\.\d+>/<object_id:\d+>/messages")
    @authorized
    async def messages(request: Request, version: str, object_id: str) -> HTTPResponse:
        _check_number(object_id, "post")
        read = read_message(_json(request))
        if isinstance(read, Read):
            return json(simulator.mark_read(read))
        failure = take_failure(simulator.stage, FAILURES)
        accepted = simulator.accept(read)
        if failure == LOST:
            lose_answer(request)
        return json(accepted)

    @routes.post(r"/<version:v\d+\.\d+>/<object_id:\d+>/media")
    @authorized
    async def upload(request: Request, version: str, object_id: str) -> HTTPResponse:
        _check_number(object_id, "post")
        file = request.files.get("file") if request.files else None
        if not request.form or request.form.get("messaging_product") != "whatsapp":
            raise GraphError(100, title="(#100) The parameter messaging_product is required.")
        if file is None:
            raise GraphError(100, title="(#100) The parameter file is required.")
        return json(simulator.keep_upload(file.body, file.type.partition(";")[0], file.name))

    @routes.get(r"/<version:v\d+\.\d+>/<object_id:\d+>")
    @authorized
    async def show(request: Request, version: str, object_id: str) -> HTTPResponse:
        if object_id == SIMULATED_PHONE_NUMBER_ID:
            return json({"id": object_id, "display_phone_number": SIMULATED_NUMBER, "verified_name": "Demonstration"})
        media = simulator.media.get(object_id)
        if media is None:
            raise no_such_object(object_id, "get")
        expires = int(time.time()) + DOWNLOAD_SECONDS
        return json(
            {
                "messaging_product": "whatsapp",
                "url": f"{request.scheme}://{request.host}/download/?mid={media.id}&ext={expires}",
                "mime_type": media.content_type,
                "sha256": media.sha256,
                "file_size": len(media.content),
                "id": media.id,
            }
        )

    @routes.delete(r"/<version:v\d+\.\d+>/<object_id:\d+>")
    @authorized
    async def delete(request: Request, version: str, object_id: str) -> HTTPResponse:
        if not simulator.media.delete(object_id):
            raise no_such_object(object_id, "delete")
        return json({"success": True})

    @routes.get("/download/")
    @authorized
    async def download(request: Request) -> HTTPResponse:
        media, expires = simulator.media.get(request.args.get("mid", "")), request.args.get("ext", "0")
        if media is None or not expires.isdecimal() or int(expires) < time.time():
            return raw(b"", 404)
        return raw(media.content, content_type=media.content_type)

    return routes


def _authorize(request: Request, token: str) -> None:
    """Raises `GraphError` for a token that is not the account's."""
    given = request.token or request.args.get("access_token")
    if not given:
        raise unauthorized("An access token is required to request this resource.")
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise unauthorized("Invalid OAuth access token - Cannot parse access token")


def _check_number(object_id: str, method: str) -> None:
    if object_id != SIMULATED_PHONE_NUMBER_ID:
        raise no_such_object(object_id, method)


def _json(request: Request) -> Any:
    try:
        return json_module.loads(request.body)
    except ValueError:
        raise GraphError(100, "The body is no valid JSON.") from None


def _number(told: Mapping[str, Any]) -> str:
    """The customer's number. Raises `ValueError` for what is none."""
    number = str(told["customer"])
    if not number.isascii() or not number.isdecimal() or not 7 <= len(number) <= 15:
        raise ValueError("A number has 7 to 15 digits, with those of the country, such as 4917604069012.")
    return number
