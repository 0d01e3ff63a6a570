"""The time line of a conversation, and who may have a part in it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from sqlalchemy import insert

from conversations import Author
from conversations.outbox import OUTBOX, State
from desk.access.agents import Role
from desk.console.transcript import AT_ONCE, NOTE, Transcript
from desk.models import Ticket
from tests.desk.conversing import ANNOUNCED, DELIVERED, Talks, open_talks

KEY = "0123456789abcdef"


@pytest_asyncio.fixture
async def talks(tmp_path: Path) -> AsyncIterator[Talks]:
    async with open_talks(tmp_path) as opened:
        yield opened


def transcript(talks: Talks) -> Transcript:
    house = talks.house
    return Transcript(house.database, house.outbox, house.access.agents, talks.photos)


async def test_messages_and_notes_are_in_one_line_and_come_in_parts(talks: Talks) -> None:
    agent = await talks.house.agent()
    ticket = await talks.held(agent)
    conversation_id, read = ticket.conversation_id, transcript(talks)
    for number in range(AT_ONCE):
        await talks.house.tickets.answer(ticket.id, agent, f"Answer {number}")
        if number in (3, AT_ONCE - 2):
            await talks.house.tickets.notes.add(conversation_id, agent, f"Note {number}")
    latest = await read.latest(conversation_id)
    assert latest.more
    assert [line.text for line in latest.lines][-3:] == [
        f"Answer {AT_ONCE - 2}",
        f"Note {AT_ONCE - 2}",
        f"Answer {AT_ONCE - 1}",
    ]
    assert sum(line.kind != NOTE for line in latest.lines) == AT_ONCE

    earlier = await read.latest(conversation_id, latest.lines[0].id)
    assert not earlier.more
    assert [line.kind for line in earlier.lines][:2] == [Author.CUSTOMER, Author.BOT]
    shown = [line.key for line in (*earlier.lines, *latest.lines)]
    assert len(shown) == len(set(shown))
    assert {line.text for line in (*earlier.lines, *latest.lines) if line.kind == NOTE} == {
        "Note 3",
        f"Note {AT_ONCE - 2}",
    }

    newest, note = latest.lines[-1], next(line for line in reversed(latest.lines) if line.kind == NOTE)
    assert (await read.after(conversation_id, newest.id, note.id)).lines == ()
    await talks.house.tickets.notes.add(conversation_id, agent, "One more")
    assert [line.text for line in (await read.after(conversation_id, newest.id, note.id)).lines] == ["One more"]


async def test_what_the_bot_understood_and_what_was_delivered(talks: Talks) -> None:
    ticket = await talks.about(DELIVERED)
    conversation_id = ticket.conversation_id
    first, answer, *_ = await talks.house.conversations.messages(conversation_id)
    row: dict[str, Any] = {"channel": "whatsapp", "conversation_id": conversation_id, "message_id": answer.id}
    row |= {"state": State.FAILED, "reason": "window_closed", "attempts": 1, "created_at": answer.created_at}
    async with talks.house.database.writing() as connection:
        await connection.execute(insert(OUTBOX), row)
    lines = {line.id: line for line in (await transcript(talks).some(conversation_id, [first.id, answer.id])).lines}
    understood = lines[first.id].understood
    assert understood and (understood.intent, understood.confidence) == ("greet", 1.0)
    delivery = lines[answer.id].delivery
    assert delivery and delivery.state is State.FAILED
    agent = await talks.house.agent()
    async with talks.house.client(agent) as client:
        page = await client.get(f"/desk/tickets/{ticket.id}/transcript", params={"some": str(answer.id)})
    assert "Not delivered: window_closed (en)" in page.text


async def test_nobody_talks_or_acts_but_who_has_the_conversation(talks: Talks) -> None:
    mei, ole = await talks.house.agent(), await talks.house.agent("Ole")
    ticket = await talks.held(mei)
    refund = {"act": "refund", "order_number": DELIVERED, "scope": "goodwill", "cause": "damaged", "amount": "5"}
    before = await talks.house.said(ticket.conversation_id)
    async with talks.house.client(ole) as client:
        for path, body in (
            ("answer", {"id": KEY, "text": "Hello"}),
            ("plan", refund),
            ("act", {"key": KEY, "what": refund}),
        ):
            assert (await post(client, ticket, path, body)).status_code == 409, path
        assert (await client.get(f"/desk/tickets/{ticket.id}")).status_code == 200
    async with talks.house.client(mei) as client:
        foreign = await post(client, ticket, "act", {"key": KEY, "what": {**refund, "order_number": ANNOUNCED}})
        assert foreign.json()["error"] == "unknown_order"
        assert (await post(client, ticket, "act", {"key": KEY, "what": {**refund, "amount": "-5"}})).status_code == 400
        assert (await post(client, ticket, "answer", {"id": KEY, "text": " "})).status_code == 400
        assert (await post(client, ticket, "answer", {"id": KEY, "photos": ["0" * 32]})).status_code == 400
    assert await talks.house.said(ticket.conversation_id) == before
    assert await talks.shop.refunds_of(DELIVERED) == []


async def test_what_was_done_is_told_the_agent_and_drafted_for_the_customer_in_their_languages(talks: Talks) -> None:
    lea = await talks.house.agent("Lea", locale="fr", languages=("fr", "de"))
    ticket = await talks.held(lea, ANNOUNCED, language="de")
    (return_,) = await talks.shop.returns_of(ANNOUNCED)
    order = await talks.shop.order(ANNOUNCED)
    assert order
    label = {"act": "label", "order_number": ANNOUNCED, "return_number": return_.number}
    kept = next(line.sku for line in order.lines if line.sku != return_.items[0].sku)
    back = {"act": "return", "order_number": ANNOUNCED, "items": {kept: 1}, "reason": "quality"}
    async with talks.house.client(lea) as client:
        planned = (await post(client, ticket, "plan", label)).json()
        assert order.customer.email in planned["lines"][0]
        done = (await post(client, ticket, "act", {"key": KEY, "what": label})).json()
        assert return_.number in done["message"] and "envoyée" in done["message"]
        assert return_.number in done["draft"] and "noch einmal per E-Mail" in done["draft"]
        done = (await post(client, ticket, "act", {"key": KEY + "2", "what": back})).json()
        announced = next(each for each in await talks.shop.returns_of(ANNOUNCED) if each.number != return_.number)
        assert announced.number in done["message"] and announced.number in done["draft"]
        refused = (await post(client, ticket, "plan", back)).json()
        assert refused["lines"] == [] and "remboursé" in refused["refused"]
    assert await talks.post.deliver_due() == 2


async def test_tickets_of_other_teams_are_not_there(talks: Talks) -> None:
    stranger = await talks.house.agent("Ole", team="technical")
    ticket = await talks.about(DELIVERED)
    lead = await talks.house.agent("Sam", role=Role.SUPERVISOR)
    await talks.house.tickets.assign(ticket.id, lead, team="support")
    async with talks.house.client(stranger) as client:
        for path in ("", "/transcript", "/summary", "/canned", "/articles?q=returns", "/photos/" + "0" * 32):
            assert (await client.get(f"/desk/tickets/{ticket.id}{path}")).status_code == 404, path
        for path in ("answer", "typing", "read", "translate", "photos", "plan", "act"):
            assert (await post(client, ticket, path, {})).status_code == 404, path


async def test_a_picture_belongs_to_its_conversation(talks: Talks) -> None:
    mei = await talks.house.agent()
    ticket, other = await talks.held(mei), await talks.held(mei, sender="bob")
    file = {"file": ("a.pdf", b"%PDF-1.4 nothing %%EOF", "application/pdf")}
    async with talks.house.client(mei) as client:
        kept = await client.post(f"/desk/tickets/{ticket.id}/photos", files=file)
        assert kept.status_code == 201
        photo = kept.json()["id"]
        shown = await client.get(f"/desk/tickets/{ticket.id}/photos/{photo}")
        assert shown.headers["content-disposition"] == "attachment"
        assert "sandbox" in shown.headers["content-security-policy"]
        assert (await client.get(f"/desk/tickets/{other.id}/photos/{photo}")).status_code == 404
        said = await post(client, other, "answer", {"id": KEY, "photos": [photo]})
        assert said.json()["error"] == "photo_unknown"


async def post(client: httpx.AsyncClient, ticket: Ticket, path: str, body: dict[str, Any]) -> httpx.Response:
    headers = {"accept": "application/json"}
    return await client.post(f"/desk/tickets/{ticket.id}/{path}", json=body, headers=headers)
