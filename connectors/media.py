"""Files that customers send to messengers, which are fetched by the platform's name of them when a message is dealt
with.
"""

from __future__ import annotations

from datetime import timedelta

import httpx

PATIENCE = timedelta(minutes=5)
"""A file that could not be fetched for so long after it was sent is given up: the customer waits, and can send it
again. The inbox would give up the whole message a little later.
"""


class MediaGone(Exception):
    """The platform does not have the file, or no longer, or it is none that is taken here."""


class MediaTooLarge(Exception):
    """The file has more bytes than are taken."""


async def read_file(response: httpx.Response, most_bytes: int) -> bytes:
    """The body of a streamed response. Raises `MediaTooLarge` as soon as there are more bytes."""
    data = bytearray()
    async for part in response.aiter_bytes():
        data += part
        if len(data) > most_bytes:
            raise MediaTooLarge
    return bytes(data)
