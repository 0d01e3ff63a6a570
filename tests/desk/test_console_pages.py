"""The desk's pages and endpoints, as browsers ask for them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from conversations import LOST, Author
from desk.access.agents import Agent, Presence, Role
from desk.access.web import COOKIE
from desk.console import pages
from desk.events import DESK, presence_changed, running_out
from desk.models import State, View
from tests.desk.house import House


async def told(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


@asynccontextmanager
async def socket(house: House, agent: Agent) -> AsyncIterator[ClientConnection]:
    """An open page of the desk, without the page."""
    headers = {"Cookie": f"{COOKIE}={await house.sign_in(agent)}", "Origin": house.url}
    async with connect(f"{house.url.replace('http', 'ws')}/desk/live", additional_headers=headers) as opened:
        assert (await heard(opened))["type"] == "welcome"
        yield opened


async def heard(opened: ClientConnection, kind: str = "") -> dict[str, Any]:
    """The next frame, or the next of a kind."""
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(opened.recv(), 20))
        if not kind or frame["type"] == kind:
            return frame


async def test_a_list_says_who_waits_for_what(house: House) -> None:
    mei = await house.agent(languages=("en", "de"))
    await house.ask("ann", "Where is my order <AC-1>?", name="Ann Berg")
    await house.ask("bob", "Hallo", name="Bernd", channel="whatsapp", language="de", reason="complaint")
    async with house.client(mei) as client:
        page = (await client.get("/desk/queue")).text
        for text in ("Ann Berg", "Where is my order &lt;AC-1&gt;?", "Asked for a person", "Bernd", "Complaint"):
            assert text in page
        assert page.index("Bernd") < page.index("Ann Berg")
        assert 'data-count="queue">2<' in page
        fragment = await client.get("/desk/queue?fragment=1")
        assert "Ann Berg" in fragment.text and "<html" not in fragment.text
        assert fragment.headers["cache-control"] == "no-store"
        assert "Nothing on your table" in (await client.get("/desk/mine")).text
        assert (await client.get("/desk")).headers["location"] == "/desk/queue"


async def test_a_list_is_narrowed_down_and_paged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LINES", 2)
    mei = await house.agent()
    for number in range(3):
        await house.ask(f"visitor{number}", name=f"Name{number}", channel="whatsapp" if number else "widget")
    async with house.client(mei) as client:
        first = (await client.get("/desk/queue")).text
        assert "Name0" in first and "Name1" in first and "Name2" not in first
        second = (await client.get("/desk/queue?before=2")).text
        assert "Name2" in second and "Name1" not in second
        narrowed = (await client.get("/desk/queue?channel=widget&agent=nobody&q=")).text
        assert "Name0" not in narrowed and "Nothing found" in narrowed
        narrowed = (await client.get("/desk/queue?channel=widget")).text
        assert "Name0" in narrowed and "Name1" not in narrowed
        assert 'href="/desk/queue" title="Remove this filter">Website' in narrowed


async def test_what_agents_do_with_tickets(house: House) -> None:
    mei, ada = await house.agent("Mei"), await house.agent("Ada", Role.SUPERVISOR)
    await house.attendance.set(mei.id, Presence.ONLINE)
    ticket = await house.ask()
    async with house.client(mei) as client, house.client(ada) as other:
        base = f"/desk/tickets/{ticket.id}"
        assert (await told(await client.post(f"{base}/accept")))["ticket"]["state"] == "open"
        refused = await told(await other.post(f"{base}/accept"), 409)
        assert refused["error"] == "taken" and "faster" in refused["message"]
        assert (await told(await client.post(f"{base}/tag", json={"tags": ["refund"]})))["ticket"]["tags"] == ["refund"]
        assert (await told(await client.post(f"{base}/prioritize", json={"priority": 3})))["ticket"]["priority"] == 3
        await told(await client.post(f"{base}/note", json={"text": "@Ada please look"}))
        later = "2099-01-01T09:00:00+01:00"
        assert (await told(await client.post(f"{base}/snooze", json={"until": later})))["ticket"]["state"] == "snoozed"
        assert (await told(await client.post(f"{base}/wake")))["ticket"]["state"] == "open"
        moved = await told(await client.post(f"{base}/assign", json={"agent_id": ada.id, "note": "Yours now"}))
        assert moved["ticket"]["agent_id"] == ada.id
        assert (await told(await client.post(f"{base}/close", json={"reason": "solved"}), 403))[
            "error"
        ] == "not_allowed"
        assert (await told(await other.post(f"{base}/close", json={"reason": "solved"})))["ticket"]["state"] == "closed"
        assert (await told(await other.post(f"{base}/reopen")))["ticket"]["state"] == "open"
        assert (await told(await other.post(f"{base}/hand-back", json={"flow": "track_order"})))["ticket"][
            "state"
        ] == "closed"
    assert house.bot.heard[-1].text == "/track_order"
    said = await house.said(ticket.conversation_id)
    assert not [text for _, text in said if "please look" in text or "Yours now" in text]
    assert (Author.SYSTEM, "closed") in said


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("accept", None, 404, "not_found"),
        ("close", {"reason": "because"}, 404, "not_found"),
    ],
)
async def test_tickets_of_other_teams_are_nobodys_business(
    house: House, path: str, body: Any, status: int, code: str
) -> None:
    mei, ada = await house.agent("Mei", team="support"), await house.agent("Ada", Role.SUPERVISOR)
    ticket = await house.ask()
    await house.tickets.assign(ticket.id, ada, team="technical")
    async with house.client(mei) as client:
        answer = await client.post(f"/desk/tickets/{ticket.id}/{path}", json=body)
        assert (await told(answer, status))["error"] == code


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tickets/1/close", {"reason": "because"}),
        ("tickets/1/close", {"reason": "solved", "colour": "red"}),
        ("tickets/1/close", {}),
        ("tickets/1/prioritize", {"priority": 9}),
        ("tickets/1/tag", {"tags": ["nonsense"]}),
        ("tickets/1/snooze", {"until": "2099-01-01T09:00:00"}),
        ("tickets/1/note", {"text": "   "}),
        ("presence", {"presence": "asleep"}),
    ],
)
async def test_what_makes_no_sense_is_refused_in_the_agents_words(house: House, path: str, body: Any) -> None:
    mei = await house.agent(locale="de")
    ticket = await house.ask()
    await house.tickets.accept(ticket.id, mei)
    async with house.client(mei) as client:
        refused = await told(await client.post(f"/desk/{path}", json=body), 400)
    assert refused == {"error": "bad_request", "message": "Daran stimmt etwas nicht. Bitte prüfen Sie Ihre Eingaben."}
    now = await house.tickets.get(ticket.id)
    assert now and now.state is State.OPEN and now.tags == ()


async def test_what_is_not_there_or_not_allowed_is_told_to_people_and_to_scripts(house: House) -> None:
    mei = await house.agent()
    async with house.client(mei) as client:
        for path, status in (("/desk/nothing", 404), ("/desk/canned", 403)):
            page = await client.get(path)
            assert page.status_code == status and "/desk/queue" in page.text and page.text.count("<h1>") == 1
            told_script = await client.get(path, headers={"accept": "application/json"})
            assert told_script.status_code == status and told_script.json()["message"]
        forged = await client.post("/desk/presence", json={"presence": "online"}, headers={"x-csrf-token": "wrong"})
        assert forged.status_code == 403
    async with house.client() as stranger:
        away = await stranger.get("/desk/queue?q=order")
        assert away.headers["location"] == "/desk/login?next=%2Fdesk%2Fqueue%3Fq%3Dorder"
        assert (await stranger.get("/desk/counts", headers={"accept": "application/json"})).status_code == 401


async def test_the_language_of_the_desk_is_the_agents(house: House) -> None:
    mei = await house.agent()
    async with house.client(mei) as client:
        form = {"csrf": client.headers["x-csrf-token"], "locale": "fr", "next": "https://elsewhere.example/desk/mine"}
        assert (await client.post("/desk/language", data=form)).headers["location"] == "/desk/queue"
        page = await client.get("/desk/mine")
        assert '<html lang="fr"' in page.text and "Rien sur votre bureau" in page.text
        await client.post("/desk/language", data={**form, "locale": "tlh", "next": "/desk/mine"})
        assert '<html lang="fr"' in (await client.get("/desk/mine")).text
        words = (await client.get("/desk/words/fr")).json()
        assert words["common_js_accept"] == "Accepter" and set(words["common_js_unread"]) >= {"one", "other"}
        assert not [key for key in words if "_js_" not in key]


async def test_offers_and_counts(house: House) -> None:
    mei, ada = await house.agent("Mei"), await house.agent("Ada")
    ticket = await house.ask(name="Ann Berg", language="de")
    await house.tickets.offer(ticket, mei.id)
    async with house.client(mei) as client, house.client(ada) as other:
        (offer,) = await told(await client.get("/desk/offers"))
        assert (offer["ticket_id"], offer["name"], offer["language"]) == (ticket.id, "Ann Berg", "German")
        assert 0 < offer["seconds"] <= house.rules.accept_within.total_seconds()
        assert await told(await other.get("/desk/offers")) == []
        await told(await client.post(f"/desk/tickets/{ticket.id}/accept"))
        await house.write("ann", "Are you there?")
        counts = await told(await client.get("/desk/counts"))
        assert counts["mine"] == 1 and counts["unread"] >= 1 and counts["queue"] == 0
        assert (await told(await other.get("/desk/counts")))["unread"] == 0
        await told(await client.post("/desk/presence", json={"presence": "away"}))
    now = await house.access.agents.get(mei.id)
    assert now and now.presence is Presence.AWAY


async def test_follow_ups_are_shown_until_they_are_done(house: House) -> None:
    mei, ada = await house.agent("Mei"), await house.agent("Ada", Role.SUPERVISOR)
    ticket = await house.ask(name="Ann Berg")
    await house.tickets.notes.add(ticket.conversation_id, ada, "@Mei is that <right>?")
    alone = await house.write("cleo", "Thanks for nothing", name="Cleo")
    asked = await house.conversations.say(alone, Author.BOT, {"text": "How was it?", "custom": {"type": "rating"}})
    await house.conversations.rate(alone, asked.id, 1, "Useless")
    async with house.client(mei) as client, house.client(ada) as other:
        page = (await client.get("/desk/follow-ups")).text
        assert "@Mei is that &lt;right&gt;?" in page and f"/desk/tickets/{ticket.id}" in page and "Useless" not in page
        (mention,) = await house.tickets.follow_ups.open_for(mei)
        assert (await other.post(f"/desk/follow-ups/{mention.id}/done")).status_code == 404
        await told(await client.post(f"/desk/follow-ups/{mention.id}/done"))
        assert "Nothing to look after" in (await client.get("/desk/follow-ups")).text
        page = (await other.get("/desk/follow-ups")).text
        assert "Useless" in page and "1 star of 5" in page and f'data-take="{alone}"' in page
        assert (await client.post("/desk/take-over", json={"conversation_id": alone})).status_code == 404
        taken = await told(await other.post("/desk/take-over", json={"conversation_id": alone}))
    assert taken["ticket"]["agent_id"] == ada.id and taken["ticket"]["state"] == "open"


async def test_supervisors_keep_the_prepared_answers(house: House) -> None:
    ada = await house.agent("Ada", Role.SUPERVISOR)
    async with house.client(ada) as client:
        form = {
            "csrf": client.headers["x-csrf-token"],
            "shortcut": "hello",
            "language": "de",
            "text": "Guten Tag {name}!",
        }
        saved = await client.post("/desk/canned", data=form)
        assert saved.headers["location"] == "/desk/canned?done=saved#hello"
        page = (await client.get("/desk/canned?done=saved")).text
        assert "/hello" in page and "Guten Tag {name}!" in page and page.count("Not written yet") == 4
        broken = await client.post("/desk/canned", data={**form, "text": "Guten Tag {nobody}"})
        assert broken.status_code == 422 and "braces are for the placeholders" in broken.text
        assert "Guten Tag {nobody}</textarea>" in broken.text
        (answer,) = await house.canned.all()
        assert answer.text == "Guten Tag {name}!"
        await client.post(f"/desk/canned/{answer.id}/delete", data={"csrf": form["csrf"]})
        assert await house.canned.all() == []


async def test_what_happens_is_told_to_whom_it_concerns(house: House) -> None:
    mei, ada = await house.agent("Mei"), await house.agent("Ada")
    async with socket(house, mei) as at_mei, socket(house, ada) as at_ada:
        ticket = await house.ask()
        await house.tickets.offer(ticket, mei.id)
        assert (await heard(at_mei, "offer"))["ticket_id"] == ticket.id
        await house.tickets.accept(ticket.id, mei)
        # Ada hears of the ticket, and neither whose it is nor of the offer.
        frames = [await heard(at_ada)]
        while frames[-1].get("state") != "open":
            frames.append(await heard(at_ada))
        assert {frame["type"] for frame in frames} == {"ticket"}
        assert not [frame for frame in frames if "conversation_id" in frame]
        await house.feed.publish(DESK, running_out(ticket.id, "answer"), presence_changed(mei.id, Presence.AWAY))
        assert (await heard(at_mei, "warning"))["timer"] == "answer"
        assert (await heard(at_ada))["type"] == "presence"  # and not the warning, which is Mei's
        await at_mei.send(json.dumps({"type": "watch", "ticket_id": ticket.id}))
        await heard(at_mei, "watching")
        await house.write("ann", "Hello?")
        frame = await heard(at_mei, "conversation")
        assert frame["ticket_id"] == ticket.id and frame["event"]["message"]["content"]["text"] == "Hello?"
        assert (await heard(at_mei, "ticket"))["conversation_id"] == ticket.conversation_id
        await at_mei.send(json.dumps({"type": "heartbeat"}))
        await heard(at_mei, "heartbeat")
        house.feed.tell(DESK, LOST)
        await heard(at_mei, "lost")
    seen = await house.access.agents.get(mei.id)
    assert seen and seen.seen_at


async def test_a_conversation_that_is_not_for_an_agent_is_not_told(house: House) -> None:
    mei, ada = await house.agent("Mei", team="support"), await house.agent("Ada", Role.SUPERVISOR)
    ticket, other = await house.ask("ann"), await house.ask("bob")
    async with socket(house, mei) as at_mei:
        await at_mei.send(json.dumps({"type": "watch", "ticket_id": other.id}))
        await heard(at_mei, "watching")
        # From here on it is for another team.
        await house.tickets.assign(other.id, ada, team="technical")
        await house.tickets.assign(ticket.id, ada, team="technical")
        await at_mei.send(json.dumps({"type": "watch", "ticket_id": ticket.id}))
        await house.write("ann", "My secret")
        await house.write("bob", "My secret")
        await at_mei.send(json.dumps({"type": "heartbeat"}))
        frames = [await heard(at_mei)]
        while frames[-1]["type"] != "heartbeat":
            frames.append(await heard(at_mei))
        assert "secret" not in json.dumps(frames)
    assert await house.tickets.listing(View.QUEUE, mei) == []


@pytest.mark.parametrize(("frame", "code"), [("nonsense", 4400), ('{"type":"watch","ticket_id":0}', 4400)])
async def test_bad_frames_close_the_socket(house: House, frame: str, code: int) -> None:
    async with socket(house, await house.agent()) as opened:
        await opened.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            await heard(opened, "never")
    assert closed.value.rcvd and closed.value.rcvd.code == code


async def test_who_is_let_in_no_more_hears_nothing_more(house: House) -> None:
    mei = await house.agent()
    async with socket(house, mei) as opened:
        await house.access.agents.disable(mei.id)
        await opened.send(json.dumps({"type": "heartbeat"}))
        with pytest.raises(ConnectionClosed) as closed:
            await heard(opened, "never")
    assert closed.value.rcvd and closed.value.rcvd.code == 4401
