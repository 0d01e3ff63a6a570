"""What the channels of this house have in common."""

from __future__ import annotations

from typing import Any, Self

from rasa.core.channels.channel import InputChannel

from connectors.facilities import Facilities


class HouseChannel(InputChannel):
    """A channel that is lent the facilities of the house; Rasa's own channels know nothing of them."""

    def __init__(self, facilities: Facilities) -> None:
        self._facilities = facilities

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None, facilities: Facilities) -> Self:
        """The channel as `credentials.yml` sets it up. Raises `TypeError` for a setting that it does not have."""
        return cls(facilities, **(credentials or {}))
