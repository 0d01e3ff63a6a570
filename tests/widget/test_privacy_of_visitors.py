"""Nothing of one visitor can be reached by another, however they try."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import jwt
import pytest
from itsdangerous import URLSafeSerializer
from PIL import Image
from websockets.exceptions import ConnectionClosed

from storage import Database
from tests.bots import answer
from tests.widget.serving import IDENTITY_SECRET, SECRET
from tests.widget.visiting import Served, Window


def identity(email: str, expires_in: timedelta = timedelta(minutes=5), **claims: Any) -> str:
    expires = datetime.now(UTC) + expires_in
    return jwt.encode({"email": email, "aud": "aftercare", "exp": expires, **claims}, IDENTITY_SECRET, "HS256")


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "JPEG")
    return file.getvalue()


async def said(window: Window) -> list[str]:
    return [message["content"].get("text", "") for message in window.welcome["messages"]]


@pytest.mark.parametrize("forge", ["changed", "made up", "other key", "nonsense", "of a link"])
async def test_a_token_cannot_be_forged(served: Served, forge: str) -> None:
    async with served.window() as window:
        await window.say("my secret")
        token: str = window.welcome["token"]
    body = token.partition(".")[0]
    forged = {
        "changed": token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        "made up": URLSafeSerializer(SECRET).dumps(["0" * 32, 1]),
        "other key": URLSafeSerializer(b"x" * 40, salt="aftercare.widget.session").dumps(["0" * 32, 1]),
        "nonsense": "nonsense",
        "of a link": URLSafeSerializer(SECRET, salt="aftercare.documents").dumps(body),
    }[forge]
    async with served.window(token=forged, after=1) as other:
        assert other.welcome["anew"] and await said(other) == []


async def test_tokens_are_replaced_and_old_ones_worthless(database: Database) -> None:
    from connectors.widget.sessions import LASTS, Sessions

    clock = datetime.now(UTC)
    sessions = Sessions(database, SECRET, lambda: clock)
    first = await sessions.begin()
    assert await sessions.go_on(first.token) == first
    tokens = [first.token]
    for _ in range(2):
        clock += timedelta(hours=2)
        latest = await sessions.go_on(tokens[-1])
        assert latest is not None and latest.visitor == first.visitor and latest.token not in tokens
        tokens.append(latest.token)
    assert await sessions.go_on(tokens[0]) is None, "two generations old"
    assert (await sessions.go_on(tokens[1])) == latest, "the answer to it may have been lost"
    clock += LASTS + timedelta(minutes=1)
    assert await sessions.go_on(latest.token) is None
    assert await sessions.forget(clock - LASTS) == 1


async def test_a_token_is_not_replaced_where_its_visitor_would_not_hear_of_it(database: Database) -> None:
    from connectors.widget.sessions import Sessions

    clock = datetime.now(UTC)
    sessions = Sessions(database, SECRET, lambda: clock)
    first = await sessions.begin()
    for _ in range(3):
        clock += timedelta(hours=2)
        assert await sessions.go_on(first.token, renew=False) == first


async def test_windows_that_come_back_together_go_on_together(database: Database) -> None:
    from connectors.widget.sessions import Sessions

    clock = datetime.now(UTC)
    sessions = Sessions(database, SECRET, lambda: clock)
    token = (await sessions.begin()).token
    clock += timedelta(hours=2)
    back = await asyncio.gather(*(sessions.go_on(token) for _ in range(5)))
    assert len({session.token for session in back if session}) == 1 and None not in back


async def test_a_customers_conversation_is_theirs_alone(served: Served) -> None:
    async with served.window(identity=identity("ada@example.org")) as window:
        assert window.welcome["customer"] and window.welcome["identified"]
        await window.say("my order")
        token = window.welcome["token"]
    for stranger in (None, identity("eve@example.org"), "nonsense", identity("ada@example.org", aud="other")):
        async with served.window(token=token, identity=stranger, after=1) as other:
            assert await said(other) == []
    async with served.window(token=token, identity=identity("Ada@Example.org")) as back:
        assert await said(back) == ["my order", "You said: my order"]


async def test_what_was_said_before_signing_in_belongs_to_who_signed_in(served: Served) -> None:
    async with served.window() as window:
        await window.say("hello")
        token = window.welcome["token"]
    async with served.window(token=token, identity=identity("ada@example.org")) as signed_in:
        assert signed_in.welcome["customer"] and len(signed_in.welcome["messages"]) == 2
    async with served.window(token=token) as signed_out:
        assert await said(signed_out) == []


async def test_an_identity_that_ran_out_vouches_for_nobody(served: Served) -> None:
    lately = identity("ada@example.org", timedelta(minutes=-5))
    async with served.window(identity=identity("ada@example.org")) as window:
        token = window.welcome["token"]
        await window.say("hello")
    async with served.window(token=token, identity=lately) as back:
        assert len(back.welcome["messages"]) == 2, "the page stays open for longer than its token is valid"
        assert not back.welcome["identified"]
        assert (await back.say("refund me", "m-0000002"))[-1] == {
            "type": "failed",
            "id": "m-0000002",
            "code": "identity_expired",
        }
        await back.send("identify", identity=identity("ada@example.org"))
        assert (await back.say("refund me", "m-0000002"))[-1]["type"] == "done"
    assert [heard.identity and heard.identity.email for heard in served.bot.heard] == [
        "ada@example.org",
        "ada@example.org",
    ]
    async with served.window(token=token, identity=identity("ada@example.org", timedelta(days=-2))) as much_later:
        assert await said(much_later) == []


async def test_another_customer_cannot_slip_into_an_open_window(served: Served) -> None:
    async with served.window(identity=identity("ada@example.org")) as window:
        await window.send("identify", identity=identity("eve@example.org"))
        assert (await window.say("hello"))[-1]["code"] == "identity_expired"
        await window.send("identify", identity=None)
        await window.say("hello", "m-0000002")
    assert [heard.identity and heard.identity.email for heard in served.bot.heard] == [None]


async def test_events_of_others_do_not_come(served: Served) -> None:
    async with served.window() as ada, served.window() as eve:
        await ada.say("my secret")
        await eve.send("ping")
        assert (await eve.receive()) == {"type": "pong"}


async def test_ids_of_other_conversations_lead_nowhere(served: Served) -> None:
    async with served.window() as ada:
        asked = await ada.say('[{"text": "How did it go?", "custom": {"type": "rating"}}]')
        question = next(f["message"]["id"] for f in asked if f["type"] == "message" and f["message"]["author"] == "bot")
    async with served.window(after=question) as eve:
        await eve.send("history", before=question + 1)
        assert (await eve.receive()) == {"type": "history", "messages": [], "more": False}
        await eve.send("rate", message=question, stars=1)
        assert (await eve.receive())["type"] == "rating_refused"
        await eve.send("read", up_to=question)
    async with served.window(token=ada.welcome["token"]) as back:
        assert back.welcome["read_by_customer"] is None
        assert "rating" not in back.welcome["messages"][-1]["content"]


async def test_message_ids_of_other_conversations_are_other_messages(served: Served) -> None:
    async with served.window() as ada:
        await ada.say("mine", "the-same-id")
    async with served.window() as eve:
        frames = await eve.say("hers", "the-same-id")
    assert [f["message"]["content"]["text"] for f in frames if f["type"] == "message"] == ["hers", "You said: hers"]


async def test_photographs_are_their_visitors_alone(served: Served) -> None:
    async with served.window() as ada, served.window() as eve:
        bearer = {"authorization": f"Bearer {ada.welcome['token']}", "content-type": "image/jpeg", "origin": served.url}
        kept = await served.client.post("/webhooks/widget/photos", content=picture(), headers=bearer)
        assert kept.status_code == 201 and (kept.json()["width"], kept.json()["height"]) == (40, 30)
        photo = kept.json()
        assert (await eve.say("look", photos=[photo["id"]]))[-1]["code"] == "unknown_photo"
        frames = await ada.say("", photos=[photo["id"]])
        shown = frames[0]["message"]["content"]["photos"][0]
        assert served.bot.heard[-1].photos == (photo["id"],) and served.bot.heard[-1].text == "/inform"
    assert (await served.client.get(f"/{shown['url']}")).content.startswith(b"\xff\xd8")
    for guess in (photo["id"], shown["url"].rpartition("/")[2][:-4] + "xxxx", "x"):
        assert (await served.client.get(f"/webhooks/widget/photos/{guess}")).status_code == 404


@pytest.mark.parametrize("authorization", ["", "Bearer nonsense", "Basic eDp5"])
async def test_photographs_of_nobody_are_refused(served: Served, authorization: str) -> None:
    headers = {"authorization": authorization, "content-type": "image/jpeg", "origin": served.url}
    response = await served.client.post("/webhooks/widget/photos", content=picture(), headers=headers)
    assert response.status_code == 401 and response.json()["error"] == "invalid_session"


async def test_other_websites_are_refused(served: Served) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises((ConnectionClosed, AssertionError)):
            async with served.window(origin=origin):
                pass
        for path in ("poll", "send", "photos"):
            response = await served.post(path, {}, origin=origin)
            assert response.status_code == 403 and "access-control-allow-origin" not in response.headers
    assert (await served.client.post("/webhooks/widget/poll", json={})).status_code == 403, "none at all"


async def test_a_conversation_in_which_somebody_proved_who_they_are_is_not_taken_over(served: Served) -> None:
    served.bot.script = lambda heard: answer(customer="C1")
    async with served.window() as window:
        await window.say("by code")
        token = window.welcome["token"]
    async with served.window(token=token, identity=identity("eve@example.org"), after=1) as signed_in:
        assert signed_in.welcome["customer"] and await said(signed_in) == []
    async with served.window(token=token) as signed_out:
        assert len(signed_out.welcome["messages"]) == 2
