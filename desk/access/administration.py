"""The pages of administrators: the accounts, and the record of who saw and did what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from sanic import Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse

from desk.access.agents import MAX_CAPACITY, MAX_NAME, Agent, EmailTaken, InvalidAgent, LastAdministrator, Role
from desk.access.audit import Entry
from desk.access.forms import Form, frame_of, framed, see
from desk.access.links import INVITATION, NEW_PASSWORD
from desk.access.permissions import May
from desk.access.web import Access, require
from desk.messages import Words
from web.routing import Page

ENTRIES = 100
"""So many entries of the record are on a page."""


@dataclass(frozen=True)
class Line:
    """An entry of the record as it is read: who, what, and the names and values of the rest."""

    entry: Entry
    who: str
    what: str
    details: list[tuple[str, str]]


class Administration:
    """What administrators do."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def protected(self) -> Mapping[tuple[str, str], Page]:
        """The routes, by method and path."""
        return {
            ("GET", "/agents"): self._list,
            ("GET", "/agents/new"): self._new,
            ("POST", "/agents/new"): self._add,
            ("GET", "/agents/<agent_id:int>"): self._show,
            ("POST", "/agents/<agent_id:int>"): self._save,
            ("POST", "/agents/<agent_id:int>/link"): self._make_link,
            ("POST", "/agents/<agent_id:int>/totp/off"): self._turn_totp_off,
            ("POST", "/agents/<agent_id:int>/sessions/end"): self._end_sessions,
            ("POST", "/agents/<agent_id:int>/disable"): self._disable,
            ("POST", "/agents/<agent_id:int>/enable"): self._enable,
            ("GET", "/audit"): self._audit,
        }

    async def _list(self, request: Request) -> HTTPResponse:
        require(request, May.AGENTS)
        everybody = await self._access.agents.all(disabled=True)
        return await framed(request, "access_agents.html", everybody=everybody)

    async def _new(self, request: Request) -> HTTPResponse:
        require(request, May.AGENTS)
        return await self._page(request, None)

    async def _add(self, request: Request) -> HTTPResponse:
        by, form = require(request, May.AGENTS), Form.of(request)
        try:
            columns = _columns(form, frame_of(request).languages, [form.text("locale")])
            agent = await self._access.agents.add(**columns) if not form.errors else None
        except (InvalidAgent, EmailTaken) as error:
            _note(form, error)
        if form.errors or agent is None:
            return await self._page(request, None, form)
        await self._access.audit.record(by.id, "agent_added", agent=agent.id, role=agent.role)
        return await self._page(request, agent, link=await self._access.links.make(agent.id, INVITATION))

    async def _show(self, request: Request, agent_id: int) -> HTTPResponse:
        require(request, May.AGENTS)
        return await self._page(request, await self._agent(agent_id))

    async def _save(self, request: Request, agent_id: int) -> HTTPResponse:
        by, form, agent = require(request, May.AGENTS), Form.of(request), await self._agent(agent_id)
        try:
            columns = _columns(form, frame_of(request).languages, agent.languages)
            changed = await self._access.agents.change(agent_id, **columns) if not form.errors else None
        except (InvalidAgent, EmailTaken, LastAdministrator) as error:
            _note(form, error)
        if form.errors or changed is None:
            return await self._page(request, agent, form)
        different = [name for name in columns if getattr(agent, name) != getattr(changed, name)]
        await self._access.audit.record(by.id, "agent_changed", agent=agent_id, columns=different)
        return self._done(agent_id, "saved")

    async def _make_link(self, request: Request, agent_id: int) -> HTTPResponse:
        by, agent = require(request, May.AGENTS), await self._agent(agent_id)
        if agent.disabled:
            raise NotFound(str(agent_id))
        link = await self._access.links.make(agent_id, NEW_PASSWORD if agent.signs_in else INVITATION)
        await self._access.audit.record(by.id, "link_made", agent=agent_id)
        return await self._page(request, agent, link=link)

    async def _turn_totp_off(self, request: Request, agent_id: int) -> HTTPResponse:
        by, agent = require(request, May.AGENTS), await self._agent(agent_id)
        await self._access.credentials.turn_totp_off(agent.id, by=by.id)
        return self._done(agent_id, "totp_off")

    async def _end_sessions(self, request: Request, agent_id: int) -> HTTPResponse:
        by, agent = require(request, May.AGENTS), await self._agent(agent_id)
        ended = await self._access.sessions.end_all(agent.id)
        await self._access.audit.record(by.id, "sessions_ended", agent=agent_id, count=ended)
        return self._done(agent_id, "ended")

    async def _disable(self, request: Request, agent_id: int) -> HTTPResponse:
        by, agent, form = require(request, May.AGENTS), await self._agent(agent_id), Form.of(request)
        try:
            await self._access.agents.disable(agent.id)
        except LastAdministrator:
            form.errors["disable"] = "last_administrator"
            return await self._page(request, agent, form)
        await self._access.audit.record(by.id, "agent_disabled", agent=agent_id)
        return self._done(agent_id, "disabled")

    async def _enable(self, request: Request, agent_id: int) -> HTTPResponse:
        by, agent = require(request, May.AGENTS), await self._agent(agent_id)
        await self._access.agents.enable(agent.id)
        await self._access.audit.record(by.id, "agent_enabled", agent=agent_id)
        return self._done(agent_id, "enabled")

    async def _audit(self, request: Request) -> HTTPResponse:
        words = frame_of(request).words(require(request, May.AUDIT).locale)
        asked = {name: (request.args.get(name) or "").strip() for name in ("agent", "action", "conversation")}
        entries = await self._access.audit.entries(
            agent_id=_number(asked["agent"]),
            action=asked["action"] or None,
            conversation_id=asked["conversation"] or None,
            before=_number(request.args.get("before") or ""),
            limit=ENTRIES + 1,
        )
        everybody = await self._access.agents.all(disabled=True)
        return await framed(
            request,
            "access_audit.html",
            lines=[_line(entry, {agent.id: agent.name for agent in everybody}, words) for entry in entries[:ENTRIES]],
            earlier=entries[ENTRIES - 1].id if len(entries) > ENTRIES else None,
            everybody=everybody,
            asked=asked,
        )

    async def _agent(self, agent_id: int) -> Agent:
        agent = await self._access.agents.get(agent_id)
        if agent is None:
            raise NotFound(str(agent_id))
        return agent

    async def _page(
        self, request: Request, shown: Agent | None, form: Form | None = None, *, link: str | None = None
    ) -> HTTPResponse:
        """An account with its form, or the form for a new one; the link that was just made is never shown again."""
        values: dict[str, Any] = {
            "shown": shown,
            "account": _typed(form) if form and "email" in form.values else _account(shown),
            "link": link,
            "roles": list(Role),
            "teams": _with(self._access.teams, [shown.team] if shown and shown.team else []),
            "skills": _with(self._access.skills, shown.skills if shown else []),
            "time_zones": sorted(available_timezones()),
            "longest_name": MAX_NAME,
            "most": MAX_CAPACITY,
        }
        return await framed(request, "access_agent.html", form, **values)

    def _done(self, agent_id: int, what: str) -> HTTPResponse:
        return see(self._access.path(f"agents/{agent_id}"), what)


def _columns(form: Form, languages: tuple[str, ...], best: Sequence[str]) -> dict[str, Any]:
    """What the form of an account says; what cannot be is noted, or raises `InvalidAgent` where it is stored.

    Args:
        best: the languages that come first, in their order, where they are chosen.
    """
    if form.text("role") not in list(Role):
        form.errors["role"] = "role"
    if form.text("locale") not in languages:
        form.errors["locale"] = "locale"
    capacity = _number(form.text("capacity"))
    if capacity is None:
        form.errors["capacity"] = "capacity"
    return {
        "email": form.text("email"),
        "name": form.text("name"),
        "role": form.text("role"),
        "team": form.text("team"),
        "locale": form.text("locale"),
        "languages": [each for each in _with(best, languages) if each in languages and each in form.all("languages")],
        "skills": form.all("skills"),
        "time_zone": form.text("time_zone"),
        "capacity": capacity,
    }


def _account(agent: Agent | None) -> dict[str, Any]:
    """What the form of an account holds at first."""
    if agent is None:
        blank = {"email": "", "name": "", "team": "", "locale": "", "languages": [], "skills": []}
        return {**blank, "role": Role.AGENT, "time_zone": "UTC", "capacity": 5}
    return {**vars(agent), "team": agent.team or ""}


def _typed(form: Form) -> dict[str, Any]:
    """What the form of an account holds when it could not be taken."""
    names = ("email", "name", "role", "team", "locale", "time_zone", "capacity")
    return {name: form.text(name) for name in names} | {name: form.all(name) for name in ("languages", "skills")}


def _note(form: Form, error: Exception) -> None:
    match error:
        case InvalidAgent():
            form.errors[error.field] = error.field
        case EmailTaken():
            form.errors["email"] = "email_taken"
        case LastAdministrator():
            form.errors["role"] = "last_administrator"


def _line(entry: Entry, names: Mapping[int, str], words: Words) -> Line:
    who = words.text("access_audit_nobody") if entry.agent_id is None else names.get(entry.agent_id, "")
    try:
        what = words.text(f"access_action_{entry.action}")
    except KeyError:
        what = entry.action.replace("_", " ")
    details = []
    for name, value in entry.details.items():
        if name == "agent":
            value = names.get(value, value)
        details.append((name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return Line(entry, who, what, details)


def _with(known: Sequence[str], own: Sequence[str]) -> list[str]:
    """What can be chosen, with what somebody has that the rules do not know any more."""
    return list(dict.fromkeys((*known, *own)))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
