"""Messages that the bot was unsure about: agents say what was meant, and it becomes training examples."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import yaml
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.intents import NOT_UNDERSTOOD
from conversations.messages import MESSAGES
from conversations.tables import Author
from desk.reports.queries import INTENT
from desk.tables import ReviewRow
from knowledge_base.gaps.anonymous import anonymous, without_masks
from storage import Database, insertion, table

REVIEWS = table(ReviewRow)

UNSURE_BELOW = 0.6
"""The bot was unsure of an intent that is less likely than this."""

LOOKS_BACK = timedelta(days=30)
"""Older messages are left alone: every look goes through all since then."""

_text = MESSAGES.c.content["text"].as_string()
_language = MESSAGES.c.understanding["language"].as_string()
_confidence = MESSAGES.c.understanding["confidence"].as_float()

_MARKED = re.compile(r"[\[\]{}]")

_PERSONAL = ("name", "email", "phone", "order_number", "tracking_number", "code")
"""Entities whose values say who somebody is."""


class UnknownMessage(LookupError):
    """There is no such message that could be reviewed."""


@dataclass(frozen=True)
class Unsure:
    """A message that the bot was unsure about. `text` is without personal data; `guess` is empty where it had none."""

    message_id: int
    conversation_id: str
    text: str
    language: str
    guess: str
    confidence: float
    at: datetime


class Reviews:
    """The messages to review, and what was made of them. Methods raise `storage.DatabaseUnavailable`.

    Args:
        now: the clock, in aware datetimes.
        below: the probability under which an intent is reviewed.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], below: float = UNSURE_BELOW) -> None:
        self._database = database
        self._now = now
        self._below = below

    async def waiting(self, language: str | None = None, limit: int = 20) -> list[Unsure]:
        """What nobody has reviewed yet, the newest first."""
        query = (
            select(
                MESSAGES.c.id,
                MESSAGES.c.conversation_id,
                MESSAGES.c.understanding,
                MESSAGES.c.created_at,
                _text.label("text"),
            )
            .where(self._unsure(), *([_language == language] if language else []))
            .order_by(MESSAGES.c.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_unsure(row) for row in await connection.execute(query)]

    async def counts(self) -> dict[str, int]:
        """How many messages wait to be reviewed, by language, the most first."""
        query = select(_language.label("language"), func.count().label("waiting")).where(self._unsure())
        async with self._database.reading() as connection:
            rows = (await connection.execute(query.group_by(_language))).all()
        return {row.language: row.waiting for row in sorted(rows, key=lambda row: (-row.waiting, row.language))}

    async def label(self, message_id: int, agent_id: int, intent: str | None) -> None:
        """Keep what an agent makes of a message; the last word counts.

        Args:
            intent: None where it fits none.

        Raises:
            UnknownMessage: it is not a message that a customer wrote.
        """
        values = {"intent": intent, "agent_id": agent_id, "reviewed_at": self._now()}
        async with self._database.writing() as connection:
            if not await _is_customers(connection, message_id):
                raise UnknownMessage(message_id)
            keeping = insertion(connection, REVIEWS).values({"message_id": message_id, **values})
            await connection.execute(keeping.on_conflict_do_update(index_elements=["message_id"], set_=values))

    async def export(self, language: str) -> str:
        """What was labelled in a language as Rasa's training data (YAML): without personal data, each example once."""
        query = (
            select(REVIEWS.c.intent, _text.label("text"), MESSAGES.c.understanding)
            .join(MESSAGES, MESSAGES.c.id == REVIEWS.c.message_id)
            .where(REVIEWS.c.intent.is_not(None), _language == language)
            .order_by(REVIEWS.c.intent, MESSAGES.c.id)
        )
        examples: defaultdict[str, dict[str, None]] = defaultdict(dict)
        async with self._database.reading() as connection:
            for row in await connection.execute(query):
                if example := _example(masked(row.text, row.understanding, language)):
                    examples[row.intent][example] = None
        return training_data({intent: list(texts) for intent, texts in examples.items()})

    def _unsure(self) -> ColumnElement[bool]:
        """Messages in a customer's own words that are to be reviewed."""
        reviewed = select(REVIEWS.c.message_id).where(REVIEWS.c.message_id == MESSAGES.c.id).exists()
        return and_(
            MESSAGES.c.created_at >= self._now() - LOOKS_BACK,
            MESSAGES.c.author == Author.CUSTOMER,
            or_(INTENT == NOT_UNDERSTOOD, _confidence < self._below),
            _text.not_like("/%"),
            _text != "",
            ~reviewed,
        )


def training_data(examples: Mapping[str, list[str]]) -> str:
    """Examples by intent as a file of Rasa's training data.

    >>> print(training_data({"greet": ["hello", "good day"]}), end="")
    version: '3.1'
    nlu:
    - intent: greet
      examples: |
        - hello
        - good day
    """
    blocks = [
        {"intent": intent, "examples": _Block("".join(f"- {text}\n" for text in texts))}
        for intent, texts in examples.items()
    ]
    return yaml.dump({"version": "3.1", "nlu": blocks}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)


class _Block(str):
    """A text that YAML writes as it is, line by line."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))


def _unsure(row: Any) -> Unsure:
    made = row.understanding
    guess = "" if made["intent"] == NOT_UNDERSTOOD else made["intent"]
    text = masked(row.text, made, made["language"])
    return Unsure(row.id, row.conversation_id, text, made["language"], guess, made["confidence"], row.created_at)


def masked(text: str, understanding: Mapping[str, Any], language: str) -> str:
    """A message without personal data, as far as the bot and the words around it tell what that is."""
    known = [entity for entity in understanding.get("entities") or () if entity.get("entity") in _PERSONAL]
    # A value may be written in another way in the text.
    personal = [part for each in known for part in (str(each["value"]), text[each["start"] : each["end"]])]
    return anonymous(text, language, [value for value in personal if value.strip()])


def _example(text: str) -> str:
    """A masked text as an example on one line: without masks, and without what Rasa takes for the marks of entities."""
    return " ".join(_MARKED.sub(" ", without_masks(text)).split())


async def _is_customers(connection: AsyncConnection, message_id: int) -> bool:
    query = select(MESSAGES.c.id).where(MESSAGES.c.id == message_id, MESSAGES.c.author == Author.CUSTOMER)
    return await connection.scalar(query) is not None
