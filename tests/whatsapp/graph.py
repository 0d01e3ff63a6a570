"""A stand-in for the Graph API, on loopback: takes what the platform would take, and answers as it would."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json, raw

from connectors.whatsapp.account import Account
from tests.serving import serve
from tests.whatsapp.recorded import PHONE_NUMBER_ID
from tests.whatsapp.rules import problem

TOKEN = "EAA-a-token-of-the-tests"
APP_SECRET = "an app secret of the tests"
VERIFY_TOKEN = "a verify token of the tests"

VERSION = "v23.0"

_names = count()


@dataclass(frozen=True)
class Answer:
    """What a request is answered with: an error; or, after it was taken, nothing (`lost`), or not before
    `Graph.listens` is set (`silent`).
    """

    status: int = 200
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    silent: bool = False
    body: Any = None


@dataclass
class Graph:
    """What the platform has been told, and what it is to say.

    Attributes:
        answers: of the next messages; after these, all is well.
        sent: the messages that it took.
        marked: what was marked as read.
        uploaded: files by their ids, with their content types.
        media: files of customers by their ids, with their content types.
    """

    url: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    sent: list[dict[str, Any]] = field(default_factory=list)
    marked: list[dict[str, Any]] = field(default_factory=list)
    uploaded: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    media: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    media_answers: deque[Answer] = field(default_factory=deque)
    says_size: bool = True
    listens: asyncio.Event = field(default_factory=asyncio.Event)
    token: str = TOKEN

    @property
    def account(self) -> Account:
        """The account that it knows."""
        return Account(PHONE_NUMBER_ID, "+4915550001000", f"{self.url}/{VERSION}", TOKEN, APP_SECRET, VERIFY_TOKEN)

    def ids(self) -> list[str]:
        """What the messages are called that it took."""
        return [f"wamid.sent{number}" for number in range(len(self.sent))]

    def routes(self) -> Blueprint:
        """The API."""
        routes = Blueprint("graph")

        @routes.on_request
        async def authorize(request: Request) -> HTTPResponse | None:
            if request.headers.get("authorization") == f"Bearer {self.token}":
                return None
            return error(401, 190, "Error validating access token: the session has expired.")

        @routes.post(f"/{VERSION}/{PHONE_NUMBER_ID}/messages")
        async def messages(request: Request) -> HTTPResponse:
            told = request.json
            if told.get("messaging_product") != "whatsapp":
                return error(400, 100, "(#100) The parameter messaging_product is required.")
            if told.get("status") == "read":
                self.marked.append(told)
                return json({"success": True})
            answer = self.answers.popleft() if self.answers else Answer()
            if answer.status != 200:
                return of(answer)
            if wrong := problem(told):
                return error(400, 100, wrong)
            if ("to" in told) == ("recipient" in told):
                return error(400, 100, "(#100) The parameter to is required.")
            self.sent.append(told)
            if answer.silent:
                await self.listens.wait()
            if answer.lost:
                cast(asyncio.Transport, request.transport).abort()
            if answer.body is not None:
                return json(answer.body)
            to = told.get("to") or told["recipient"]
            contact = {"input": to, "wa_id" if "to" in told else "user_id": to}
            return json({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": self.ids()[-1]}]})

        @routes.post(f"/{VERSION}/{PHONE_NUMBER_ID}/media")
        async def upload(request: Request) -> HTTPResponse:
            if self.media_answers:
                return of(self.media_answers.popleft())
            assert request.files and request.form
            file = request.files["file"][0]
            if request.form.get("messaging_product") != "whatsapp" or request.form.get("type") != file.type:
                return error(400, 100, "(#100) The parameter type is required.")
            media_id = f"7000{len(self.uploaded)}"
            self.uploaded[media_id] = file.body, file.type
            return json({"id": media_id})

        @routes.get(f"/{VERSION}/<media_id:int>")
        async def media_address(request: Request, media_id: int) -> HTTPResponse:
            if self.media_answers and (answer := self.media_answers.popleft()).status != 200:
                return of(answer)
            if str(media_id) not in self.media:
                return error(400, 100, f"Unsupported get request. Object with ID '{media_id}' does not exist.")
            data, content_type = self.media[str(media_id)]
            told = {"url": f"{self.url}/download/{media_id}", "mime_type": content_type, "id": str(media_id)}
            size = {"file_size": len(data)} if self.says_size else {}
            return json({"messaging_product": "whatsapp", **told, **size})

        @routes.get("/download/<media_id:int>")
        async def download(request: Request, media_id: int) -> HTTPResponse:
            if self.media_answers:
                return of(self.media_answers.popleft())
            data, content_type = self.media[str(media_id)]
            return raw(data, content_type=content_type)

        return routes


def error(status: int, code: int | None, message: str = "", **headers: str) -> HTTPResponse:
    """An error as the Graph API tells it."""
    told = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}
    return json({"error": told}, status=status, headers=headers)


def of(answer: Answer) -> HTTPResponse:
    """An answer that is an error; of something before the API where it has no code."""
    if answer.code is None:
        return raw(b"<html>Bad gateway</html>", answer.status, answer.headers, content_type="text/html")
    return error(answer.status, answer.code, f"(#{answer.code})", **answer.headers)


@asynccontextmanager
async def platform() -> AsyncIterator[Graph]:
    """The API on loopback."""
    graph = Graph()
    async with serve(graph.routes(), f"graph_{next(_names)}") as client:
        graph.url = str(client.base_url).rstrip("/")
        yield graph
