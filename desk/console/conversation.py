"""The page of one conversation: what was said, what there is to know, and what an agent can do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, file, html

from bot.intents import FLOWS
from bot.localization import country_name, plain
from bot.values import clock
from bot.values import day as day_value
from bot.values import money as money_value
from conversations import Conversations, Photos
from desk.access.agents import Agent, Agents
from desk.access.audit import Audit
from desk.access.permissions import May, may
from desk.access.web import current, require
from desk.console.answers import NO_STORE, seen
from desk.console.frame import Frame, page
from desk.console.markup import marked_up, plain_lines
from desk.console.mood import HEIGHT, HIGHEST, LOWEST, WIDTH
from desk.console.summary import Summaries, Summary
from desk.console.transcript import Line, Part, ReasonText, Transcript
from desk.messages import Words
from desk.models import HELD, State, Ticket, View
from desk.rules import Rules
from desk.tickets import Tickets
from desk.translation import Translations
from knowledge_base import KnowledgeBase, UnknownArticle
from shop import Reason

MOST_MINE = 40
"""So many of an agent's other tickets stand beside the page."""

NOT_ABOUT_AN_ORDER = frozenset({"list_orders", "privacy_request", "troubleshoot"})
"""Flows that need no order to begin with."""

OF_PHOTO = {
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Readings:
    """What the page is made from.

    Attributes:
        photos: what was shown; None where nothing is kept.
        reason_text: why something was not delivered, in words.
    """

    conversations: Conversations
    tickets: Tickets
    agents: Agents
    audit: Audit
    rules: Rules
    summaries: Summaries
    transcript: Transcript
    translations: Translations
    knowledge_base: KnowledgeBase
    photos: Photos | None
    reason_text: ReasonText


class ConversationPages:
    """Shows conversations to the agents who may see them."""

    def __init__(self, readings: Readings, frame: Frame) -> None:
        self._from = readings
        self._frame = frame

    def add_to(self, routes: Blueprint) -> None:
        """Add the pages to the routes of the desk."""
        routes.add_route(self._page, "/tickets/<ticket_id:int>", name="ticket")
        routes.add_route(self._lines, "/tickets/<ticket_id:int>/transcript", name="ticket_transcript")
        routes.add_route(self._mine, "/tickets/<ticket_id:int>/mine", name="ticket_mine")
        routes.add_route(self._panel, "/tickets/<ticket_id:int>/summary", name="ticket_summary")
        routes.add_route(self._photo, "/tickets/<ticket_id:int>/photos/<photo_id>", name="ticket_photo")

    async def _page(self, request: Request, ticket_id: int) -> HTTPResponse:
        known, agent = self._from, require(request, May.WORK)
        ticket = await seen(request, known.tickets.get, ticket_id)
        await known.audit.record(agent.id, "ticket_seen", conversation_id=ticket.conversation_id, ticket_id=ticket.id)
        agents = await known.agents.all()
        part = await known.transcript.latest(ticket.conversation_id)
        read = await known.conversations.read_state(ticket.conversation_id)
        return await page(
            request,
            "conversation.html",
            **self._common(agent, ticket),
            **self._of_lines(ticket, part),
            **await self._of_summary(agent, ticket),
            holder=next((each for each in agents if each.id == ticket.agent_id), None),
            colleagues=[each for each in agents if each.id != ticket.agent_id],
            mine=await known.tickets.listing(View.MINE, agent, limit=MOST_MINE),
            rules=known.rules,
            flows=sorted(FLOWS),
            order_flows=FLOWS - NOT_ABOUT_AN_ORDER,
            reasons=list(Reason),
            read_by_customer=read.by_customer or 0,
            takes_photos=known.photos is not None,
        )

    async def _lines(self, request: Request, ticket_id: int) -> HTTPResponse:
        """Lines of the time line: those before a message, those after, or some as they are now."""
        ticket, agent = await seen(request, self._from.tickets.get, ticket_id), current(request)
        numbers = {name: _numbers(request, name) for name in ("before", "after", "note", "some")}
        transcript, conversation_id = self._from.transcript, ticket.conversation_id
        if numbers["some"]:
            part = await transcript.some(conversation_id, numbers["some"])
        elif numbers["before"]:
            part = await transcript.latest(conversation_id, numbers["before"][0])
        else:
            after, note = (numbers["after"] or [0])[0], (numbers["note"] or [0])[0]
            part = await transcript.after(conversation_id, after, note)
        return self._fragment("transcript.html", agent, ticket, **self._of_lines(ticket, part))

    async def _panel(self, request: Request, ticket_id: int) -> HTTPResponse:
        ticket, agent = await seen(request, self._from.tickets.get, ticket_id), current(request)
        return self._fragment("summary.html", agent, ticket, **await self._of_summary(agent, ticket))

    async def _mine(self, request: Request, ticket_id: int) -> HTTPResponse:
        """The agent's tickets, beside the one that they look at."""
        ticket, agent = await seen(request, self._from.tickets.get, ticket_id), current(request)
        mine = await self._from.tickets.listing(View.MINE, agent, limit=MOST_MINE)
        return self._fragment("conversation_mine.html", agent, ticket, mine=mine)

    async def _photo(self, request: Request, ticket_id: int, photo_id: str) -> HTTPResponse:
        ticket, photos = await seen(request, self._from.tickets.get, ticket_id), self._from.photos
        photo = await photos.get(photo_id) if photos else None
        if photos is None or photo is None or photo.conversation_id != ticket.conversation_id:
            raise NotFound(photo_id)
        # Browsers show pictures all the same where a page has them; what else was sent is not opened here.
        disposition = {"Content-Disposition": "inline" if photo.width else "attachment"}
        return await file(photos.path(photo), mime_type=photo.content_type, headers={**OF_PHOTO, **disposition})

    def _fragment(self, template: str, agent: Agent, ticket: Ticket, **values: Any) -> HTTPResponse:
        common = {"agent": agent, "zone": agent.time_zone, **self._common(agent, ticket)}
        return html(self._frame.render(template, agent.locale, **common, **values), headers=NO_STORE)

    def _common(self, agent: Agent, ticket: Ticket) -> dict[str, Any]:
        """What all templates of the page use."""
        locale = agent.locale
        own = agent.languages[0] if agent.languages else locale
        foreign = _base(ticket.language) not in {_base(language) for language in agent.languages}
        return {
            "ticket": ticket,
            "holds": ticket.agent_id == agent.id and ticket.state in HELD,
            "acts": ticket.state is State.OPEN and (ticket.agent_id == agent.id or may(agent, May.MOVE)),
            "foreign": foreign,
            "translates": foreign
            and self._from.translations.can(ticket.language, own)
            and self._from.translations.can(own, ticket.language),
            "money": lambda amount: plain(money_value(amount), locale),
            "day": lambda on: plain(day_value(on), locale) if isinstance(on, date) else "",
            "clock": lambda at, zone: plain(clock(at, str(zone)), locale),
            "country": partial(country_name, language=locale),
            "fact": fact,
            "label": labels(self._frame.words(locale)),
        }

    def _of_lines(self, ticket: Ticket, part: Part) -> dict[str, Any]:
        return {
            "part": part,
            "written": _written,
            "reason_text": self._from.reason_text,
        }

    async def _of_summary(self, agent: Agent, ticket: Ticket) -> dict[str, Any]:
        summary = await self._from.summaries.of(ticket, agent)
        return {
            "summary": summary,
            "article_title": partial(self._title, language=agent.locale),
            "drawing": {"width": WIDTH, "height": HEIGHT, "zero": HEIGHT * HIGHEST / (HIGHEST - LOWEST)},
            "timeline": _open_matters(summary),
        }

    def _title(self, slug: str, language: str) -> str:
        try:
            return self._from.knowledge_base.article(slug, language).article.title
        except UnknownArticle:
            return slug


def labels(words: Words) -> Callable[..., str]:
    """What things are called on the page, by their group and name; as they are where the desk has no word for them."""

    def label(group: str, name: object, /, **values: object) -> str:
        try:
            return words.text(f"conversation_{group}_{name}", **values)
        except KeyError:
            return str(name).replace("_", " ")

    return label


def fact(value: Any) -> str:
    """A fact of a matter, or the value of a slot, on one line: what is not plain is told by its parts.

    >>> fact(["2 × Mug", "1 × Lamp"]), fact({"sku": "MUG", "count": 2}), fact(True)
    ('2 × Mug, 1 × Lamp', 'sku: MUG, count: 2', '✓')
    """
    match value:
        case None:
            return ""
        case bool():
            return "✓" if value else "–"
        case Mapping():
            return ", ".join(f"{name}: {fact(part)}" if part is not None else str(name) for name, part in value.items())
        case list() | tuple():
            return ", ".join(fact(part) for part in value)
        case datetime():
            return value.isoformat(timespec="minutes")
    return str(value)


def _written(line: Line) -> Any:
    """The text of a line as HTML: customers' and the team's words as they are, all else with its little Markdown."""
    return marked_up(line.text) if line.kind in ("bot", "agent") else plain_lines(line.text)


def _open_matters(summary: Summary) -> list[tuple[str, Any, str]]:
    """What of the orders is not settled: what it is, itself, and the number of its order."""
    found: list[tuple[str, Any, str]] = []
    for each in summary.orders:
        number = each.order.number
        found += [("return", return_, number) for return_ in each.returns if return_.open]
        found += [("refund", refund, number) for refund in each.refunds if refund.sent_at is None]
        found += [("claim", claim, number) for claim in each.claims if claim.settled_at is None]
        found += [("repair", repair, number) for repair in each.repairs if repair.status != "sent_back"]
    return found


def _base(language: str) -> str:
    return language.partition("-")[0]


def _numbers(request: Request, name: str) -> list[int]:
    """The whole numbers of a parameter such as `1,2,3`; whatever else stands there is left out."""
    parts = str(request.args.get(name) or "").split(",")
    return [int(part) for part in parts if part.isdecimal() and len(part) < 10]
