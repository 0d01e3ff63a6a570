"""Pictures made fit to be kept: whole, upright, and with nothing in the file that is not to be seen.

Documents (PDF) are kept as they are: nothing in this house opens them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
"""Phones take up to 50 megapixels; decoded, that is 150 MB."""

CONTENT_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""As what each format is kept. MPO is what Pillow calls a JPEG with more pictures behind the first one.

HEIC is not among them: Pillow does not read it without another library. Where a page does not accept it, phones send
JPEG.
"""

FORMATS = ("JPEG", "PNG", "WEBP")
"""What is looked for in a file."""

PDF = "application/pdf"
PDF_BEGINS, PDF_ENDS = b"%PDF-", b"%%EOF"

QUALITY = 90


class PhotoProblem(StrEnum):
    """Why a photograph is not taken."""

    TYPE = "type"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    BROKEN = "broken"


class PhotoRefused(Exception):
    """A photograph that is not taken; `code` says why to programs, the text to people."""

    def __init__(self, code: PhotoProblem, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture; its size is in pixels. A document has none: 0."""

    data: bytes
    content_type: str
    width: int
    height: int


def clean(data: bytes) -> Picture:
    """The picture of a file, encoded anew: upright, without EXIF (and its GPS position), XMP, comments, colour profile;
    or a document.

    It takes up to a second of computing.

    Raises:
        PhotoRefused: for what is neither a picture of these formats nor a document, too large, or broken.
    """
    if len(data) > MAX_BYTES:
        raise PhotoRefused(PhotoProblem.TOO_LARGE, f"A file has at most {MAX_BYTES // 2**20} MB.")
    if data.startswith(PDF_BEGINS):
        if PDF_ENDS not in data[-1024:]:
            raise PhotoRefused(PhotoProblem.BROKEN, "The document is incomplete.")
        return Picture(data, PDF, 0, 0)
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise PhotoRefused(PhotoProblem.TYPE, "This is no JPEG, PNG or WebP picture, and no PDF document.") from error
    except Exception as error:
        raise _broken() from error
    with image:
        # Only the head of the file is read so far.
        if image.width * image.height > MAX_PIXELS:
            raise _too_many_pixels()
        return _encoded(image)


def _encoded(image: Image.Image) -> Picture:
    content_type = CONTENT_TYPES[image.format or ""]
    try:
        upright = ImageOps.exif_transpose(image)
        plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Exception as error:
        raise _broken() from error
    # Pillow would write what it knows of the file that was read.
    plain.info.clear()
    file = BytesIO()
    plain.save(file, content_type.removeprefix("image/"), quality=QUALITY)
    return Picture(file.getvalue(), content_type, plain.width, plain.height)


def _broken() -> PhotoRefused:
    """For whatever Pillow raises: of a broken file, each of its decoders raises something else."""
    return PhotoRefused(PhotoProblem.BROKEN, "The picture is damaged or incomplete.")


def _too_many_pixels() -> PhotoRefused:
    return PhotoRefused(PhotoProblem.TOO_LARGE, f"A photograph has at most {MAX_PIXELS // 1_000_000} megapixels.")
