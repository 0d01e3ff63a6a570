"""What the page of a conversation asks for while an agent writes, and what it has done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, Literal

import structlog
from pydantic import Field, TypeAdapter
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty

from bot.localization import plain
from bot.values import day, money
from conversations import Author, Conversations, PhotoRefused, Photos
from desk.access.agents import Agent
from desk.access.permissions import May, may
from desk.access.web import require
from desk.canned import Canned, fill
from desk.console.acting import (
    Acting,
    RefundPlan,
    RefundWish,
    Refused,
    ReturnPlan,
    ReturnWish,
    Scope,
)
from desk.console.answers import Body, answer, read_body, seen
from desk.console.frame import Frame
from desk.console.summary import Summaries
from desk.messages import Words
from desk.models import State, Ticket
from desk.tickets import Tickets
from desk.translation import Translations
from knowledge_base import Answer, ArticleError, Hit, KnowledgeBase, UnknownArticle, article_url
from shop import Item, Money, Reason, Refund, RefundCause, RefundStatus, Resolution, Return
from web.routing import Page

logger = structlog.get_logger()

LONGEST = 4000
"""Characters of an answer: what every messenger takes."""

MOST_HITS = 5

WORTH_SHOWING = 0.02
"""An article that is less likely to answer than this is not shown."""

MOST_TRANSLATED = 20
"""So many messages are translated for one request."""

Handler = Callable[[Request, Ticket, Agent], Awaitable[HTTPResponse]]


class Answered(Body):
    """An answer to the customer.

    `translated` is what they get in their language in place of `text`; `id` is the window's own, by which the answer
    is known when it is sent again.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    text: str = Field("", max_length=LONGEST)
    translated: str | None = Field(None, max_length=LONGEST)
    photos: tuple[str, ...] = Field((), max_length=10)


class ReadUpTo(Body):
    """The agent has seen everything up to a message."""

    up_to: int = Field(ge=1, lt=2**31)


class ToTranslate(Body):
    """Messages that the agent wants to read, by their ids; or words that the customer is to read."""

    messages: tuple[Annotated[int, Field(ge=1, lt=2**31)], ...] = Field((), max_length=MOST_TRANSLATED)
    text: str = Field("", max_length=LONGEST)


Pieces = dict[Annotated[str, Field(max_length=64)], Annotated[int, Field(ge=1, le=999)]]


class RefundAct(Body):
    """Money back."""

    act: Literal["refund"]
    order_number: str = Field(max_length=64)
    scope: Scope
    cause: RefundCause
    items: Pieces = {}
    amount: Decimal | None = Field(None, gt=0, max_digits=12, decimal_places=2)

    @property
    def wish(self) -> RefundWish:
        """What is to be refunded."""
        return RefundWish(self.order_number, self.scope, self.cause, _items(self.items), self.amount)


class ReturnAct(Body):
    """An exceptional return."""

    act: Literal["return"]
    order_number: str = Field(max_length=64)
    items: Pieces
    reason: Reason
    resolution: Literal[Resolution.REFUND, Resolution.STORE_CREDIT] = Resolution.REFUND

    @property
    def wish(self) -> ReturnWish:
        """What is to be taken back."""
        return ReturnWish(self.order_number, _items(self.items), self.reason, Resolution(self.resolution))


class LabelAct(Body):
    """A label once more."""

    act: Literal["label"]
    order_number: str = Field(max_length=64)
    return_number: str = Field(max_length=64)


AnyAct = Annotated[RefundAct | ReturnAct | LabelAct, Field(discriminator="act")]


class Wanted(Body):
    """An act, and the key under which it is done once."""

    key: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")
    what: AnyAct


_ACT: TypeAdapter[RefundAct | ReturnAct | LabelAct] = TypeAdapter(AnyAct)


class Problem(Exception):
    """Something that cannot be done; `code` names a sentence `conversation_problem_<code>`."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Means:
    """What the page works with.

    Attributes:
        photos: keeps what agents show; None where nothing is kept.
        public_url: under which customers reach the server, without a slash at its end.
        country_of: whose figures an article states for a customer of whom only the language is known.
        shop: what the shop is called.
    """

    conversations: Conversations
    tickets: Tickets
    canned: Canned
    summaries: Summaries
    acting: Acting
    translations: Translations
    knowledge_base: KnowledgeBase
    photos: Photos | None
    public_url: str
    country_of: Callable[[str], str]
    shop: str


class Talking:
    """Answers the page of a conversation.

    Args:
        frame: has the sentences.
    """

    def __init__(self, means: Means, frame: Frame) -> None:
        self._with = means
        self._frame = frame

    def add_to(self, routes: Blueprint) -> None:
        """Add what the page asks for to the routes of the desk."""
        for name, handler in {
            "answer": self._answer,
            "typing": self._typing,
            "read": self._read,
            "translate": self._translate,
            "photos": self._keep_photo,
            "plan": self._plan,
            "act": self._act,
        }.items():
            path = f"/tickets/<ticket_id:int>/{name}"
            routes.add_route(self._answering(handler), path, methods=("POST",), name=f"ticket_{name}_post")
        for name, search in {"canned": self._canned, "articles": self._articles}.items():
            path = f"/tickets/<ticket_id:int>/{name}"
            routes.add_route(self._answering(search), path, name=f"ticket_{name}_get")

    def _answering(self, handler: Handler) -> Page:
        """A handler that gets the ticket and the agent, and whose problems are told in words."""

        @wraps(handler)
        async def handle(request: Request, ticket_id: int) -> HTTPResponse:
            agent = require(request, May.WORK)
            ticket = await seen(request, self._with.tickets.get, ticket_id)
            try:
                return await handler(request, ticket, agent)
            except Problem as problem:
                return self._refusal(agent, problem.status, problem.code)
            except Refused as refused:
                return self._refusal(agent, 409, refused.code)
            except PhotoRefused as refused:
                return self._refusal(agent, 400, f"photo_{refused.code}")

        return handle

    def _refusal(self, agent: Agent, status: int, code: str) -> HTTPResponse:
        return answer({"error": code, "message": _problem(self._frame.words(agent.locale), code)}, status)

    async def _answer(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        said = read_body(request, Answered)
        if not said.text.strip() and not said.photos:
            raise Problem(400, "empty")
        await self._check_photos(ticket, said.photos)
        message = await self._with.tickets.answer(
            ticket.id,
            agent,
            said.text.strip(),
            photos=said.photos,
            translated=said.translated,
            message_id=f"desk:{agent.id}:{said.id}",
        )
        return answer({"id": message.id})

    async def _check_photos(self, ticket: Ticket, photo_ids: Sequence[str]) -> None:
        for photo_id in photo_ids:
            photo = await self._with.photos.get(photo_id) if self._with.photos else None
            if photo is None or photo.conversation_id != ticket.conversation_id:
                raise Problem(400, "photo_unknown")

    async def _typing(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        if ticket.agent_id == agent.id and ticket.state is State.OPEN:
            await self._with.conversations.show_typing(ticket.conversation_id, Author.AGENT, agent.name)
        return empty()

    async def _read(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        # Who only looks on has not read it for the shop.
        if ticket.agent_id == agent.id:
            up_to = read_body(request, ReadUpTo).up_to
            await self._with.conversations.mark_read(ticket.conversation_id, Author.AGENT, up_to)
        return empty()

    async def _translate(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        """Messages in the agent's language, or the agent's words in the customer's."""
        wanted = read_body(request, ToTranslate)
        own, translations = _own_language(agent), self._with.translations
        if wanted.text.strip():
            return answer({"text": await translations.translate(wanted.text, own, ticket.language)})
        texts: dict[int, str] = {}
        for message_id in wanted.messages:
            one = await self._with.conversations.messages(ticket.conversation_id, after=message_id - 1, limit=1)
            texts |= {said.id: _text(said.content) for said in one if said.id == message_id}
        translated = await translations.translate_all(list(texts.values()), ticket.language, own)
        found = dict(zip(texts, translated, strict=True))
        return answer({"texts": {each: text for each, text in found.items() if text and text != texts[each]}})

    async def _keep_photo(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        if ticket.agent_id != agent.id:
            raise Problem(409, "not_yours")
        uploaded: Any = request.files.get("file") if request.files else None
        if self._with.photos is None or uploaded is None:
            raise Problem(400, "photo_type")
        photo = await self._with.photos.keep(ticket.conversation_id, uploaded.body)
        return answer({"id": photo.id, "width": photo.width, "height": photo.height}, 201)

    async def _canned(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        """Prepared answers in the customer's language, filled in."""
        query, name, order = (str(request.args.get(given) or "")[:100] for given in ("q", "name", "order"))
        values = {"name": name, "order_number": order, "agent": agent.name, "shop": self._with.shop}
        found = await self._with.canned.find(query, ticket.language)
        answers = [{"shortcut": each.shortcut, "text": fill(each.text, values)} for each in found]
        return answer({"answers": answers})

    async def _articles(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        """Articles that answer, with titles in the agent's language, and what to insert in the customer's."""
        query = str(request.args.get("q") or "").strip()[:200]
        country = str(request.args.get("country") or "").upper()
        if len(country) != 2 or not country.isascii() or not country.isalpha():
            country = self._with.country_of(ticket.language)
        found = await asyncio.to_thread(self._search, query, ticket.language, agent.locale, country) if query else []
        return answer({"articles": found})

    def _search(self, query: str, language: str, own: str, country: str) -> list[dict[str, str]]:
        """Whichever of the two languages the agent searches in."""
        knowledge_base = self._with.knowledge_base
        best: dict[str, Hit] = {}
        for searched in dict.fromkeys((language, own)):
            for hit in knowledge_base.search(query, searched, MOST_HITS):
                if hit.score >= max(WORTH_SHOWING, best[hit.slug].score if hit.slug in best else 0.0):
                    best[hit.slug] = hit
        slugs = sorted(best, key=lambda slug: -best[slug].score)[:MOST_HITS]
        return [told for slug in slugs if (told := self._article(slug, language, own, country))]

    def _article(self, slug: str, language: str, own: str, country: str) -> dict[str, str] | None:
        try:
            title: Answer = self._with.knowledge_base.answer(slug, own, country)
            article: Answer = self._with.knowledge_base.answer(slug, language, country)
        except (UnknownArticle, ArticleError) as error:
            logger.error("desk.article_broken", slug=slug, reason=str(error))
            return None
        shown = article.rendered
        url = article_url(self._with.public_url, shown.language, slug, country)
        return {
            "slug": slug,
            "title": title.rendered.title,
            "answer": title.rendered.answer,
            "insert": f"{shown.answer}\n{url}",
            "language": shown.language,
        }

    async def _plan(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        """What an act will do, or why it cannot be done."""
        act = _ACT.validate_json(request.body)
        await self._check_act(ticket, agent, act.order_number)
        words = self._frame.words(agent.locale)
        try:
            return answer(await self._planned(ticket, agent, act, words))
        except Refused as refused:
            return answer({"lines": [], "refused": _problem(words, refused.code)})

    async def _planned(
        self, ticket: Ticket, agent: Agent, act: RefundAct | ReturnAct | LabelAct, words: Words
    ) -> dict[str, Any]:
        acting = self._with.acting
        match act:
            case RefundAct():
                return _refund_told(words, await acting.plan_refund(ticket, agent, act.wish))
            case ReturnAct():
                return _return_told(words, await acting.plan_return(act.wish))
            case LabelAct():
                label = await acting.plan_label(act.return_number)
                until = plain(day(label.valid_until), words.language)
                told = words.text("conversation_plan_label", email=label.email, number=label.number, day=until)
                return _planned([told], words.text("conversation_do_label"))

    async def _act(self, request: Request, ticket: Ticket, agent: Agent) -> HTTPResponse:
        """Do it, and say what happened; with a draft that tells the customer."""
        wanted = read_body(request, Wanted)
        await self._check_act(ticket, agent, wanted.what.order_number)
        acting, key = self._with.acting, wanted.key
        done: Refund | Return
        match wanted.what:
            case RefundAct():
                done = await acting.refund(ticket, agent, wanted.what.wish, key)
                name = "refund_approval" if done.status is RefundStatus.APPROVAL else "refund"
            case ReturnAct():
                done = await acting.approve_return(ticket, agent, wanted.what.wish, key)
                name = "return"
            case LabelAct():
                done = await acting.resend_label(ticket, agent, wanted.what.return_number, key)
                name = "label"
        told = {}
        for part, language in {"message": agent.locale, "draft": ticket.language}.items():
            words = self._frame.words(language)
            told[part] = words.text(f"conversation_{_PARTS[part]}_{name}", **_facts(done, words))
        return answer(told)

    async def _check_act(self, ticket: Ticket, agent: Agent, order_number: str) -> None:
        """Whoever acts has the conversation, or may move it, and the order is one that it shows."""
        if ticket.state is not State.OPEN or not (ticket.agent_id == agent.id or may(agent, May.MOVE)):
            raise Problem(409, "not_yours")
        summary = await self._with.summaries.of(ticket, agent)
        if summary.shop_away:
            raise Problem(503, "unavailable")
        if summary.order(order_number) is None:
            raise Problem(409, "unknown_order")


_PARTS = {"message": "done", "draft": "draft"}


def _problem(words: Words, code: str) -> str:
    """Why something is not done; a shop's own reason, for which the desk has no words, is not given."""
    try:
        return words.text(f"conversation_problem_{code}")
    except KeyError:
        return words.text("conversation_problem_failed")


def _text(content: Mapping[str, Any]) -> str:
    """What a message says; of a button, its title."""
    return str(content.get("title") or content.get("text") or "")


def _items(pieces: Pieces) -> tuple[Item, ...]:
    return tuple(Item(sku, quantity) for sku, quantity in pieces.items())


def _money(amount: Money, words: Words) -> str:
    return plain(money(amount), words.language)


def _facts(done: Refund | Return, words: Words) -> dict[str, str]:
    """What sentences about what was done may name."""
    on = done.due_on if isinstance(done, Refund) else done.label_valid_until
    return {
        "amount": _money(done.amount, words),
        "number": done.number,
        "order": done.order_number,
        "method": done.method if isinstance(done, Refund) else "",
        "day": plain(day(on), words.language),
    }


def _refund_told(words: Words, plan: RefundPlan) -> dict[str, Any]:
    """A refund's plan, in words."""
    amount = _money(plan.amount, words)
    lines = [words.text("conversation_plan_refund", amount=amount, method=plan.method)]
    if plan.due_on:
        lines.append(words.text("conversation_plan_refund_due", day=plain(day(plan.due_on), words.language)))
    else:
        lines.append(words.text("conversation_plan_refund_approval"))
    if plan.left.amount > 0:
        lines.append(words.text("conversation_plan_refund_left", amount=_money(plan.left, words)))
    told = _planned(lines, words.text("conversation_do_refund", amount=amount))
    if plan.above_limit and plan.limit:
        limit, spent = _money(plan.limit, words), _money(plan.spent, words)
        key = "conversation_plan_above_limit_spent" if plan.spent.amount else "conversation_plan_above_limit"
        told |= {"refused": words.text(key, limit=limit, spent=spent)}
    return told


def _return_told(words: Words, plan: ReturnPlan) -> dict[str, Any]:
    """A return's plan, in words."""
    amount, fee, exceptions = _money(plan.quote.total, words), plan.quote.fee, len(plan.exceptional)
    lines = [
        words.text(f"conversation_plan_return_{plan.resolution}", amount=amount),
        words.text("conversation_plan_return_fee", fee=_money(fee, words)) if fee.amount else None,
        words.plural("conversation_plan_return_exception", exceptions) if exceptions else None,
        words.plural("conversation_plan_return_label", plan.label_days),
    ]
    return _planned(lines, words.text("conversation_do_return"))


def _planned(lines: Sequence[str | None], confirm: str) -> dict[str, Any]:
    return {"lines": [line for line in lines if line], "confirm": confirm}


def _own_language(agent: Agent) -> str:
    """The language that an agent reads and writes best."""
    return agent.languages[0] if agent.languages else agent.locale
