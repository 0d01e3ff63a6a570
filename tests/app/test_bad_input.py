"""Whatever comes in, the answer is clear and the server goes on."""

import json
from typing import Any

import httpx
import pytest

from tests.app.conftest import Server

JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def goes_on(server: Server) -> Any:
    yield
    assert httpx.get(f"{server.url}/health").status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe\x00binary", 400, "invalid_json"),
        (b'"text"', 400, "invalid_json"),
        (b"[]", 400, "invalid_json"),
        (b"{}", 400, "missing_field"),
        (b'{"sender": "u1"}', 400, "missing_field"),
        (b'{"message": "hello"}', 400, "missing_field"),
        (b'{"sender": 5, "message": "hello"}', 400, "invalid_field"),
        (b'{"sender": "", "message": "hello"}', 400, "invalid_field"),
        (b'{"sender": "u1", "message": ["hello"]}', 400, "invalid_field"),
        (b'{"sender": "u1", "message": ""}', 400, "empty_message"),
        (b'{"sender": "u1", "message": "  \\n "}', 400, "empty_message"),
        (b'{"sender": "u1", "message": "\\u0000\\u0007\\u001b"}', 400, "empty_message"),
        (b'{"sender": "u1", "message": "hi", "locale": 7}', 400, "invalid_field"),
        (json.dumps({"sender": "u1", "message": "a" * 100_000}).encode(), 413, "message_too_long"),
        (json.dumps({"sender": "x" * 1000, "message": "hi"}).encode(), 400, "invalid_field"),
    ],
)
def test_an_unusable_request_is_refused_with_a_reason(server: Server, content: bytes, status: int, error: str) -> None:
    response = server.post(content=content, headers=JSON)
    assert response.status_code == status, response.text
    assert response.json()["error"] == error
    assert response.json()["message"]


def test_a_body_beyond_the_limit_is_refused(server: Server) -> None:
    response = server.post(content=b"x" * 2_000_000, headers=JSON)
    assert response.status_code == 413


@pytest.mark.parametrize(
    "message",
    [
        "👍",
        "🤷‍♀️🤷‍♀️🤷‍♀️",
        "؟",
        "أين طلبي؟ لم يصل بعد",
        "\u202eredro ym si erehw\u202c",
        "where \u0007is\u0000 my order",
        "where is 我的 заказ pedido",
        "?!?!?!",
        "1",
        "a" * 3999,
        "/",
        "/{",
        '/track_order{"order_number": ',
        '/track_order{"order_number": {"a": [1]}}',
        "/no_such_intent",
        "%s %d {order_number} {} {0}",
        "<script>alert(1)</script>",
        "'; DROP TABLE shop_orders; --",
    ],
)
def test_a_strange_message_gets_an_answer(server: Server, sender: str, message: str) -> None:
    answer = server.say(sender, message)
    assert answer
    assert all(said.get("text") for said in answer)


def test_what_does_not_exist_is_said_in_json(server: Server) -> None:
    response = httpx.get(f"{server.url}/nowhere")
    assert response.status_code == 404
    assert response.json()["error"]


def test_a_repeated_message_is_answered_the_same_and_happens_once(server: Server, sender: str) -> None:
    first = server.say(sender, "where is my order AC-104233", message_id="m1")
    again = server.say(sender, "where is my order AC-104233", message_id="m1")
    assert [said["text"] for said in again] == [said["text"] for said in first]
    # Had it been a turn of its own, the next unclear message would be judged by it.
    assert server.say(sender, "thanks", message_id="m2")[0]["text"] == "You're welcome."
