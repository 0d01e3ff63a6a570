"""What actions work with, handed in by whoever creates them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from rasa_sdk import Tracker

from bot.choices import ChoiceReader
from bot.guesses import Guesses
from bot.identity import Codes
from bot.letters import Post
from bot.nlu.attributes import PERSONAL_ENTITIES
from bot.privacy import PrivacyRequests
from knowledge_base import Gap, GapKind, GapLog, GapSource, KnowledgeBase, UnknownArticle
from shop import Policies, Shop
from shop.troubleshooting import Guides


class Link(Protocol):
    """Makes links to documents; `documents.Links.url`."""

    def __call__(self, kind: str, subject: str, *, language: str, valid: timedelta) -> str:
        """A signed link to the document of a kind about a subject, such as a label and the number of its return."""
        ...


@dataclass(frozen=True)
class Services:
    """The rooms below the bot.

    Attributes:
        gaps: where questions go that have no good answer.
        choices: reads answers to questions with choices.
        codes: proves who is asking.
        guesses: limits how often order numbers and addresses are tried.
        post: takes letters to customers.
        link: makes links to documents.
        privacy: takes requests about personal data.
        guides: the steps by which products are made to work.
        languages: the codes of the served languages, in the order in which they are offered.
        public_url: the address under which customers reach the help centre.
        default_language: the language of a conversation that has none yet.
        now: the present moment, aware.
    """

    shop: Shop
    policies: Policies
    knowledge_base: KnowledgeBase
    gaps: GapLog
    choices: ChoiceReader
    codes: Codes
    guesses: Guesses
    post: Post
    link: Link
    privacy: PrivacyRequests
    guides: Guides
    languages: Sequence[str]
    public_url: str
    default_language: str = "en"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def language(self, tracker: Tracker) -> str:
        """The language of a conversation."""
        return str(tracker.get_slot("language") or self.default_language)

    def country(self, tracker: Tracker) -> str:
        """The customer's country; as long as it is not known, the one that stands in for it."""
        country = tracker.get_slot("country") or self.policies.language_country.get(self.language(tracker))
        return str(country or self.policies.language_country["en"])

    def title(self, tracker: Tracker, slug: str) -> str:
        """An article's title; "" if there is no such article."""
        try:
            return self.knowledge_base.answer(slug, self.language(tracker), self.country(tracker)).rendered.title
        except UnknownArticle:
            return ""

    async def record_gap(self, tracker: Tracker, kind: GapKind, question: str, article: str | None = None) -> None:
        """Keep a question that has no good answer; without words of the customer's, the article's title."""
        language = self.language(tracker)
        question = question or (self.title(tracker, article) if article else "")
        if question:
            found = tracker.latest_message["entities"]
            personal = [str(entity["value"]) for entity in found if entity["entity"] in PERSONAL_ENTITIES]
            await self.gaps.record(Gap(kind, question, language, GapSource.CHAT, article), personal)


def entity_values(tracker: Tracker, entity: str) -> list[str]:
    """The values of an entity in the customer's last message, in the order in which they stand."""
    return [str(found["value"]) for found in tracker.latest_message["entities"] if found["entity"] == entity]


def intent_of(message: dict[str, Any]) -> str:
    """The intent of a message."""
    return str(message["intent"]["name"])
