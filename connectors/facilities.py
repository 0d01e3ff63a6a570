"""What the house lends to its channels."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.identity_tokens import IdentityTokens
from conversations import Photos


@dataclass(frozen=True)
class Facilities:
    """What channels may use, handed in by the front door; `credentials.yml` has only what is a channel's own.

    Attributes:
        identity_tokens: reads who a customer is; None where the shop has no secret for it.
        photos: keeps what customers show; None where nothing is kept.
    """

    identity_tokens: IdentityTokens | None = None
    photos: Photos | None = None
