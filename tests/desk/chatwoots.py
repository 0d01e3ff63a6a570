"""A server that does what Chatwoot does with an inbox of the kind "API", as its documentation and its source say.

https://developers.chatwoot.com/api-reference (client and application APIs),
https://github.com/chatwoot/chatwoot/blob/develop/app/listeners/webhook_listener.rb (what it tells, and to whom).
"""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as answer

from desk.api.chatwoot import ChatwootAccount
from tests.serving import serve

INBOX, ACCOUNT, TOKEN, SECRET = "inbox-identifier", 3, "access-token", "webhook-secret"

_names = (f"desk_chatwoot_{number}" for number in count())


@dataclass
class Talk:
    """A conversation there."""

    id: int
    contact: str
    status: str = "open"
    messages: list[dict[str, Any]] = field(default_factory=list)

    def said(self, kind: str, *, private: bool = False) -> list[str]:
        """What was said, by `incoming` or `outgoing`."""
        return [one["content"] for one in self.messages if (one["message_type"], one["private"]) == (kind, private)]


@dataclass
class Chatwoot:
    """The server.

    Attributes:
        callback: the address of the inbox's webhook.
        waiting: what it has not told yet.
        down: whether it answers with errors.
    """

    url: str = ""
    callback: str = ""
    signs: bool = True
    down: bool = False
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    talks: dict[int, Talk] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: count(1))

    @property
    def account(self) -> ChatwootAccount:
        """How it is reached."""
        return ChatwootAccount(self.url, ACCOUNT, INBOX, TOKEN, SECRET)

    def add(self, talk: Talk, kind: str, content: str, *, private: bool = False, **more: Any) -> dict[str, Any]:
        """Add a message, and tell of it: of each, notes and what we brought ourselves as well."""
        message = {"id": next(self._numbers), "content": content, "message_type": kind, "private": private, **more}
        talk.messages.append(message)
        if kind == "incoming" and talk.status == "resolved":
            self.turn(talk, "open")
        self.waiting.append({"event": "message_created", **message, "conversation": self._described(talk)})
        return message

    def write(self, talk: Talk, text: str, name: str = "Jonas Weber", **more: Any) -> None:
        """An agent writes to the customer."""
        self.add(talk, "outgoing", text, sender={"id": 7, "name": name, "type": "user"}, **more)

    def turn(self, talk: Talk, status: str) -> None:
        """Open or resolve a conversation; what it is already is not told."""
        if talk.status != status:
            talk.status = status
            at = time.time()
            self.waiting.append({"event": "conversation_status_changed", **self._described(talk), "updated_at": at})

    async def tell(self, *, again: bool = False) -> int:
        """Call the webhook with what waits; returns how much that was.

        Args:
            again: whether each is told twice.
        """
        told, self.waiting = self.waiting, []
        async with httpx.AsyncClient() as client:
            for each in told * (2 if again else 1):
                body = json.dumps(each).encode()
                response = await client.post(self.callback, content=body, headers=self.headers(body))
                assert response.status_code == 200, response.text
        return len(told)

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers of a call."""
        if not self.signs:
            return {}
        at = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"x-chatwoot-timestamp": at, "x-chatwoot-signature": f"sha256={signed}"}

    def _described(self, talk: Talk) -> dict[str, Any]:
        return {"id": talk.id, "status": talk.status, "contact_inbox": {"source_id": talk.contact}}


@asynccontextmanager
async def chatwooting() -> AsyncIterator[Chatwoot]:
    """Serve one on loopback."""
    chatwoot = Chatwoot()
    routes = Blueprint("chatwoot")
    public = f"/public/api/v1/inboxes/{INBOX}/contacts"
    application = f"/api/v1/accounts/{ACCOUNT}/conversations"
    failed = answer({"error": "Internal Server Error"}, 500)
    missing = answer({"error": "Resource could not be found"}, 404)

    @routes.on_request
    async def admit(request: Request) -> HTTPResponse | None:
        if chatwoot.down:
            return failed
        if request.path.startswith("/api/") and request.headers.get("api_access_token") != TOKEN:
            return answer({"errors": ["You need to sign in or sign up before continuing."]}, 401)
        return None

    @routes.post(public)
    async def add_contact(request: Request) -> HTTPResponse:
        body = request.json
        chatwoot.contacts[body["source_id"]] = body
        return answer({"id": len(chatwoot.contacts), "source_id": body["source_id"], "name": body["name"]})

    @routes.post(f"{public}/<contact>/conversations")
    async def begin(request: Request, contact: str) -> HTTPResponse:
        if contact not in chatwoot.contacts:
            return missing
        talk = Talk(len(chatwoot.talks) + 1, contact)
        chatwoot.talks[talk.id] = talk
        return answer({"id": talk.id, "inbox_id": 5, "contact_last_seen_at": 0, "status": "open", "messages": []})

    @routes.post(f"{public}/<contact>/conversations/<number:int>/messages")
    async def incoming(request: Request, contact: str, number: int) -> HTTPResponse:
        talk = chatwoot.talks.get(number)
        if talk is None or talk.contact != contact:
            return missing
        files = request.files.getlist("attachments[]") if request.files else []
        chatwoot.files += [(file.name, file.body) for file in files]
        body = request.form if request.form else request.json
        return answer(chatwoot.add(talk, "incoming", body.get("content"), echo_id=body.get("echo_id")))

    @routes.post(f"{application}/<number:int>/messages")
    async def outgoing(request: Request, number: int) -> HTTPResponse:
        if number not in chatwoot.talks:
            return missing
        body = request.json
        added = chatwoot.add(chatwoot.talks[number], body["message_type"], body["content"], private=body["private"])
        return answer(added)

    @routes.post(f"{application}/<number:int>/toggle_status")
    async def toggle(request: Request, number: int) -> HTTPResponse:
        if number not in chatwoot.talks:
            return missing
        chatwoot.turn(chatwoot.talks[number], request.json["status"])
        return answer({"meta": {}, "payload": {"success": True, "current_status": request.json["status"]}})

    async with serve(routes, next(_names)) as client:
        chatwoot.url = str(client.base_url)
        yield chatwoot
