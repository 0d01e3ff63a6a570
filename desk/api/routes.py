"""The routes of the API: `/desk/api/v1/…`, its live events, and its description at `/docs`.

Programs show a token; pages of the desk come with the session of whoever is signed in, and its token against forgery.
"""

from __future__ import annotations

import json as json_module
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from sanic import Blueprint, Request, Websocket
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, empty, json, raw

from conversations import Conversations, Feed, LockUnavailable
from desk.access.agents import UnknownAgent
from desk.access.permissions import May
from desk.access.web import HEADERS, Access, is_socket
from desk.api.description import page_of
from desk.api.happenings import EVENTS
from desk.api.live import Live
from desk.api.managing import Managing, Reported
from desk.api.openapi import describe
from desk.api.operations import Call, Caller, Operation, Problem
from desk.api.sight import Sight
from desk.api.talking import Talking
from desk.api.tokens import Tokens
from desk.api.webhooks import Webhooks
from desk.api.working import Working
from desk.canned import Canned
from desk.console.frame import Frame
from desk.follow_ups import FollowUps
from desk.models import NotAllowed, Taken, UnknownTicket
from desk.notes import Notes
from desk.presence import Attendance
from desk.tickets import Tickets
from knowledge_base import KnowledgeBase
from shop import Policies
from storage import DatabaseUnavailable

logger = structlog.get_logger()

PREFIX = "/desk/api/v1"

TITLE = "Aftercare desk"

BEARER = "bearer "


@dataclass(frozen=True)
class Parts:
    """What the API works with.

    Attributes:
        report: makes reports; None where there are none.
        root: what stands before `/desk` in addresses, as in `desk.console.frame.Frame`.
        public_url: where customers reach the help centre; "" for addresses on this server.
    """

    access: Access
    tokens: Tokens
    webhooks: Webhooks
    tickets: Tickets
    conversations: Conversations
    notes: Notes
    canned: Canned
    follow_ups: FollowUps
    attendance: Attendance
    knowledge_base: KnowledgeBase
    policies: Policies
    feed: Feed
    frame: Frame
    report: Reported | None = None
    root: str = ""
    public_url: str = ""

    @property
    def sight(self) -> Sight:
        """What callers see."""
        return Sight(self.tickets, self.conversations)


def operations(parts: Parts) -> list[Operation]:
    """Everything that programs can do."""
    audit = parts.access.audit
    working = Working(parts.tickets, parts.sight)
    talking = Talking(
        parts.conversations, parts.tickets, parts.sight, parts.notes, parts.canned, parts.follow_ups, audit
    )
    managing = Managing(
        parts.access.agents,
        parts.attendance,
        audit,
        parts.knowledge_base,
        parts.policies,
        parts.webhooks,
        parts.report,
        parts.public_url,
    )
    return [*working.operations(), *talking.operations(), *managing.operations()]


def api_routes(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("desk_api")
    known = operations(parts)
    door = Door(parts.access, parts.tokens)
    for operation in known:
        path = f"{PREFIX}{operation.path}"
        routes.add_route(_answer(operation, door), path, (operation.method,), name=operation.name, unquote=True)
    live = Live(parts.feed, parts.tickets, parts.sight, parts.attendance, door.still)

    @routes.websocket(f"{PREFIX}/events", name="events")
    async def events(request: Request, socket: Websocket) -> None:
        await live.serve(request.ctx.caller, request, socket)

    @routes.on_request
    async def admit_socket(request: Request) -> HTTPResponse | None:
        """Before the socket is there: afterwards nothing could be answered."""
        if is_socket(request):
            try:
                request.ctx.caller = await door.admit(request)
                request.ctx.caller.require(None, May.WORK)
            except Exception as error:
                return await _failed(request, error)
        return None

    _add_description(routes, parts, known)

    @routes.on_response
    async def secure(request: Request, response: HTTPResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if renewed := getattr(request.ctx, "renewed", None):
            parts.access.set_cookie(response, renewed)

    routes.exception(Exception)(_failed)
    return routes


class Door:
    """Tells who asks.

    Args:
        access: knows who is signed in.
        tokens: knows programs.
    """

    def __init__(self, access: Access, tokens: Tokens) -> None:
        self._access = access
        self._tokens = tokens

    async def admit(self, request: Request) -> Caller:
        """Who asks. Raises `Problem`, or `Refusal` with the answer of `Access`."""
        shown = str(request.headers.get("authorization") or "")
        if not shown:
            if refusal := await self._access.admit(request):
                raise Refusal(refusal)
            return Caller(request.ctx.agent)
        admitted = await self._tokens.admit(shown[len(BEARER) :].strip()) if shown.lower().startswith(BEARER) else None
        if admitted is None:
            raise Problem(401, "invalid_token", "The token is missing or not good.")
        token, agent = admitted
        return Caller(agent, token)

    async def still(self, caller: Caller, request: Request) -> Caller | None:
        """The same caller after a while; None where they may not come in any more."""
        if caller.token is None:
            agent = await self._access.still(request)
            return Caller(agent) if agent else None
        admitted = await self._tokens.still(caller.token)
        return Caller(admitted[1], admitted[0]) if admitted else None


class Refusal(Exception):
    """A request that is answered already."""

    def __init__(self, response: HTTPResponse) -> None:
        super().__init__(response.status)
        self.response = response


def _answer(operation: Operation, door: Door) -> Callable[..., Coroutine[Any, Any, HTTPResponse]]:
    """What answers requests for an operation."""

    async def answer(request: Request, **path: Any) -> HTTPResponse:
        caller = await door.admit(request)
        caller.require(operation.scope, operation.may)
        call = Call(
            caller=caller,
            path=path,
            query=_query(operation.query, request),
            body=_body(operation.body, request),
            key=request.headers.get("idempotency-key"),
        )
        done = await operation.handle(call)
        if done is None:
            return empty(operation.status)
        return raw(done.model_dump_json(), operation.status, content_type="application/json")

    return answer


def _query(model: type[BaseModel] | None, request: Request) -> BaseModel | None:
    return model.model_validate(dict(request.get_query_args(keep_blank_values=True))) if model else None


def _body(model: type[BaseModel] | None, request: Request) -> BaseModel | None:
    return model.model_validate_json(request.body or b"{}") if model else None


def _add_description(routes: Blueprint, parts: Parts, known: Sequence[Operation]) -> None:
    """Add what describes the API; nothing of it is secret."""
    described = describe(known, root=f"{parts.root}{PREFIX}", title=TITLE, events=EVENTS)
    text = json_module.dumps(described, ensure_ascii=False, indent=1)

    @routes.get(f"{PREFIX}/openapi.json")
    async def openapi(request: Request) -> HTTPResponse:
        headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        return raw(text, headers=headers, content_type="application/json")

    @routes.get("/docs")
    async def docs(request: Request) -> HTTPResponse:
        language = parts.frame.language_of(request)
        return parts.frame.answer("api_docs.html", language, description=page_of(described))


async def _failed(request: Request, error: Exception) -> HTTPResponse:
    """What a program is told that did not get what it wanted."""
    match error:
        case Refusal():
            return error.response
        case Problem():
            return _problem(error.status, error.code, str(error))
        case ValidationError():
            return _problem(400, "invalid", _sentence(error))
        case Taken():
            return _problem(409, "taken", "It is no longer in the state for that: somebody was faster.")
        case NotAllowed():
            return _problem(403, "not_allowed", "The agent may not do that with this ticket.")
        case UnknownTicket():
            return _problem(404, "unknown_ticket", "There is no such ticket.")
        case UnknownAgent():
            return _problem(404, "unknown_agent", "There is no such account.")
        case DatabaseUnavailable() | LockUnavailable():
            logger.error("request.unavailable", path=request.path, reason=str(error))
            return _problem(503, "unavailable", "The service cannot answer right now.")
        case SanicException():
            return _problem(error.status_code or 500, _code(error), str(error))
        case ValueError():
            return _problem(400, "invalid", str(error))
    logger.error("request.failed", path=request.path, exc_info=error)
    return _problem(500, "internal", "Something went wrong on our side.")


def _problem(status: int, code: str, message: str) -> HTTPResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    headers |= {"Retry-After": "5"} if status == 503 else {}
    return json({"error": code, "message": message}, status, headers)


def _code(error: SanicException) -> str:
    known = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    return known.get(error.status_code or 500, "refused")


def _sentence(error: ValidationError) -> str:
    """What is wrong with which field; without what was sent, which may be somebody's."""
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
