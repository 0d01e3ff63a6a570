"""What a message of the model consists of in a messenger."""

from pathlib import Path

import pytest
import yaml

from connectors.rendering import Choice, File, Phrases, Piece, choices_of, pieces, stars_of, to_plain
from tests.rendering.phrasing import CATALOGUES, ENGLISH

KINDS = yaml.safe_load((Path(__file__).parent.parent / "widget" / "kinds.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_of_message_keeps_its_choices_in_its_last_piece_of_text(kind: str) -> None:
    content = KINDS[kind]
    found = pieces(content, ENGLISH)
    assert found
    offered = {button["payload"] for button in content.get("buttons", ())}
    assert offered <= {choice.payload for choice in found[-1].choices}
    assert not any(piece.choices for piece in found[:-1])
    assert all(piece.text for piece in found if piece.choices)
    texts = [to_plain(piece.text) for piece in found if piece.text]
    if kind != "text":  # Its text is Markdown, as a page would have it.
        assert texts == [content["text"]]


def test_plain_text_and_buttons_are_one_piece() -> None:
    content = {"text": "Is that *right*?", "buttons": [{"title": "Yes", "payload": "/affirm"}]}
    assert pieces(content, ENGLISH) == [Piece("Is that \\*right\\*?", choices=(Choice("Yes", "/affirm"),))]


def test_the_lead_of_a_text_card_is_markdown_in_place_of_the_text() -> None:
    content = {
        "text": "See https://shop.example/a",
        "custom": {"type": "text", "lead": "See **[a](https://shop.example/a)**"},
        "buttons": [{"title": "OK", "payload": "/ok"}],
    }
    assert pieces(content, ENGLISH) == [Piece("See **[a](https://shop.example/a)**", (Choice("OK", "/ok"),))]


def test_files_come_behind_their_lead() -> None:
    card = {
        "type": "files",
        "lead": "Your label_1:",
        "files": [{"title": "Label", "url": "https://a.example/l", "kind": "PDF"}],
    }
    assert pieces({"text": "Your label: https://a.example/l", "custom": card}, ENGLISH) == [
        Piece("Your label\\_1:"),
        Piece("", files=(File("Label", "https://a.example/l", "PDF"),)),
    ]


def test_files_without_a_lead_keep_the_text() -> None:
    assert [piece.text for piece in pieces(KINDS["files"], ENGLISH)] == ["Here is your label.", ""]


def test_what_is_shown_stands_above_the_choices() -> None:
    content = {
        "text": "This one?",
        "image": "https://a.example/i.jpg",
        "photos": ["0" * 32],
        "buttons": [{"title": "Yes", "payload": "/affirm"}],
    }
    assert pieces(content, ENGLISH) == [
        Piece("", image="https://a.example/i.jpg"),
        Piece("", photos=("0" * 32,)),
        Piece("This one?", (Choice("Yes", "/affirm"),)),
    ]
    assert [bool(piece.text) for piece in pieces(content | {"buttons": []}, ENGLISH)] == [True, False, False]


def test_choices_have_the_words_of_their_card_and_come_before_other_buttons() -> None:
    card = {
        "type": "choices",
        "items": [
            {"title": "navy", "detail": "M", "note": "Only 2 left", "payload": "/navy"},
            {"title": "grey", "detail": None, "note": None, "payload": "/grey"},
        ],
    }
    buttons = [{"title": "None of these", "payload": "/none"}, {"title": "Jumper, navy", "payload": "/navy"}]
    assert choices_of({"text": "Which?", "custom": card, "buttons": buttons}, ENGLISH) == (
        Choice("navy", "/navy", "M · Only 2 left"),
        Choice("grey", "/grey"),
        Choice("None of these", "/none"),
    )


def test_choices_without_a_text_ask_for_one() -> None:
    found = pieces({"buttons": [{"title": "Ja", "payload": "/affirm"}]}, Phrases(CATALOGUES, "de"))
    assert found == [Piece("Bitte wählen Sie aus", (Choice("Ja", "/affirm"),))]


def test_stars_are_chosen_by_their_number() -> None:
    (piece,) = pieces(KINDS["rating"], ENGLISH)
    assert [stars_of(choice.payload) for choice in piece.choices] == [1, 2, 3, 4, 5]
    assert piece.choices[4] == Choice("★★★★★", "rating:5", "Very good")


@pytest.mark.parametrize("payload", ["/affirm", "rating:0", "rating:6", "rating:", "rating:x", "5", "rating:05"])
def test_other_payloads_give_no_stars(payload: str) -> None:
    assert stars_of(payload) is None


@pytest.mark.parametrize("content", [{}, {"text": ""}, {"text": None, "buttons": None, "custom": None, "photos": None}])
def test_a_message_of_nothing_has_no_pieces(content: dict[str, object]) -> None:
    assert pieces(content, ENGLISH) == []
