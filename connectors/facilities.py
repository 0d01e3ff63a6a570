"""What the house lends to its channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.localization import Catalogues
from connectors.identity_tokens import IdentityTokens
from conversations import Conversations, Inbox, Outbox, Photos
from storage import Database

if TYPE_CHECKING:
    from connectors.channel import HouseChannel


@dataclass(frozen=True)
class Facilities:
    """What channels may use, handed in by the front door; `credentials.yml` has only what is a channel's own.

    Attributes:
        conversations: where everything that is said goes through.
        database: for what a channel keeps itself.
        secret: what keys are derived from.
        languages: those that the assistant serves.
        default_language: of a conversation in which nothing told it yet.
        widget_catalogues: the sentences of the widget.
        messenger_catalogues: what is said on messengers only.
        inbox, outbox: for channels of platforms that call us, and are called back.
        identity_tokens: reads who a customer is; None where the shop has no secret for it.
        photos: keeps what customers show; None where nothing is kept.
        redis_url: of the Redis server that all processes share; "" where there is one process.
        secrets: of accounts on platforms, by name (`whatsapp_token`); "" where one is not set.
        doors: all channels of the house, once they are set up.
        simulators: the addresses of local stand-ins for platforms, by channel, where there are any.
    """

    conversations: Conversations
    database: Database
    secret: bytes
    languages: Sequence[str]
    default_language: str
    widget_catalogues: Catalogues
    messenger_catalogues: Catalogues
    inbox: Inbox
    outbox: Outbox
    identity_tokens: IdentityTokens | None = None
    photos: Photos | None = None
    redis_url: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    simulators: Mapping[str, str] = field(default_factory=dict)
    doors: list[HouseChannel] = field(default_factory=list)
