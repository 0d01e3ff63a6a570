from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.invoices import invoice_number, invoice_pdf, without_vat
from shop import (
    Address,
    Customer,
    DeliveryMethod,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Policies,
    Term,
    Totals,
)
from shop.policies import BUNDLED
from tests.documents.reading import CATALOGUES, LANGUAGES, text_of, typefaces_are_embedded

POLICIES = Policies.load(BUNDLED)
PLACED = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
ADDRESSES = {
    "DE": Address("Jörg Weiß", "Große Straße 5", "Berlin", "10115", "DE"),
    "PL": Address("Łucja Wiśniewska", "ul. Świętokrzyska 31/4", "Kraków", "31-147", "PL"),
    "CN": Address("王雨晴", "徐汇区安福路189号", "上海市", "200031", "CN", None, "2栋1203室"),
    "US": Address("Emily Carter", "1907 E 7th St", "Austin", "78702", "US", "TX", "Unit 12"),
}
BOOTS = {"en": "Waterproof hiking boots", "de": "Wasserdichte Wanderstiefel", "zh": "防水登山靴"}
BROWN = Term("brown", {"en": "brown", "de": "Braun", "zh": "棕色"})


def order(country: str, currency: str, price: str, tax: str, *, included: bool = True) -> Order:
    """Two pairs of boots, and their shipping for 4.90."""
    address = ADDRESSES[country]
    items, shipping, vat = (
        Money(Decimal(price) * 2, currency),
        Money(Decimal("4.90"), currency),
        Money(Decimal(tax), currency),
    )
    total = items + shipping if included else items + shipping + vat
    return Order(
        number="AC-104233",
        customer=Customer("c1", address.name, "c1@mail.example", None, country, "en", address),
        status=OrderStatus.DELIVERED,
        country=country,
        currency=currency,
        lines=(
            OrderLine(
                "SHO-704-43",
                "SHO-704",
                Term("shoes", {"en": "shoes"}),
                BOOTS,
                BROWN,
                "43",
                2,
                Money(Decimal(price), currency),
            ),
        ),
        totals=Totals(items, shipping, vat, included, total),
        shipping_address=address,
        delivery=DeliveryMethod.STANDARD,
        payment_method="PayPal",
        promised_from=date(2026, 3, 6),
        promised_until=date(2026, 3, 9),
        shipments=(),
        placed_at=PLACED,
        paid_at=PLACED,
        shipped_at=datetime(2026, 3, 5, 9, 30, tzinfo=UTC),
    )


GERMAN = order("DE", "EUR", "149.00", "48.36")


def pdf_of(order: Order, language: str, policies: Policies = POLICIES) -> bytes:
    return invoice_pdf(order, policies.for_country(order.country), language, CATALOGUES.translations(language))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Invoice", "Invoice number", "Date of supply (dispatch)", "March 5, 2026", "Unit price without VAT",
                "€125.21", "19%", "€298.00", "€302.90", "€254.54", "€48.36", "Paid on March 4, 2026 by PayPal.",
                "Waterproof hiking boots", "brown", "Germany")),
        ("de", ("Rechnung", "Lieferdatum (Versand)", "5. März 2026", "125,21 €", "19 %", "302,90 €", "48,36 €",
                "Wasserdichte Wanderstiefel", "Braun", "Bezahlt am 4. März 2026 mit PayPal.", "Deutschland")),
        ("es", ("Factura", "Base imponible", "302,90 €", "IVA incluido, 19 %", "4 de marzo de 2026", "Alemania")),
        ("fr", ("Facture", "Montant HT", "302,90 €", "TVA comprise, 19 %", "4 mars 2026", "Allemagne")),
        ("zh", ("发票", "不含税单价", "€125.21", "€302.90", "防水登山靴", "棕色", "2026年3月5日", "德国")),
    ],
)  # fmt: skip
def test_an_invoice_says_what_a_tax_office_asks_for(language: str, words: tuple[str, ...]) -> None:
    pdf = pdf_of(GERMAN, language)
    text = text_of(pdf)
    facts = ("Halden", "Wijnhaven 87", "3011 WK Rotterdam", "NL000000000B00", "INV-AC-104233", "AC-104233")
    for word in (*words, *facts, "Jörg Weiß", "Große Straße 5", "10115 Berlin", "43", "SHO-704-43"):
        assert word in text
    assert typefaces_are_embedded(pdf)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("bought", "lines"),
    [
        (order("PL", "PLN", "649.00", "243.63"), ("Łucja Wiśniewska", "ul. Świętokrzyska 31/4", "31-147 Kraków")),
        (order("CN", "CNY", "899.00", "207.41"), ("200031 上海市 徐汇区安福路189号", "王雨晴")),
        (order("US", "USD", "159.00", "26.64", included=False), ("Unit 12 Austin, TX 78702",)),
    ],
)
def test_the_buyer_stands_as_in_their_country(bought: Order, lines: tuple[str, ...], language: str) -> None:
    text = text_of(pdf_of(bought, language))
    for line in lines:
        assert line in text


def test_where_tax_is_on_top_it_is_added_and_no_rate_is_made_up() -> None:
    text = text_of(pdf_of(order("US", "USD", "159.00", "26.64", included=False), "en"))
    assert "Sales tax $26.64" in text
    assert "Total amount $349.54" in text
    assert "%" not in text
    assert "without VAT" not in text


def test_an_order_that_is_not_paid_says_so() -> None:
    unpaid = replace(GERMAN, paid_at=None, shipped_at=None)
    text = text_of(pdf_of(unpaid, "de"))
    assert "Noch nicht bezahlt. Zahlungsart: PayPal." in text
    assert "Lieferdatum" not in text


def test_a_seller_without_a_vat_number_has_an_invoice_without_one(tmp_path: Path) -> None:
    policies = tmp_path / "policies.yml"
    lines = BUNDLED.read_text(encoding="utf-8").splitlines(keepends=True)
    policies.write_text(
        "".join(line for line in lines if not line.startswith(("  address:", "  vat_number:"))), "utf-8"
    )
    text = text_of(pdf_of(GERMAN, "en", Policies.load(policies)))
    assert "VAT number" not in text and "Wijnhaven" not in text
    assert "Halden" in text


def test_many_lines_go_on_over_pages_and_none_is_lost() -> None:
    line = GERMAN.lines[0]
    many = replace(GERMAN, lines=tuple(replace(line, sku=f"SKU-{number:03}") for number in range(80)))
    pdf = pdf_of(many, "de")
    assert len(pypdfium2.PdfDocument(pdf)) > 2
    text = text_of(pdf)
    assert all(f"SKU-{number:03}" in text for number in range(80))
    assert text.count("Einzelpreis ohne MwSt.") == len(pypdfium2.PdfDocument(pdf))


def test_an_order_has_one_number() -> None:
    assert invoice_number(GERMAN) == "INV-AC-104233"


@given(
    cents=st.integers(0, 10_000_000),
    percent=st.decimals(0, 27, places=1),
    currency=st.sampled_from(["EUR", "CNY", "JPY"]),
)
def test_tax_comes_back_on_top_of_the_price_without_it(cents: int, percent: Decimal, currency: str) -> None:
    unit = Decimal("1") if currency == "JPY" else Decimal("0.01")
    price = Money(cents * unit, currency)
    net = without_vat(price, percent)
    assert net.amount % unit == 0
    assert abs(net.amount * (1 + percent / 100) - price.amount) <= unit
