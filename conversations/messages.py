"""What was said, as the rooms above see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from conversations.feed import Event
from conversations.tables import Author, MessageRow
from storage import table

MESSAGES = table(MessageRow)

SAID = (
    MESSAGES.c.id,
    MESSAGES.c.author,
    MESSAGES.c.content,
    MESSAGES.c.created_at,
    MESSAGES.c.channel_message_id.label("message_id"),
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was said.

    Attributes:
        id: a later message of a conversation has a higher one.
        content: `text`, and perhaps `title`, `buttons`, `image`, `photos`, `custom` (a card); of the system, `event`.
        message_id: the channel's own id of it, if it came with one.
        rating: of a message that asks for one, the stars that were given.
    """

    id: int
    author: Author
    content: Mapping[str, Any]
    created_at: datetime
    message_id: str | None = None
    rating: int | None = None

    @property
    def event(self) -> Event:
        """How the feed tells of it."""
        # Not `asdict`, which copies everything in the content.
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return {"type": "message", "message": {**told, "created_at": self.created_at.isoformat()}}

    @classmethod
    def from_row(cls, row: Row[Any]) -> Message:
        """The message of a row with the columns of `SAID`, and perhaps `rating`."""
        return cls(**{**row._mapping, "author": Author(row.author)})

    @classmethod
    def from_event(cls, event: Event) -> Message:
        """The message that the feed tells of."""
        told = event["message"]
        return cls(
            **{**told, "author": Author(told["author"]), "created_at": datetime.fromisoformat(told["created_at"])}
        )


@dataclass(frozen=True, slots=True)
class ReadState:
    """Up to which message (its id) each side has seen what was said; None where nothing tells."""

    by_customer: int | None = None
    by_shop: int | None = None
