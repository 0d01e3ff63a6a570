"""Photographs made fit to be sent: the platform takes pictures as JPEG and PNG, and up to 5 MB.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media#supported-media-types
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

MOST_BYTES = 5 * 2**20
MOST_PIXELS = 4096
"""Of each side, of one that has to be made smaller."""

QUALITY = 85

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


@dataclass(frozen=True)
class Sendable:
    """A file as it is given to the platform.

    `kind` is the type of the message that shows it.
    """

    data: bytes
    content_type: str
    kind: str

    @property
    def name(self) -> str:
        """A name for it: where it came from is nobody's business."""
        return f"{self.kind}.{EXTENSIONS[self.content_type]}"


def sendable(data: bytes, content_type: str) -> Sendable:
    """A photograph or a document that was kept (`conversations.Photos`), as the platform takes it.

    It takes up to a second of computing.
    """
    if content_type == "application/pdf":
        return Sendable(data, content_type, "document")
    if content_type in EXTENSIONS and len(data) <= MOST_BYTES:
        return Sendable(data, content_type, "image")
    with Image.open(BytesIO(data)) as picture:
        picture.thumbnail((MOST_PIXELS, MOST_PIXELS))
        file = BytesIO()
        _on_white(picture).save(file, "JPEG", quality=QUALITY)
    return Sendable(file.getvalue(), "image/jpeg", "image")


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency, which JPEG does not have."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")
