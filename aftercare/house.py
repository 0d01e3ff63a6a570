"""The rooms, wired together for one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aftercare.errors import ConfigurationError
from aftercare.languages import read_yaml, served_languages
from aftercare.settings import Settings
from bot.decision import Decision, load_thresholds
from bot.localization import CatalogueError, Catalogues
from bot.matters import load_connectives
from bot.nlu.sentence_encoder import EncoderError, Floats, SentenceEncoder, configured_encoders
from bot.topics import load_signs
from conversations import Conversations, LocalLocks, Locks, RedisLocks
from knowledge_base import Article, Encode, GapLog, KnowledgeBase
from shop import Policies, PoliciesError, Shop, SqlShop
from shop.demo import seed
from storage import Database

if TYPE_CHECKING:
    from rasa.utils.endpoints import EndpointConfig

    from bot.assistant import Assistant
    from help_centre import HelpCentre


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

    @property
    def articles(self) -> list[Article]:
        """All articles in all languages."""
        return [
            article for language in self.knowledge_base.languages for article in self.knowledge_base.articles(language)
        ]


def lay_ground(settings: Settings) -> Ground:
    """Read what the rooms need.

    Raises:
        ConfigurationError: naming the file, and the line where there is one.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
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
        shop=SqlShop(database),
        knowledge_base=knowledge_base,
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


async def furnish(ground: Ground) -> int:
    """Fill an empty database with the demonstration shop, if the settings want it; returns how many orders came in.

    Raises:
        storage.DatabaseUnavailable: when it cannot be reached.
    """
    if not ground.settings.demo:
        return 0
    return await seed(ground.database, datetime.now(UTC), policies=ground.policies)


def load_catalogues(settings: Settings) -> Catalogues:
    """What the bot says. Raises `ConfigurationError` for a broken catalogue."""
    try:
        return Catalogues(settings.locales)
    except CatalogueError as error:
        raise ConfigurationError(str(error)) from error


def load_assistant(ground: Ground, model: Path) -> Assistant:
    """The assistant with a trained model. Takes seconds; Rasa must be loaded (`bot.engine.import_rasa`)."""
    from bot.assistant import Assistant

    # Before the first customer has to wait for it.
    ground.knowledge_base.prepare()
    shop_facts = ground.policies.for_country(None).shop
    return Assistant(
        model=model,
        database=ground.database,
        actions=action_endpoint(ground),
        catalogues=load_catalogues(ground.settings),
        variables={"shop": shop_facts.name},
        decision=Decision(ground.knowledge_base.search, load_thresholds(ground.settings.thresholds_file)),
        connectives=load_connectives(ground.settings.connectives_file),
        signs=load_signs(ground.settings.follow_ups_file),
        default_language=ground.settings.default_language,
    )


def action_endpoint(ground: Ground) -> EndpointConfig:
    """Where actions run: on the server that `endpoints.yml` names, or else in this process."""
    from rasa.utils.endpoints import EndpointConfig

    from bot.endpoint import LocalActions

    endpoint: dict[str, Any] | None = read_yaml(ground.settings.endpoints_file).get("action_endpoint")
    if endpoint and endpoint.get("url"):
        return EndpointConfig.from_dict(endpoint)
    return LocalActions(actions_of(ground))


def actions_of(ground: Ground) -> list[Any]:
    """Every action, over the rooms below the bot."""
    from bot.actions import Services, all_actions

    services = Services(
        shop=ground.shop,
        policies=ground.policies,
        knowledge_base=ground.knowledge_base,
        gaps=GapLog(ground.database),
        languages=ground.languages,
        public_url=ground.settings.address,
        default_language=ground.settings.default_language,
    )
    return all_actions(services)


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


def open_locks(settings: Settings) -> Locks:
    """Locks of this process, or of all processes where there is a Redis server."""
    return RedisLocks(settings.redis_url) if settings.redis_url else LocalLocks()


def open_conversations(ground: Ground, assistant: Assistant) -> Conversations:
    """The conversations of this process."""
    return Conversations(ground.database, assistant, open_locks(ground.settings))
