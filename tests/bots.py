"""A bot for tests of what is around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.identity import Identity
from bot.reply import Reply, Understanding


@dataclass(frozen=True)
class Heard:
    """A message as the bot got it."""

    conversation_id: str
    text: str
    locale_hint: str | None
    identity: Identity | None
    photos: Sequence[str]
    cards: bool


def answer(*messages: dict[str, Any], intent: str = "inform", **fields: Any) -> Reply:
    """What a bot answers in English."""
    return Reply(list(messages) or [{"text": "Hello."}], "en", Understanding(intent, 1.0, "en", []), **fields)


@dataclass
class ScriptedBot:
    """Answers as the test says, and notes what it heard."""

    script: Callable[[Heard], Reply] = lambda heard: answer()
    heard: list[Heard] = field(default_factory=list)

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
        """See `conversations.Bot`."""
        self.heard.append(Heard(conversation_id, text, locale_hint, identity, photos, cards))
        return self.script(self.heard[-1])
