"""What channels take in alike: texts of customers, photographs, what is wrong with a request."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from sanic import Request
from sanic.http import Http
from sanic.response import HTTPResponse, json

from conversations import Photo, PhotoProblem, PhotoRefused, Photos
from conversations.pictures import MAX_BYTES, PDF

STATUS = {
    PhotoProblem.TYPE: 415,
    PhotoProblem.TOO_LARGE: 413,
    PhotoProblem.TOO_MANY: 409,
    PhotoProblem.BROKEN: 422,
}


MOST_READ = 32 * 2**20
"""Of a body, in bytes, however large it is."""

PHOTOS_ALONE = "/inform"
"""What a message says that has photographs and no text."""


class BadRequest(Exception):
    """A request that cannot be used; says the HTTP status, a code for programs and a sentence for engineers."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> HTTPResponse:
        """What the client is told."""
        return json({"error": self.code, "message": str(self)}, status=self.status)


async def keep_photo(request: Request, photos: Photos | None, conversation_id: str) -> Photo:
    """Keep the photograph, or the document, in the body of a streaming request. Raises `BadRequest`."""
    if photos is None:
        raise BadRequest(400, "photos_not_set_up", "Photographs are not accepted: this server keeps none.")
    content_type = request.headers.get("content-type") or ""
    if not content_type.startswith("image/") and content_type != PDF:
        raise BadRequest(415, PhotoProblem.TYPE, "The body must be a picture or a PDF document, with its content type.")
    data = await read_body(request, MAX_BYTES)
    try:
        if data is None:
            raise PhotoRefused(PhotoProblem.TOO_LARGE, f"The body has more than {MAX_BYTES} bytes.")
        return await photos.keep(conversation_id, data)
    except PhotoRefused as refused:
        raise BadRequest(STATUS[refused.code], refused.code, str(refused)) from refused


async def read_body(request: Request, most_bytes: int) -> bytes | None:
    """The body of a streaming request; None where it has more bytes.

    What is too large is read on for a while, and not kept: who is still sending would not see the answer.
    """
    data, length = bytearray(), 0
    assert isinstance(request.stream, Http)
    async for part in request.stream:
        length += len(part or b"")
        if length <= most_bytes:
            data += part or b""
        elif length > MOST_READ:
            break
    return bytes(data) if length <= most_bytes else None


def clean(text: str) -> str:
    """`text` without control characters (line breaks and tabs become spaces), lone surrogates and outer white space."""
    kept = (
        " " if character in "\n\r\t" else character
        for character in text
        if character in "\n\r\t" or unicodedata.category(character) not in ("Cc", "Cs", "Co")
    )
    return "".join(kept).strip()


def hinted_language(locale_hint: str | None, languages: Collection[str]) -> str | None:
    """The one of `languages` that a locale such as `de-AT` names, if it is one of them."""
    language = (locale_hint or "").replace("_", "-").partition("-")[0].lower()
    return language if language in languages else None
