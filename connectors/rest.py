"""The REST channel: a message in, the answer back, as JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

MAX_SENDER_LENGTH = 200
MAX_MESSAGE_ID_LENGTH = 255


class BadMessage(Exception):
    """A request that is no usable message; says the HTTP status, a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> HTTPResponse:
        """What the client is told."""
        return json({"error": self.code, "message": str(self)}, status=self.status)


class RestChannel(InputChannel):
    """`POST /webhooks/rest/webhook` with `{"sender", "message"}` answers with a list of messages.

    Besides these, a request may have `message_id` (a repeated one gets the same answer and happens once) and `locale`
    (such as `de-AT`, a hint at the customer's language).

    Settings in `credentials.yml`:
        max_message_length: in characters; longer messages are refused with status 413.
    """

    def __init__(self, max_message_length: int = 4000) -> None:
        self._max_message_length = max_message_length

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its URL and in conversations' ids."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> RestChannel:
        """The channel as `credentials.yml` sets it up."""
        return cls(**(credentials or {}))

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
            except BadMessage as problem:
                return problem.response()
            await on_new_message(message)
            assert isinstance(message.output_channel, CollectingOutputChannel)
            return json(message.output_channel.messages, ensure_ascii=False, escape_forward_slashes=False)

        return routes

    def _message(self, request: Request) -> UserMessage:
        """The message of a request. Raises `BadMessage`."""
        try:
            body = request.json
        except Exception as error:
            raise BadMessage(400, "invalid_json", "The body is not valid JSON in UTF-8.") from error
        if not isinstance(body, dict):
            raise BadMessage(400, "invalid_json", "The body must be a JSON object with 'sender' and 'message'.")
        sender = self._text(body, "sender", MAX_SENDER_LENGTH)
        text = clean(self._text(body, "message", None))
        if not text:
            raise BadMessage(400, "empty_message", "'message' has no text in it.")
        if len(text) > self._max_message_length:
            raise BadMessage(
                413, "message_too_long", f"'message' is longer than {self._max_message_length} characters."
            )
        metadata = {}
        if body.get("locale") is not None:
            metadata["locale_hint"] = self._text(body, "locale", 35)
        message_id = None
        if body.get("message_id") is not None:
            message_id = self._text(body, "message_id", MAX_MESSAGE_ID_LENGTH)
        return UserMessage(
            text, CollectingOutputChannel(), sender, input_channel=self.name(), message_id=message_id, metadata=metadata
        )

    @staticmethod
    def _text(body: dict[str, Any], field: str, longest: int | None) -> str:
        value = body.get(field)
        if value is None:
            raise BadMessage(400, "missing_field", f"'{field}' is missing.")
        if not isinstance(value, str):
            raise BadMessage(400, "invalid_field", f"'{field}' must be a string.")
        if longest is not None and not value.isprintable():
            raise BadMessage(400, "invalid_field", f"'{field}' has characters that cannot be printed.")
        if longest is not None and not 0 < len(value) <= longest:
            raise BadMessage(400, "invalid_field", f"'{field}' must have 1 to {longest} characters.")
        return value


def clean(text: str) -> str:
    """`text` without control characters (line breaks and tabs become spaces), lone surrogates and outer white space."""
    kept = (
        " " if character in "\n\r\t" else character
        for character in text
        if character in "\n\r\t" or unicodedata.category(character) not in ("Cc", "Cs", "Co")
    )
    return "".join(kept).strip()
