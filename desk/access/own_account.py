"""The page of one's own account: language, password, second step, and where one is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from sanic import Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, raw

from desk.access.agents import Agent, InvalidAgent
from desk.access.forms import Form, frame_of, framed, see
from desk.access.throttle import TooOften
from desk.access.web import Access, current
from web.routing import Page


class OwnAccount:
    """What people change about their own account."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def protected(self) -> Mapping[tuple[str, str], Page]:
        """The routes, by method and path."""
        return {
            ("GET", "/account"): self._show,
            ("POST", "/account"): self._save,
            ("POST", "/account/password"): self._change_password,
            ("GET", "/account/totp"): self._offer_totp,
            ("POST", "/account/totp"): self._turn_totp_on,
            ("GET", "/account/totp.svg"): self._totp_picture,
            ("POST", "/account/totp/off"): self._turn_totp_off,
            ("POST", "/account/sessions/end"): self._end_sessions,
            ("POST", "/account/sessions/<session_id:int>/end"): self._end_session,
        }

    async def _show(self, request: Request) -> HTTPResponse:
        return await self._page(request)

    async def _save(self, request: Request) -> HTTPResponse:
        form, agent = Form.of(request), current(request)
        locale = form.text("locale")
        if locale not in frame_of(request).languages:
            form.errors["locale"] = "locale"
            return await self._page(request, form)
        try:
            await self._access.agents.change(
                agent.id, locale=locale, time_zone=form.text("time_zone"), sound=bool(form.text("sound"))
            )
        except InvalidAgent as error:
            form.errors[error.field] = error.field
            return await self._page(request, form)
        return see(self._access.path("account"), "saved")

    async def _change_password(self, request: Request) -> HTTPResponse:
        form, agent = Form.of(request), current(request)
        await self._check_password(agent, form, "current")
        password = form.new_password(agent.email, agent.name) if not form.errors else ""
        if form.errors:
            return await self._page(request, form)
        await self._access.credentials.set_password(agent.id, password, keep_session=request.ctx.session.id)
        return see(self._access.path("account"), "password")

    async def _offer_totp(self, request: Request) -> HTTPResponse:
        return await self._totp_page(request, self._access.authenticator.offer(current(request).id))

    async def _turn_totp_on(self, request: Request) -> HTTPResponse:
        form, agent = Form.of(request), current(request)
        offer = form.text("offer")
        secret = self._access.authenticator.offered(offer, agent.id)
        if secret is None:
            form.errors["code"] = "too_late"
            return await self._totp_page(request, self._access.authenticator.offer(agent.id), form)
        if not await self._access.credentials.turn_totp_on(agent.id, secret, form.text("code")):
            form.errors["code"] = "code"
            return await self._totp_page(request, offer, form)
        return see(self._access.path("account"), "totp_on")

    async def _totp_picture(self, request: Request) -> HTTPResponse:
        agent = current(request)
        secret = self._access.authenticator.offered(request.args.get("offer") or "", agent.id)
        if secret is None:
            raise NotFound("totp.svg")
        return raw(self._access.authenticator.picture(secret, agent.email), content_type="image/svg+xml")

    async def _turn_totp_off(self, request: Request) -> HTTPResponse:
        form, agent = Form.of(request), current(request)
        await self._check_password(agent, form, "totp_password")
        if form.errors:
            return await self._page(request, form)
        await self._access.credentials.turn_totp_off(agent.id, by=agent.id)
        return see(self._access.path("account"), "totp_off")

    async def _end_sessions(self, request: Request) -> HTTPResponse:
        agent = current(request)
        ended = await self._access.sessions.end_all(agent.id)
        await self._access.audit.record(agent.id, "sessions_ended", agent=agent.id, count=ended)
        request.ctx.cookie = ""
        return see(self._access.path("login"), "signed_out")

    async def _end_session(self, request: Request, session_id: int) -> HTTPResponse:
        agent = current(request)
        if session_id not in [session.id for session in await self._access.sessions.of(agent.id)]:
            raise NotFound(str(session_id))
        await self._access.sessions.end(session_id)
        await self._access.audit.record(agent.id, "sessions_ended", agent=agent.id, count=1)
        return see(self._access.path("account"), "ended")

    async def _check_password(self, agent: Agent, form: Form, field: str) -> None:
        """Ask once more for the password, since a browser may have been left alone; what is wrong is noted."""
        try:
            await self._access.throttle.spend("account", agent.email)
        except TooOften:
            form.errors[field] = "too_often"
            return
        if await self._access.credentials.check(agent.email, form.text(field)) is None:
            form.errors[field] = "current_password"
            return
        await self._access.throttle.forgive("account", agent.email)

    async def _page(self, request: Request, form: Form | None = None) -> HTTPResponse:
        agent = current(request)
        values: dict[str, Any] = {
            "sessions": await self._access.sessions.of(agent.id),
            "session": request.ctx.session,
            "time_zones": sorted(available_timezones()),
        }
        return await framed(request, "access_account.html", form, **values)

    async def _totp_page(self, request: Request, offer: str, form: Form | None = None) -> HTTPResponse:
        secret = self._access.authenticator.offered(offer, current(request).id)
        assert secret, "it was just offered"
        groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
        return await framed(request, "access_totp.html", form, offer=offer, secret=" ".join(groups))
