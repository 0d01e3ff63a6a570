"""Documents read back, as people and scanners do."""

import unicodedata
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image

from bot.localization import Catalogues
from documents.messages import DOMAIN

LOCALES = Path(__file__).parents[2] / "documents" / "locales"
LANGUAGES = ("en", "de", "es", "fr", "zh")
CATALOGUES = Catalogues(LOCALES, DOMAIN)
DOTS_PER_INCH = 203
"""What label printers have."""


def text_of(pdf: bytes) -> str:
    """The text of all pages, its lines and runs joined by single spaces."""
    pages = (page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    # Some glyphs stand for several characters, and are read back as another one of them.
    return " ".join(unicodedata.normalize("NFKC", "\n".join(pages)).split())


def picture_of(pdf: bytes) -> Image.Image:
    """The first page, as a label printer prints it."""
    picture: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=DOTS_PER_INCH / 72).to_pil()
    return picture


def codes_in(picture: Image.Image) -> dict[str, str]:
    """The codes that a scanner finds, by their kind."""
    return {barcode.format.name: barcode.text for barcode in zxingcpp.read_barcodes(picture)}


def typefaces_are_embedded(pdf: bytes) -> bool:
    """Whether every typeface of a PDF by reportlab comes with it, but the one that it names without need."""
    return pdf.count(b"/FontDescriptor ") == pdf.count(b"/FontFile2 ") > 0 and b"UniGB" not in pdf
