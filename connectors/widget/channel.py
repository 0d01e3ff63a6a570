"""The routes of the widget: a socket, what stands in for it where sockets are blocked, and the program itself."""

from __future__ import annotations

import asyncio
import json as json_module
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, Request, Websocket
from sanic.exceptions import NotFound, WebsocketClosed
from sanic.response import HTTPResponse, empty, file, json
from websockets.exceptions import ConnectionClosed

from connectors.channel import HouseChannel
from connectors.continuing import Elsewhere
from connectors.facilities import Facilities
from connectors.requests import BadRequest, keep_photo
from connectors.widget.frames import BadFrame, Frame, Hello, read_hello, read_posted, read_request
from connectors.widget.limits import RateLimits, TooOften
from connectors.widget.messages import bundle
from connectors.widget.origins import Origins
from connectors.widget.photo_links import PhotoLinks
from connectors.widget.program import Program
from connectors.widget.reception import CHANNEL, Reception, Visit
from connectors.widget.sessions import Sessions
from connectors.widget.windows import SERVICE_RESTART, Windows
from conversations import conversation_id_of
from storage import DatabaseUnavailable

logger = structlog.get_logger()

HELLO_SECONDS = 10.0
"""So long a socket may stay silent at the beginning."""

POLL_SECONDS = 25.0
"""So long a request waits for something to happen; proxies give up after 30 or 60 seconds."""

TOGETHER_SECONDS = 0.05
"""What happens within this time is told by the same request."""

ONE_YEAR = 365 * 24 * 3600

LEAVE: Frame = {"type": "leave"}
"""Not told: the socket is closed in its place, after everything before it was told."""

FORBIDDEN, TOO_MANY, MISUNDERSTOOD, BROKEN, TRY_AGAIN_LATER = 4403, 4429, 4400, 1011, 1013
"""Codes with which sockets are closed; those from 4000 on are the application's own."""


class WidgetChannel(HouseChannel):
    """The chat widget. `/widget.js` is the script that a page loads.

    Settings in `credentials.yml`:
        origins: the websites that may use it, such as `https://www.shop.example`; pages of this server always may.
        max_message_length: in characters.
        limits: how often visitors may do what, see `connectors.widget.limits`.
    """

    def __init__(
        self,
        facilities: Facilities,
        origins: Sequence[str] = (),
        max_message_length: int = 2000,
        limits: dict[str, dict[str, str]] | None = None,
    ) -> None:
        super().__init__(facilities)
        self._origins = Origins(origins)
        self._max_message_length = max_message_length
        self._limits = RateLimits(facilities.redis_url, limits)
        self._photo_links = PhotoLinks(facilities.secret, f"webhooks/{CHANNEL}/photos")
        self._windows = Windows()

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its URL and in conversations' ids."""
        return CHANNEL

    def leave(self) -> None:
        """See `HouseChannel.leave`."""
        self._windows.leave()

    def pages(self) -> Blueprint:
        """The program, at the server's root, for pages of any website: there is nothing secret about it."""
        routes = Blueprint("widget_program")
        languages = self._facilities.languages
        catalogues = self._facilities.widget_catalogues
        program = Program(
            {language: bundle(catalogues, language, languages) for language in catalogues.languages}, languages
        )

        @routes.get("/widget.js")
        async def loader(request: Request) -> HTTPResponse:
            return program.loader.response(request)

        @routes.get("/widget/<version>/<name>")
        async def module(request: Request, version: str, name: str) -> HTTPResponse:
            if name not in program.files:
                raise NotFound(name)
            return program.files[name].response(request, ONE_YEAR if version == program.version else 0)

        @routes.on_response
        async def open_to_all(request: Request, response: HTTPResponse) -> None:
            response.headers.update({"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"})

        return routes

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The channel's routes."""
        facilities = self._facilities

        async def taken(visitor: str) -> bool:
            return bool(await facilities.conversations.customers(conversation_id_of(CHANNEL, visitor)))

        reception = Reception(
            conversations=facilities.conversations,
            sessions=Sessions(facilities.database, facilities.secret, taken=taken),
            limits=self._limits,
            photos=facilities.photos,
            photo_links=self._photo_links,
            tokens=facilities.identity_tokens,
            on_message=on_new_message,
            max_message_length=self._max_message_length,
            elsewhere=Elsewhere(facilities),
        )
        routes = Blueprint("widget_channel")

        @routes.websocket("/socket")
        async def socket(request: Request, ws: Websocket) -> None:
            with suppress(WebsocketClosed, ConnectionClosed):
                if not self._origins.allow(request):
                    await ws.close(FORBIDDEN, "origin")
                    return
                try:
                    await _serve_socket(reception, self._windows, ws, request.client_ip)
                except TooOften:
                    await ws.close(TOO_MANY, "too often")
                except DatabaseUnavailable as error:
                    logger.error("widget.unavailable", reason=str(error))
                    await ws.close(TRY_AGAIN_LATER, "unavailable")
                except (BadFrame, TimeoutError) as problem:
                    logger.info("widget.bad_frame", reason=str(problem))
                    await ws.close(MISUNDERSTOOD, "bad frame")

        @routes.post("/poll")
        async def poll(request: Request) -> HTTPResponse:
            hello = read_hello(request.body)
            visit = await reception.let_in(hello, request.client_ip)
            return _frames(await _poll(reception, self._windows, visit, hello))

        @routes.post("/send")
        async def send(request: Request) -> HTTPResponse:
            posted = read_posted(request.body)
            visit = await reception.let_in(posted.hello, request.client_ip)
            answer = await reception.handle(visit, posted.frame)
            return _frames([visit.session_frame, *([answer] if answer else [])])

        # As a stream, since other bodies are not allowed to be as large.
        @routes.post("/photos", stream=True)
        async def receive_photo(request: Request) -> HTTPResponse:
            scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
            identity = request.headers.get("x-aftercare-identity")
            session = await reception.admit_photo(token, identity, request.client_ip) if scheme == "Bearer" else None
            if session is None:
                raise BadRequest(401, "invalid_session", "The token of a session is missing, or not good.")
            photo = await keep_photo(request, facilities.photos, conversation_id_of(CHANNEL, session.visitor))
            return json(reception.shown_photo(photo), status=201)

        @routes.get("/photos/<signed>")
        async def show_photo(request: Request, signed: str) -> HTTPResponse:
            photo_id = self._photo_links.read(signed)
            photo = await facilities.photos.get(photo_id) if photo_id and facilities.photos else None
            if photo is None or facilities.photos is None:
                raise NotFound(signed)
            headers = {
                "Cache-Control": "private, max-age=3600",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                # Browsers show pictures all the same where a page has them; what else was sent is not opened here.
                "Content-Disposition": "inline" if photo.width else "attachment",
            }
            return await file(facilities.photos.path(photo), mime_type=photo.content_type, headers=headers)

        async def preflight(request: Request) -> HTTPResponse:
            return empty()

        for path in ("/poll", "/send", "/photos"):
            routes.add_route(preflight, path, methods=("OPTIONS",), name=f"preflight {path}")

        @routes.on_request
        async def admit(request: Request) -> HTTPResponse | None:
            """Refuse what comes from other websites; pictures are shown wherever their address is known."""
            if request.method != "POST" or self._origins.allow(request):
                return None
            return BadRequest(403, "origin", "This website may not use the widget: see 'origins'.").response()

        @routes.on_response
        async def allow(request: Request, response: HTTPResponse) -> None:
            origin = self._origins.allow(request)
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Vary"] = "Origin"
            if origin:
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, x-aftercare-identity"
                response.headers["Access-Control-Allow-Methods"] = "GET, POST"
                response.headers["Access-Control-Max-Age"] = "7200"

        @routes.exception(BadFrame, BadRequest, TooOften)
        async def refuse(request: Request, error: Exception) -> HTTPResponse:
            match error:
                case BadRequest():
                    return error.response()
                case TooOften():
                    headers = {"Retry-After": str(round(error.seconds))}
                    return json({"error": "too_often", "message": str(error)}, status=429, headers=headers)
            return json({"error": "bad_frame", "message": str(error)}, status=400)

        return routes


async def _serve_socket(reception: Reception, windows: Windows, ws: Websocket, address: str) -> None:
    """Serve a window until it leaves."""
    async with asyncio.timeout(HELLO_SECONDS):
        hello = read_hello(await _receive(ws))
    visit = await reception.let_in(hello, address)
    async with reception.watch(visit, hello) as (welcome, happenings):
        await _send(ws, welcome)
        telling = asyncio.create_task(_tell(ws, happenings.frames))
        try:
            while True:
                with windows.waiting(partial(happenings.add, LEAVE)):
                    received = await _receive(ws)
                answer = await reception.handle(visit, read_request(received))
                if answer:
                    happenings.add(answer)
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, WebsocketClosed, ConnectionClosed):
                await telling


async def _tell(ws: Websocket, happenings: AsyncIterator[Frame]) -> None:
    try:
        async for frame in happenings:
            if frame == LEAVE:
                await ws.close(SERVICE_RESTART, "restart")
                return
            await _send(ws, frame)
    except (WebsocketClosed, ConnectionClosed):
        raise
    except Exception as error:
        logger.error("widget.telling_failed", exc_info=error)
        # It comes back, and is told then what it has missed.
        await ws.close(BROKEN, "error")


async def _receive(ws: Websocket) -> str | bytes:
    received = await ws.recv()
    if received is None:
        raise BadFrame("there is nothing in it")
    return received


async def _send(ws: Websocket, frame: Frame) -> None:
    await ws.send(_encode(frame))


async def _poll(reception: Reception, windows: Windows, visit: Visit, hello: Hello) -> list[Frame]:
    """What a window has missed; where that is nothing, what happens next, if it does so soon."""
    async with reception.watch(visit, hello) as (welcome, happenings):
        frames = [welcome]
        if welcome["messages"] or not hello.wait:
            return frames
        now = asyncio.get_running_loop().time
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS) as waiting:
                with windows.waiting(lambda: waiting.reschedule(now())):
                    async for frame in happenings.frames:
                        frames.append(frame)
                        waiting.reschedule(now() + TOGETHER_SECONDS)
        return frames


def _frames(frames: list[Frame]) -> HTTPResponse:
    return json({"frames": frames}, ensure_ascii=False, headers={"Cache-Control": "no-store"})


def _encode(frame: Frame) -> str:
    return json_module.dumps(frame, ensure_ascii=False, separators=(",", ":"))
