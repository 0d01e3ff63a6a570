"""Those who answer customers, as conversations know them: the bot, and the people at the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.identity import Identity
from bot.reply import Reply


class Desk(Protocol):
    """The people to whom the bot hands over; `desk.tickets.Tickets`."""

    async def handed_over(
        self, connection: AsyncConnection, conversation_id: str, handoff_id: int, language: str
    ) -> list[dict[str, Any]]:
        """Take on a wish for a human agent, new or changed, in the transaction in which it is stored.

        Returns what the customer is told about it, in their language.
        """
        ...

    async def withdrawn(
        self, connection: AsyncConnection, conversation_id: str, language: str | None
    ) -> list[dict[str, Any]]:
        """The customer does not want a human agent any more; the rest is as in `handed_over`."""
        ...

    async def moved(self, connection: AsyncConnection, conversation_id: str, to: str) -> None:
        """A conversation goes on in another one: in the transaction in which it does."""
        ...

    def overheard(self, text: str, language: str) -> Mapping[str, Any] | None:
        """What the bot should have asked for (`bot.directives`) when a customer wrote a text, if it did not."""
        ...

    async def heard(self, conversation_id: str) -> None:
        """The customer wrote to whoever has the floor, or something changed in the queue: called after it is stored."""
        ...

    async def rated(self, conversation_id: str, message_id: int, stars: int) -> None:
        """The customer said how it went, in answer to a message: called after it is stored."""
        ...


class Bot(Protocol):
    """What answers while a person does not; `bot.assistant.Assistant`."""

    async def reply(
        self,
        conversation_id: str,
        text: str,
        locale_hint: str | None = None,
        *,
        identity: Identity | None = None,
        photos: Sequence[str] = (),
        cards: bool = False,
    ) -> Reply:
        """One turn of a conversation."""
        ...
