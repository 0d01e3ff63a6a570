"""Pictures as the platform takes them: JPEG or PNG."""

from __future__ import annotations

from io import BytesIO

import httpx
from PIL import Image

from conversations.pictures import MAX_BYTES, clean

TAKEN = ("image/jpeg", "image/png")

SECONDS = 10.0
"""How long a picture may take to be fetched."""


class NoPicture(Exception):
    """What should be a picture cannot be had, or is none."""


async def fetch(url: str) -> bytes:
    """The file at an address of the shop's. Raises `NoPicture`."""
    data = bytearray()
    try:
        async with (
            httpx.AsyncClient(timeout=SECONDS, follow_redirects=True) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            async for part in response.aiter_bytes():
                data += part
                if len(data) > MAX_BYTES:
                    raise NoPicture("it is too large")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoPicture(type(error).__name__) from error
    return bytes(data)


def taken_by_wechat(data: bytes) -> tuple[bytes, str]:
    """A picture and its content type, of those in `TAKEN`. It takes up to a second of computing.

    Raises:
        conversations.PhotoRefused: for what is no picture.
        NoPicture: for a document.
    """
    picture = clean(data)
    if not picture.width:
        raise NoPicture("it is a document")
    if picture.content_type in TAKEN:
        return picture.data, picture.content_type
    file = BytesIO()
    Image.open(BytesIO(picture.data)).convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue(), "image/jpeg"
