"""What actions work with, handed in by whoever creates them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Tracker

from knowledge_base import KnowledgeBase
from shop import Policies, Shop


@dataclass(frozen=True)
class Services:
    """The rooms below the bot.

    Attributes:
        languages: the codes of the served languages, in the order in which they are offered.
        default_language: the language of a conversation that has none yet.
        now: the present moment, aware.
    """

    shop: Shop
    policies: Policies
    knowledge_base: KnowledgeBase
    languages: Sequence[str]
    default_language: str = "en"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def language(self, tracker: Tracker) -> str:
        """The language of a conversation."""
        return str(tracker.get_slot("language") or self.default_language)

    def country(self, tracker: Tracker) -> str:
        """The country whose policies apply as long as the customer's own is not known."""
        language = self.language(tracker)
        return str(self.policies.language_country.get(language) or self.policies.language_country["en"])


def entity_values(tracker: Tracker, entity: str) -> list[str]:
    """The values of an entity in the customer's last message, in the order in which they stand."""
    return [str(found["value"]) for found in tracker.latest_message["entities"] if found["entity"] == entity]


def intent_of(message: dict[str, Any]) -> str:
    """The intent of a message."""
    return str(message["intent"]["name"])
