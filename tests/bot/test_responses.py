from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import values
from bot.localization import Catalogues, catalogue_file

RESPONSES: dict[str, list[dict[str, Any]]] = {
    "utter_greet": [
        {"text": "Welcome to {shop}.", "buttons": [{"title": "My orders", "payload": "/list_orders"}]},
    ],
    "utter_order": [{"text": "Order {order_number} is {status}."}],
    "utter_status_paid": [{"text": "paid"}],
    "utter_expected": [{"text": "Expected on {day}"}],
    "utter_orders": [{"text": "One order:\n{orders}", "metadata": {"plural": "{count} orders:\n{orders}"}}],
    "utter_answer": [{"text": "{answer}"}],
    "utter_by_channel": [{"text": "On the website.", "channel": "website"}],
    "utter_picture": [{"text": "Look.", "image": "https://shop.example/lamp.png"}],
    "utter_custom": [{"custom": {"directive": "handoff"}}],
}

GERMAN = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgctxt "utter_greet"
msgid "Welcome to {shop}."
msgstr "Willkommen bei {shop}."

msgctxt "button"
msgid "My orders"
msgstr "Meine Bestellungen"

msgctxt "utter_order"
msgid "Order {order_number} is {status}."
msgstr "Bestellung {order_number} ist {status}."

msgctxt "utter_status_paid"
msgid "paid"
msgstr "bezahlt"

msgctxt "utter_expected"
msgid "Expected on {day}"
msgstr "Erwartet am {day}"

msgctxt "utter_orders"
msgid "One order:\\n{orders}"
msgid_plural "{count} orders:\\n{orders}"
msgstr[0] "Eine Bestellung:\\n{orders}"
msgstr[1] "{count} Bestellungen:\\n{orders}"
"""

Say = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def generate(rasa: None, tmp_path: Path) -> Callable[..., Awaitable[dict[str, Any] | None]]:
    """Says a response, in a conversation with these slots."""
    from rasa.shared.core.slots import AnySlot
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.responses import GettextResponses

    path = catalogue_file(tmp_path, "de")
    path.parent.mkdir(parents=True)
    path.write_text(GERMAN, encoding="utf-8")
    generator = GettextResponses(RESPONSES, Catalogues(tmp_path), {"shop": "Halden"}, default_language="en")

    async def generate(name: str, slots: dict[str, Any], **given: Any) -> dict[str, Any] | None:
        known = [AnySlot(slot, mappings=[], initial_value=value) for slot, value in slots.items()]
        return await generator.generate(name, DialogueStateTracker("c", known), "rest", **given)

    return generate


@pytest.fixture
def say(generate: Callable[..., Awaitable[dict[str, Any] | None]]) -> Say:
    """Says a response that there is, in a German conversation."""

    async def say(name: str, **given: Any) -> dict[str, Any]:
        response = await generate(name, {"language": "de"}, **given)
        assert response is not None
        return response

    return say


async def test_a_response_is_said_in_the_language_of_the_conversation(say: Say) -> None:
    assert (await say("utter_greet"))["text"] == "Willkommen bei Halden."


@pytest.mark.parametrize("slots", [{}, {"language": None}, {"language": "en"}, {"language": "zh"}])
async def test_without_a_language_or_its_catalogue_the_text_of_the_domain_is_said(
    generate: Say, slots: dict[str, Any]
) -> None:
    response = await generate("utter_greet", slots)
    assert response["text"] == "Welcome to Halden."
    assert response["buttons"] == [{"title": "My orders", "payload": "/list_orders"}]


async def test_buttons_are_translated_and_their_payloads_are_not(say: Say) -> None:
    assert (await say("utter_greet"))["buttons"] == [{"title": "Meine Bestellungen", "payload": "/list_orders"}]


async def test_choices_of_the_action_follow_the_buttons_of_the_domain(say: Say) -> None:
    response = await say(
        "utter_greet",
        choices=[
            {"title": values.language("fr"), "payload": "/inform"},
            {"title": values.sentence("utter_status_paid"), "payload": "/affirm"},
            {"title": "AC-104233", "payload": "/deny"},
        ],
    )
    assert response["buttons"] == [
        {"title": "Meine Bestellungen", "payload": "/list_orders"},
        {"title": "Französisch", "payload": "/inform"},
        {"title": "bezahlt", "payload": "/affirm"},
        {"title": "AC-104233", "payload": "/deny"},
    ]


async def test_a_card_is_written_in_the_language_at_any_depth(say: Say) -> None:
    card = {
        "type": "files",
        "lead": values.sentence("utter_orders", count=2, orders=""),
        "files": [{"title": values.capitalized(values.sentence("utter_status_paid")), "kind": "PDF", "pages": 2}],
        "days": (values.weekday(date(2026, 11, 24)), None, True),
    }
    response = await say("utter_status_paid", card=card)
    assert response == {
        "text": "bezahlt",
        "custom": {
            "type": "files",
            "lead": "2 Bestellungen:",
            "files": [{"title": "Bezahlt", "kind": "PDF", "pages": 2}],
            "days": ["Di., 24. November", None, True],
        },
    }


async def test_a_response_without_a_card_has_no_custom_part(say: Say) -> None:
    assert "custom" not in await say("utter_status_paid", card=None)


@pytest.mark.parametrize(
    ("zone", "time"), [("Europe/Berlin", "08:12"), ("America/New_York", "02:12"), ("Asia/Shanghai", "15:12")]
)
async def test_a_time_of_day_is_that_of_its_place(say: Say, zone: str, time: str) -> None:
    moment = datetime(2026, 11, 22, 7, 12, tzinfo=UTC)
    assert (await say("utter_answer", answer=values.clock(moment, zone)))["text"] == time


@pytest.mark.parametrize("choices", [None, []])
async def test_a_response_without_buttons_has_none(say: Say, choices: list[Any] | None) -> None:
    assert "buttons" not in await say("utter_status_paid", choices=choices)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 Bestellungen:\n-"),
        (1, "Eine Bestellung:\n-"),
        (2, "2 Bestellungen:\n-"),
        (1200, "1.200 Bestellungen:\n-"),
    ],
)
async def test_a_plural_is_chosen_by_the_count(say: Say, count: int, text: str) -> None:
    assert (await say("utter_orders", count=count, orders="-"))["text"] == text


async def test_a_value_may_be_the_text_of_another_response(say: Say) -> None:
    response = await say("utter_order", order_number="AC-104233", status=values.sentence("utter_status_paid"))
    assert response["text"] == "Bestellung AC-104233 ist bezahlt."


async def test_lines_stand_below_each_other_and_empty_ones_are_left_out(say: Say) -> None:
    expected = values.sentence("utter_expected", day=values.day(date(2026, 3, 9)))
    lines = values.lines(values.sentence("utter_status_paid"), None, "", expected)
    assert (await say("utter_answer", answer=lines))["text"] == "bezahlt\nErwartet am 9. März 2026"


async def test_things_are_joined_as_the_language_joins_them(say: Say) -> None:
    things = values.listing([values.country("CH"), values.sentence("utter_status_paid"), "AC-104233"])
    assert (await say("utter_answer", answer=things))["text"] == "Schweiz, bezahlt und AC-104233"


async def test_lines_hold_plurals_that_hold_lines(say: Say) -> None:
    orders = values.lines("AC-1", values.listing(["AC-2", "AC-3"]))
    answer = values.lines(values.sentence("utter_orders", count=3, orders=orders), "-")
    assert (await say("utter_answer", answer=answer))["text"] == "3 Bestellungen:\nAC-1\nAC-2 und AC-3\n-"


async def test_a_response_can_be_said_in_another_language_than_the_conversation_s(say: Say) -> None:
    response = await say("utter_order", say_in="en", order_number="AC-1", status=values.sentence("utter_status_paid"))
    assert response["text"] == "Order AC-1 is paid."


async def test_values_come_from_slots_and_the_action_s_own_win(generate: Say) -> None:
    slots = {"language": "de", "order_number": "AC-1", "status": "da"}
    assert (await generate("utter_order", slots))["text"] == "Bestellung AC-1 ist da."
    assert (await generate("utter_order", slots, status="weg"))["text"] == "Bestellung AC-1 ist weg."


async def test_a_value_of_the_action_wins_over_a_variable_of_all_responses(say: Say) -> None:
    assert (await say("utter_greet", shop="Nordlicht"))["text"] == "Willkommen bei Nordlicht."


async def test_braces_in_a_value_are_plain_text(say: Say) -> None:
    assert (await say("utter_answer", answer="{shop} {0} }"))["text"] == "{shop} {0} }"


@pytest.mark.parametrize("name", ["utter_unknown", "", "action_listen"])
async def test_an_unknown_response_is_none(generate: Say, name: str) -> None:
    assert await generate(name, {"language": "de"}) is None


async def test_a_response_of_another_channel_is_none(generate: Say) -> None:
    assert await generate("utter_by_channel", {"language": "de"}) is None


async def test_what_else_a_response_holds_is_passed_on(say: Say) -> None:
    assert await say("utter_picture") == {"text": "Look.", "image": "https://shop.example/lamp.png"}
    assert (await say("utter_custom"))["custom"] == {"directive": "handoff"}


async def test_metadata_is_not_passed_on(say: Say) -> None:
    assert "metadata" not in await say("utter_orders", count=1, orders="")
