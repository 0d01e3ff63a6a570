"""A desk that is served on loopback, with agents who are signed in and customers who write."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page
from sanic import Blueprint, Sanic

from aftercare.settings import ROOT
from bot.directives import NORMAL, handoff
from bot.localization import Catalogues
from bot.reply import Reply
from conversations import Author, Conversations, Incoming, LocalFeed, LocalLocks, Outbox
from desk.access.agents import Agent, Role
from desk.access.web import COOKIE, Access
from desk.canned import Canned
from desk.console.frame import Frame
from desk.console.pages import Desk, Part, counting
from desk.messages import DOMAIN, LOCALES, Words
from desk.models import Ticket
from desk.presence import Attendance
from desk.rules import Rules
from desk.tickets import Tickets
from shop.policies import Policies
from storage import Database, migrate
from tests.bots import Heard, ScriptedBot, answer
from tests.browsers import PATIENCE

LANGUAGES = ("en", "de", "es", "fr", "zh")
SECRET = b"a secret of the desk's tests, long enough"
SHOP = "Halden"
PERSON = "/human_handoff"
"""What a customer writes who wants a person."""

_names = (f"desk_{number}" for number in count())


@dataclass
class Customers:
    """What the bot says to them: it passes on who asks for a person, and answers all else with "Hello."."""

    languages: dict[str, str] = field(default_factory=dict)
    """Of conversations, by their ids; English unless it is here."""
    wishes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The arguments of `bot.directives.handoff`, by the ids of conversations."""

    def __call__(self, heard: Heard) -> Reply:
        """The bot's answer."""
        language = self.languages.get(heard.conversation_id, "en")
        if not heard.text.startswith(PERSON):
            return replace(answer(intent="greet"), language=language)
        wish = {"reason": "asked", "priority": NORMAL, **self.wishes.get(heard.conversation_id, {})}
        reply = answer({"text": "I am passing you on."}, intent="human_handoff", directives=[handoff(**wish)])
        return replace(reply, language=language)


@dataclass
class House:
    """The desk, what it is made of, and who is in it.

    Attributes:
        url: where it is served.
        parts: what its pages are made with besides, see `desk.console.pages.Part`; to be set with `open_house`.
    """

    database: Database
    feed: LocalFeed
    customers: Customers
    bot: ScriptedBot
    access: Access
    rules: Rules
    tickets: Tickets
    attendance: Attendance
    canned: Canned
    conversations: Conversations
    outbox: Outbox
    frame: Frame
    policies: Policies
    now: Callable[[], datetime]
    url: str = ""

    async def agent(self, name: str = "Mei", role: Role = Role.AGENT, **columns: Any) -> Agent:
        """Somebody who works here."""
        email = columns.pop("email", f"{name.lower().replace(' ', '.')}@halden.example")
        return await self.access.agents.add(email, name, role, **columns)

    async def sign_in(self, agent: Agent | str) -> str:
        """The token of a new session of an agent, or of the one with an e-mail address; for the cookie `COOKIE`."""
        known = agent if isinstance(agent, Agent) else await self.access.agents.by_email(agent)
        assert known
        return await self.access.sessions.begin(known.id, "Chromium")

    @asynccontextmanager
    async def client(self, agent: Agent | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """What requests pages as the browser of an agent does; `x-csrf-token` is among its headers."""
        headers = {"accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers) as client:
            if agent:
                client.cookies.set(COOKIE, await self.sign_in(agent))
                page = await client.get("/desk/follow-ups")
                found = re.search(r'data-csrf="([^"]+)"', page.text)
                assert found, page.text
                client.headers["x-csrf-token"] = found[1]
            yield client

    async def visit(self, browser: Browser, agent: Agent, path: str = "/desk/queue", **options: Any) -> Visit:
        """A page of the desk in a browser in which an agent is signed in."""
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        context = await browser.new_context(base_url=self.url, **settings)
        context.set_default_timeout(PATIENCE)
        await context.add_cookies([{"name": COOKIE, "value": await self.sign_in(agent), "url": f"{self.url}/desk"}])
        page = await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(path)
        return Visit(page, said)

    async def write(self, sender: str, text: str, *, channel: str = "widget", name: str | None = None) -> str:
        """A customer writes something; returns the id of their conversation."""
        incoming = Incoming(channel, sender, text, name=name)
        await self.conversations.receive(incoming)
        return incoming.conversation_id

    async def ask(
        self,
        sender: str = "ann",
        text: str = "Where is my order?",
        *,
        name: str | None = None,
        channel: str = "widget",
        language: str = "en",
        **wish: Any,
    ) -> Ticket:
        """A customer writes something, and then asks for a person; returns the ticket that there is now.

        Args:
            wish: what differs in the arguments of `bot.directives.handoff`.
        """
        conversation_id = f"{channel}:{sender}"
        self.customers.languages[conversation_id] = language
        self.customers.wishes[conversation_id] = wish
        await self.write(sender, text, channel=channel, name=name)
        await self.write(sender, PERSON, channel=channel, name=name)
        ticket = await self.tickets.of(conversation_id)
        assert ticket
        return ticket

    async def said(self, conversation_id: str) -> list[tuple[Author, str]]:
        """What was said in a conversation, by whom; of the system, what happened."""
        messages = await self.conversations.messages(conversation_id, limit=200)
        return [(each.author, str(each.content.get("text", each.content.get("event")))) for each in messages]


@dataclass
class Visit:
    """An agent's page in a browser."""

    page: Page
    said: list[str]
    """What the browser complained of."""

    async def close(self) -> None:
        """End it; the browser must not have complained of anything."""
        await self.page.context.close()
        assert self.said == []


@asynccontextmanager
async def open_house(
    home: Path,
    *,
    url: str = "",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    parts: Callable[[House], Sequence[Part]] = lambda house: (),
    others: Callable[[House], Sequence[Blueprint]] = lambda house: (),
) -> AsyncIterator[House]:
    """Serve a desk on loopback.

    Args:
        home: a folder for its files.
        url: of a migrated database; a new one on SQLite unless it is given.
        parts: what else the desk shows.
        others: routes that are served besides; those of `Access` always are.
    """
    if not url:
        url = f"sqlite:///{home / 'desk.db'}"
        with ThreadPoolExecutor(1) as thread:
            thread.submit(migrate, url).result()
    database = Database(url)
    house = _build(database, now)
    app: Any = Sanic(next(_names), configure_logging=False)
    app.config.update(FALLBACK_ERROR_FORMAT="json", MOTD=False, ACCESS_LOG=False, TOUCHUP=False)
    desk = Desk(
        house.frame,
        house.access,
        database,
        house.tickets,
        house.attendance,
        house.canned,
        house.feed,
        parts=parts(house),
        now=now,
    )
    for routes in (house.frame.blueprint(), house.access.blueprint(), *others(house), desk.blueprint()):
        app.blueprint(routes)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        house.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            yield house
        finally:
            await house.conversations.close()
            server.close()
            await server.wait_closed()
            await database.close()


def _build(database: Database, now: Callable[[], datetime]) -> House:
    catalogues = Catalogues(LOCALES, DOMAIN)
    feed, rules = LocalFeed(), Rules.load()
    policies = Policies.load(ROOT / "shop" / "policies.yml")
    access = Access(database, SECRET, now, teams=rules.teams, skills=rules.skills)
    tickets = Tickets(database, feed, rules, policies, lambda language: Words(catalogues, language), now)
    customers = Customers()
    bot = ScriptedBot(customers)
    outbox = Outbox(database, now, feed)
    conversations = Conversations(database, bot, LocalLocks(), now, feed, outbox, tickets)
    tickets.conversations = conversations
    return House(
        database=database,
        feed=feed,
        customers=customers,
        bot=bot,
        access=access,
        rules=rules,
        tickets=tickets,
        attendance=Attendance(database, feed, rules, now),
        canned=Canned(database, now),
        conversations=conversations,
        outbox=outbox,
        frame=Frame(catalogues, LANGUAGES, SHOP, counts=counting(tickets), now=now),
        policies=policies,
        now=now,
    )
