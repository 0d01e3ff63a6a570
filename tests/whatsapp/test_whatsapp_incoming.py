"""What a customer's message is to the shop."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.whatsapp.recorded import CUSTOMER, RECORDED_AT, USER_ID, message, recorded

if TYPE_CHECKING:
    from connectors.whatsapp.incoming import Received

NOW = RECORDED_AT + timedelta(hours=1)

QUOTED = message(recorded("text_quoting"))["context"]["id"]


@pytest.fixture(autouse=True)
def loaded(rasa: None) -> None:
    """What is tested needs Rasa."""


def received(webhook: Any) -> Received:
    from connectors.whatsapp.incoming import receive

    value = webhook["entry"][0]["changes"][0]["value"]
    return receive(value["messages"][0], (value.get("contacts") or [{}])[0], NOW)


def test_a_text() -> None:
    told = received(recorded("text"))
    heard = told.heard
    assert told.answered and told.media is None
    assert heard.text == "Where is my parcel?"
    assert heard.sender == CUSTOMER
    assert heard.message_id == message(recorded("text"))["id"]
    assert heard.phone == f"+{CUSTOMER}"
    assert heard.name == "First Customer"
    assert heard.locale_hint == "de-DE"
    assert heard.reachable_until == RECORDED_AT + timedelta(days=1, seconds=1)
    assert heard.quotes is None


def test_a_text_that_quotes_another() -> None:
    assert received(recorded("text_quoting")).heard.quotes == QUOTED


def test_the_window_is_not_longer_for_a_message_from_the_future() -> None:
    told = received(recorded("text", NOW + timedelta(days=3)))
    assert told.heard.reachable_until == NOW + timedelta(days=1)


def test_a_customer_without_a_number_has_no_phone() -> None:
    heard = received(recorded("user_name_only")).heard
    assert (heard.sender, heard.phone, heard.locale_hint) == (USER_ID, None, "de-DE")


@pytest.mark.parametrize(
    ("name", "payload", "title"),
    [
        ("button_reply", "/affirm", "Yes"),
        ("list_reply", '/choose{"variant": "navy-m"}', "navy, M"),
        ("template_button", "/track_order", "Track it"),
    ],
)
def test_a_choice(name: str, payload: str, title: str) -> None:
    told = received(recorded(name))
    assert told.answered
    assert (told.heard.payload, told.heard.title, told.heard.text) == (payload, title, title)
    assert told.heard.quotes == QUOTED


def test_stars_are_a_choice() -> None:
    webhook = recorded("list_reply")
    message(webhook)["interactive"]["list_reply"] = {"id": "rating:4", "title": "★★★★", "description": "Good"}
    assert received(webhook).heard.payload == "rating:4"


def test_of_a_title_that_was_cut_there_is_the_whole() -> None:
    webhook = recorded("list_reply")
    whole = "Because it is not what was on the picture"
    message(webhook)["interactive"]["list_reply"] |= {"title": "Because it is not what…", "description": whole}
    assert received(webhook).heard.title == whole


@pytest.mark.parametrize(("kind", "reply"), [("button_reply", "button_reply"), ("list_reply", "list_reply")])
def test_a_choice_that_is_not_ours_is_what_it_says(kind: str, reply: str) -> None:
    webhook = recorded(kind)
    message(webhook)["interactive"][reply]["id"] = "other-1"
    heard = received(webhook).heard
    assert heard.payload is None
    assert heard.text


def test_a_button_without_a_payload_of_ours_is_what_it_says() -> None:
    heard = received(recorded("template_button_unnamed")).heard
    assert (heard.text, heard.payload) == ("Unsubscribe", None)


@pytest.mark.parametrize(
    ("name", "media_id", "text"),
    [
        ("image", "300000000000001", "The sleeve is torn"),
        ("image_alone", "300000000000002", ""),
        ("document_pdf", "300000000000003", "My receipt"),
    ],
)
def test_a_photograph_or_a_document(name: str, media_id: str, text: str) -> None:
    told = received(recorded(name))
    assert told.answered
    assert told.media and told.media.id == media_id
    assert told.heard.text == text


def test_a_place_with_a_name_is_a_text() -> None:
    told = received(recorded("location_named"))
    assert told.answered
    assert told.heard.text == "Parcel shop, 1 Station Road, Exampletown"
    assert told.heard.attached["location"] == {
        "latitude": 52.5,
        "longitude": 13.4,
        "name": "Parcel shop",
        "address": "1 Station Road, Exampletown",
    }


def test_an_order_with_a_question_is_the_question() -> None:
    told = received(recorded("order"))
    assert told.answered
    assert told.heard.text == "Do you have it in green?"
    assert told.heard.attached["order"][0]["quantity"] == 2


@pytest.mark.parametrize(
    ("name", "phrase", "attached"),
    [
        ("location", "location_noted", {"location": {"latitude": 52.5, "longitude": 13.4}}),
        ("contacts", "contact_noted", {"contacts": [{"name": "A neighbour", "phones": ["+49 176 04069043"]}]}),
        ("reaction", None, {"reaction": "👍"}),
        ("reaction_removed", None, {"reaction": None}),
        ("number_changed", None, {"system": "user_changed_number"}),
        ("welcome", "welcome", {"event": "request_welcome"}),
        ("order_alone", "unsupported", None),
        ("document_spreadsheet", "unsupported", {"unsupported": "document"}),
        ("audio", "unsupported", {"unsupported": "audio"}),
        ("video", "unsupported", {"unsupported": "video"}),
        ("sticker", "unsupported", {"unsupported": "sticker"}),
        ("flow_reply", "unsupported", {"unsupported": "interactive"}),
        ("unsupported", "unsupported", {"unsupported": "unsupported"}),
        ("unknown_type", "unsupported", {"unsupported": "hologram"}),
    ],
)
def test_what_the_assistant_is_not_asked(name: str, phrase: str | None, attached: dict[str, Any] | None) -> None:
    told = received(recorded(name))
    assert not told.answered
    assert told.phrase == phrase
    assert told.media is None
    if attached is not None:
        assert told.heard.attached == attached


def test_a_reaction_names_its_message() -> None:
    assert received(recorded("reaction")).heard.quotes == QUOTED


def test_a_changed_number_opens_no_window() -> None:
    assert received(recorded("number_changed")).heard.reachable_until is None
    assert received(recorded("reaction")).heard.reachable_until is not None


@pytest.mark.parametrize("own", [None, "text", [], {}, {"body": None}, {"body": 7}, {"body": "   "}])
def test_a_text_without_one_is_declined(own: Any) -> None:
    webhook = recorded("text")
    message(webhook)["text"] = own
    assert received(webhook).phrase == "unsupported"


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("image", {"id": "../1", "mime_type": None}),
        ("image", {"id": 17, "mime_type": "image/png"}),
        ("image", {"id": "1 2", "mime_type": "image/png"}),
        ("location", {"latitude": "52", "longitude": None}),
        ("contacts", [None, 3, {"name": 1, "phones": {}}]),
        ("contacts", "nobody"),
        ("interactive", {"button_reply": []}),
        ("button", []),
        ("reaction", {"emoji": 5, "message_id": {}}),
        ("order", {"product_items": [None, {"quantity": []}]}),
        ("system", "changed"),
    ],
)
def test_members_of_the_wrong_shape_do_no_harm(name: str, own: Any) -> None:
    webhook = recorded("text")
    message(webhook).update({"type": name, name: own, "context": "none"})
    told = received(webhook)
    assert not told.answered
    assert told.media is None


def test_a_text_of_any_length_is_cut_to_what_the_platform_takes() -> None:
    webhook = recorded("text")
    message(webhook)["text"]["body"] = "x" * 100_000
    assert len(received(webhook).heard.text) == 4096
