"""What scripts of the desk are answered: JSON, and what is wrong in the agent's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from sanic import Blueprint, Request
from sanic.exceptions import NotFound, SanicException
from sanic.response import HTTPResponse, json

from conversations import LockUnavailable
from desk.access.agents import UnknownAgent
from desk.access.permissions import sees
from desk.access.web import current, wants_page
from desk.console.frame import frame_of, page
from desk.models import NotAllowed, Taken, Ticket, UnknownTicket
from shop import ShopUnavailable
from storage import DatabaseUnavailable

logger = structlog.get_logger()

NO_STORE = {"Cache-Control": "no-store"}


class Body(BaseModel):
    """What a script sends. What is not expected is an error, so that nothing is ignored in silence."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


AnyBody = TypeVar("AnyBody", bound=Body)


def read_body(request: Request, kind: type[AnyBody]) -> AnyBody:
    """The JSON of a request. Raises `pydantic.ValidationError`."""
    return kind.model_validate_json(request.body or b"{}")


def answer(value: Any, status: int = 200) -> HTTPResponse:
    """A JSON answer."""
    return json(value, status, headers=NO_STORE, ensure_ascii=False, escape_forward_slashes=False)


def refusal(request: Request, status: int, code: str, key: str = "", **values: object) -> HTTPResponse:
    """Why something cannot be done.

    Args:
        code: for programs.
        key: of the sentence for the agent; `common_error_<code>` unless it is given.
    """
    agent = getattr(request.ctx, "agent", None)
    words = frame_of(request).words(agent.locale if agent else frame_of(request).language_of(request))
    return answer({"error": code, "message": words.text(key or f"common_error_{code}", **values)}, status)


async def seen(request: Request, find: Callable[[int], Awaitable[Ticket | None]], ticket_id: int) -> Ticket:
    """A ticket that the agent may see. Raises `UnknownTicket` for any other: that there is one is nobody's business."""
    ticket = await find(ticket_id)
    if ticket is None or not sees(current(request), ticket):
        raise UnknownTicket(ticket_id)
    return ticket


def add_errors(routes: Blueprint) -> None:
    """Answer what goes wrong on routes for agents: with a page for people, with JSON for scripts."""

    @routes.exception(Exception)
    async def failed(request: Request, error: Exception) -> HTTPResponse:
        status, code = _kind(error)
        if status >= 500:
            logger.error("desk.request_failed", path=request.path, exc_info=error)
        elif code == "bad_request":
            # What was sent is not repeated: it may be a customer's.
            told = None if isinstance(error, ValidationError) else error
            logger.info("desk.bad_request", path=request.path, kind=type(error).__name__, exc_info=told)
        if wants_page(request) and request.method == "GET" and getattr(request.ctx, "agent", None):
            return await page(request, "error.html", status, error=str(status) if status in (403, 404) else "500")
        return refusal(request, status, code)


def _kind(error: Exception) -> tuple[int, str]:
    match error:
        case Taken():
            return 409, "taken"
        case NotAllowed():
            return 403, "not_allowed"
        case UnknownTicket() | UnknownAgent() | NotFound():
            return 404, "not_found"
        case ValidationError() | ValueError():
            return 400, "bad_request"
        case SanicException(status_code=403):
            return 403, "not_allowed"
        case SanicException(status_code=int(status)) if status < 500:
            return status, "bad_request"
        case LockUnavailable() | DatabaseUnavailable() | ShopUnavailable():
            return 503, "unavailable"
    return 500, "500"
