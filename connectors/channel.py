"""What the channels of this house have in common."""

from __future__ import annotations

from typing import Any, Self

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint

from bot.nlu.attributes import CARDS, IDENTITY, LOCALE_HINT, PHOTOS, TITLE
from connectors.facilities import Facilities
from conversations import Incoming

NAME = "name"
"""In a message's metadata: what the customer is called on the channel."""

REACHABLE_UNTIL = "reachable_until"
"""In a message's metadata: to when the channel lets us write to the customer (aware)."""

ATTACHED = "attached"
"""In a message's metadata: what else is to be kept of it."""

KEPT = "kept"
"""In a message's metadata: whether the channel keeps it until it is answered."""


class HouseChannel(InputChannel):
    """A channel that is lent the facilities of the house; Rasa's own channels know nothing of them."""

    def __init__(self, facilities: Facilities) -> None:
        self._facilities = facilities

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None, facilities: Facilities) -> Self:
        """The channel as `credentials.yml` sets it up. Raises `TypeError` for a setting that it does not have."""
        return cls(facilities, **(credentials or {}))

    @property
    def title(self) -> str:
        """What people call the channel."""
        return str(self.name())

    def link(self, text: str) -> str | None:
        """Where a customer writes to the shop on this channel, with a text to begin with; None where there is no such
        address.
        """
        return None

    def leave(self) -> None:
        """The process is about to end: what is under way is done with, but whoever waits is to wait elsewhere."""
        return

    async def close(self) -> None:
        """Give back what the channel needs, at the end of the process."""
        return

    def pages(self) -> Blueprint | None:
        """Routes that stand at the server's root and not below `/webhooks`, where a channel has any."""
        return None


def incoming_of(message: UserMessage) -> Incoming:
    """A message as a channel makes it of Rasa's, as the conversations take it."""
    metadata = message.metadata or {}
    return Incoming(
        channel=message.input_channel or "unknown",
        sender=message.sender_id,
        text=message.text,
        message_id=message.message_id,
        locale_hint=metadata.get(LOCALE_HINT),
        identity=metadata.get(IDENTITY),
        photos=tuple(metadata.get(PHOTOS, ())),
        title=metadata.get(TITLE),
        cards=metadata.get(CARDS, False),
        name=metadata.get(NAME),
        reachable_until=metadata.get(REACHABLE_UNTIL),
        attached=metadata.get(ATTACHED) or {},
        kept=metadata.get(KEPT, False),
    )
