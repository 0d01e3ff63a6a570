"""Operations on who works at the desk, on reports, on the articles, and on webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from desk.access.agents import Agent, Agents, EmailTaken, InvalidAgent, LastAdministrator, Presence, UnknownAgent
from desk.access.audit import Audit
from desk.access.permissions import May
from desk.api.destinations import Refused, Unreachable
from desk.api.models import (
    AddAgent,
    AddWebhook,
    AgentGiven,
    AgentList,
    AgentsQuery,
    ChangeAgent,
    DeliveryGiven,
    DeliveryList,
    Hit,
    HitList,
    KnowledgeQuery,
    Paged,
    ReportGiven,
    ReportQuery,
    SetPresence,
    WebhookGiven,
    WebhookList,
    WebhookMade,
)
from desk.api.operations import Call, Operation, Problem, cursor
from desk.api.tokens import Scope
from desk.api.webhooks import TooManyWebhooks, Webhooks
from desk.hours import country_of
from desk.presence import Attendance
from knowledge_base import ArticleError, KnowledgeBase, UnknownArticle, article_url
from shop import Policies

Reported = Callable[[ReportQuery], Awaitable[dict[str, Any]]]
"""Makes a report. Raises `ValueError` for what cannot be reported, in a sentence for engineers."""


class Managing:
    """What supervisors and administrators do, and what everybody may look up.

    Args:
        report: makes reports; None where there are none.
        public_url: where customers reach the help centre; "" for addresses on this server.
    """

    def __init__(
        self,
        agents: Agents,
        attendance: Attendance,
        audit: Audit,
        knowledge_base: KnowledgeBase,
        policies: Policies,
        webhooks: Webhooks,
        report: Reported | None = None,
        public_url: str = "",
    ) -> None:
        self._agents = agents
        self._attendance = attendance
        self._audit = audit
        self._knowledge_base = knowledge_base
        self._policies = policies
        self._webhooks = webhooks
        self._report = report
        self._public_url = public_url

    def operations(self) -> list[Operation]:
        """The operations."""
        return [*self._of_agents(), *self._of_knowledge(), *self._of_webhooks()]

    def _of_agents(self) -> list[Operation]:
        read = partial(Operation, group="Agents", scope=Scope.AGENTS_READ)
        write = partial(Operation, group="Agents", scope=Scope.AGENTS_WRITE, may=May.AGENTS, answer=AgentGiven)
        return [
            Operation(
                "get_me", "GET", "/me", "The agent as whom the token acts.", self.me, "Agents", answer=AgentGiven
            ),
            Operation(
                "set_presence",
                "PUT",
                "/me/presence",
                "Say whether the agent takes tickets; who works any says so again every 30 seconds.",
                self.set_presence,
                "Agents",
                scope=Scope.TICKETS_WRITE,
                body=SetPresence,
                answer=AgentGiven,
            ),
            read("list_agents", "GET", "/agents", "The accounts.", self.agents, query=AgentsQuery, answer=AgentList),
            read("get_agent", "GET", "/agents/<agent_id:int>", "An account.", self.agent, answer=AgentGiven),
            write("add_agent", "POST", "/agents", "Make an account.", self.add_agent, body=AddAgent, status=201),
            write(
                "change_agent",
                "PATCH",
                "/agents/<agent_id:int>",
                "Change an account, disable it or enable it.",
                handle=self.change_agent,
                body=ChangeAgent,
            ),
        ]

    def _of_knowledge(self) -> list[Operation]:
        return [
            Operation(
                "search_knowledge",
                "GET",
                "/knowledge",
                "The articles that answer a question, as a customer reads them.",
                self.search,
                "Knowledge",
                scope=Scope.KNOWLEDGE_READ,
                query=KnowledgeQuery,
                answer=HitList,
            ),
            Operation(
                "get_report",
                "GET",
                "/reports",
                "The figures of some days.",
                self.report,
                "Reports",
                scope=Scope.REPORTS_READ,
                may=May.REPORTS,
                query=ReportQuery,
                answer=ReportGiven,
            ),
        ]

    def _of_webhooks(self) -> list[Operation]:
        webhook = partial(Operation, group="Webhooks", scope=Scope.WEBHOOKS, may=May.TOKENS)
        return [
            webhook("list_webhooks", "GET", "/webhooks", "The webhooks.", self.webhooks, answer=WebhookList),
            webhook(
                "add_webhook",
                "POST",
                "/webhooks",
                "Tell an address of events.",
                self.add_webhook,
                body=AddWebhook,
                answer=WebhookMade,
                status=201,
            ),
            webhook(
                "delete_webhook",
                "DELETE",
                "/webhooks/<webhook_id:int>",
                "Tell an address nothing more.",
                self.delete_webhook,
                status=204,
            ),
            webhook(
                "list_deliveries",
                "GET",
                "/webhooks/<webhook_id:int>/deliveries",
                "What a webhook was told, and what came of it.",
                self.deliveries,
                query=Paged,
                answer=DeliveryList,
            ),
        ]

    async def me(self, call: Call) -> AgentGiven:
        return await self._shown(call.agent)

    async def set_presence(self, call: Call) -> AgentGiven:
        await self._attendance.set(call.agent.id, call.body.presence)
        return await self._shown(call.agent)

    async def agents(self, call: Call) -> AgentList:
        presences = await self._attendance.presences()
        found = await self._agents.all(disabled=call.query.disabled)
        return AgentList(items=[_given(agent, presences.get(agent.id)) for agent in found])

    async def agent(self, call: Call) -> AgentGiven:
        found = await self._agents.get(call.path["agent_id"])
        if found is None:
            raise Problem(404, "unknown_agent", "There is no such account.")
        return await self._shown(found)

    async def add_agent(self, call: Call) -> AgentGiven:
        with _accounts():
            made = await self._agents.add(**call.body.model_dump())
        await self._record(call, "agent_added", agent=made.id)
        return await self._shown(made)

    async def change_agent(self, call: Call) -> AgentGiven:
        agent_id, changes = call.path["agent_id"], call.body.model_dump(exclude_unset=True)
        disabled = changes.pop("disabled", None)
        # Only for the team, nothing is something.
        changes = {name: value for name, value in changes.items() if value is not None or name == "team"}
        with _accounts():
            if changes:
                await self._agents.change(agent_id, **changes)
            if disabled is not None:
                await (self._agents.disable if disabled else self._agents.enable)(agent_id)
        await self._record(call, "agent_changed", agent=agent_id, columns=sorted(call.body.model_fields_set))
        return await self.agent(call)

    async def search(self, call: Call) -> HitList:
        query: KnowledgeQuery = call.query
        # In a thread: an encoder may take its time.
        return HitList(items=await asyncio.to_thread(self._search, query))

    async def report(self, call: Call) -> ReportGiven:
        if self._report is None:
            raise Problem(404, "not_set_up", "There are no reports.")
        try:
            return ReportGiven(report=await self._report(call.query))
        except ValueError as error:
            raise Problem(400, "invalid", str(error)) from error

    async def webhooks(self, call: Call) -> WebhookList:
        return WebhookList(items=[WebhookGiven.model_validate(each) for each in await self._webhooks.all()])

    async def add_webhook(self, call: Call) -> WebhookMade:
        wanted: AddWebhook = call.body
        if wanted.texts:
            call.caller.require(Scope.MESSAGES_READ, May.WORK)
            if "note.created" in wanted.events:
                call.caller.require(Scope.NOTES, May.WORK)
        try:
            made, key = await self._webhooks.add(wanted.url, wanted.events, texts=wanted.texts)
        except (Refused, Unreachable) as error:
            raise Problem(400, "url_refused", f"Nothing is sent to this URL: {error}.") from error
        except TooManyWebhooks as error:
            raise Problem(409, "too_many", "There are as many webhooks as there may be.") from error
        await self._record(call, "webhook_added", webhook=made.id)
        return WebhookMade(**WebhookGiven.model_validate(made).model_dump(), key=key)

    async def delete_webhook(self, call: Call) -> None:
        if not await self._webhooks.remove(call.path["webhook_id"]):
            raise _unknown_webhook()
        await self._record(call, "webhook_deleted", webhook=call.path["webhook_id"])

    async def deliveries(self, call: Call) -> DeliveryList:
        webhook_id, query = call.path["webhook_id"], call.query
        if webhook_id not in {webhook.id for webhook in await self._webhooks.all()}:
            raise _unknown_webhook()
        found = await self._webhooks.deliveries(webhook_id, before=cursor(query.cursor), limit=query.limit)
        items = [DeliveryGiven.model_validate(each) for each in found]
        return DeliveryList(items=items, next=str(found[-1].id) if len(found) == query.limit else None)

    def _search(self, query: KnowledgeQuery) -> list[Hit]:
        country = query.country or country_of(self._policies, query.language) or self._policies.countries[0]
        found = []
        for hit in self._knowledge_base.search(query.q, query.language, query.limit, country):
            with suppress(UnknownArticle, ArticleError):
                article = self._knowledge_base.answer(hit.slug, query.language, country).rendered
                url = article_url(self._public_url, article.language, hit.slug, country, hit.section or None)
                found.append(Hit(slug=hit.slug, title=article.title, answer=article.answer, url=url, score=hit.score))
        return found

    async def _shown(self, agent: Agent) -> AgentGiven:
        fresh = await self._agents.get(agent.id) or agent
        return _given(fresh, (await self._attendance.presences()).get(agent.id))

    async def _record(self, call: Call, action: str, **details: Any) -> None:
        if call.caller.token:
            details["token"] = call.caller.token.id
        await self._audit.record(call.agent.id, action, **details)


@contextmanager
def _accounts() -> Iterator[None]:
    """Says what is wrong with an account as the API says it."""
    try:
        yield
    except EmailTaken as error:
        raise Problem(409, "email_taken", "There is an account with this e-mail address.") from error
    except InvalidAgent as error:
        raise Problem(400, "invalid", str(error)) from error
    except LastAdministrator as error:
        raise Problem(409, "last_administrator", "Nobody would be left to administer the desk.") from error
    except UnknownAgent as error:
        raise Problem(404, "unknown_agent", "There is no such account.") from error


def _given(agent: Agent, presence: Presence | None) -> AgentGiven:
    """An account; who was not heard of is offline, whatever they said."""
    given = AgentGiven.model_validate(agent)
    return given.model_copy(update={"presence": presence or Presence.OFFLINE})


def _unknown_webhook() -> Problem:
    return Problem(404, "unknown_webhook", "There is no such webhook.")
