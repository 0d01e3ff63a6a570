"""The pages on which administrators make tokens and webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, redirect

from desk.access.permissions import May
from desk.access.web import Access, protect, require
from desk.api.destinations import Refused, Unreachable
from desk.api.happenings import EVENTS
from desk.api.tokens import LONGEST_NAME, Scope, Tokens
from desk.api.webhooks import TooManyWebhooks, Webhooks
from desk.console.frame import page

UNPROCESSABLE = 422

LATEST = 50
"""So many deliveries of a webhook are shown."""


class TokenPages:
    """Tokens and webhooks, on one page.

    Args:
        root: what stands before `/desk` in addresses.
    """

    def __init__(self, access: Access, tokens: Tokens, webhooks: Webhooks, root: str = "") -> None:
        self._access = access
        self._tokens = tokens
        self._webhooks = webhooks
        self._address = f"{root}/desk/tokens"

    def blueprint(self) -> Blueprint:
        """The routes, behind the desk's door."""
        routes = Blueprint("desk_tokens", url_prefix="/desk/tokens")
        protect(routes, self._access)
        routes.add_route(self._show, "/", methods=("GET",), name="show")
        routes.add_route(self._make, "/", methods=("POST",), name="make")
        routes.add_route(self._revoke, "/<token_id:int>/revoke", methods=("POST",), name="revoke")
        routes.add_route(self._add, "/webhooks", methods=("POST",), name="add")
        routes.add_route(self._deliveries, "/webhooks/<webhook_id:int>", methods=("GET",), name="deliveries")
        routes.add_route(self._remove, "/webhooks/<webhook_id:int>/delete", methods=("POST",), name="remove")
        return routes

    async def _show(self, request: Request) -> HTTPResponse:
        require(request, May.TOKENS)
        return await self._page(request)

    async def _make(self, request: Request) -> HTTPResponse:
        by = require(request, May.TOKENS)
        name, scopes = _text(request, "name"), [scope for scope in Scope if scope in _all(request, "scopes")]
        agent = await self._access.agents.get(_number(_text(request, "agent")) or by.id)
        if agent is None or agent.disabled:
            return await self._page(request, problem="agent")
        if not 0 < len(name) <= LONGEST_NAME or not scopes:
            return await self._page(request, problem="token")
        made, shown = await self._tokens.make(name, scopes, agent.id)
        await self._access.audit.record(by.id, "token_made", token=made.id, agent=agent.id, scopes=scopes)
        return await self._page(request, made=name, shown=shown)

    async def _revoke(self, request: Request, token_id: int) -> HTTPResponse:
        by = require(request, May.TOKENS)
        if not await self._tokens.revoke(token_id):
            raise NotFound(str(token_id))
        await self._access.audit.record(by.id, "token_revoked", token=token_id)
        return redirect(self._address, status=303)

    async def _add(self, request: Request) -> HTTPResponse:
        by = require(request, May.TOKENS)
        url, texts = _text(request, "url"), bool(_text(request, "texts"))
        try:
            made, key = await self._webhooks.add(url, _all(request, "events"), texts=texts)
        except (Refused, Unreachable):
            return await self._page(request, problem="url")
        except TooManyWebhooks:
            return await self._page(request, problem="too_many")
        except ValueError:
            return await self._page(request, problem="events")
        await self._access.audit.record(by.id, "webhook_added", webhook=made.id)
        return await self._page(request, made=url, shown=key)

    async def _remove(self, request: Request, webhook_id: int) -> HTTPResponse:
        by = require(request, May.TOKENS)
        if not await self._webhooks.remove(webhook_id):
            raise NotFound(str(webhook_id))
        await self._access.audit.record(by.id, "webhook_deleted", webhook=webhook_id)
        return redirect(f"{self._address}#webhooks", status=303)

    async def _deliveries(self, request: Request, webhook_id: int) -> HTTPResponse:
        require(request, May.TOKENS)
        webhook = next((each for each in await self._webhooks.all() if each.id == webhook_id), None)
        if webhook is None:
            raise NotFound(str(webhook_id))
        deliveries = await self._webhooks.deliveries(webhook_id, limit=LATEST)
        return await page(request, "api_deliveries.html", webhook=webhook, deliveries=deliveries)

    async def _page(
        self, request: Request, *, problem: str | None = None, made: str | None = None, shown: str | None = None
    ) -> HTTPResponse:
        """The page; what was typed, where it could not be taken.

        Args:
            made: what a new token or webhook is called.
            shown: its secret, which is shown this once.
        """
        agents = await self._access.agents.all(disabled=True)
        values: dict[str, Any] = {
            "made": made,
            "shown": shown,
            "tokens": await self._tokens.all(),
            "webhooks": await self._webhooks.all(),
            "names": {agent.id: agent.name for agent in agents},
            "agents": [agent for agent in agents if not agent.disabled],
            "scopes": list(Scope),
            "events": EVENTS,
            "longest_name": LONGEST_NAME,
            "problem": problem,
            "typed": request.form if problem and request.form else {},
        }
        return await page(request, "api_tokens.html", UNPROCESSABLE if problem else 200, **values)


def _all(request: Request, name: str) -> Sequence[str]:
    return list(request.form.getlist(name)) if request.form else []


def _text(request: Request, name: str) -> str:
    return next(iter(_all(request, name)), "").strip()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
