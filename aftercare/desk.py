"""The agent desk, wired together for one process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from sanic import Blueprint

from aftercare.errors import ConfigurationError
from aftercare.house import Ground, open_links, open_locks, open_photos
from aftercare.languages import read_yaml
from aftercare.periodic import Periodic
from bot.localization import CatalogueError, Catalogues
from connectors.reasons import kind_of
from connectors.rendering import DOMAIN as MESSENGERS
from connectors.rendering import Phrases
from conversations import Conversations, Feed, Inbox, Outbox
from desk.access.web import Access
from desk.api.chatwoot import Callbacks, ChatwootAccount, ChatwootApi, Mirror, StandIn, chatwoot_routes
from desk.api.destinations import Destinations
from desk.api.pages import TokenPages
from desk.api.reporting import reported
from desk.api.routes import Parts, api_routes
from desk.api.tokens import Tokens
from desk.api.webhooks import Webhooks
from desk.by_mail import AnswersByMail
from desk.canned import Canned
from desk.console.frame import Frame
from desk.console.pages import Desk, counting
from desk.console.parts import Rooms, conversation_parts
from desk.dispatch import Dispatcher
from desk.messages import DOMAIN, Words
from desk.presence import Attendance
from desk.reports.pages import ReportPages
from desk.reports.report import Reports
from desk.reports.reviews import Reviews
from desk.reports.spikes import Spikes
from desk.rules import Rules, RulesError
from desk.spending import Spending
from desk.tickets import Tickets
from desk.translation import Translations, TranslatorError, open_translator
from storage import Workers

SPIKE_SECONDS = 900.0
"""Between two looks for a sudden rise of complaints."""

WEBHOOKS_AT_ONCE = 4


@dataclass
class People:
    """The desk of a process, in the making: `tickets` is what conversations need of it, and the rest needs those.

    Attributes:
        wished: is told the reason of each wish for a human agent.

    Raises:
        ConfigurationError: a broken catalogue, routing file or setting of the desk.
    """

    ground: Ground
    feed: Feed
    wished: Callable[[str], object] = lambda reason: None

    def __post_init__(self) -> None:
        settings = self.ground.settings
        try:
            self.rules = Rules.load(settings.routing)
            self.catalogues = Catalogues(settings.desk_locales, DOMAIN)
            self._phrases = Catalogues(settings.messenger_locales, MESSENGERS)
        except (RulesError, CatalogueError) as error:
            raise ConfigurationError(str(error)) from error
        ground = self.ground
        by_mail = AnswersByMail(ground.database, ground.outbox, self._website, ground.now)
        self.tickets = Tickets(
            ground.database,
            self.feed,
            self.rules,
            ground.policies,
            self.words,
            ground.now,
            by_mail=by_mail,
            wished=self.wished,
        )
        self.attendance = Attendance(ground.database, self.feed, self.rules, ground.now)

    @property
    def _website(self) -> str:
        """Where customers find the chat."""
        ground = self.ground
        return (
            ground.settings.address if ground.settings.demonstration else ground.policies.for_country(None).shop.website
        )

    def words(self, language: str) -> Words:
        """The sentences of the desk in a language."""
        return Words(self.catalogues, language)

    @cached_property
    def access(self) -> Access:
        """Who may come in."""
        return open_access(self.ground, self.rules)

    def open(self, conversations: Conversations, inbox: Inbox, outbox: Outbox) -> list[Blueprint]:
        """Make the rest; returns the routes. `start` and `stop` are to be called with the server."""
        ground, settings = self.ground, self.ground.settings
        shop_facts = ground.policies.for_country(None).shop
        root = urlsplit(settings.address).path.rstrip("/")
        self.tickets.conversations = conversations
        self._canned = Canned(ground.database, ground.now)
        self._translations = self._open_translations()
        frame = Frame(
            self.catalogues,
            _offered(ground.languages, settings.default_language),
            shop_facts.name,
            root=root,
            counts=counting(self.tickets),
            now=ground.now,
        )
        reports = Reports(ground.database, ground.shop, self.rules, ground.now)
        spikes = Spikes(ground.database, self.feed, ground.shop, ground.now)
        rooms = Rooms(
            database=ground.database,
            conversations=conversations,
            outbox=outbox,
            tickets=self.tickets,
            access=self.access,
            canned=self._canned,
            shop=ground.shop,
            policies=ground.policies,
            knowledge_base=ground.knowledge_base,
            translations=self._translations,
            photos=open_photos(ground),
            post=ground.outbox,
            link=open_links(ground).url,
            public_url=settings.address,
            reason_text=self._reason_text,
            shop_name=shop_facts.name,
            now=ground.now,
        )
        report_pages = ReportPages(
            frame,
            ground.database,
            self.access.audit,
            reports,
            spikes,
            Reviews(ground.database, ground.now),
            intents=read_yaml(settings.domain_file)["intents"],
            titles=self._titles,
            now=ground.now,
        )
        desk = Desk(
            frame,
            self.access,
            ground.database,
            self.tickets,
            self.attendance,
            self._canned,
            self.feed,
            parts=(*conversation_parts(rooms, frame), report_pages),
            now=ground.now,
        )
        tokens = Tokens(ground.database, self.access.agents, ground.now)
        destinations = Destinations(settings.webhook_networks)
        webhooks = Webhooks(ground.database, ground.secret, destinations, self.feed, ground.now)
        api = Parts(
            access=self.access,
            tokens=tokens,
            webhooks=webhooks,
            tickets=self.tickets,
            conversations=conversations,
            notes=self.tickets.notes,
            canned=self._canned,
            follow_ups=self.tickets.follow_ups,
            attendance=self.attendance,
            knowledge_base=ground.knowledge_base,
            policies=ground.policies,
            feed=self.feed,
            frame=frame,
            report=reported(reports),
            root=root,
            public_url=settings.address,
        )
        self._queues: list[Webhooks | Mirror] = [webhooks]
        self._workers: list[Workers] = [Workers(webhooks, "webhooks", at_once=WEBHOOKS_AT_ONCE)]
        spending = Spending(ground.database, ground.shop)
        self._locks = open_locks(settings)
        self._dispatcher = Dispatcher(
            ground.database, self.feed, self.tickets, self.attendance, ground.now, spending, locks=self._locks
        )
        self._spikes = Periodic("spikes", spikes.look, SPIKE_SECONDS)
        chatwoot = self._open_chatwoot(conversations, inbox)
        return [
            *chatwoot,
            frame.blueprint(),
            self.access.blueprint(),
            api_routes(api),
            TokenPages(self.access, tokens, webhooks, root).blueprint(),
            desk.blueprint(),
        ]

    async def start(self) -> None:
        """Begin with what goes on by itself. Raises `ConfigurationError` for translation models that are none."""
        try:
            await self._translations.open()
        except TranslatorError as error:
            raise ConfigurationError(str(error)) from error
        await self._canned.seed()
        await self.tickets.adopt()
        begin: list[Webhooks | Mirror | Workers | Dispatcher | Periodic] = [*self._queues, *self._workers]
        for each in (*begin, self._dispatcher, self._spikes):
            each.start()

    async def stop(self) -> None:
        """End it."""
        await self._spikes.stop()
        await self._dispatcher.stop()
        await asyncio.gather(*(each.stop() for each in self._workers))
        for queue in self._queues:
            await queue.close()
        await self._translations.close()
        await self._locks.close()

    def _open_translations(self) -> Translations:
        settings = self.ground.settings
        try:
            translator = open_translator(
                settings.translator_models,
                fetched=settings.home / "translators",
                url=settings.translator_url,
                key=settings.translator_key.get_secret_value(),
            )
        except TranslatorError as error:
            raise ConfigurationError(str(error)) from error
        return Translations(translator, self.ground.database, self.ground.now)

    def _open_chatwoot(self, conversations: Conversations, inbox: Inbox) -> list[Blueprint]:
        """The mirror in Chatwoot, where the settings name one."""
        ground, settings = self.ground, self.ground.settings
        if not settings.chatwoot_url:
            return []
        try:
            account = ChatwootAccount(
                settings.chatwoot_url,
                settings.chatwoot_account,
                settings.chatwoot_inbox,
                settings.chatwoot_token.get_secret_value(),
                settings.chatwoot_secret.get_secret_value(),
            )
        except ValueError as error:
            raise ConfigurationError(f"AFTERCARE_CHATWOOT_URL: {error}") from error
        stand_in = StandIn(self.access.agents, self.attendance)
        words = self.words(settings.default_language)
        mirror = Mirror(
            ChatwootApi(account),
            ground.database,
            conversations,
            self.tickets,
            stand_in,
            words,
            photos=open_photos(ground),
            locks=self._locks,
            feed=self.feed,
            now=ground.now,
        )
        self._queues.append(mirror)
        self._workers.append(Workers(mirror, "chatwoot"))
        callbacks = Callbacks(mirror, ground.database, self.tickets, stand_in, inbox, words)
        return [chatwoot_routes(account, callbacks)]

    def _titles(self, language: str) -> Mapping[str, str]:
        return {article.slug: article.title for article in self.ground.knowledge_base.articles(language)}

    def _reason_text(self, reason: str, language: str) -> str:
        kind = kind_of(reason)
        return Phrases(self._phrases, language).text(kind) if kind else reason


def open_access(ground: Ground, rules: Rules | None = None) -> Access:
    """Who may come in at the desk. Raises `ConfigurationError` for a broken routing file."""
    settings = ground.settings
    try:
        rules = rules or Rules.load(settings.routing)
    except RulesError as error:
        raise ConfigurationError(str(error)) from error
    return Access(
        ground.database,
        ground.secret,
        ground.now,
        redis_url=settings.redis_url,
        secure=settings.address.startswith("https://"),
        public_url=settings.address,
        teams=rules.teams,
        skills=rules.skills,
    )


def _offered(languages: list[str], first: str) -> list[str]:
    return sorted(languages, key=lambda language: language != first)
