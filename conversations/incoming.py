"""A message from a customer, as it comes from a channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.identity import Identity


@dataclass(frozen=True)
class Incoming:
    """A message from a customer, as a connector parsed it.

    Attributes:
        channel: the name of the channel, at most 32 characters.
        sender: who it is on that channel, at most 200 characters.
        text: what was written, or the payload of a button.
        message_id: the channel's own id of the message, by which a repeated delivery is recognised.
        locale_hint: the locale that the channel knows of the customer, such as `de-AT`.
        identity: who wrote it, if the channel vouches for that. It holds for this message, and is not stored with it.
        photos: the ids of photographs that came with it, see `conversations.photos`.
        title: of a button that was pressed, what it said.
        cards: whether the channel can show cards (`bot.actions.cards`).
        name: what the customer is called on the channel.
        reachable_until: to when the channel lets us write to the customer; None where it sets no limit.
        attached: what else is stored of the message, such as a `location`, or the message that it `quotes`.
        kept: whether it is kept elsewhere until it is answered, as in the inbox: then it may wait for its turn.
    """

    channel: str
    sender: str
    text: str
    message_id: str | None = None
    locale_hint: str | None = None
    identity: Identity | None = None
    photos: tuple[str, ...] = ()
    title: str | None = None
    cards: bool = False
    name: str | None = None
    reachable_until: datetime | None = None
    attached: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False

    @property
    def conversation_id(self) -> str:
        """The conversation that it belongs to."""
        return conversation_id_of(self.channel, self.sender)

    @property
    def content(self) -> dict[str, Any]:
        """What is stored of it."""
        title = {"title": self.title} if self.title else {}
        photos = {"photos": list(self.photos)} if self.photos else {}
        return {"text": self.text, **title, **photos, **self.attached}


def conversation_id_of(channel: str, sender: str) -> str:
    """The conversation of a customer on a channel."""
    return f"{channel}:{sender}"
