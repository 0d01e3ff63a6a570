"""Invoices."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

from babel.numbers import format_percent, get_currency_precision
from babel.support import NullTranslations
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from bot.localization import country_name, locale_of, plain
from bot.values import day, money
from documents.typesetting import TEXT, Typesetter
from shop import Money, Order, OrderLine, Section, address_lines

MARGIN = 20 * mm
INNER_WIDTH = A4[0] - 2 * MARGIN
FRAME_PADDING = 6
"""What reportlab adds to the margins of a page, in points."""
FOOT = 12 * mm
"""Of the foot of each page, from the edge of the paper."""
GREY = HexColor("#595959")
RULE = HexColor("#b0b0b0")

BODY = ParagraphStyle("body", fontName=TEXT, fontSize=8.5, leading=12)
SMALL = ParagraphStyle("small", BODY, fontSize=7, leading=9.5, textColor=GREY)
CAPTION = ParagraphStyle("caption", SMALL, spaceAfter=2)
NAME = ParagraphStyle("name", BODY, fontSize=15, leading=19)
TITLE = ParagraphStyle("title", BODY, fontSize=20, leading=25)
AMOUNT = ParagraphStyle("amount", BODY, alignment=2)
AMOUNT_HEADING = ParagraphStyle("amount heading", SMALL, alignment=2)
GRAND = ParagraphStyle("grand", AMOUNT, fontSize=10.5, leading=14)

Row = list[Paragraph]


def invoice_number(order: Order) -> str:
    """The number of an order's invoice. An order has one, so that the order's own number tells them apart."""
    return f"INV-{order.number}"


def invoice_pdf(order: Order, policies: Section, language: str, texts: NullTranslations) -> bytes:
    """The invoice of an order, on pages of A4.

    It has what article 226 of the EU's VAT directive asks for, as far as the shop knows it: the seller with name,
    address and VAT number, the buyer, the number and dates of invoice and supply, for each line the quantity, the price
    without VAT, the rate and the price with it, and in sum what is taxed and the tax. These it cannot have:

    - the seller's address or VAT number, where the policies have no `shop.address` or `shop.vat_number`;
    - a number of the bookkeeping's own series: it is made from the order's (`invoice_number`);
    - the buyer's VAT number, and with it a reverse charge; a billing address other than the one of delivery;
    - several rates in one order, and a rate that has changed since: it is the policies' of today.

    Args:
        policies: what holds in the order's country.
        language: the code of the language to write it in.
        texts: the catalogue of the language, of the domain `documents`.
    """
    return _Invoice(order, policies, language, texts).pdf()


class _Invoice:
    def __init__(self, order: Order, policies: Section, language: str, texts: NullTranslations) -> None:
        self._order = order
        self._shop: Section = policies.shop
        self._language = language
        self._texts = texts
        self._typesetter = Typesetter()
        # In the United States, say, the rate depends on the town: there is none to state, only the amount.
        self._vat = Decimal(str(policies.payment.vat_percent)) if order.totals.tax_included else Decimal(0)

    def pdf(self) -> bytes:
        title = f"{self._texts.gettext('Invoice')} {invoice_number(self._order)}"
        story: list[Flowable] = [
            *self._head(),
            self._parties(),
            Spacer(0, 8 * mm),
            self._lines(),
            Spacer(0, 3 * mm),
            KeepTogether([self._totals(), Spacer(0, 8 * mm), *self._payment()]),
        ]
        footer = self._text(f"{self._shop.name} · {title}", SMALL)
        file = BytesIO()

        def draw_footer(canvas: Canvas, document: BaseDocTemplate) -> None:
            footer.wrapOn(canvas, 0.8 * INNER_WIDTH, MARGIN)
            footer.drawOn(canvas, MARGIN, FOOT)
            canvas.setFont(TEXT, SMALL.fontSize)
            canvas.setFillColor(GREY)
            canvas.drawRightString(A4[0] - MARGIN, FOOT + SMALL.leading - SMALL.fontSize, str(document.page))

        document = SimpleDocTemplate(
            file,
            pagesize=A4,
            leftMargin=MARGIN - FRAME_PADDING,
            rightMargin=MARGIN - FRAME_PADDING,
            topMargin=MARGIN,
            bottomMargin=25 * mm,
            title=title,
            author=self._shop.name,
            lang=self._language,
        )
        with self._typesetter.typefaces():
            document.build(story, onFirstPage=draw_footer, onLaterPages=draw_footer)
        return file.getvalue()

    def _seller(self) -> list[str]:
        """The seller, a line each."""
        vat_number = self._shop.get("vat_number")
        facts = [self._shop.name, *self._shop.get("address", ())]
        if vat_number:
            facts.append(self._texts.gettext("VAT number: %(number)s") % {"number": vat_number})
        return [*facts, self._shop.email, self._shop.phone]

    def _head(self) -> list[Flowable]:
        name, *facts = self._seller()
        return [
            self._text(name, NAME, bold=True),
            self._text("\n".join(facts), SMALL),
            Spacer(0, 12 * mm),
            self._text(self._texts.gettext("Invoice"), TITLE, bold=True),
            Spacer(0, 4 * mm),
        ]

    def _parties(self) -> Table:
        """The buyer on the left, numbers and dates on the right."""
        _ = self._texts.gettext
        order = self._order
        address = order.shipping_address
        buyer = [*address_lines(address), country_name(address.country, self._language)]
        facts = [(_("Invoice number"), invoice_number(order)), (_("Order number"), order.number)]
        facts.append((_("Invoice date"), self._day((order.paid_at or order.placed_at).date())))
        facts.append((_("Order date"), self._day(order.placed_at.date())))
        if order.shipped_at:
            facts.append((_("Date of supply (dispatch)"), self._day(order.shipped_at.date())))
        left = [self._text(_("Bill and deliver to"), CAPTION), *(self._text(line) for line in buyer)]
        right = Table(
            [[self._text(name, SMALL), self._text(value)] for name, value in facts],
            colWidths=[0.2 * INNER_WIDTH, 0.3 * INNER_WIDTH],
            style=_style(padding=1),
        )
        return Table([[left, right]], colWidths=[0.5 * INNER_WIDTH, 0.5 * INNER_WIDTH], style=_style())

    def _lines(self) -> Table:
        _ = self._texts.gettext
        if self._vat:
            amounts = [_("Unit price without VAT"), _("VAT"), _("Unit price"), _("Total")]
            widths = [0.36, 0.1, 0.16, 0.1, 0.14, 0.14]
        else:
            amounts = [_("Unit price"), _("Total")]
            widths = [0.54, 0.1, 0.18, 0.18]
        style = _style(padding=4)
        style.add("LINEBELOW", (0, 0), (-1, 0), 0.75, RULE)
        style.add("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE)
        head = [self._text(_("Item"), SMALL)]
        head += [self._text(name, AMOUNT_HEADING) for name in (_("Quantity"), *amounts)]
        return Table(
            [head, *(self._line(line) for line in self._order.lines)],
            colWidths=[width * INNER_WIDTH for width in widths],
            repeatRows=1,
            style=style,
        )

    def _line(self, line: OrderLine) -> Row:
        colour = line.colour.name(self._language) if line.colour else ""
        details = " · ".join(detail for detail in (colour, line.size, line.sku) if detail)
        item = self._text(f"{line.name(self._language)}\n{details}")
        amounts = [self._money(line.unit_price), self._money(line.total)]
        if self._vat:
            amounts = [self._money(without_vat(line.unit_price, self._vat)), self._percent(), *amounts]
        quantity = plain(line.quantity, self._language)
        return [item, *(self._text(cell, AMOUNT) for cell in (quantity, *amounts))]

    def _totals(self) -> Table:
        _ = self._texts.gettext
        totals = self._order.totals
        rows = [(_("Items"), totals.items), (_("Shipping"), totals.shipping)]
        if not totals.tax_included:
            rows.append((_("Sales tax"), totals.tax))
        cells = [[self._text(name, AMOUNT), self._text(self._money(amount), AMOUNT)] for name, amount in rows]
        cells.append(
            [
                self._text(_("Total amount"), GRAND, bold=True),
                self._text(self._money(totals.total), GRAND, bold=True),
            ]
        )
        grand = len(cells) - 1
        if self._vat:
            included = [
                (_("Amount without VAT"), totals.total - totals.tax),
                (_("VAT included, %(percent)s") % {"percent": self._percent()}, totals.tax),
            ]
            cells += [[self._text(name, AMOUNT), self._text(self._money(amount), AMOUNT)] for name, amount in included]
        style = _style(padding=2)
        style.add("LINEABOVE", (0, grand), (-1, grand), 0.75, RULE)
        return Table(
            cells,
            colWidths=[0.35 * INNER_WIDTH, 0.2 * INNER_WIDTH],
            hAlign="RIGHT",
            style=style,
        )

    def _payment(self) -> list[Flowable]:
        _ = self._texts.gettext
        order = self._order
        method = {"method": order.payment_method}
        if order.paid_at:
            said = _("Paid on %(day)s by %(method)s.") % {**method, "day": self._day(order.paid_at.date())}
        else:
            said = _("Not paid yet. Payment method: %(method)s.") % method
        return [self._text(said), self._text(_("Thank you for your order."))]

    def _text(self, text: str, style: ParagraphStyle = BODY, bold: bool = False) -> Paragraph:
        return self._typesetter.paragraph(text, style, bold=bold)

    def _money(self, amount: Money) -> str:
        return plain(money(amount), self._language)

    def _day(self, value: date) -> str:
        return plain(day(value), self._language)

    def _percent(self) -> str:
        return str(format_percent(self._vat / 100, locale=locale_of(self._language), decimal_quantization=False))


def without_vat(price: Money, percent: Decimal) -> Money:
    """A price without the VAT that is in it, rounded to the currency's smallest unit."""
    unit = Decimal(1).scaleb(-get_currency_precision(price.currency))
    return Money((price.amount / (1 + percent / 100)).quantize(unit, ROUND_HALF_UP), price.currency)


def _style(padding: float = 0) -> TableStyle:
    """Columns without room around the table, and `padding` between its cells, in points."""
    return TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("LEFTPADDING", (1, 0), (-1, -1), 2 * padding),
            ("TOPPADDING", (0, 0), (-1, -1), padding),
            ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
        ]
    )
