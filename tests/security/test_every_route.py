"""Every route there is: what it answers to nonsense, also where it is properly signed, and with which headers."""

import hmac
import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from aftercare.carrier import SIGNATURE_HEADER
from aftercare.carrier import signature as carrier_signature
from connectors.wechat.account import SIMULATED_APP_ID
from connectors.wechat.crypto import MessageCipher
from connectors.wechat.crypto import signature as wechat_signature
from connectors.wechat.xml import write_xml
from connectors.whatsapp.signatures import HEADER as WHATSAPP_HEADER
from connectors.whatsapp.signatures import signature as whatsapp_signature
from tests.security.nonsense import FEW, JSON, TEXTS, altered, damaged
from tests.security.whole import CARRIER_SECRET, PATIENCE, Whole
from tests.whatsapp.recorded import FOLDER as WHATSAPP

HOSTILE = (
    "0",
    "-1",
    "9" * 40,
    "1e999",
    "%00",
    "%ff%fe",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f",
    "'%20OR%201=1--",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%F0%9F%A6%86",
    "%ED%A0%80",
    "{{7*7}}",
    "x" * 2000,
)
QUERIES = (
    "",
    "q=%00&page=-1&limit=99999999999999999999&cursor=%ff&before=x&after=-9&v=%00",
    "q=" + "a%20" * 900 + "&words=%25%25%5f&language=..%2f..&since=yesterday&until=9999-99-99&agent_id=1e9",
    "first=0001-01-01&last=9999-12-31&zone=..%2f..%2fetc&team[]=a&team=b&view=nothing&country=%F0%9F%A6%86",
    "echostr=%3Cb%3E&signature=x&timestamp=-1&nonce=%00&hub.mode=subscribe&hub.verify_token=%00&hub.challenge=1",
    "&&&=&=x&%=%&q",
)
BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b""),
    ("application/json", b"null"),
    ("application/json", b'"text"'),
    ("application/json", b"[" * 5000),
    ("application/json", b'{"sender": "\\ud800", "message": {"a": [1e999, NaN]}, "id": -1}'),
    ("application/json", b'{"hello": {}, "frame": {"type": "message", "id": "\\u0000", "text": "\\u0000"}}'),
    ("application/json", json.dumps({"message": "x" * 200_000, "text": "\0"}).encode()),
    ("application/x-www-form-urlencoded", b"email=%00&password=%ff&next=//evil.example&csrf=x&text=%ED%A0%80"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=photo; filename=../../x\r\n\r\n"),
    ("multipart/form-data", b"--x"),
    ("text/xml", b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>'),
    ("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 64),
    ("\xff\xfe".encode("latin-1").decode("latin-1"), b"\xff\xfe\x00"),
)
HEADERS: tuple[dict[str, bytes], ...] = (
    {},
    {"Range": b"bytes=0-0,5-1,-9999999999999999999", "If-None-Match": b'W/"x", *', "If-Modified-Since": b"soon"},
    {"Accept-Language": b"\xff\xfe, de;q=x, *;q=9999, " + b"en-" * 500, "Accept-Encoding": b"gzip;q=\xff, br"},
    {"Authorization": b"Bearer \xff\x80", "Cookie": b'aftercare_desk="\xff; =; ;;', "X-Signature": b"sha256=\xe9"},
    {"X-Hub-Signature-256": b"sha256=\xe9", "X-Chatwoot-Signature": b"\xe9", "X-Chatwoot-Timestamp": b"1e999"},
    {"Idempotency-Key": b"\xff" * 500, "X-Aftercare-Identity": b"a.b.c", "Origin": b"null", "Host": b"evil.example"},
    {"X-Forwarded-For": b"\xff, 1.2.3.4", "Forwarded": b'for="[::', "Sec-Fetch-Site": b"cross-site"},
)

PARAMETER = re.compile(r"<([^:>]+)(?::([^>]+))?>")

# What a page of another shop, a customer's browser or a neighbour must never be sent.
TELLING = re.compile(r"Traceback|File \"/|site-packages|sqlalchemy|sqlite3|asyncpg|pydantic_core", re.IGNORECASE)

OWN_END = {
    "/desk/logout",
    "/desk/account/sessions/end",
    "/desk/account/sessions/<session_id:int>/end",
    "/desk/tokens/<token_id:int>/revoke",
}
"""After these, nobody is signed in any more, or no program."""


def routes(whole: Whole) -> Iterator[tuple[str, str]]:
    """The methods and the paths of all routes, the latter with their parameters."""
    for route in whole.app.router.routes:
        if not route.extra.websocket:
            for method in sorted(route.methods or {"GET"}):
                yield method, f"/{route.path}"


def filled(path: str, value: str) -> str:
    number = value if value.lstrip("-").isdecimal() else "1"
    return PARAMETER.sub(lambda found: number if found[2] == "int" else value, path)


def check(response: httpx.Response) -> None:
    """An answer to nonsense is an answer, says nothing of the inside, and has the headers that all have."""
    what = f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:500]}"
    assert response.status_code < 500, what
    if "text/html" not in response.headers.get("content-type", "") and response.status_code >= 400:
        assert not TELLING.search(response.text), what
    headers = response.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy, what
    assert "unsafe" not in policy, what
    assert "frame-ancestors" in policy or "sandbox" in policy, what
    assert headers["x-content-type-options"] == "nosniff", what
    assert headers["referrer-policy"] in {"no-referrer", "same-origin", "strict-origin-when-cross-origin"}, what
    assert headers["cross-origin-opener-policy"] == "same-origin", what
    assert headers["cross-origin-resource-policy"] in {"same-origin", "cross-origin"}, what
    assert headers["strict-transport-security"] == "max-age=31536000", what
    assert headers["cache-control"], what
    assert "server" not in headers, what
    assert "x-powered-by" not in headers, what


@pytest.mark.parametrize("who", ["client", "desk", "program"])
def test_nonsense_gets_an_answer(whole: Whole, who: str) -> None:
    client: httpx.Client = getattr(whole, who)
    values, queries, bodies, headers = cycle(HOSTILE), cycle(QUERIES), cycle(BODIES), cycle(HEADERS)
    # Cookies and tokens of one's own are the point of these; others are sent by nobody in particular.
    own = {"authorization", "cookie", "host", "sec-fetch-site"} if who != "client" else set()
    for method, path in routes(whole):
        if path in OWN_END:
            continue
        for _ in range(3 if who == "client" else 5):
            sent = {name: value for name, value in next(headers).items() if name.lower() not in own}
            content_type, body = next(bodies)
            if method in ("POST", "PUT", "PATCH", "DELETE"):
                sent["Content-Type"] = content_type.encode("latin-1")
            else:
                body = b""
            address = httpx.URL(whole.url + filled(path, next(values)) + "?" + next(queries))
            check(client.request(method, address, headers=sent, content=body))  # type: ignore[arg-type]
    assert whole.desk.get("/desk/queue").status_code == 200
    assert whole.program.get("/desk/api/v1/me").status_code == 200


def test_reports_are_downloaded_beside_routes_that_unquote(whole: Whole) -> None:
    for path in ("/desk/reports/days.csv", "/desk/review/en.yml"):
        response = whole.desk.get(path)
        assert response.status_code == 200, path
        assert response.headers["content-disposition"].startswith("attachment"), path


def test_what_is_not_there_has_the_headers_too(whole: Whole) -> None:
    for path in ("/nothing", "/../../etc/passwd", "/desk/nothing", "/help/xx/nothing", "/%00", "/webhooks/rest/"):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            check(whole.client.request(method, whole.url + path))


def test_a_page_allows_its_own_style_and_no_other(whole: Whole) -> None:
    response = whole.client.get("/documents/nothing")
    style = response.text.partition("<style>")[2].partition("</style>")[0]
    assert b64encode(sha256(style.encode()).digest()).decode() in response.headers["content-security-policy"]


def test_pages_of_somebody_are_kept_by_nobody(whole: Whole) -> None:
    for path in ("/desk/queue", "/desk/agents", "/desk/api/v1/me", "/desk/login", "/documents/x"):
        assert "no-store" in whole.desk.get(path).headers["cache-control"], path
    assert "immutable" in whole.desk.get(_first(r"/desk/static/[^\"]+", whole)).headers["cache-control"]


def _first(pattern: str, whole: Whole) -> str:
    found = re.search(pattern, whole.desk.get("/desk/queue").text)
    assert found
    return found[0].replace("&amp;", "&")


def test_the_shop_may_load_the_widget_and_nobody_may_load_the_desk(whole: Whole) -> None:
    widget = whole.client.get("/widget.js")
    assert widget.status_code == 200
    assert widget.headers["cross-origin-resource-policy"] == "cross-origin"
    assert whole.desk.get("/desk/queue").headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in whole.desk.get("/desk/queue").headers["content-security-policy"]
    # Pages load what they need: the headers for what is no page are not theirs.
    assert "script-src 'self'" in whole.desk.get("/desk/queue").headers["content-security-policy"]
    assert "script-src 'self'" in whole.client.get("/help/en").headers["content-security-policy"]


SIGNED = settings(FEW, max_examples=25)
TOLD = [json.loads(path.read_text("utf-8")) for path in sorted(WHATSAPP.glob("*.json"))]
SCAN = {"tracking_number": "HQ1", "code": "delivered", "time": "2026-11-22T12:00:00Z", "country": "GB"}
SAID = {"sender": "ann", "message": "Hello", "message_id": "m", "locale": "de-AT", "photos": [], "identity": "a.b.c"}
POSTED = {"hello": {"locale": "de"}, "frame": {"type": "message", "id": "abcdefgh", "text": "Hello"}}
MIRRORED = {
    "event": "message_created",
    "message_type": "outgoing",
    "id": 7,
    "content": "Hello",
    "conversation": {"id": 3, "contact_inbox": {"source_id": "x"}},
    "sender": {"name": "Mei"},
    "attachments": [{"data_url": "https://files.example/1"}],
}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


@SIGNED
@given(damaged(st.sampled_from(TOLD)).map(as_bytes) | JSON.map(as_bytes))
def test_what_whatsapp_tells(whole: Whole, body: bytes) -> None:
    headers = {WHATSAPP_HEADER: whatsapp_signature(body, whole.secrets["whatsapp_app_secret"])}
    check(whole.client.post("/webhooks/whatsapp/webhook", content=body, headers=headers))


@SIGNED
@given(
    altered(
        b"<xml><ToUserName>gh_0</ToUserName><FromUserName>oAbCdEfGhIjKlMnOpQrStUvWxYz0</FromUserName><CreateTime>"
        b"1795348800</CreateTime><MsgType>location</MsgType><Location_X>1</Location_X><MsgId>1</MsgId></xml>"
    )
)
def test_what_wechat_tells(whole: Whole, body: bytes) -> None:
    token, nonce, now = whole.secrets["wechat_token"], "nonce", str(int(time.time()))
    sealed = MessageCipher(whole.secrets["wechat_aes_key"], SIMULATED_APP_ID).encrypt(body.decode("utf-8", "replace"))
    arguments = {"timestamp": now, "nonce": nonce, "msg_signature": wechat_signature(token, now, nonce, sealed)}
    check(whole.client.post("/webhooks/wechat/webhook", params=arguments, content=write_xml({"Encrypt": sealed})))


@SIGNED
@given(damaged(SCAN).map(as_bytes) | JSON.map(as_bytes))
def test_what_carriers_tell(whole: Whole, body: bytes) -> None:
    headers = {SIGNATURE_HEADER: carrier_signature(body, CARRIER_SECRET).decode()}
    check(whole.client.post("/webhooks/carrier", content=body, headers=headers))


@SIGNED
@given(damaged(MIRRORED).map(as_bytes) | JSON.map(as_bytes))
def test_what_chatwoot_tells(whole: Whole, body: bytes) -> None:
    now = str(int(time.time()))
    secret = whole.ground.settings.chatwoot_secret.get_secret_value()
    signed = hmac.digest(secret.encode(), f"{now}.".encode() + body, "sha256").hex()
    headers = {"X-Chatwoot-Signature": f"sha256={signed}", "X-Chatwoot-Timestamp": now}
    check(whole.client.post("/desk/api/chatwoot", content=body, headers=headers))


@SIGNED
@given(damaged(SAID).map(as_bytes) | JSON.map(as_bytes), damaged(POSTED).map(as_bytes))
def test_what_programs_and_widgets_say(whole: Whole, said: bytes, posted: bytes) -> None:
    check(whole.client.post("/webhooks/rest/webhook", content=said))
    headers = {"Origin": whole.ground.settings.address}
    check(whole.client.post("/webhooks/widget/send", content=posted, headers=headers))


@settings(SIGNED, max_examples=8)
@given(TEXTS, TEXTS)
def test_what_readers_look_for(whole: Whole, words: str, other: str) -> None:
    for path, name in (("/help/en/search", "q"), ("/help/zh/search/suggestions", "q"), ("/demo/orders", "as")):
        check(whole.client.get(path, params={name: _sendable(words), _sendable(other): "x"}))
    check(whole.desk.get("/desk/queue", params={"words": _sendable(words), "tag": _sendable(other), "before": "x"}))


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()[:1000]


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml", "application/pdf", "text/html"])
def test_what_customers_send_is_shown_as_nothing_else(whole: Whole, kind: str) -> None:
    script = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    sender = uuid4().hex
    for body in (b"%PDF-1.4 " + script + b" %%EOF", script, b"\x89PNG\r\n\x1a\n" + script):
        response = whole.client.post(
            "/webhooks/rest/photos", params={"sender": sender}, content=body, headers={"Content-Type": kind}
        )
        check(response)
        assert response.status_code in (201, 415, 422)
        assert response.status_code != 201 or body.startswith(b"%PDF")


ROUGH = settings(FEW, max_examples=3, database=None, suppress_health_check=list(HealthCheck))
ANSWERS = [response_schema_conformance, status_code_conformance]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_operation_of_the_api_answers_as_it_is_described(whole: Whole, mode: GenerationMode) -> None:
    described = json.loads(whole.client.get("/desk/api/v1/openapi.json").text)
    # What is told to webhooks is nothing that can be called.
    del described["webhooks"]
    operations = [result.ok() for result in schemathesis.openapi.from_dict(described).get_all_operations()]
    called = 0
    for operation in operations:

        @ROUGH
        @given(operation.as_strategy(generation_mode=mode))
        def call(case: Any) -> None:
            nonlocal called
            called += 1
            headers = {"Authorization": whole.program.headers["authorization"]}
            response = case.call(base_url=f"{whole.url}/desk/api/v1", headers=headers, timeout=PATIENCE)
            assert response.status_code < 500, (case.as_curl_command(), response.text)
            # What is no number is another path, and perhaps not there for the method.
            if response.status_code != 405:
                case.validate_response(response, checks=ANSWERS)

        call()
    assert called > len(operations) > 30


def test_nothing_of_it_was_a_surprise(whole: Whole) -> None:
    # The last one: also what is done later, of what was taken.
    assert whole.failures == []
