"""When a conversation goes to a person."""

import sqlite3
from collections.abc import Callable

import pytest

from tests.app.conftest import Server

# No words of any language, so that no reading can be sure.
NOISE = ("zzyzx qwvb", "xqj vvkrp")


def handoffs(server: Server, sender: str) -> list[str]:
    """The reasons of the recorded handoffs of a customer."""
    with sqlite3.connect(server.home / "aftercare.db") as database:
        query = "SELECT reason FROM conversation_handoffs WHERE conversation_id = ?"
        return [reason for (reason,) in database.execute(query, (f"rest:{sender}",))]


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        ("I want to talk to a human", "colleague"),
        ("Ich möchte mit einem Mitarbeiter sprechen", "Team|Kolleg"),
        ("quiero hablar con una persona", "compañero|agente|persona"),
        ("je veux parler à un conseiller", "collègue|conseiller"),
        ("转人工", "同事|人工|客服"),
    ],
)
def test_a_wish_for_a_person_is_recorded_and_said(
    server: Server, sender: str, say: Callable[..., str], wish: str, answer: str
) -> None:
    text = say(wish)
    assert any(word in text for word in answer.split("|")), text
    assert handoffs(server, sender) == ["asked"]


def test_a_second_wish_is_not_a_second_handoff(server: Server, sender: str, say: Callable[..., str]) -> None:
    say("I want to talk to a human")
    say("where is that human agent, connect me to a person")
    assert handoffs(server, sender) == ["asked"]


def test_something_unclear_is_asked_back_with_the_likeliest_readings(server: Server, sender: str) -> None:
    (said,) = server.say(sender, NOISE[0])
    *readings, none_of_these = said["buttons"]
    assert 2 <= len(readings) <= 3
    assert none_of_these["payload"] == '/rate_answer{"helpful": "no"}'
    assert all(button["payload"].startswith("/") and button["title"] for button in said["buttons"])
    assert handoffs(server, sender) == []


def test_two_misunderstandings_in_a_row_go_to_a_person(server: Server, sender: str, say: Callable[..., str]) -> None:
    say("hello there, I have a question")
    say(NOISE[0])
    assert "colleague" in say(NOISE[1])
    assert handoffs(server, sender) == ["not_understood"]


def test_two_misunderstandings_with_an_answer_in_between_do_not(
    server: Server, sender: str, say: Callable[..., str]
) -> None:
    say(NOISE[0])
    say("how much is shipping?")
    say(NOISE[1])
    assert handoffs(server, sender) == []
