"""The pages on which people sign in, and set their password."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import structlog
from sanic import Request
from sanic.response import HTTPResponse

from desk.access.agents import MAX_NAME, Agent, EmailTaken, InvalidAgent
from desk.access.browsers import browser_of
from desk.access.credentials import LinkUsed
from desk.access.forms import UNPROCESSABLE, Form, frame_of, plain, see
from desk.access.links import Link
from desk.access.throttle import TooOften
from desk.access.web import Access, current
from web.routing import Page

logger = structlog.get_logger()


class SigningIn:
    """Lets people in and out."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def public(self) -> Mapping[tuple[str, str], Page]:
        """The routes for everybody, by method and path."""
        return {
            ("GET", "/login"): self._login,
            ("POST", "/login"): self._check_password,
            ("POST", "/login/code"): self._check_code,
            ("GET", "/welcome/<token>"): self._welcome,
            ("POST", "/welcome/<token>"): self._set_password,
        }

    def protected(self) -> Mapping[tuple[str, str], Page]:
        """The routes for whoever is signed in."""
        return {("POST", "/logout"): self._logout}

    async def _login(self, request: Request) -> HTTPResponse:
        onwards = request.args.get("next") or ""
        if request.ctx.agent:
            return see(self._onwards(onwards))
        return plain(request, "access_login.html", email="", next=onwards, error=None)

    async def _check_password(self, request: Request) -> HTTPResponse:
        """The first step. It takes as long, and says the same, whether there is an account or not."""
        form, access = Form.of(request), self._access
        email, onwards = form.text("email")[:320], form.text("next")
        try:
            await access.throttle.spend("address", request.client_ip)
            await access.throttle.spend("account", email.strip().lower())
        except TooOften as error:
            return _too_often(request, error, "access_login.html", email=email, next=onwards)
        agent = await access.credentials.check(email, form.text("password"))
        if agent is None:
            return plain(request, "access_login.html", UNPROCESSABLE, email=email, next=onwards, error="login")
        await access.throttle.forgive("account", agent.email)
        if not agent.totp:
            return await self._let_in(request, agent, onwards)
        step = await access.credentials.first_step(agent)
        return plain(request, "access_code.html", step=step, next=onwards, error=None)

    async def _check_code(self, request: Request) -> HTTPResponse:
        """The second step."""
        form, access = Form.of(request), self._access
        step, onwards = form.text("step"), form.text("next")
        agent = await access.credentials.after_first_step(step)
        if agent is None:
            return plain(request, "access_login.html", UNPROCESSABLE, email="", next=onwards, error="too_late")
        try:
            await access.throttle.spend("code", str(agent.id))
        except TooOften as error:
            return _too_often(request, error, "access_code.html", step=step, next=onwards)
        if not await access.credentials.check_code(agent.id, form.text("code")):
            return plain(request, "access_code.html", UNPROCESSABLE, step=step, next=onwards, error="code")
        await access.throttle.forgive("code", str(agent.id))
        return await self._let_in(request, agent, onwards)

    async def _let_in(self, request: Request, agent: Agent, onwards: str) -> HTTPResponse:
        if request.ctx.session:
            await self._access.sessions.end(request.ctx.session.id)
        browser = browser_of(request.headers.get("user-agent") or "")
        request.ctx.cookie = await self._access.sessions.begin(agent.id, browser)
        await self._access.audit.record(agent.id, "signed_in")
        return see(self._onwards(onwards))

    async def _logout(self, request: Request) -> HTTPResponse:
        await self._access.sessions.end(request.ctx.session.id)
        await self._access.audit.record(current(request).id, "signed_out")
        request.ctx.cookie = ""
        return see(self._access.path("login"), "signed_out")

    async def _welcome(self, request: Request, token: str) -> HTTPResponse:
        link = await self._access.links.find(token)
        return await self._set_up(request, link, Form({})) if link else _link_over(request)

    async def _set_password(self, request: Request, token: str) -> HTTPResponse:
        form, access = Form.of(request), self._access
        link = await access.links.find(token)
        if link is None:
            return _link_over(request)
        try:
            if link.agent_id is None:
                await self._add_first_administrator(request, token, form)
            else:
                await self._set_password_of(link.agent_id, token, form)
        except LinkUsed:
            return _link_over(request)
        if form.errors:
            return await self._set_up(request, link, form)
        # Their other sessions are over, and so is this browser's, if it had one of theirs.
        return see(access.path("login"), "password")

    async def _set_password_of(self, agent_id: int, token: str, form: Form) -> None:
        agent = await self._access.agents.get(agent_id)
        assert agent, "links of accounts refer to them"
        password = form.new_password(agent.email, agent.name)
        if not form.errors:
            await self._access.credentials.set_password_by_link(self._access.links, token, password)

    async def _add_first_administrator(self, request: Request, token: str, form: Form) -> None:
        email, name = form.text("email"), form.text("name")
        password = form.new_password(email, name)
        if form.errors:
            return
        locale = frame_of(request).language_of(request)
        try:
            await self._access.credentials.add_first_administrator(
                self._access.links, token, password, email=email, name=name, locale=locale
            )
        except InvalidAgent as error:
            form.errors[error.field] = error.field
        except EmailTaken:
            form.errors["email"] = "email_taken"

    async def _set_up(self, request: Request, link: Link, form: Form) -> HTTPResponse:
        agent = await self._access.agents.get(link.agent_id) if link.agent_id is not None else None
        status = UNPROCESSABLE if form.errors else 200
        values: dict[str, Any] = {"agent": agent, "form": form, "errors": form.errors, "longest_name": MAX_NAME}
        return plain(request, "access_welcome.html", status, **values)

    def _onwards(self, onwards: str) -> str:
        """Where somebody wanted to go, if that is a page of the desk: links from elsewhere lead nowhere else."""
        home = self._access.path("")
        plainly = onwards.isprintable() and "\\" not in onwards and "//" not in onwards
        return onwards if plainly and onwards.startswith(home) else self._access.path("queue")


def _link_over(request: Request) -> HTTPResponse:
    return plain(request, "access_link_over.html", 410)


def _too_often(request: Request, error: TooOften, template: str, **values: Any) -> HTTPResponse:
    logger.warning("desk.sign_in_throttled")
    minutes = ceil(error.seconds / 60)
    response = plain(request, template, 429, error="too_often", minutes=minutes, **values)
    response.headers["Retry-After"] = str(ceil(error.seconds))
    return response
