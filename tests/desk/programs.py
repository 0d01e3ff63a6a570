"""Programs at the desk: its API, served for tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import httpx

from aftercare.settings import ROOT
from desk.access.agents import Agent
from desk.api.destinations import Destinations
from desk.api.operations import Operation
from desk.api.pages import TokenPages
from desk.api.reporting import reported
from desk.api.routes import Parts, api_routes, operations
from desk.api.tokens import Scope, Tokens
from desk.api.webhooks import Webhooks
from desk.reports.report import Reports
from knowledge_base import KnowledgeBase
from shop.policies import Policies
from tests.desk.hearing import LOOPBACK
from tests.desk.house import SECRET, House, open_house


def knowledge(home: Path) -> KnowledgeBase:
    """A few of the shop's own articles: all of them take seconds."""
    folder = home / "articles" / "en"
    folder.mkdir(parents=True)
    for slug in ("return-policy", "warranty", "size-guide"):
        copyfile(ROOT / "knowledge_base" / "articles" / "en" / f"{slug}.md", folder / f"{slug}.md")
    return KnowledgeBase(folder.parent, Policies.load(ROOT / "shop" / "policies.yml").for_country)


@dataclass
class Programs:
    """A desk with its API.

    Attributes:
        tokens: set with the routes.
    """

    house: House
    tokens: Tokens
    webhooks: Webhooks
    operations: Sequence[Operation]

    @asynccontextmanager
    async def client(self, agent: Agent, *scopes: Scope) -> AsyncIterator[httpx.AsyncClient]:
        """A program that acts as an agent; without scopes, it may do everything."""
        _, shown = await self.tokens.make("test", scopes or list(Scope), agent.id)
        base = f"{self.house.url}/desk/api/v1"
        async with httpx.AsyncClient(base_url=base, headers={"authorization": f"Bearer {shown}"}) as client:
            yield client


@asynccontextmanager
async def open_programs(home: Path, url: str = "") -> AsyncIterator[Programs]:
    """Serve one on loopback; for the arguments, see `open_house`."""
    made: dict[str, Any] = {}

    def routes(house: House) -> list[Any]:
        tokens = Tokens(house.database, house.access.agents, house.now)
        webhooks = Webhooks(house.database, SECRET, Destinations(LOOPBACK), house.feed, house.now)
        parts = Parts(
            access=house.access,
            tokens=tokens,
            webhooks=webhooks,
            tickets=house.tickets,
            conversations=house.conversations,
            notes=house.tickets.notes,
            canned=house.canned,
            follow_ups=house.tickets.follow_ups,
            attendance=house.attendance,
            knowledge_base=knowledge(home),
            policies=house.policies,
            feed=house.feed,
            frame=house.frame,
            report=reported(Reports(house.database, None, house.rules, house.now)),
        )
        made.update(tokens=tokens, webhooks=webhooks, operations=operations(parts))
        return [api_routes(parts), TokenPages(house.access, tokens, webhooks).blueprint()]

    async with open_house(home, url=url, others=routes) as house:
        yield Programs(house, **made)
        await made["webhooks"].close()
