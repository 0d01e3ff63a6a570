"""What reads things that strangers wrote: it understands them, or says what it is meant to say, and nothing else."""

import json
import tracemalloc
from datetime import date
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from aftercare.carrier import ScanReport
from bot.choices import ChoiceReader
from connectors.identity_tokens import IdentityTokens, InvalidToken
from connectors.requests import clean as clean_text
from connectors.requests import hinted_language
from connectors.wechat.account import Account as WeChatAccount
from connectors.wechat.incoming import key_of, sent_of
from connectors.wechat.incoming import receive as receive_wechat
from connectors.wechat.webhooks import Refused, Webhook
from connectors.wechat.xml import MAX_BYTES, BadXml, read_xml
from connectors.whatsapp.incoming import receive as receive_whatsapp
from connectors.whatsapp.webhooks import BadWebhook, read
from connectors.widget.frames import BadFrame, read_hello, read_posted, read_request
from conversations import PhotoProblem, PhotoRefused
from conversations.pictures import PDF, clean
from documents import Links
from documents.links import LinkExpired, LinkInvalid
from knowledge_base.articles import ArticleError, load_article
from knowledge_base.imports.exports import ExportError
from knowledge_base.imports.records import read_records
from mail import parse_address
from shop.port import email_key, order_digits, phone_key
from tests.security.nonsense import FEW, JSON, TEXTS, altered, damaged
from tests.wechat.house import AES_KEY, APP_ID, TOKEN
from tests.wechat.house import PAYLOADS as WECHAT
from tests.whatsapp.recorded import FOLDER as WHATSAPP
from tests.whatsapp.recorded import PHONE_NUMBER_ID, RECORDED_AT
from web.negotiation import accepted, preferred_language

LANGUAGES = ("de", "en", "es", "fr", "zh")


def as_bytes(value: Any) -> bytes:
    """JSON as somebody sends it who does not care for UTF-8."""
    return json.dumps(value).encode()


# Messengers

TOLD = [json.loads(path.read_text("utf-8")) for path in sorted(WHATSAPP.glob("*.json"))]


@FEW
@given(damaged(st.sampled_from(TOLD)).map(as_bytes) | JSON.map(as_bytes) | st.binary(max_size=60))
def test_whatsapp(body: bytes) -> None:
    try:
        notices = read(body, PHONE_NUMBER_ID, RECORDED_AT)
    except BadWebhook:
        return
    for notice in notices:
        if "message" in notice.content:
            heard = receive_whatsapp(notice.content["message"], notice.content["contact"], RECORDED_AT).heard
            assert len(heard.text) <= 5000
        # What is kept can be kept by any database.
        kept = json.dumps(notice.content, ensure_ascii=False).encode()
        assert b"\\u0000" not in kept


def test_whatsapp_nested_without_end() -> None:
    for body in (b"[" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(BadWebhook):
            read(body, PHONE_NUMBER_ID, RECORDED_AT)


@FEW
@given(st.sampled_from(sorted(WECHAT.glob("*.xml"))).flatmap(lambda path: altered(path.read_bytes())))
def test_wechat(body: bytes) -> None:
    webhook = Webhook(WeChatAccount(APP_ID, "secret", TOKEN, AES_KEY, False), lambda: 0.0)
    with pytest.raises(Refused):
        webhook.read({"timestamp": "0", "nonce": "x", "signature": "y"}, body)
    try:
        fields = read_xml(body)
    except BadXml:
        return
    key_of(fields)
    sent_of(fields)
    if str(fields.get("CreateTime")).isdecimal() and isinstance(fields.get("FromUserName"), str):
        receive_wechat({**fields, "CreateTime": str(fields["CreateTime"])[:10]})


def test_xml_that_grows_or_never_ends_is_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><y>&b;</y></xml>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><y>&a;</y></xml>'
    for body in (laughs, outside, b"<a>" * 50_000, b"<x>" + b"<y/>" * 50_000 + b"</x>", b" " * (MAX_BYTES + 1)):
        with pytest.raises(BadXml):
            read_xml(body)


# The widget and the shop's own programs

FRAMES: list[dict[str, Any]] = [
    {"type": "hello", "token": "t", "identity": "i", "after": 4, "locale": "de-AT", "wait": True},
    {"type": "message", "id": "abcdefgh", "text": "Where is it?", "photos": ["a" * 32]},
    {"type": "message", "id": "abcdefgh", "payload": "/track", "title": "Track"},
    {"type": "rate", "message": 3, "stars": 5, "comment": "Good."},
    {"type": "history", "before": 3},
    {"type": "identify", "identity": None},
    {"hello": {"token": "t"}, "frame": {"type": "read", "up_to": 3}},
]


@FEW
@given(damaged(st.sampled_from(FRAMES)).map(as_bytes) | JSON.map(as_bytes) | st.binary(max_size=60))
def test_frames_of_the_widget(body: bytes) -> None:
    for reader in (read_hello, read_request, read_posted):
        try:
            reader(body)
        except BadFrame as error:
            assert len(str(error)) < 2000


SCAN = {
    "tracking_number": "HQ1",
    "code": "delivered",
    "time": "2026-11-22T12:00:00Z",
    "place": "Leeds",
    "country": "GB",
    "time_zone": "Europe/London",
}


@FEW
@given(damaged(SCAN).map(as_bytes) | st.binary(max_size=60))
def test_scans_of_carriers(body: bytes) -> None:
    try:
        scan = ScanReport.model_validate_json(body).scan()
    except ValidationError:
        return
    assert scan.time.utcoffset() is not None


@FEW
@given(TEXTS | st.builds("{}.{}.{}".format, TEXTS, TEXTS, TEXTS))
def test_tokens_and_links_that_nobody_made(text: str) -> None:
    tokens = IdentityTokens("a secret that nobody has, and long enough")
    with pytest.raises(InvalidToken):
        tokens.read(text)
    with pytest.raises((LinkInvalid, LinkExpired)):
        Links(b"a secret that nobody has", "https://care.halden.example").read(text)


def test_tokens_without_a_signature_of_ours() -> None:
    tokens = IdentityTokens("a secret that nobody has, and long enough")
    # {"alg": "none"} and a whole set of claims; then with the algorithm of a public key.
    claims = "eyJlbWFpbCI6ImFubkBtYWlsLmV4YW1wbGUiLCJhdWQiOiJhZnRlcmNhcmUiLCJleHAiOjQxMDI0NDQ4MDB9"
    for header in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJSUzI1NiJ9", "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ"):
        with pytest.raises(InvalidToken):
            tokens.read(f"{header}.{claims}.")


# What people type


@FEW
@given(TEXTS | st.emails() | st.builds("{} <{}>".format, TEXTS, st.emails()))
def test_addresses_of_e_mail(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert "\n" not in str(address) and "\r" not in str(address)
    assert address.addr_spec.isascii()


@FEW
@given(TEXTS)
def test_keys_of_customers_and_orders(text: str) -> None:
    for key in (email_key, phone_key, order_digits):
        assert key(key(text)) in (key(text), "")


READER = ChoiceReader()
TYPED = TEXTS | st.sampled_from(["31.02.2026", "2026-13-45", "٣", "am 99.", "le 0 mai", "十一月三十一日", "1" * 400])


@settings(FEW, max_examples=20)
@given(TYPED, st.sampled_from(LANGUAGES))
def test_days_and_numbers_that_customers_type(text: str, language: str) -> None:
    for today in (date(2026, 2, 28), date(9999, 12, 31)):
        found = READER.day(text, language, today)
        assert found is None or isinstance(found, date)
    number = READER.number(text, language)
    assert number is None or 0 <= number <= 999


@FEW
@given(TEXTS)
def test_texts_are_cleaned_for_good(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert "\0" not in cleaned
    cleaned.encode()


@FEW
@given(TEXTS | st.from_regex(r"([a-z]{0,3}(-[A-Z]{0,3})?(;q=[0-9.e-]{0,5})?,? ?){0,30}"))
def test_what_browsers_accept(header: str) -> None:
    assert len(accepted(header)) <= 20
    assert preferred_language(header, LANGUAGES) in (None, *LANGUAGES)
    assert hinted_language(header, LANGUAGES) in (None, *LANGUAGES)


# Files

ARTICLE = (Path(__file__).parents[2] / "knowledge_base" / "articles" / "en" / "warranty.md").read_bytes()


@FEW
@given(data=altered(ARTICLE))
def test_articles(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "en" / "warranty.md"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    try:
        load_article(path)
    except ArticleError as error:
        assert "warranty.md" in str(error)


EXPORTS = {
    "csv": b'title,body,category\n"How, to",<p>Send it back</p>,Returns\nWarranty,"Two ""years""",Repairs\n',
    "json": b'{"articles": [{"title": "How to", "body": "<p>Send it back</p>", "category": {"name": "Returns"}}]}',
}


@FEW
@given(kind=st.sampled_from(sorted(EXPORTS)), data=st.data())
def test_exports_of_other_help_centres(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    path = tmp_path / f"export.{kind}"
    path.write_bytes(data.draw(altered(EXPORTS[kind])))
    try:
        read_records(path)
    except ExportError as error:
        assert "export." in str(error)


def picture(kind: str, size: tuple[int, int] = (64, 64)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, (200, 20, 20)).save(file, kind)
    return file.getvalue()


def with_zip(data: bytes) -> bytes:
    """A picture that is an archive as well."""
    file = BytesIO(data)
    file.seek(0, 2)
    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        archive.writestr("index.html", "<script>alert(1)</script>")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_of_a_picture_that_is_something_else_too_the_picture_is_kept(kind: str) -> None:
    script = b"<script>alert(1)</script>"
    for data in (with_zip(picture(kind)), picture(kind) + script, picture(kind) + b"%PDF-1.7\n" + script + b"%%EOF"):
        kept = clean(data)
        assert script not in kept.data and b"PK\x03\x04" not in kept.data and b"%PDF" not in kept.data
        assert kept.content_type == f"image/{kind.lower()}"


def test_what_only_claims_to_be_a_picture_is_refused() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for data in (svg, b"GIF89a" + svg, b"<!doctype html><script>", b"\x89PNG\r\n\x1a\n" + svg, b"BM" + svg, b""):
        with pytest.raises(PhotoRefused):
            clean(data)
    assert clean(b"%PDF-1.4 " + svg + b" %%EOF").content_type == PDF, "is only ever sent as a file to save"


def test_a_picture_that_unfolds_is_refused_before_it_does() -> None:
    # 30,000 by 30,000 in the head; decoded, that would be 2.7 GB.
    head = bytearray(picture("PNG", (1, 1)))
    head[16:24] = (30_000).to_bytes(4, "big") * 2
    head[29:33] = crc32(head[12:29]).to_bytes(4, "big")
    started = process_time()
    tracemalloc.start()
    with pytest.raises(PhotoRefused) as refused:
        clean(bytes(head))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code is PhotoProblem.TOO_LARGE
    assert peak < 10 * 2**20
    assert process_time() - started < 1
