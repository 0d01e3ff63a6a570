"""Photographs on their way to the platform."""

from io import BytesIO

import pytest
from PIL import Image

from connectors.whatsapp import files
from connectors.whatsapp.files import sendable


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> bytes:
    file = BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_what_the_platform_takes_stays_as_it_is(kind: str, content_type: str) -> None:
    data = picture(kind)
    assert sendable(data, content_type) == files.Sendable(data, content_type, "image")


def test_a_document_stays_as_it_is() -> None:
    file = sendable(b"%PDF-1.7 %%EOF", "application/pdf")
    assert (file.kind, file.name) == ("document", "document.pdf")


def test_what_it_does_not_take_becomes_a_jpeg_on_white() -> None:
    file = sendable(picture("WEBP", "RGBA"), "image/webp")
    assert (file.content_type, file.kind, file.name) == ("image/jpeg", "image", "image.jpg")
    with Image.open(BytesIO(file.data)) as shown:
        assert shown.size == (60, 40)
        assert shown.getpixel((30, 20)) == (255, 255, 255)


def test_what_is_too_large_becomes_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    monkeypatch.setattr(files, "MOST_PIXELS", 30)
    with Image.open(BytesIO(sendable(picture("PNG"), "image/png").data)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (30, 20))
