"""The pages of the desk besides that of one conversation, and everything put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, html, redirect

from bot.localization import language_name
from conversations import Feed
from desk.access.agents import Agent
from desk.access.permissions import May
from desk.access.web import Access, current, protect, require
from desk.canned import Canned
from desk.console.actions import Actions, counts
from desk.console.answers import NO_STORE, add_errors
from desk.console.canned_answers import CannedPages
from desk.console.frame import Counts, Frame, page
from desk.console.last_words import last_words
from desk.console.lists import LINES, Listing, address, chosen_of, due, search_of, want
from desk.console.live import Live
from desk.console.matters import matters
from desk.messages import Words
from desk.models import View
from desk.presence import Attendance
from desk.tickets import Tickets
from storage import Database
from web.routing import nothing

__all__ = ["Desk", "Part", "counting", "page"]

CHANNELS = ("widget", "whatsapp", "wechat")


class Part(Protocol):
    """Something else that the desk shows, such as the page of one conversation."""

    def add_to(self, routes: Blueprint) -> None:
        """Add its routes, which are below `/desk`."""
        ...


def counting(tickets: Tickets) -> Counts:
    """What a frame shows beside its places."""
    return partial(counts, tickets)


class Desk:
    """The desk's pages, and what they ask for.

    Args:
        frame: what is around them; made with `counting`.
        parts: what is shown besides.
        channels: those between which lists can be narrowed down.
        now: the present moment, aware.
    """

    def __init__(
        self,
        frame: Frame,
        access: Access,
        database: Database,
        tickets: Tickets,
        attendance: Attendance,
        canned: Canned,
        feed: Feed,
        *,
        parts: Sequence[Part] = (),
        channels: Sequence[str] = CHANNELS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._frame = frame
        self._access = access
        self._database = database
        self._tickets = tickets
        self._channels = channels
        self._now = now
        self._parts: Sequence[Part] = (
            Actions(tickets, attendance, now),
            Live(access, tickets, attendance, feed),
            CannedPages(canned, frame),
            *parts,
        )

    def blueprint(self) -> Blueprint:
        """The routes, all below `/desk` and for agents alone; those of `Frame.blueprint` are for everybody."""
        routes = Blueprint("desk", url_prefix="/desk", strict_slashes=True)
        protect(routes, self._access)
        add_errors(routes)
        for path in ("", "/"):
            routes.add_route(self._front_door, path, name=f"front_door{path}")
        for view in View:
            routes.add_route(partial(self._list, view=view), f"/{view}", name=f"list_{view}")
        routes.add_route(self._follow_ups, "/follow-ups", name="follow_ups")
        routes.add_route(self._language, "/language", methods=("POST",), name="language")
        for part in self._parts:
            part.add_to(routes)
        routes.add_route(nothing, "/<path:path>", name="nothing")
        return routes

    async def _front_door(self, request: Request) -> HTTPResponse:
        return redirect(self._frame.path("/desk/queue"))

    async def _list(self, request: Request, view: View) -> HTTPResponse:
        agent = require(request, May.WORK)
        listing = await self._listing(request, view, agent)
        words = self._frame.words(agent.locale)
        asked = await last_words(self._database, [line.ticket for line in listing.lines if line.ticket.queued])
        shown: dict[str, Any] = {"listing": listing, "words_of": asked, "due": due, "want": partial(want, words)}
        if request.args.get("fragment"):
            common = {"agent": agent, "zone": agent.time_zone, "now": self._now()}
            return html(self._frame.render("lines.html", agent.locale, **common, **shown), headers=NO_STORE)
        choices = await self._choices(words)
        filters = {name: _label(name, value, choices) for name, value in listing.chosen.items()}
        return await page(request, "list.html", choices=choices, filters=filters, **shown)

    async def _listing(self, request: Request, view: View, agent: Agent) -> Listing:
        chosen, before = chosen_of(request), request.args.get("before") or ""
        after = int(before) if before.isdecimal() and len(before) < 10 else None
        search = search_of(chosen)
        # One more than is shown tells whether there is another page.
        found = await self._tickets.listing(view, agent, search=search, limit=LINES + 1, before=after)
        lines, older = found[:LINES], None
        if len(found) > LINES:
            older = address(view, {**chosen, "before": str(lines[-1].ticket.id)})
        return Listing(view, lines, chosen, older, paged=after is not None)

    async def _choices(self, words: Words) -> dict[str, list[tuple[str | int, str]]]:
        """What each filter offers: values, and what they are called."""
        return {
            "language": [(code, language_name(code, words.language)) for code in self._frame.languages],
            "channel": [(channel, words.word("channel", channel)) for channel in self._channels],
            "tag": [(tag, words.word("tag", tag)) for tag in self._tickets.rules.tags],
            "agent": [(agent.id, agent.name) for agent in await self._access.agents.all()],
        }

    async def _follow_ups(self, request: Request) -> HTTPResponse:
        agent = require(request, May.WORK)
        found = await matters(self._database, await self._tickets.follow_ups.open_for(agent))
        return await page(request, "follow_ups.html", matters=found)

    async def _language(self, request: Request) -> HTTPResponse:
        """Change the language of the desk, and go back."""
        agent = current(request)
        form: Mapping[str, Any] = request.form or {}
        if form.get("locale") in self._frame.languages:
            await self._access.agents.change(agent.id, locale=form.get("locale"))
        return redirect(self._frame.path(_own_path(form.get("next"))), status=303)


def _label(name: str, value: str, choices: dict[str, list[tuple[str | int, str]]]) -> str:
    if name == "q":
        return f"“{value}”"
    return next((text for key, text in choices[name] if str(key) == value), value)


def _own_path(path: Any) -> str:
    """A path of the desk, and of nowhere else."""
    parts = urlsplit(str(path or ""))
    inside = parts.path.startswith("/desk/") and not parts.scheme and not parts.netloc
    return parts.path if inside and "\\" not in parts.path else "/desk/queue"
