"""The rooms, wired together for one process."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aftercare.carrier import Scans
from aftercare.errors import ConfigurationError
from aftercare.keys import load_keyring
from aftercare.languages import read_yaml, served_languages
from aftercare.readers import recall_readers
from aftercare.secret import load_secret
from aftercare.settings import Settings
from aftercare.simulation import SIMULATORS, simulated_secrets
from bot.choices import ChoiceReader
from bot.decision import Decision, load_thresholds
from bot.guesses import Guesses
from bot.identity import Codes
from bot.localization import CatalogueError, Catalogues
from bot.matters import load_connectives
from bot.nlu.sentence_encoder import EncoderError, Floats, SentenceEncoder, configured_encoders
from bot.topics import load_signs
from bot.turn import remembering
from connectors.facilities import Facilities
from connectors.identity_tokens import IdentityTokens
from connectors.rendering import DOMAIN as MESSENGERS
from connectors.widget.messages import DOMAIN as WIDGET
from conversations import (
    Bot,
    Conversations,
    Desk,
    Feed,
    Inbox,
    Keeping,
    LocalFeed,
    LocalLocks,
    Locks,
    Photos,
    PrivacyRequests,
    RedisFeed,
    RedisLocks,
    Turns,
)
from conversations import Outbox as MessengerOutbox
from desk.keeping import DeskKeeping
from documents import Kind, Links
from documents.messages import DOMAIN as DOCUMENTS
from knowledge_base import Article, Encode, GapLog, KnowledgeBase
from mail import Composer, FolderMailer, Letterhead, Outbox, SmtpMailer, parse_address
from shop import Policies, PoliciesError, Shop, SqlShop
from shop.demo import featured_orders, seed
from shop.demo.customers import load_customers
from shop.demo.drawings import draw
from shop.medusa import MedusaClient, MedusaShop
from shop.troubleshooting import Guides
from storage import Database

if TYPE_CHECKING:
    from rasa.utils.endpoints import EndpointConfig

    from bot.actions import Services
    from bot.assistant import Assistant
    from documents.pages import DocumentPages
    from help_centre import HelpCentre
    from storefront import Storefront


@dataclass(frozen=True)
class Ground:
    """What needs no Rasa: settings, database, shop, policies, knowledge base.

    Creating it reads files and connects to nothing.
    """

    settings: Settings
    languages: list[str]
    database: Database
    policies: Policies
    shop: Shop
    knowledge_base: KnowledgeBase
    secret: bytes = field(repr=False)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def articles(self) -> list[Article]:
        """All articles in all languages."""
        return [
            article for language in self.knowledge_base.languages for article in self.knowledge_base.articles(language)
        ]

    @cached_property
    def outbox(self) -> Outbox:
        """The post of this process: what actions put in is delivered from here at once.

        Raises:
            ConfigurationError: as `open_outbox` does.
        """
        return open_outbox(self)

    @cached_property
    def choices(self) -> ChoiceReader:
        """What reads customers' answers."""
        return ChoiceReader()

    @cached_property
    def guides(self) -> Guides:
        """The troubleshooting guides. Raises `GuidesError` for a broken one."""
        return Guides.load(self.settings.troubleshooting)


def lay_ground(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Ground:
    """Read what the rooms need.

    Args:
        now: the present moment, aware.

    Raises:
        ConfigurationError: naming the file, and the line where there is one.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database, load_keyring(settings))
    policies = load_policies(settings)
    knowledge_base = KnowledgeBase(
        settings.articles,
        policies.for_country,
        encoders=find_encoders(settings),
        vectors=settings.home / "vectors",
    )
    if knowledge_base.errors:
        raise ConfigurationError("\n".join(str(error) for error in knowledge_base.errors))
    return Ground(
        settings=settings,
        languages=served_languages(settings.config_file),
        database=database,
        policies=policies,
        shop=open_shop(settings, database, policies, now),
        knowledge_base=knowledge_base,
        secret=load_secret(settings),
        now=now,
    )


def find_encoders(settings: Settings) -> dict[str, Encode]:
    """The encoder of each language whose pipeline names one. They are opened with the first text.

    Raises:
        ConfigurationError: for a wrong option; and with the first text, when an encoder cannot be opened.
    """

    def encode(encoder: SentenceEncoder, texts: Sequence[str]) -> Floats:
        try:
            return encoder(texts)
        except EncoderError as error:
            raise ConfigurationError(str(error)) from error

    try:
        encoders = configured_encoders(read_yaml(settings.config_file))
    except EncoderError as error:
        raise ConfigurationError(f"{settings.config_file}: {error}") from error
    return {language: partial(encode, encoder) for language, encoder in encoders.items()}


def load_policies(settings: Settings) -> Policies:
    """The shop's policies. Raises `ConfigurationError` for a wrong one, naming the file and the line."""
    try:
        return Policies.load(settings.policies)
    except PoliciesError as error:
        raise ConfigurationError(str(error)) from error


def open_shop(settings: Settings, database: Database, policies: Policies, now: Callable[[], datetime]) -> Shop:
    """The shop's back end: the Medusa server of the settings, or else the database."""
    if not settings.medusa_url:
        return SqlShop(database, policies, now=now)
    client = MedusaClient(settings.medusa_url, settings.medusa_key.get_secret_value())
    return MedusaShop(client, policies, now=now)


async def furnish(ground: Ground) -> int:
    """Fill an empty database with the demonstration shop, if the settings want it; returns how many orders came in.

    A shop that has a back end of its own gets none.

    Raises:
        storage.DatabaseUnavailable: when it cannot be reached.
    """
    if not ground.settings.demonstration:
        return 0
    return await seed(ground.database, ground.now(), policies=ground.policies)


def load_catalogues(settings: Settings) -> Catalogues:
    """What the bot says. Raises `ConfigurationError` for a broken catalogue."""
    try:
        return Catalogues(settings.locales)
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error


def load_assistant(ground: Ground, model: Path, services: Services | None = None) -> Assistant:
    """The assistant with a trained model. Takes seconds; Rasa must be loaded (`bot.engine.import_rasa`).

    Args:
        services: what its actions work with, if not the rooms below as they are.
    """
    from bot.assistant import Assistant

    # Before the first customer has to wait for it.
    ground.knowledge_base.prepare()
    recall_readers(ground, model.parent)
    shop_facts = ground.policies.for_country(None).shop
    return Assistant(
        model=model,
        database=ground.database,
        actions=action_endpoint(ground, services or services_of(ground)),
        catalogues=load_catalogues(ground.settings),
        variables={"shop": shop_facts.name},
        decision=Decision(ground.knowledge_base.search, load_thresholds(ground.settings.thresholds_file)),
        connectives=load_connectives(ground.settings.connectives_file),
        signs=load_signs(ground.settings.follow_ups_file),
        default_language=ground.settings.default_language,
    )


def action_endpoint(ground: Ground, services: Services) -> EndpointConfig:
    """Where actions run: on the server that `endpoints.yml` names, or else in this process."""
    from bot.actions import all_actions
    from bot.endpoint import LocalActions, RemoteActions

    remote = remote_actions(ground)
    return RemoteActions(**remote) if remote else LocalActions(all_actions(services))


def remote_actions(ground: Ground) -> dict[str, Any] | None:
    """The action server that `endpoints.yml` names; None where actions run in the server's process."""
    endpoint: dict[str, Any] | None = read_yaml(ground.settings.endpoints_file).get("action_endpoint")
    return endpoint if endpoint and endpoint.get("url") else None


def services_of(ground: Ground) -> Services:
    """What actions work with: the rooms below the bot, and what those above do for it."""
    from bot.actions import Services

    post = ground.outbox
    return Services(
        shop=remembering(ground.shop),
        policies=ground.policies,
        knowledge_base=ground.knowledge_base,
        gaps=GapLog(ground.database),
        choices=ground.choices,
        codes=Codes(ground.database, post, ground.secret, ground.now),
        guesses=Guesses(ground.database, ground.secret, ground.now),
        post=post,
        link=open_links(ground).url,
        privacy=open_privacy_requests(ground),
        guides=ground.guides,
        languages=ground.languages,
        public_url=ground.settings.address,
        default_language=ground.settings.default_language,
        now=ground.now,
    )


def facilities_of(ground: Ground, conversations: Conversations, inbox: Inbox, outbox: MessengerOutbox) -> Facilities:
    """What the channels may use. Raises `ConfigurationError` for a broken catalogue."""
    try:
        widget_catalogues = Catalogues(ground.settings.widget_locales, WIDGET)
        messenger_catalogues = Catalogues(ground.settings.messenger_locales, MESSENGERS)
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error
    return Facilities(
        conversations=conversations,
        database=ground.database,
        secret=ground.secret,
        languages=ground.languages,
        default_language=ground.settings.default_language,
        widget_catalogues=widget_catalogues,
        messenger_catalogues=messenger_catalogues,
        inbox=inbox,
        outbox=outbox,
        identity_tokens=open_identity_tokens(ground),
        photos=open_photos(ground),
        redis_url=ground.settings.redis_url,
        secrets=platform_secrets(ground),
        simulators=SIMULATORS if ground.settings.demonstration else {},
    )


def platform_secrets(ground: Ground) -> dict[str, str]:
    """The secrets of accounts on platforms; in the demonstration shop, those of the simulator of each platform of which
    none is set.
    """
    found = ground.settings.platform_secrets
    if not ground.settings.demonstration:
        return found
    simulated = simulated_secrets(ground.secret)
    own = {_platform(name) for name, secret in found.items() if secret}
    return {name: secret if _platform(name) in own else simulated[name] for name, secret in found.items()}


def _platform(name: str) -> str:
    """The platform that a secret belongs to."""
    return name.partition("_")[0]


def open_identity_tokens(ground: Ground) -> IdentityTokens | None:
    """What vouches for customers; None where nobody does. The demonstration shop needs no secret for its own pages."""
    secret = ground.settings.identity_secret.get_secret_value()
    if not secret and ground.settings.demonstration:
        secret = hmac.digest(ground.secret, b"aftercare demonstration identity", hashlib.sha256).hex()
    return IdentityTokens(secret) if secret else None


def open_storefront(ground: Ground) -> Storefront:
    """The pages of the demonstration shop. Raises `ConfigurationError` for a broken catalogue."""
    from storefront import Site, Storefront

    settings, facts = ground.settings, ground.policies.for_country(None).shop
    tokens = open_identity_tokens(ground)
    assert tokens, "the demonstration shop has them"
    site = Site(
        name=facts.name,
        email=facts.email,
        phone=facts.phone,
        public_url=settings.address,
        languages=tuple(ground.languages),
        default_language=settings.default_language,
        countries_served=facts.countries_served,
        letters=None if settings.smtp_url else str(settings.mail),
    )
    try:
        return Storefront(
            ground.shop,
            ground.policies,
            settings.storefront_locales,
            site,
            customers=load_customers(),
            featured=featured_orders(),
            sign=tokens.sign,
            draw=draw,
        )
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error


def open_help_centre(ground: Ground) -> HelpCentre:
    """The help centre of the shop. Raises `ConfigurationError` for a broken catalogue."""
    from help_centre import HelpCentre, Site

    facts = ground.policies.for_country(None).shop
    site = Site(
        name=facts.name,
        email=facts.email,
        phone=facts.phone,
        website=facts.website,
        public_url=ground.settings.address,
        languages=tuple(ground.languages),
        default_language=ground.settings.default_language,
        countries=ground.policies.countries,
        language_country=ground.policies.language_country,
    )
    try:
        return HelpCentre(
            ground.knowledge_base, ground.settings.help_centre_locales, site, GapLog(ground.database).record
        )
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error


def open_outbox(ground: Ground) -> Outbox:
    """An outbox that delivers to the mail server of the settings, or else into a folder.

    Raises:
        ConfigurationError: for a broken catalogue, or a sender that is no e-mail address.
    """
    settings, facts = ground.settings, ground.policies.for_country(None).shop
    try:
        sender = parse_address(settings.mail_from or f'"{facts.name}" <{facts.email}>')
    except ValueError as error:
        raise ConfigurationError(f"{settings.policies}: the shop's e-mail address: {error}") from error
    try:
        composer = Composer(settings.mail_locales, Letterhead(facts.name, facts.email, facts.phone, sender), ground.now)
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error
    mailer = SmtpMailer(settings.smtp_url) if settings.smtp_url else FolderMailer(settings.mail, ground.now)
    return Outbox(ground.database, mailer, composer, ground.now)


def open_links(ground: Ground) -> Links:
    """The links to documents."""
    return Links(ground.secret, ground.settings.address, ground.now)


def open_documents(ground: Ground) -> DocumentPages:
    """The documents behind the links. Raises `ConfigurationError` for a broken catalogue."""
    from aftercare.archives import Archives
    from aftercare.papers import Papers
    from documents.pages import DocumentPages, Sender

    try:
        catalogues = Catalogues(ground.settings.documents_locales, DOCUMENTS)
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error

    papers = Papers(ground.shop, ground.policies, catalogues)
    archives = Archives(
        ground.shop, open_keeping(ground), open_photos(ground), ground.outbox, open_privacy_requests(ground)
    )
    facts = ground.policies.for_country(None).shop
    return DocumentPages(
        links=open_links(ground),
        producers={
            Kind.INVOICE: papers.invoice,
            Kind.LABEL: papers.label,
            Kind.DROP_OFF_CODE: papers.drop_off_code,
            Kind.EXPORT: archives.export,
        },
        catalogues=catalogues,
        sender=Sender(facts.name, facts.email, facts.website),
        languages=ground.languages,
        default_language=ground.settings.default_language,
    )


def open_scans(ground: Ground) -> Scans:
    """What takes carriers' scans."""
    return Scans(ground.shop, ground.outbox, ground.languages, ground.settings.default_language)


def open_photos(ground: Ground) -> Photos:
    """The photographs that customers send."""
    return Photos(ground.database, ground.settings.uploads, ground.now)


def open_keeping(ground: Ground) -> Keeping:
    """The memory of the conversations."""
    return Keeping(ground.database, open_photos(ground), [DeskKeeping()])


def open_privacy_requests(ground: Ground) -> PrivacyRequests:
    """The requests of customers about their data."""
    return PrivacyRequests(ground.database, ground.now)


def open_locks(settings: Settings) -> Locks:
    """Locks of this process, or of all processes where there is a Redis server."""
    return RedisLocks(settings.redis_url) if settings.redis_url else LocalLocks()


def open_feed(settings: Settings) -> Feed:
    """What tells of conversations: within this process, or to all processes where there is a Redis server."""
    return RedisFeed(settings.redis_url) if settings.redis_url else LocalFeed()


def open_inbox(ground: Ground) -> Inbox:
    """What platforms of messengers tell us."""
    return Inbox(ground.database, ground.now)


def open_messenger_outbox(ground: Ground, feed: Feed) -> MessengerOutbox:
    """What platforms of messengers are to deliver."""
    return MessengerOutbox(ground.database, ground.now, feed)


def open_conversations(
    ground: Ground,
    bot: Bot,
    feed: Feed | None = None,
    outbox: MessengerOutbox | None = None,
    desk: Desk | None = None,
    turns: Turns | None = None,
) -> Conversations:
    """The conversations of this process; without a feed and an outbox, nobody else hears of what is said, and without
    a desk nobody takes over.
    """
    locks = open_locks(ground.settings)
    return Conversations(ground.database, bot, locks, ground.now, feed, outbox, desk, turns)


def open_turns(settings: Settings) -> Turns:
    """Whose turn it is in this process."""
    return Turns(settings.turns_at_once, settings.turns_waiting)
