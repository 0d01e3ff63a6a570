"""Where what the assistant says in a turn is collected."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel


class WholeMessages(CollectingOutputChannel):
    """Collects what is said, each message with its custom part; Rasa's own makes two messages of that."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Take a message; its parts are taken out of it."""
        before, custom = len(self.messages), message.pop("custom", None)
        await super().send_response(recipient_id, message)
        if custom and len(self.messages) > before:
            self.messages[-1]["custom"] = custom
        elif custom:
            await self.send_custom_json(recipient_id, custom)
