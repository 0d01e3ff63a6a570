"""Labels for the way back, and the code that stands for one where there is no printer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import segno
from babel.support import NullTranslations
from reportlab.graphics.barcode.code128 import Code128Auto
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepInFrame, Paragraph

from bot.localization import country_name, plain
from bot.values import day
from documents.typesetting import TEXT, TEXT_BOLD, Typesetter
from shop import Address, address_lines

WIDTH, HEIGHT = 105 * mm, 148 * mm
"""A6, portrait."""
MARGIN = 6 * mm
INNER_WIDTH = WIDTH - 2 * MARGIN

WIDEST_BAR = 0.5 * mm
"""Of the narrowest bar: scanners read from 0.19 mm on, and wider than this only costs room."""
QUIET_BARS = 10
"""The white that a scanner needs on both sides of a barcode, in narrowest bars."""
QR_SIZE = 30 * mm
QR_PIXELS = 12
"""Of one module of a drop-off code, so that it fills the screen of a phone."""

CAPTION = ParagraphStyle("caption", fontName=TEXT, fontSize=6.5, leading=8.5)
SMALL = ParagraphStyle("small", fontName=TEXT, fontSize=8, leading=10.5)
LARGE = ParagraphStyle("large", fontName=TEXT, fontSize=12, leading=15.5)
TITLE = ParagraphStyle("title", fontName=TEXT, fontSize=15, leading=18)
RIGHT = ParagraphStyle("right", SMALL, alignment=2)


@dataclass(frozen=True, slots=True)
class ReturnLabel:
    """What stands on a label.

    Attributes:
        rma: the number of the return.
        order_number: the order that it comes from.
        carrier: who carries it, as customers know them.
        tracking_number: printable ASCII, as carriers use.
        sender: the customer.
        recipient: the warehouse.
        valid_until: the last day on which the carrier takes the parcel.
        language: the customer's, as a code.

    Raises:
        ValueError: when the tracking number cannot be a barcode.
    """

    rma: str
    order_number: str
    carrier: str
    tracking_number: str
    sender: Address
    recipient: Address
    valid_until: date
    language: str

    def __post_init__(self) -> None:
        if not (self.tracking_number and self.tracking_number.isascii() and self.tracking_number.isprintable()):
            raise ValueError(f"a tracking number must be printable ASCII, not {self.tracking_number!r}")


def drop_off_code(label: ReturnLabel) -> bytes:
    """The QR code of a label alone, to be shown on a phone: a PNG with a white border."""
    file = BytesIO()
    _qr_code(label).save(file, kind="png", scale=QR_PIXELS, border=4)
    return file.getvalue()


def label_pdf(label: ReturnLabel, texts: NullTranslations) -> bytes:
    """A label to be printed: one page of A6, black on white.

    Args:
        texts: the catalogue of the label's language, of the domain `documents`.
    """
    _ = texts.gettext
    typesetter = Typesetter()

    def text(words: str, style: ParagraphStyle = SMALL, bold: bool = False) -> Paragraph:
        return typesetter.paragraph(words, style, bold=bold)

    abroad = label.sender.country != label.recipient.country
    sender = _postal(label.sender, abroad)
    recipient = _postal(label.recipient, abroad)
    head = [text(label.carrier, TITLE, bold=True)]
    title = [text(_("Return label"), RIGHT, bold=True), text(label.rma, RIGHT)]
    sender_box = [text(_("From"), CAPTION), *(text(line) for line in sender)]
    recipient_box = [text(_("To"), CAPTION), *(text(line, LARGE, bold=True) for line in recipient)]
    facts = [
        text(_("Return number: %(number)s") % {"number": label.rma}),
        text(_("Order number: %(number)s") % {"number": label.order_number}),
        text(_("Valid until: %(day)s") % {"day": plain(day(label.valid_until), label.language)}),
        text(" ", CAPTION),
        text(
            _(
                "Cover old labels, stick this one on the parcel and hand it in to %(carrier)s. "
                "No printer? Show the code at the drop-off point; the label is printed there."
            )
            % {"carrier": label.carrier},
            CAPTION,
        ),
    ]

    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), lang=label.language)
    canvas.setTitle(f"{_('Return label')} {label.rma}")
    with typesetter.typefaces():
        right = MARGIN + 0.55 * INNER_WIDTH
        _box(canvas, head, MARGIN, HEIGHT - 6 * mm, right - MARGIN, 11 * mm)
        _box(canvas, title, right, HEIGHT - 6 * mm, WIDTH - MARGIN - right, 11 * mm)
        _rule(canvas, HEIGHT - 19 * mm)
        _box(canvas, sender_box, MARGIN, HEIGHT - 21 * mm, INNER_WIDTH, 24 * mm)
        _rule(canvas, HEIGHT - 47 * mm)
        _box(canvas, recipient_box, MARGIN, HEIGHT - 49 * mm, INNER_WIDTH, 33 * mm)
        _rule(canvas, HEIGHT - 84 * mm)
        _draw_barcode(canvas, label.tracking_number, top=HEIGHT - 86 * mm, height=17 * mm)
        _rule(canvas, HEIGHT - 109 * mm)
        _draw_qr_code(canvas, label, MARGIN, MARGIN)
        _box(canvas, facts, MARGIN + QR_SIZE + 4 * mm, HEIGHT - 111 * mm, INNER_WIDTH - QR_SIZE - 4 * mm, 31 * mm)
        canvas.save()
    return file.getvalue()


def _postal(address: Address, abroad: bool) -> tuple[str, ...]:
    """The lines of an address. Across borders the country stands last, in capitals and in English, as the posts ask."""
    lines = address_lines(address)
    return (*lines, country_name(address.country, "en").upper()) if abroad else lines


def _qr_code(label: ReturnLabel) -> segno.QRCode:
    return segno.make_qr(f"{label.tracking_number} {label.rma}", error="m")


def _box(canvas: Canvas, lines: Sequence[Paragraph], left: float, top: float, width: float, height: float) -> None:
    """Draw paragraphs below each other, smaller where they would not fit."""
    box = KeepInFrame(width, height, list(lines), mode="shrink")
    box.drawOn(canvas, left, top - box.wrapOn(canvas, width, height)[1])


def _rule(canvas: Canvas, y: float) -> None:
    canvas.setLineWidth(0.75)
    canvas.line(MARGIN, y, WIDTH - MARGIN, y)


def _draw_barcode(canvas: Canvas, number: str, top: float, height: float) -> None:
    """The number as Code 128, as wide as the label allows, and in figures below it."""
    bars = Code128Auto(number, barWidth=1, quiet=0).width
    bar = min(WIDEST_BAR, INNER_WIDTH / (bars + 2 * QUIET_BARS))
    barcode = Code128Auto(number, barWidth=bar, barHeight=height, quiet=0)
    barcode.drawOn(canvas, (WIDTH - barcode.width) / 2, top - height)
    canvas.setFont(TEXT_BOLD, 9)
    canvas.drawCentredString(WIDTH / 2, top - height - 4 * mm, number)


def _draw_qr_code(canvas: Canvas, label: ReturnLabel, left: float, bottom: float) -> None:
    rows = list(_qr_code(label).matrix)
    size = QR_SIZE / len(rows)
    path = canvas.beginPath()
    for y, row in enumerate(reversed(rows)):
        for x, dark in enumerate(row):
            if dark:
                path.rect(left + x * size, bottom + y * size, size, size)
    canvas.drawPath(path, stroke=0, fill=1)
