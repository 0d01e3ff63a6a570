"""The stand-in of WhatsApp refuses what the platform refuses, and tells what the platform tells."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw

from connectors.simulators.stage import Author, Bubble, Delivery
from connectors.simulators.whatsapp.webhooks import sign
from tests.serving import serve
from tests.simulators.simulating import GRAPH, SECRETS, OnWhatsApp

ANNA = "4917604069012"
PNG = b"\x89PNG\r\n\x1a\n"


def buttons(*titles: str, **more: Any) -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"/{number}", "title": t}} for number, t in enumerate(titles)]
    return interactive("button", {"buttons": replies}, **more)


def rows(*rows: dict[str, str], sections: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    return interactive("list", {"button": "Choose", "sections": sections or [{"rows": rows}]} | more)


def interactive(kind: str, action: dict[str, Any], body: str = "Please choose", **more: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": body}, "action": action, **more}}


def row(number: int = 1, title: str = "A row", **more: str) -> dict[str, str]:
    return {"id": str(number), "title": title, **more}


def template(name: str, language: str, *parameters: str) -> dict[str, Any]:
    body = {"type": "body", "parameters": [{"type": "text", "text": text} for text in parameters]}
    return {"type": "template", "template": {"name": name, "language": {"code": language}, "components": [body]}}


TAKEN = {
    "text": {"text": {"body": "x" * 4096}},
    "text without its type": {"text": {"body": "Hello", "preview_url": True}},
    "three buttons": buttons("x" * 20, "Two", "Three", body="x" * 1024, footer={"text": "x" * 60}),
    "ten rows": rows(*(row(number, "x" * 24, description="x" * 72) for number in range(10))),
    "two sections": rows(sections=[{"title": "One", "rows": [row(1)]}, {"title": "Two", "rows": [row(2)]}]),
    "a long body of a list": interactive(
        "list", {"button": "x" * 20, "sections": [{"rows": [row()]}]}, body="x" * 4096
    ),
    "a link": interactive(
        "cta_url", {"name": "cta_url", "parameters": {"display_text": "See", "url": "https://a.example"}}
    ),
    "a request for the location": interactive("location_request_message", {"name": "send_location"}),
    "location": {"type": "location", "location": {"latitude": 52.5, "longitude": "13.4", "name": "Shop"}},
    "contacts": {
        "type": "contacts",
        "contacts": [{"name": {"formatted_name": "The shop", "first_name": "Shop"}, "phones": [{"phone": "+49 30 0"}]}],
    },
    "template": template("order_update", "de", "10238", "unterwegs"),
    "opaque data": {"text": {"body": "Hello"}, "biz_opaque_callback_data": "x" * 512},
}

REFUSED = {
    "no text": ({"type": "text", "text": {}}, 131008, "text.body"),
    "an empty text": ({"text": {"body": ""}}, 131009, "text.body"),
    "a long text": ({"text": {"body": "x" * 4097}}, 131009, "4096"),
    "an unknown type": ({"type": "poll", "poll": {}}, 131051, "poll"),
    "an unknown field": ({"text": {"body": "Hello", "markdown": True}}, 100, '"markdown" on param "text"'),
    "an unknown field of the message": ({"text": {"body": "Hello"}, "idempotency_key": "1"}, 100, "idempotency_key"),
    "a field of another type": ({"type": "text", "text": {"body": 7}}, 100, "text.body"),
    "four buttons": (buttons("1", "2", "3", "4"), 131009, "Max allowed: 3"),
    "no buttons": (buttons(), 131009, "Min allowed: 1"),
    "a long title": (buttons("x" * 21), 131009, "Button title length invalid. Max length: 20"),
    "the same title twice": (buttons("Yes", "Yes"), 131009, "unique"),
    "a long body of buttons": (buttons("Yes", body="x" * 1025), 131009, "1024"),
    "a long footer": (buttons("Yes", footer={"text": "x" * 61}), 131009, "60"),
    "eleven rows": (rows(*map(row, range(11))), 131009, "Total row count exceed max allowed count: 10"),
    "a row's long title": (rows(row(title="x" * 25)), 131009, "Row title length invalid. Max length: 24"),
    "a row's long description": (rows(row(description="x" * 73)), 131009, "Max length: 72"),
    "a row twice": (rows(row(), row()), 131009, "unique"),
    "a long button of a list": (rows(row(), button="x" * 21), 131009, "interactive.action.button"),
    "sections without titles": (rows(sections=[{"rows": [row(1)]}, {"rows": [row(2)]}]), 131009, "Section title"),
    "an unknown interactive type": (interactive("carousel", {}), 131009, "carousel"),
    "a link and an id": ({"type": "image", "image": {"id": "1", "link": "http://a.example/a"}}, 131009, "Exactly one"),
    "no such media": ({"type": "image", "image": {"id": "1"}}, 131009, "no media"),
    "a long caption": ({"type": "image", "image": {"id": "1", "caption": "x" * 1025}}, 131009, "1024"),
    "a place that is not on Earth": ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009, "90"),
    "a lone reaction": ({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}, 131009, "exist"),
    "no such template": (template("nothing", "en"), 132001, "nothing"),
    "no such language": (template("order_update", "it", "1", "2"), 132001, "it"),
    "too few parameters": (template("order_update", "en", "1"), 132000, "(1)"),
    "a parameter of two lines": (template("order_update", "en", "1", "a\nb"), 100, "new-line"),
    "long opaque data": ({"text": {"body": "Hello"}, "biz_opaque_callback_data": "x" * 513}, 131009, "512"),
    "no number": ({"to": "Anna", "text": {"body": "Hello"}}, 131009, "to"),
}  # fmt: skip


@pytest.mark.parametrize("message", TAKEN.values(), ids=TAKEN)
async def test_what_is_taken(whatsapp: OnWhatsApp, message: dict[str, Any]) -> None:
    response = await whatsapp.send(f"+{ANNA}", **message)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": f"+{ANNA}", "wa_id": ANNA}]
    [told] = answer["messages"]
    assert told["id"] in whatsapp.simulator.stage.bubbles


@pytest.mark.parametrize(("message", "code", "words"), REFUSED.values(), ids=REFUSED)
async def test_what_is_refused(whatsapp: OnWhatsApp, message: dict[str, Any], code: int, words: str) -> None:
    response = await whatsapp.send(**{"to": ANNA, **message})
    assert response.status_code == (404 if code == 132001 else 400)
    error = response.json()["error"]
    assert error["code"] == code
    assert words in error["error_data"]["details"]
    assert error["type"] == "OAuthException"
    assert error["fbtrace_id"]
    assert not whatsapp.simulator.stage.bubbles


async def test_every_request_needs_the_token(whatsapp: OnWhatsApp) -> None:
    message = {"messaging_product": "whatsapp", "to": ANNA, "text": {"body": "Hello"}}
    for headers in ({}, {"Authorization": "Bearer other"}):
        response = await whatsapp.client.post(f"{GRAPH}/messages", json=message, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (401, 190)
    response = await whatsapp.post(message, "/v23.0/42/messages")
    assert (response.status_code, response.json()["error"]["error_subcode"]) == (400, 33)
    response = await whatsapp.post({**message, "messaging_product": None})
    assert response.status_code == 400
    assert not whatsapp.simulator.stage.bubbles


async def test_a_body_that_is_no_object(whatsapp: OnWhatsApp) -> None:
    headers = {"Authorization": f"Bearer {SECRETS['whatsapp_token']}"}
    for content in (b'{"messaging_product": "what', b"[]", b""):
        response = await whatsapp.client.post(f"{GRAPH}/messages", content=content, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (400, 100)


def test_the_signature_is_the_hmac_of_rfc_4231() -> None:
    # Test case 2 of the RFC.
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign("Jefe", b"what do ya want for nothing?") == f"sha256={expected}"


async def test_what_customers_write_is_told_and_signed(whatsapp: OnWhatsApp) -> None:
    bubble = await whatsapp.simulator.text(ANNA, "Grüße / 你好 👋")
    [got] = whatsapp.receiver.got
    key = SECRETS["whatsapp_app_secret"].encode()
    assert got.headers["x-hub-signature-256"] == "sha256=" + hmac.new(key, got.body, hashlib.sha256).hexdigest()
    # As the platform writes it, which only those see who sign what they were sent.
    assert rb"Gr\u00fc\u00dfe \/ " in got.body
    told = json.loads(got.body)
    assert told["object"] == "whatsapp_business_account"
    [change] = told["entry"][0]["changes"]
    value = change["value"]
    assert change["field"] == "messages"
    assert value["metadata"] == {"display_phone_number": "4915550001000", "phone_number_id": "100000000000001"}
    assert value["contacts"] == [{"profile": {"name": "Anna Lindner"}, "wa_id": ANNA}]
    [message] = value["messages"]
    assert message == {
        "from": ANNA,
        "id": bubble.id,
        "timestamp": message["timestamp"],
        "type": "text",
        "text": {"body": "Grüße / 你好 👋"},
    }
    assert bubble.state == Delivery.DELIVERED


async def test_a_choice_is_told_with_the_message_that_it_answers(whatsapp: OnWhatsApp) -> None:
    await whatsapp.simulator.text(ANNA, "Hello")
    await whatsapp.send(ANNA, **buttons("Yes", "No"))
    [asked] = whatsapp.simulator.stage.of(ANNA, Author.SHOP)
    await whatsapp.simulator.choose(asked, "/1")
    await whatsapp.send(ANNA, **rows(row(7, "Socks", description="Two pairs")))
    listed = whatsapp.simulator.stage.of(ANNA, Author.SHOP)[1]
    await whatsapp.simulator.choose(listed, "7")
    by_kind = {one["interactive"]["type"]: one for one in messages(whatsapp) if one["type"] == "interactive"}
    assert by_kind["button_reply"]["interactive"]["button_reply"] == {"id": "/1", "title": "No"}
    assert by_kind["button_reply"]["context"] == {"from": "4915550001000", "id": asked.id}
    chosen = {"id": "7", "title": "Socks", "description": "Two pairs"}
    assert by_kind["list_reply"]["interactive"]["list_reply"] == chosen
    with pytest.raises(KeyError):
        await whatsapp.simulator.choose(listed, "8")


async def test_how_far_a_message_has_come_is_told_with_what_the_server_gave_along(whatsapp: OnWhatsApp) -> None:
    await whatsapp.simulator.text(ANNA, "Hello")
    await whatsapp.send(ANNA, text={"body": "Good day"}, biz_opaque_callback_data="7")
    answered = await shop_message(whatsapp, Delivery.DELIVERED)
    await whatsapp.simulator.read(ANNA)
    told = [(one["id"], one["status"], one["biz_opaque_callback_data"]) for one in statuses(whatsapp)]
    assert told == [(answered.id, status, "7") for status in ("sent", "delivered", "read")]
    assert "pricing" in statuses(whatsapp)[0]


async def test_telephones_that_are_off(whatsapp: OnWhatsApp) -> None:
    await whatsapp.simulator.text(ANNA, "Hello")
    await whatsapp.simulator.switch("phone_off", True)
    await whatsapp.send(ANNA, text={"body": "Good day"})
    await shop_message(whatsapp, Delivery.SENT)
    await whatsapp.simulator.read(ANNA)
    await whatsapp.simulator.switch("phone_off", False)
    assert [one["status"] for one in statuses(whatsapp)] == ["sent", "delivered"]


async def test_only_templates_reach_whoever_has_not_written(whatsapp: OnWhatsApp) -> None:
    assert (await whatsapp.send(ANNA, text={"body": "Hello"})).status_code == 200
    failed = await shop_message(whatsapp, Delivery.FAILED)
    await whatsapp.simulator.stage.wait_for(lambda: statuses(whatsapp))
    [status] = statuses(whatsapp)
    assert (status["id"], status["status"], status["errors"][0]["code"]) == (failed.id, "failed", 131047)
    await whatsapp.send(ANNA, **template("order_update", "en", "10238", "on its way"))
    await shop_message(whatsapp, Delivery.DELIVERED)
    [told] = [bubble for bubble in whatsapp.simulator.stage.of(ANNA) if bubble.state == Delivery.DELIVERED]
    assert told.content["text"] == "There is news about your order 10238: on its way"


@pytest.mark.parametrize(("switch", "code"), [("window_closed", 131047), ("undeliverable", 131026)])
async def test_messages_that_fail_later(whatsapp: OnWhatsApp, switch: str, code: int) -> None:
    await whatsapp.simulator.text(ANNA, "Hello")
    await whatsapp.simulator.switch(switch, True)
    assert (await whatsapp.send(ANNA, text={"body": "Good day"})).status_code == 200
    await whatsapp.simulator.stage.wait_for(lambda: statuses(whatsapp))
    assert [one["errors"][0]["code"] for one in statuses(whatsapp)] == [code]


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [("500", 500, 131000), ("503", 503, 2), ("429", 429, 130429), ("pair", 400, 131056), ("expired", 401, 190)],
)
async def test_failures_on_demand(whatsapp: OnWhatsApp, failure: str, status: int, code: int) -> None:
    await whatsapp.simulator.switch("fail", failure)
    await whatsapp.simulator.switch("fail_times", 2)
    answers = [await whatsapp.send(ANNA, text={"body": "Hello"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].json()["error"]["code"] == code
    assert len(whatsapp.simulator.stage.of(ANNA)) == 1


async def test_an_answer_that_is_lost(whatsapp: OnWhatsApp) -> None:
    await whatsapp.simulator.text(ANNA, "Hello")
    await whatsapp.simulator.switch("fail", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        await whatsapp.send(ANNA, text={"body": "Good day"}, biz_opaque_callback_data="8")
    await shop_message(whatsapp, Delivery.DELIVERED)
    await whatsapp.simulator.stage.wait_for(lambda: len(statuses(whatsapp)) == 2)
    assert {one["biz_opaque_callback_data"] for one in statuses(whatsapp)} == {"8"}


async def test_switches_that_there_are_not(whatsapp: OnWhatsApp) -> None:
    for name, value in (("fail", "boom"), ("fail", 1), ("nothing", True), ("phone_off", "yes")):
        with pytest.raises(ValueError, match="no switch"):
            await whatsapp.simulator.switch(name, value)


async def test_read_marks_and_typing(whatsapp: OnWhatsApp) -> None:
    first, second = [await whatsapp.simulator.text(ANNA, text) for text in ("Hello", "Are you there?")]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": second.id}
    with whatsapp.simulator.stage.listen() as changes:
        response = await whatsapp.post({**read, "typing_indicator": {"type": "text"}})
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert [first.state, second.state] == [Delivery.READ, Delivery.READ]
    told = [changes.get_nowait() for _ in range(changes.qsize())]
    assert [one["seconds"] for one in told if one["type"] == "typing"] == [25.0]
    for wrong in ({"message_id": "wamid.1"}, {"typing_indicator": {"type": "voice"}}, {"also": 1}):
        assert (await whatsapp.post({**read, **wrong})).status_code == 400


async def test_reactions(whatsapp: OnWhatsApp) -> None:
    first = await whatsapp.simulator.text(ANNA, "Hello")
    for emoji in ("👍", ""):
        response = await whatsapp.send(ANNA, type="reaction", reaction={"message_id": first.id, "emoji": emoji})
        assert response.status_code == 200
        assert first.reactions == ({"shop": emoji} if emoji else {})
    await whatsapp.simulator.say(ANNA, {"type": "reaction", "reaction": {"message_id": first.id, "emoji": "❤️"}})
    assert first.reactions == {"customer": "❤️"}
    assert len(whatsapp.simulator.stage.of(ANNA)) == 1


async def test_media_go_both_ways(whatsapp: OnWhatsApp) -> None:
    headers = {"Authorization": f"Bearer {SECRETS['whatsapp_token']}"}
    files = {"file": ("label.pdf", b"%PDF-1.7", "application/pdf")}
    form = {"messaging_product": "whatsapp", "type": "application/pdf"}
    uploaded = await whatsapp.client.post(f"{GRAPH}/media", data=form, files=files, headers=headers)
    document = {"id": uploaded.json()["id"], "filename": "label.pdf", "caption": "Your label"}
    assert (await whatsapp.send(ANNA, type="document", document=document)).status_code == 200
    assert (await whatsapp.send(ANNA, type="image", image={"id": document["id"]})).status_code == 400

    photo = whatsapp.simulator.media.keep(PNG, "image/png", "jacket.png")
    await whatsapp.simulator.send_file(ANNA, "image", photo.id, "torn")
    [message] = messages(whatsapp)
    assert message["image"].keys() == {"mime_type", "sha256", "id", "caption"}
    about = (await whatsapp.client.get(f"/v23.0/{photo.id}", headers=headers)).json()
    assert about["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert (about["mime_type"], about["file_size"]) == ("image/png", len(PNG))
    assert (await whatsapp.client.get(about["url"])).status_code == 401
    assert (await whatsapp.client.get(about["url"], headers=headers)).content == PNG
    assert (await whatsapp.client.get(about["url"].replace("ext=1", "ext="), headers=headers)).status_code == 404
    assert (await whatsapp.client.delete(f"/v23.0/{photo.id}", headers=headers)).json() == {"success": True}
    assert (await whatsapp.client.get(f"/v23.0/{photo.id}", headers=headers)).status_code == 400
    assert (await whatsapp.client.get(about["url"], headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("content_type", "size", "words"), [("image/gif", 10, "one of the following"), ("image/png", 5_000_001, "5000000")]
)
async def test_uploads_that_are_refused(whatsapp: OnWhatsApp, content_type: str, size: int, words: str) -> None:
    headers = {"Authorization": f"Bearer {SECRETS['whatsapp_token']}"}
    files = {"file": ("file", b"x" * size, content_type)}
    form = {"messaging_product": "whatsapp"}
    response = await whatsapp.client.post(f"{GRAPH}/media", data=form, files=files, headers=headers)
    assert response.status_code == 400
    assert words in response.text


async def test_links_are_fetched(whatsapp: OnWhatsApp) -> None:
    routes = Blueprint("files_behind_links")

    @routes.get("/jacket.png")
    async def jacket(request: Request) -> HTTPResponse:
        return raw(PNG, content_type="image/png")

    @routes.get("/page")
    async def page(request: Request) -> HTTPResponse:
        return raw(b"<html>", content_type="text/html")

    await whatsapp.simulator.text(ANNA, "Hello")
    async with serve(routes, "files_behind_links_app") as files:
        await whatsapp.send(ANNA, type="image", image={"link": f"{files.base_url}/jacket.png"})
        shown = await shop_message(whatsapp, Delivery.DELIVERED)
        assert whatsapp.simulator.media.get(shown.content["image"]["id"]).content == PNG  # type: ignore[union-attr]
        for path in ("page", "nothing"):
            await whatsapp.send(ANNA, type="image", image={"link": f"{files.base_url}/{path}"})
        await whatsapp.simulator.stage.wait_for(lambda: len(statuses(whatsapp)) == 4)
    assert [one["errors"][0]["code"] for one in statuses(whatsapp) if "errors" in one] == [131053, 131053]


async def test_webhooks_that_are_not_taken_are_tried_again(whatsapp: OnWhatsApp) -> None:
    whatsapp.simulator._pauses = (0.0, 0.0)
    whatsapp.receiver.answer = lambda got: (200 if len(whatsapp.receiver.got) == 3 else 500, b"")
    bubble = await whatsapp.simulator.text(ANNA, "Hello")
    assert bubble.state == Delivery.DELIVERED
    assert len({got.body for got in whatsapp.receiver.got}) == 1
    whatsapp.receiver.answer = lambda got: (500, b"")
    bubble = await whatsapp.simulator.text(ANNA, "Hello?")
    assert (bubble.state, len(whatsapp.receiver.got)) == (Delivery.FAILED, 6)
    assert "500" in (bubble.reason or "")


async def test_webhooks_that_come_twice_or_with_a_wrong_signature(whatsapp: OnWhatsApp) -> None:
    await whatsapp.simulator.switch("webhooks_twice", True)
    await whatsapp.simulator.text(ANNA, "Hello")
    one, other = whatsapp.receiver.got
    assert one.body == other.body
    await whatsapp.simulator.switch("wrong_signature", True)
    await whatsapp.simulator.text(ANNA, "Hello")
    got = whatsapp.receiver.got[-1]
    assert got.headers["x-hub-signature-256"] != sign(SECRETS["whatsapp_app_secret"], got.body)


async def test_the_check_of_the_webhook(whatsapp: OnWhatsApp) -> None:
    answer = await whatsapp.simulator.check()
    assert answer.taken
    assert whatsapp.simulator.stage.server["state"] == "ok"
    # What went over the wire is shown, but not the token.
    assert SECRETS["whatsapp_verify_token"] not in str(whatsapp.simulator.stage.snapshot())


async def test_access_tokens_are_not_shown(whatsapp: OnWhatsApp) -> None:
    token = SECRETS["whatsapp_token"]
    await whatsapp.client.get(GRAPH, headers={"Authorization": f"Bearer {token}"})
    assert (await whatsapp.client.get(GRAPH, params={"access_token": token})).status_code == 200
    by_header, by_query = whatsapp.simulator.stage.exchanges
    assert by_header.headers["Authorization"] == f"Bearer {token[:6]}…"
    assert by_query.address == f"{GRAPH}?access_token={token[:6]}…"
    assert token not in str(whatsapp.simulator.stage.snapshot())


def values(whatsapp: OnWhatsApp, kind: str) -> list[dict[str, Any]]:
    told = (json.loads(got.body)["entry"][0]["changes"][0]["value"] for got in whatsapp.receiver.got)
    return [one for value in told for one in value.get(kind, ())]


def messages(whatsapp: OnWhatsApp) -> list[dict[str, Any]]:
    return values(whatsapp, "messages")


def statuses(whatsapp: OnWhatsApp) -> list[dict[str, Any]]:
    return values(whatsapp, "statuses")


async def shop_message(whatsapp: OnWhatsApp, state: Delivery) -> Bubble:
    """The shop's message that has come so far."""
    stage = whatsapp.simulator.stage
    found = await stage.wait_for(lambda: [one for one in stage.of(ANNA, Author.SHOP) if one.state == state])
    return found[0]
