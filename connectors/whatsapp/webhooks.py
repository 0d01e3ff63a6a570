"""What the platform tells in a webhook: messages of customers, and what became of ours.

The shapes are those of the webhook field `messages`, see
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages. Members that are
not described there are passed over; messages of unknown types are kept, since somebody has to answer them.

A customer is named by the phone number, or, where the platform withholds that because the customer goes by a user name,
by the business-scoped user id
(https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids).

Webhooks that are not acknowledged are repeated for up to seven days; the inbox knows what it has had for longer than
that. A message that is older cannot be told for the first time: it is passed over. One that seems to come from the
future is taken as one of now, since it is signed, and more likely it is the clock of this server that is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from conversations import Notice, conversation_id_of
from conversations.inbox import MESSAGES, STATUSES

logger = structlog.get_logger()

CHANNEL = "whatsapp"

MAX_BYTES = 3 * 2**20
"""The largest body that the platform sends, as its documentation says, is 3 MB."""

OLDEST = timedelta(days=7, hours=1)

Json = dict[str, Any]

_NUMBER = re.compile(r"\d{5,15}", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL in a text, and UTF-8 has no lone surrogates; JSON has both."""


class BadWebhook(ValueError):
    """A body that is none of the platform's. The message says why, without what was in it."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Metadata(_Model):
    phone_number_id: str


class _Value(_Model):
    metadata: _Metadata
    contacts: tuple[Json, ...] = ()
    messages: tuple[Json, ...] = ()
    statuses: tuple[Json, ...] = ()
    errors: tuple[Json, ...] = ()


class _Change(_Model):
    field: str
    value: Json


class _Entry(_Model):
    changes: tuple[_Change, ...] = ()


class _Webhook(_Model):
    object: Literal["whatsapp_business_account"]
    entry: tuple[_Entry, ...]


class _Named(_Model):
    """What every message and every status has."""

    id: str = Field(min_length=1, max_length=230, pattern=r"^[\x21-\x7e]+$")
    timestamp: int = Field(ge=0, lt=2**33)


class _Message(_Named):
    type: str = Field(max_length=100)


class _Status(_Named):
    status: str = Field(min_length=1, max_length=20, pattern=r"^[a-z_]+$")


class _Error(_Model):
    code: int | None = None


def read(body: bytes, phone_number_id: str, now: datetime) -> list[Notice]:
    """The notices of a webhook's body about one number of the shop, in its order.

    A notice about a message has `message` and `contact` as the platform wrote them; one about a status has `status`.

    Raises:
        BadWebhook: when it is no JSON, or not what the platform sends.
    """
    try:
        parsed = _storable(json.loads(body, parse_constant=_no_number))
        webhook = _Webhook.model_validate(parsed)
    except RecursionError as error:
        raise BadWebhook("it is nested too deeply") from error
    except ValidationError as error:
        raise BadWebhook(f"it is no webhook of the platform: {_where(error)}") from error
    except ValueError as error:
        raise BadWebhook("it is no JSON in UTF-8") from error
    notices: list[Notice] = []
    for change in (change for entry in webhook.entry for change in entry.changes):
        if change.field != "messages":
            logger.info("whatsapp.field_ignored", field=change.field[:100])
            continue
        notices += _notices(change.value, phone_number_id, now)
    return notices


def sender_of(message: Mapping[str, Any]) -> str | None:
    """Who sent a message: the digits of the phone number, or else the user id; None where neither is there."""
    return _person(message.get("from"), message.get("from_user_id"))


def error_code(holder: Mapping[str, Any]) -> int | None:
    """The code of the first error of a message or a status (`errors`)."""
    match holder.get("errors"):
        case [dict(first), *_]:
            try:
                return _Error.model_validate(first).code
            except ValidationError:
                return None
    return None


def _notices(value: Json, phone_number_id: str, now: datetime) -> Iterator[Notice]:
    try:
        told = _Value.model_validate(value)
    except ValidationError as error:
        raise BadWebhook(f"it is no webhook of the platform: {_where(error)}") from error
    if told.metadata.phone_number_id != phone_number_id:
        logger.warning("whatsapp.other_number", phone_number_id=told.metadata.phone_number_id[:64])
        return
    for problem in told.errors:
        logger.error("whatsapp.platform_error", code=error_code({"errors": [problem]}))
    for message in told.messages:
        if (notice := _message(message, told.contacts, now)) is not None:
            yield notice
    for status in told.statuses:
        if (notice := _status(status)) is not None:
            yield notice


def _message(message: Json, contacts: Sequence[Json], now: datetime) -> Notice | None:
    """The notice of a message; None for one that nobody can answer."""
    try:
        named = _Message.model_validate(message)
    except ValidationError as error:
        logger.warning("whatsapp.malformed_message", where=_where(error))
        return None
    sender = sender_of(message)
    if sender is None:
        logger.warning("whatsapp.nameless_message", message_id=named.id)
        return None
    if message.get("group_id") is not None:
        # What is said in a group is not said to the shop, and an answer would tell everyone.
        logger.info("whatsapp.group_ignored", message_id=named.id)
        return None
    if datetime.fromtimestamp(named.timestamp, UTC) < now - OLDEST:
        logger.warning("whatsapp.stale", message_id=named.id)
        return None
    content = {"message": message, "contact": _contact(sender, contacts)}
    return Notice(named.id, conversation_id_of(CHANNEL, sender), content, MESSAGES)


def _contact(sender: str, contacts: Sequence[Json]) -> Json:
    """Who the platform says that a sender is; {} where it says nothing."""
    for contact in contacts:
        if sender in (contact.get("wa_id"), contact.get("user_id")):
            return contact
    return {}


def _status(status: Json) -> Notice | None:
    try:
        named = _Status.model_validate(status)
    except ValidationError as error:
        logger.warning("whatsapp.malformed_status", where=_where(error))
        return None
    # Only what is of use: the rest is what the platform charges, and who the customer is.
    kept = ("id", "status", "timestamp", "errors", "biz_opaque_callback_data")
    content = {"status": {name: status[name] for name in kept if name in status}}
    recipient = _person(status.get("recipient_id"), status.get("recipient_user_id")) or ""
    return Notice(f"{named.id}:{named.status}", conversation_id_of(CHANNEL, recipient), content, STATUSES)


def _person(number: Any, user_id: Any) -> str | None:
    if isinstance(number, str) and _NUMBER.fullmatch(number):
        return number
    if isinstance(user_id, str) and _USER_ID.fullmatch(user_id):
        return user_id
    return None


def _storable(value: Any) -> Any:
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case list():
            return [_storable(each) for each in value]
        case dict():
            return {_storable(name): _storable(each) for name, each in value.items()}
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _where(error: ValidationError) -> str:
    """Where something is wrong, and what, without the value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])[:100]}: {first['type']}"
