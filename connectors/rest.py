"""The REST channel: a message in, the answer back, as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from bot.identity import Identity
from bot.nlu.attributes import IDENTITY, PHOTOS
from bot.output import WholeMessages
from connectors.channel import HouseChannel
from connectors.facilities import Facilities
from connectors.identity_tokens import InvalidToken
from connectors.rendering import Phrases
from connectors.requests import PHOTOS_ALONE, BadRequest, clean, hinted_language, keep_photo
from conversations import Busy, LockUnavailable, Photo, conversation_id_of
from conversations.photos import MAX_PHOTOS
from shop import ShopUnavailable
from storage import DatabaseUnavailable

logger = structlog.get_logger()

AWAY_SECONDS = 5
"""After so long, what was away may be back."""

MAX_SENDER_LENGTH = 200
MAX_MESSAGE_ID_LENGTH = 255
MAX_TOKEN_LENGTH = 4096


class RestChannel(HouseChannel):
    """`POST /webhooks/rest/webhook` with `{"sender", "message"}` answers with a list of messages.

    Besides these, a request may have `message_id` (a repeated one gets the same answer and happens once), `locale`
    (such as `de-AT`, a hint at the customer's language) and `identity` (a token that says who the customer is, see
    `connectors.identity_tokens`) and `photos` (a list of ids; then `message` may be left out).

    Where too much else waits for an answer, or something that it takes is away, the status is 503, `Retry-After` says
    when to come again, and the `message` is fit for the customer, in the language of `locale`.

    `POST /webhooks/rest/photos?sender=…` with a JPEG, PNG or WebP picture as its body answers with the `id` that a
    message names it by.

    Settings in `credentials.yml`:
        max_message_length: in characters; longer messages are refused with status 413.
    """

    def __init__(self, facilities: Facilities, max_message_length: int = 4000) -> None:
        super().__init__(facilities)
        self._max_message_length = max_message_length

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its URL and in conversations' ids."""
        return "rest"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The channel's routes."""
        routes = Blueprint("rest_channel")

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            try:
                message = self._message(request)
            except BadRequest as problem:
                return problem.response()
            try:
                await self._check_photos(message)
                await on_new_message(message)
            except BadRequest as problem:
                return problem.response()
            except Busy as busy:
                return self._come_again(message, "busy", busy.seconds)
            except (DatabaseUnavailable, LockUnavailable, ShopUnavailable) as error:
                logger.error("rest.unavailable", reason=str(error))
                return self._come_again(message, "unavailable", AWAY_SECONDS)
            assert isinstance(message.output_channel, WholeMessages)
            return json(message.output_channel.messages, ensure_ascii=False, escape_forward_slashes=False)

        # As a stream, since other bodies are not allowed to be as large.
        @routes.post("/photos", stream=True)
        async def receive_photo(request: Request) -> HTTPResponse:
            try:
                photo = await self._keep_photo(request)
            except BadRequest as problem:
                return problem.response()
            return json({"id": photo.id}, status=201)

        return routes

    def _come_again(self, message: UserMessage, code: str, seconds: float) -> HTTPResponse:
        """What is said where a message cannot be answered now."""
        facilities = self._facilities
        language = hinted_language(message.metadata.get("locale_hint"), facilities.languages)
        phrases = Phrases(facilities.messenger_catalogues, language or facilities.default_language)
        body = {"error": code, "message": phrases.text("unavailable")}
        return json(body, status=503, headers={"Retry-After": str(ceil(seconds))}, ensure_ascii=False)

    async def _keep_photo(self, request: Request) -> Photo:
        """Keep the photograph in the body of a request. Raises `BadRequest`."""
        sender = self._text(dict(request.get_query_args(keep_blank_values=True)), "sender", MAX_SENDER_LENGTH)
        return await keep_photo(request, self._facilities.photos, conversation_id_of(self.name(), sender))

    async def _check_photos(self, message: UserMessage) -> None:
        """Raises `BadRequest` for a photograph that is not there, or in another conversation."""
        for photo_id in message.metadata.get(PHOTOS, ()):
            photo = await self._facilities.photos.get(photo_id) if self._facilities.photos else None
            if photo is None or photo.conversation_id != conversation_id_of(self.name(), message.sender_id):
                raise BadRequest(400, "unknown_photo", "'photos' has an id that is not one of this sender's.")

    def _message(self, request: Request) -> UserMessage:
        """The message of a request. Raises `BadRequest`."""
        try:
            body = request.json
        except Exception as error:
            raise BadRequest(400, "invalid_json", "The body is not valid JSON in UTF-8.") from error
        if not isinstance(body, dict):
            raise BadRequest(400, "invalid_json", "The body must be a JSON object with 'sender' and 'message'.")
        sender = self._text(body, "sender", MAX_SENDER_LENGTH)
        photos = self._photo_ids(body)
        if photos and body.get("message") in (None, ""):
            text = PHOTOS_ALONE
        else:
            text = clean(self._text(body, "message", None))
        if not text:
            raise BadRequest(400, "empty_message", "'message' has no text in it.")
        if len(text) > self._max_message_length:
            raise BadRequest(
                413, "message_too_long", f"'message' is longer than {self._max_message_length} characters."
            )
        metadata: dict[str, Any] = {}
        if body.get("locale") is not None:
            metadata["locale_hint"] = self._text(body, "locale", 35)
        if body.get("identity") is not None:
            metadata[IDENTITY] = self._identity(body)
        if photos:
            metadata[PHOTOS] = photos
        message_id = None
        if body.get("message_id") is not None:
            message_id = self._text(body, "message_id", MAX_MESSAGE_ID_LENGTH)
        return UserMessage(
            text, WholeMessages(), sender, input_channel=self.name(), message_id=message_id, metadata=metadata
        )

    def _identity(self, body: dict[str, Any]) -> Identity:
        token = self._text(body, "identity", MAX_TOKEN_LENGTH)
        tokens = self._facilities.identity_tokens
        if tokens is None:
            raise BadRequest(
                400, "identity_not_set_up", "'identity' is not accepted: this server has no secret for it."
            )
        try:
            return tokens.read(token)
        except InvalidToken as error:
            raise BadRequest(401, "invalid_identity", f"'identity' cannot be trusted: {error}.") from error

    @staticmethod
    def _photo_ids(body: dict[str, Any]) -> list[str]:
        ids = body.get("photos") or []
        if not isinstance(ids, list) or not all(isinstance(photo_id, str) for photo_id in ids):
            raise BadRequest(400, "invalid_field", "'photos' must be a list of strings.")
        if len(ids) > MAX_PHOTOS:
            raise BadRequest(400, "invalid_field", f"'photos' must have at most {MAX_PHOTOS} ids.")
        return ids

    @staticmethod
    def _text(body: dict[str, Any], field: str, longest: int | None) -> str:
        value = body.get(field)
        if value is None:
            raise BadRequest(400, "missing_field", f"'{field}' is missing.")
        if not isinstance(value, str):
            raise BadRequest(400, "invalid_field", f"'{field}' must be a string.")
        if longest is not None and not value.isprintable():
            raise BadRequest(400, "invalid_field", f"'{field}' has characters that cannot be printed.")
        if longest is not None and not 0 < len(value) <= longest:
            raise BadRequest(400, "invalid_field", f"'{field}' must have 1 to {longest} characters.")
        return value
