"""What the platform is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.localization import Catalogues
from connectors.rendering import DOMAIN, Phrases
from connectors.rendering.phrases import LOCALES
from connectors.simulators.whatsapp.messages import read_message
from connectors.whatsapp.payloads import length, payloads
from tests.whatsapp.recorded import CUSTOMER
from tests.whatsapp.rules import problem

CATALOGUES = Catalogues(LOCALES, DOMAIN)
KINDS: dict[str, dict[str, Any]] = yaml.safe_load(
    # The platform fetches what is shown, so that it needs whole addresses.
    (Path(__file__).parents[1] / "widget" / "kinds.yml")
    .read_text(encoding="utf-8")
    .replace("/icon.svg", "https://shop.example/label.pdf")
)
LANGUAGES = ("en", "de", "es", "fr", "zh")


def rendered(content: dict[str, Any], language: str = "en") -> list[dict[str, Any]]:
    """The payloads of a message, each of which is what the platform takes, but for photographs not yet uploaded."""
    found = payloads(content, Phrases(CATALOGUES, language), language)
    for payload in found:
        if payload["type"] != "photo":
            assert problem(payload) is None
            # The simulator has its own opinion of what the platform takes.
            assert read_message({"messaging_product": "whatsapp", "to": CUSTOMER, **payload})
    return found


def buttons(*titles: str) -> list[dict[str, str]]:
    return [{"title": title, "payload": f"/b{number}"} for number, title in enumerate(titles)]


def test_a_text() -> None:
    assert rendered({"text": "Order AC_1_2 is on its way."}) == [
        {"type": "text", "text": {"body": "Order AC_1_2 is on its way.", "preview_url": False}}
    ]


def test_an_address_has_a_preview() -> None:
    (payload,) = rendered({"text": "See https://shop.example/terms."})
    assert payload["text"]["preview_url"] is True


def test_markdown_is_written_as_whatsapp_does() -> None:
    (payload,) = rendered(KINDS["text"])
    assert payload["text"]["body"].startswith("Good news")


def test_a_text_that_is_too_long_is_several() -> None:
    sentence = "This is one of many sentences. "
    parts = rendered({"text": sentence * 400})
    assert len(parts) > 1
    assert all(part["text"]["body"].endswith(".") for part in parts)
    assert " ".join(part["text"]["body"] for part in parts) == (sentence * 400).strip()


def test_three_short_choices_are_buttons() -> None:
    (payload,) = rendered(KINDS["chips"])
    assert payload["interactive"] == {
        "type": "button",
        "body": {"text": "Is that right?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "/affirm", "title": "Yes"}},
                {"type": "reply", "reply": {"id": "/deny", "title": "No"}},
            ]
        },
    }


@pytest.mark.parametrize(
    "titles",
    [
        ("one", "two", "three", "four"),
        ("A title that is longer",),
        ("the same", "the same, with more to it"),
    ],
)
def test_what_does_not_fit_on_buttons_is_a_list(titles: tuple[str, ...]) -> None:
    (payload,) = rendered({"text": "Which one?", "buttons": buttons(*titles)})
    action = payload["interactive"]["action"]
    assert action["button"] == "Choose"
    assert [row["id"] for row in action["sections"][0]["rows"]] == [f"/b{number}" for number in range(len(titles))]


def test_a_title_that_is_too_long_for_a_row_stands_below_it() -> None:
    (payload,) = rendered({"text": "Why?", "buttons": buttons("Because it is not what was on the picture", "other")})
    first, second = payload["interactive"]["action"]["sections"][0]["rows"]
    assert first["description"] == "Because it is not what was on the picture"
    assert first["title"].endswith("…")
    assert second == {"id": "/b1", "title": "other"}


@pytest.mark.parametrize(
    "titles",
    [
        tuple(f"reason {number}" for number in range(11)),
        ("x" * 80, "y"),
        tuple(KIND["title"] for KIND in KINDS["list"]["buttons"]),
    ],
    ids=["too many", "too long", "the same when cut"],
)
def test_what_does_not_fit_in_a_list_has_numbers(titles: tuple[str, ...]) -> None:
    (payload,) = rendered({"text": "Why?", "buttons": buttons(*titles)})
    lines = payload["text"]["body"].split("\n")
    assert lines[0] == "Why?"
    assert [line for line in lines if line[:1].isdigit()] == [f"{n}. {title}" for n, title in enumerate(titles, 1)]
    assert lines[-1] == "Just reply with the number."


def test_details_are_below_the_titles() -> None:
    (payload,) = rendered(KINDS["choices"])
    rows = payload["interactive"]["action"]["sections"][0]["rows"]
    assert rows[0] == {"id": "/navy", "title": "navy, M", "description": "Only 2 left"}
    assert rows[-1] == {"id": "/none", "title": "None of these"}


def test_of_a_long_text_with_choices_they_stand_below_the_end() -> None:
    sentence = "This is one of many sentences. "
    *before, last = rendered({"text": sentence * 60, "buttons": buttons("Yes", "No")})
    assert [payload["type"] for payload in before] == ["text"]
    assert last["interactive"]["body"]["text"].endswith("sentences.")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_message_is_what_the_platform_takes(kind: str, language: str) -> None:
    found = rendered(KINDS[kind], language)
    assert found
    for choice in KINDS[kind].get("buttons", ()):
        assert choice["payload"] in str(found) or choice["title"] in str(found)


def test_an_image_has_the_text_below_it() -> None:
    assert rendered({"text": "This one?", "image": "https://shop.example/jumper.jpg"}) == [
        {"type": "image", "image": {"link": "https://shop.example/jumper.jpg", "caption": "This one?"}}
    ]


def test_a_text_that_is_too_long_for_a_caption_stands_alone() -> None:
    content = {"text": "word " * 250, "image": "https://shop.example/jumper.jpg"}
    assert [payload["type"] for payload in rendered(content)] == ["text", "image"]


def test_choices_stand_below_the_image() -> None:
    content = {"text": "This?", "image": "https://shop.example/jumper.jpg", "buttons": buttons("Yes")}
    assert [payload["type"] for payload in rendered(content)] == ["image", "interactive"]


@pytest.mark.parametrize("image", ["/icon.svg", "https://shop.example/icon.svg?x=1", "https://shop.example/a.webp", ""])
def test_an_image_that_the_platform_does_not_take_is_left_out(image: str) -> None:
    assert [payload["type"] for payload in rendered({"text": "Hello.", "image": image})] == ["text"]


def test_a_document_has_a_name() -> None:
    files = [{"title": "Return label: AC/1", "url": "https://shop.example/documents/1", "kind": "PDF"}]
    assert rendered({"text": "Here is your label.", "custom": {"type": "files", "files": files}}) == [
        {
            "type": "document",
            "document": {
                "link": "https://shop.example/documents/1",
                "filename": "Return label AC 1.pdf",
                "caption": "Here is your label.",
            },
        }
    ]


def test_several_documents_come_after_the_text() -> None:
    files = [{"title": title, "url": f"https://shop.example/{title}", "kind": ""} for title in ("one.pdf", "two")]
    found = rendered({"text": "Here.", "custom": {"type": "files", "files": files}})
    assert [payload["type"] for payload in found] == ["text", "document", "document"]
    assert [payload["document"]["filename"] for payload in found[1:]] == ["one.pdf", "two"]


def test_photographs_are_named_until_they_are_sent() -> None:
    found = rendered({"text": "Look.", "photos": ["a" * 32, "b" * 32]})
    assert found[1:] == [{"type": "photo", "photo": {"id": "a" * 32}}, {"type": "photo", "photo": {"id": "b" * 32}}]
    (alone,) = rendered({"text": "Look.", "photos": ["a" * 32]})
    assert alone == {"type": "photo", "photo": {"id": "a" * 32, "caption": "Look."}}


def test_a_template() -> None:
    template = {"name": "order_update", "parameters": ["AC-1", "two\nlines  and\tmore", "", 7]}
    assert rendered({"text": "Your order AC-1 …", "template": template}, "zh") == [
        {
            "type": "template",
            "template": {
                "name": "order_update",
                "language": {"code": "zh_CN"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "text": "AC-1"},
                            {"type": "text", "text": "two lines and more"},
                            {"type": "text", "text": "–"},
                            {"type": "text", "text": "7"},
                        ],
                    }
                ],
            },
        }
    ]


def test_a_template_may_name_its_language_and_have_no_parameters() -> None:
    (payload,) = rendered({"text": "Hello.", "template": {"name": "hello", "language": "en_US"}}, "de")
    assert payload["template"] == {"name": "hello", "language": {"code": "en_US"}}


def test_a_message_that_quotes_another_does_so_in_its_first_part() -> None:
    first, *others = rendered({"text": "word " * 2000, "reply_to": "wamid.x"})
    assert first["context"] == {"message_id": "wamid.x"}
    assert others and not any("context" in payload for payload in others)


def test_a_place_a_contact_and_a_reaction() -> None:
    place = {"latitude": 52.5, "longitude": 13.4, "name": "Shop", "secret": "no"}
    assert rendered({"location": place}) == [
        {"type": "location", "location": {"latitude": 52.5, "longitude": 13.4, "name": "Shop"}}
    ]
    contact = {
        "name": {"formatted_name": "The shop", "first_name": "The shop"},
        "phones": [{"phone": "+4915550001000"}],
    }
    assert rendered({"contacts": [contact]}) == [{"type": "contacts", "contacts": [contact]}]
    assert rendered({"reaction": {"message_id": "wamid.x", "emoji": "👍"}, "reply_to": "wamid.y"}) == [
        {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}}
    ]


def test_a_message_without_anything_to_say_is_nothing() -> None:
    assert rendered({"text": "", "name": "An agent"}) == []


def test_a_text_is_as_long_as_any_platform_may_find_it() -> None:
    assert length("a👍é") == 4


TITLES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cn", "Co")), min_size=1, max_size=90
).filter(str.strip)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Co")), max_size=1500),
    st.lists(TITLES, min_size=1, max_size=13),
    st.sampled_from(LANGUAGES),
)
def test_whatever_is_offered_is_what_the_platform_takes(text: str, titles: list[str], language: str) -> None:
    found = rendered({"text": text, "buttons": buttons(*titles)}, language)
    last = found[-1]
    if last["type"] == "interactive":
        assert all(f"'/b{number}'" in str(last) for number in range(len(titles)))
    else:
        said = "\n".join(payload["text"]["body"] for payload in found)
        assert all(f"{number}. " in said for number in range(1, len(titles) + 1))
