from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from documents.labels import ReturnLabel, drop_off_code, label_pdf
from shop import Address
from tests.documents.reading import CATALOGUES, LANGUAGES, codes_in, picture_of, text_of, typefaces_are_embedded

ROTTERDAM = Address("Halden Returns", "Waalhaven Zuidzijde 19", "Rotterdam", "3089 JH", "NL")
SHENZHEN = Address("Halden 退货部", "科技园南路18号", "深圳市", "518057", "CN", "广东省", "B座3楼")
KRAKOW = Address("Łucja Wiśniewska", "ul. Świętokrzyska 31/4", "Kraków", "31-147", "PL")
BERLIN = Address("Jörg Weiß", "Große Straße 5", "Berlin", "10115", "DE")
AUSTIN = Address("Emily Carter", "1907 E 7th St", "Austin", "78702", "US", "TX", "Unit 12")
SHANGHAI = Address("王雨晴", "徐汇区安福路189号", "上海市", "200031", "CN", None, "2栋1203室")

LABEL = ReturnLabel(
    rma="RMA-2026-004211",
    order_number="AC-104233",
    carrier="DHL",
    tracking_number="1Z999AA10123456784",
    sender=BERLIN,
    recipient=ROTTERDAM,
    valid_until=date(2026, 12, 6),
    language="de",
)


def pdf_of(label: ReturnLabel) -> bytes:
    return label_pdf(label, CATALOGUES.translations(label.language))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Return label", "From", "To", "Return number: RMA-2026-004211", "Valid until: December 6, 2026")),
        ("de", ("Rücksendeetikett", "Absender", "Empfänger", "Gültig bis: 6. Dezember 2026", "Überkleben Sie")),
        ("es", ("Etiqueta de devolución", "Remitente", "Válida hasta: 6 de diciembre de 2026", "¿No tiene impresora?")),
        ("fr", ("Étiquette de retour", "Expéditeur", "Valable jusqu'au : 6 décembre 2026", "Pas d'imprimante ?")),
        ("zh", ("退货标签", "寄件人", "收件人", "有效期至:2026年12月6日", "请盖住旧标签")),
    ],
)
def test_a_label_is_in_the_customers_language(language: str, words: tuple[str, ...]) -> None:
    text = text_of(pdf_of(replace(LABEL, language=language)))
    for word in (*words, "DHL", "AC-104233"):
        assert word in text


@pytest.mark.parametrize(
    ("sender", "recipient", "lines"),
    [
        (KRAKOW, ROTTERDAM, ("Łucja Wiśniewska ul. Świętokrzyska 31/4 31-147 Kraków POLAND", "Rotterdam NETHERLANDS")),
        (BERLIN, ROTTERDAM, ("Jörg Weiß Große Straße 5 10115 Berlin GERMANY",)),
        (AUSTIN, ROTTERDAM, ("Emily Carter 1907 E 7th St Unit 12 Austin, TX 78702 UNITED STATES",)),
        (
            SHANGHAI,
            SHENZHEN,
            ("200031 上海市 徐汇区安福路189号 2栋1203室 王雨晴", "518057 广东省深圳市 科技园南路18号 B座3楼"),
        ),
        (SHANGHAI, ROTTERDAM, ("王雨晴 CHINA", "3089 JH Rotterdam NETHERLANDS")),
    ],
)
def test_addresses_are_in_the_form_of_their_country(sender: Address, recipient: Address, lines: tuple[str]) -> None:
    # Whatever the customer's language, since carriers read addresses too.
    for language in ("de", "zh"):
        pdf = pdf_of(replace(LABEL, sender=sender, recipient=recipient, language=language))
        text = text_of(pdf)
        for line in lines:
            assert line in text
        assert typefaces_are_embedded(pdf)


def test_at_home_the_country_is_not_named() -> None:
    text = text_of(pdf_of(replace(LABEL, recipient=replace(ROTTERDAM, country="DE"))))
    assert "GERMANY" not in text


@pytest.mark.parametrize(
    "number", ["1Z999AA10123456784", "00340434161094027318", "HQ206247507GB", "6000013160943140311752", "SF-1", "a b/c"]
)
def test_a_scanner_reads_the_codes_on_paper(number: str) -> None:
    codes = codes_in(picture_of(pdf_of(replace(LABEL, tracking_number=number))))
    assert codes == {"Code128": number, "QRCode": f"{number} RMA-2026-004211"}


def test_a_scanner_reads_the_code_on_a_phone() -> None:
    with Image.open(BytesIO(drop_off_code(LABEL))) as picture:
        assert picture.format == "PNG"
        assert 300 <= picture.width == picture.height
        assert codes_in(picture) == {"QRCode": "1Z999AA10123456784 RMA-2026-004211"}


def test_a_label_is_one_page_of_a6_in_black_on_white() -> None:
    pdf = pypdfium2.PdfDocument(pdf_of(LABEL))
    assert len(pdf) == 1
    assert [round(side / 72 * 25.4) for side in pdf[0].get_size()] == [105, 148]
    red, green, blue = picture_of(pdf_of(LABEL)).convert("RGB").split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()


@given(tracking_number=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=22))
@settings(max_examples=25, deadline=None)
def test_any_tracking_number_can_be_scanned(tracking_number: str) -> None:
    codes = codes_in(picture_of(pdf_of(replace(LABEL, tracking_number=tracking_number))))
    assert codes["Code128"] == tracking_number


@pytest.mark.parametrize("number", ["", "顺丰1416", "1Z\n999", "Zürich1"])
def test_a_number_that_is_no_barcode_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="tracking number"):
        replace(LABEL, tracking_number=number)


def test_what_is_long_is_made_to_fit() -> None:
    long = Address("Wohnungsbaugenossenschaft " * 4, "Straße " * 30, "Stadt " * 20, "1" * 20, "DE", extra="Etage " * 30)
    label = replace(LABEL, sender=long, recipient=long, carrier="Beförderungsgesellschaft für Pakete mbH " * 2)
    pdf = pdf_of(label)
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    assert text_of(pdf).count("Etage") == 60
    assert codes_in(picture_of(pdf))["Code128"] == label.tracking_number


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_a_name_is_text(language: str) -> None:
    pdf = pdf_of(replace(LABEL, sender=replace(BERLIN, name="<b>A&B</b> <img src='file:///x'>"), language=language))
    assert "<b>A&B</b> <img src='file:///x'>" in text_of(pdf)
