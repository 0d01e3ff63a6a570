"""The API: what it describes is what it does, and nobody does more than their token and their agent may."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from conversations import Author
from desk.access.agents import Presence, Role
from desk.api.live import REVOKED
from desk.api.operations import Operation
from desk.api.tokens import Scope
from desk.models import State, Ticket
from tests.desk.hearing import copy_of, migrated  # noqa: F401
from tests.desk.programs import Programs, open_programs

DOCUMENT = "urn:description"


@pytest_asyncio.fixture
async def programs(tmp_path: Path, migrated: Path) -> AsyncIterator[Programs]:  # noqa: F811
    async with open_programs(tmp_path, copy_of(migrated, tmp_path)) as opened:
        yield opened


async def test_everything_that_is_described_can_be_done_and_answers_as_described(programs: Programs) -> None:
    house = programs.house
    boss = await house.agent("Ada", Role.ADMINISTRATOR)
    other = await house.agent("Ben", Role.AGENT)
    ticket = await house.ask("ann/1", "Where is my order?", name="Ann")
    loose = await house.write("eve", "Hello")
    await house.canned.seed()
    async with programs.client(boss) as client:
        described = (await client.get("/openapi.json")).json()
        caller = Caller(client, described, {each.name: each for each in programs.operations})
        await go_through(caller, ticket, loose, other.id)
    second = await house.ask("cy")
    await house.tickets.offer(second, other.id)
    async with programs.client(other) as caller.client:
        assert (await caller("decline_ticket", ticket_id=second.id))["state"] == "waiting"
        (mention,) = (await caller("list_follow_ups"))["items"]
        await caller("finish_follow_up", follow_up_id=mention["id"])
        assert (await caller("list_follow_ups"))["items"] == []
    assert caller.done == {each.name for each in programs.operations}
    assert await house.said(ticket.conversation_id) >= [(Author.CUSTOMER, "Where is my order?")]


class Caller:
    """Calls operations by their names, and holds their answers against the description."""

    def __init__(self, client: httpx.AsyncClient, described: dict[str, Any], operations: dict[str, Operation]) -> None:
        self.client = client
        self._described = described
        self._operations = operations
        self._registry = Registry().with_resource(DOCUMENT, Resource.from_contents(described, DRAFT202012))  # type: ignore[var-annotated]
        self.done: set[str] = set()

    async def __call__(
        self, name: str, *, key: str | None = None, body: Any = None, query: Any = None, **path: Any
    ) -> Any:
        operation = self._operations[name]
        address = operation.template.format(**{part: quote(str(value), safe="") for part, value in path.items()})
        headers = {"idempotency-key": key} if key else {}
        sent = {"json": body} if body is not None else {}
        response = await self.client.request(operation.method, address, headers=headers, params=query, **sent)
        assert response.status_code == operation.status, (name, response.status_code, response.text)
        self.done.add(name)
        told = self._described["paths"][operation.template][operation.method.lower()]
        answer = told["responses"][str(operation.status)]
        assert ("content" in answer) == bool(response.content)
        if not response.content:
            return None
        schema = answer["content"]["application/json"]["schema"]
        Draft202012Validator({"$ref": DOCUMENT + schema["$ref"]}, registry=self._registry).validate(response.json())
        return response.json()


async def go_through(call: Caller, ticket: Ticket, loose: str, other: int) -> None:
    """A day at the desk, in which everything happens once."""
    one: dict[str, Any] = {"ticket_id": ticket.id}
    assert (await call("get_me"))["name"] == "Ada"
    assert (await call("set_presence", body={"presence": "online"}))["presence"] == "online"
    (line,) = (await call("list_tickets", query={"view": "queue", "language": "en", "words": "order"}))["items"]
    assert (line["ticket"]["id"], line["name"]) == (ticket.id, "Ann")
    assert (await call("count_tickets"))["counts"]["queue"] == 1
    assert (await call("get_ticket", **one))["state"] == "waiting"
    assert (await call("get_place", **one))["position"] == 1
    assert (await call("accept_ticket", **one))["state"] == "open"
    answer = await call("send_message", **one, body={"text": "On its way."}, key="k1")
    assert (await call("send_message", **one, body={"text": "On its way."}, key="k1"))["id"] == answer["id"]
    said = await call("list_messages", conversation_id=ticket.conversation_id, query={"limit": 5})
    assert said["items"][-1]["content"] == {"text": "On its way.", "name": "Ada"}
    await call("show_typing", **one)
    await call("mark_read", **one, body={"up_to": said["items"][-1]["id"]})
    note = await call("add_note", conversation_id=ticket.conversation_id, body={"text": "Look, @Ben"})
    assert note["mentions"] == [other]
    assert (await call("list_notes", conversation_id=ticket.conversation_id))["items"] == [note]
    assert (await call("tag_ticket", **one, body={"tags": ["shipping"]}))["tags"] == ["shipping"]
    assert (await call("prioritize_ticket", **one, body={"priority": "urgent"}))["priority"] == "urgent"
    assert (await call("snooze_ticket", **one, body={"until": "2100-01-01T00:00:00Z"}))["state"] == "snoozed"
    assert (await call("wake_ticket", **one))["state"] == "open"
    assert (await call("release_ticket", **one))["state"] == "waiting"
    assert (await call("assign_ticket", **one, body={"agent_id": other}))["agent_id"] == other
    assert (await call("close_ticket", **one, body={"reason": "solved"}))["close_reason"] == "solved"
    assert (await call("reopen_ticket", **one))["reopened"] == 1
    assert (await call("hand_back_ticket", **one, body={"note": "Go on.", "flow": "return_item"}))["state"] == "closed"
    assert (await call("open_ticket", body={"conversation_id": loose}))["state"] == "open"
    assert len((await call("list_canned", query={"language": "de"}))["items"]) > 3
    kept = await call("put_canned", body={"shortcut": "hi", "language": "en", "text": "Hi {name}"})
    await call("delete_canned", canned_id=kept["id"])
    assert len((await call("list_agents"))["items"]) == 2
    assert (await call("get_agent", agent_id=other))["presence"] == "offline"
    made = await call("add_agent", body={"email": "cy@halden.example", "name": "Cy", "languages": ["fr"]})
    assert (await call("change_agent", agent_id=made["id"], body={"disabled": True}))["disabled"] is True
    (hit, *_) = (
        await call("search_knowledge", query={"q": "How long do I have to return something?", "language": "en"})
    )["items"]
    assert hit["url"].startswith("/help/en/articles/")
    report = (await call("get_report", query={"first": "2026-11-01", "last": "2026-11-22"}))["report"]
    assert report["period"] == {"first": "2026-11-01", "last": "2026-11-22"}
    webhook = await call("add_webhook", body={"url": "https://8.8.8.8/", "events": ["ticket.opened"], "texts": True})
    assert webhook["key"].startswith("whsec_")
    assert "key" not in (await call("list_webhooks"))["items"][0]
    assert (await call("list_deliveries", webhook_id=webhook["id"]))["items"] == []
    await call("delete_webhook", webhook_id=webhook["id"])
    again = await call("open_ticket", body={"conversation_id": ticket.conversation_id})
    assert again["state"] == "open"


async def test_the_description_is_whole(programs: Programs) -> None:
    async with httpx.AsyncClient(base_url=programs.house.url) as client:
        described = (await client.get("/desk/api/v1/openapi.json")).json()
        page = await client.get("/docs")
    assert described["openapi"] == "3.1.1"
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    references = set(_references(described))
    for reference in references:
        found: Any = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    assert {f"#/components/schemas/{name}" for name in described["components"]["schemas"]} <= references
    told = [each for methods in described["paths"].values() for each in methods.values()]
    assert {each["operationId"] for each in told} == {each.name for each in programs.operations}
    for each in programs.operations:
        parameters = described["paths"][each.template][each.method.lower()]["parameters"]
        assert [one["name"] for one in parameters if one["in"] == "path"] == list(each.parameters)
    # The page shows all of it, and runs nothing.
    for each in programs.operations:
        assert f'id="{each.name}"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text and "style=" not in page.text


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for value in node.values() for each in _references(value)]
    return [each for value in node for each in _references(value)] if isinstance(node, list) else []


async def test_each_operation_needs_its_scope(programs: Programs) -> None:
    boss = await programs.house.agent("Ada", Role.ADMINISTRATOR)
    for scope in Scope:
        others = [each for each in Scope if each is not scope]
        async with programs.client(boss, *others) as client:
            for each in programs.operations:
                if each.scope is scope:
                    address = each.template.replace("{conversation_id}", "widget:ann")
                    for name in each.parameters:
                        address = address.replace(f"{{{name}}}", "1")
                    response = await client.request(each.method, address)
                    assert (response.status_code, response.json()["error"]) == (403, "scope_missing"), each.name
    needing_none = {each.name for each in programs.operations if each.scope is None}
    assert needing_none == {"get_me"}


async def test_a_token_does_no_more_than_its_agent_may(programs: Programs) -> None:
    house = programs.house
    mei = await house.agent("Mei", team="support")
    ticket = await house.ask("ann")
    await house.tickets.assign(ticket.id, await house.agent("Sue", Role.SUPERVISOR), team="technical")
    loose = await house.write("eve", "Hello")
    async with programs.client(mei) as client:
        refused = [
            await client.get(f"/tickets/{ticket.id}"),
            await client.post(f"/tickets/{ticket.id}/accept"),
            await client.get(f"/conversations/{ticket.conversation_id}/messages"),
            await client.post(f"/conversations/{ticket.conversation_id}/notes", json={"text": "x"}),
            await client.post("/tickets", json={"conversation_id": ticket.conversation_id}),
            await client.get(f"/conversations/{loose}/messages"),
            await client.post("/tickets", json={"conversation_id": "widget:nobody"}),
        ]
        assert [each.status_code for each in refused] == [404] * len(refused)
        assert (await client.get("/tickets")).json()["items"] == []
        forbidden = [
            await client.get("/reports", params={"first": "2026-11-01", "last": "2026-11-02"}),
            await client.post("/agents", json={"email": "x@halden.example", "name": "X"}),
            await client.put("/canned", json={"shortcut": "x", "language": "en", "text": "x"}),
            await client.get("/webhooks"),
        ]
        assert {(each.status_code, each.json()["error"]) for each in forbidden} == {(403, "not_allowed")}
        # What an agent begins by themselves is theirs.
        mine = (await client.post("/tickets", json={"conversation_id": loose})).json()
        assert mine["agent_id"] == mei.id
        await house.access.agents.change(mei.id, team="technical")
        assert (await client.get(f"/tickets/{ticket.id}")).status_code == 200
        await house.access.agents.disable(mei.id)
        assert (await client.get("/me")).json()["error"] == "invalid_token"


async def test_without_messages_read_nothing_shows_what_was_said(programs: Programs) -> None:
    house = programs.house
    mei = await house.agent("Mei")
    await house.ask("ann", "A secret", name="Ann")
    async with programs.client(mei, Scope.TICKETS_READ) as client:
        (line,) = (await client.get("/tickets")).json()["items"]
        assert (line["name"], line["last_text"], line["unread"]) == (None, None, line["unread"])
        assert (await client.get("/tickets", params={"words": "secret"})).json()["error"] == "scope_missing"
    boss = await house.agent("Ada", Role.ADMINISTRATOR)
    async with programs.client(boss, Scope.WEBHOOKS) as client:
        wanted = {"url": "https://8.8.8.8/", "events": ["message.created"], "texts": True}
        assert (await client.post("/webhooks", json=wanted)).json()["error"] == "scope_missing"


async def test_tokens_are_shown_once_and_can_be_revoked(programs: Programs) -> None:
    mei = await programs.house.agent("Mei")
    made, shown = await programs.tokens.make("shop", [Scope.TICKETS_READ], mei.id)
    async with httpx.AsyncClient(base_url=f"{programs.house.url}/desk/api/v1") as client:

        async def status(value: str) -> int:
            return (await client.get("/me", headers={"authorization": value})).status_code

        assert [await status(f"Bearer {shown}"), await status(f"bearer {shown}")] == [200, 200]
        wrong = ["Bearer", f"Basic {shown}", f"Bearer {shown}x", f"Bearer {made.id}", "Bearer acd_"]
        assert [await status(each) for each in wrong] == [401] * len(wrong)
        (kept,) = await programs.tokens.all()
        assert kept.used_at and shown not in repr(kept)
        assert await programs.tokens.revoke(made.id) and not await programs.tokens.revoke(made.id)
        refused = await client.get("/me", headers={"authorization": f"Bearer {shown}"})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    with pytest.raises(ValueError, match="a token has a name"):
        await programs.tokens.make(" ", [Scope.NOTES], mei.id)
    with pytest.raises(ValueError, match="and a scope"):
        await programs.tokens.make("shop", [], mei.id)


async def test_pages_of_the_desk_use_it_with_their_session_and_nobody_else_can_make_them(programs: Programs) -> None:
    house = programs.house
    mei, ticket = await house.agent("Mei"), await house.ask()
    path = f"/desk/api/v1/tickets/{ticket.id}/accept"
    async with house.client(mei) as client:
        token = client.headers.pop("x-csrf-token")
        json_please = {"accept": "application/json"}
        assert (await client.post(path, headers=json_please)).status_code == 403
        foreign = {**json_please, "x-csrf-token": token, "sec-fetch-site": "cross-site"}
        assert (await client.post(path, headers=foreign)).status_code == 403
        assert (await house.tickets.get(ticket.id) or ticket).state is State.WAITING
        taken = await client.post(path, headers={**json_please, "x-csrf-token": token})
        assert (taken.status_code, taken.json()["agent_id"]) == (200, mei.id)
    async with httpx.AsyncClient(base_url=house.url) as nobody:
        assert (await nobody.get("/desk/api/v1/me")).status_code == 401
        # A token is no cookie: no page can make a browser send it.
        assert (await nobody.post(path, headers={"authorization": "Bearer acd_x"})).status_code == 401


async def test_of_two_programs_one_gets_a_ticket(programs: Programs) -> None:
    house = programs.house
    ticket = await house.ask()
    async with programs.client(await house.agent("Mei")) as one, programs.client(await house.agent("Jo")) as two:
        answers = [await each.post(f"/tickets/{ticket.id}/accept") for each in (one, two)]
        assert [each.status_code for each in answers] == [200, 409]
        assert answers[1].json()["error"] == "taken"
        assert (await two.post(f"/tickets/{ticket.id}/messages", json={"text": "x"})).json()["error"] == "taken"
        assert (await two.post(f"/tickets/{ticket.id}/close", json={"reason": "solved"})).status_code == 403


async def test_a_key_that_was_used_for_something_else_is_refused(programs: Programs) -> None:
    house = programs.house
    mei, ticket = await house.agent("Mei"), await house.ask()
    async with programs.client(mei) as client:
        await client.post(f"/tickets/{ticket.id}/accept")
        address, key = f"/tickets/{ticket.id}/messages", {"idempotency-key": "k"}
        assert (await client.post(address, json={"text": "One"}, headers=key)).status_code == 201
        assert (await client.post(address, json={"text": "Two"}, headers=key)).json()["error"] == "key_used"
        translated = {"text": "Drei", "translated": "Three"}
        assert (await client.post(address, json=translated)).json()["content"]["text"] == "Three"
        too_long = {"idempotency-key": "k" * 200}
        assert (await client.post(address, json={"text": "One"}, headers=too_long)).status_code == 400
    said = [text for author, text in await house.said(ticket.conversation_id) if author is Author.AGENT]
    assert said == ["One", "Three"]


WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/tickets", {"json": {}}, "conversation_id: Field required"),
    ("POST", "/tickets", {"json": {"conversation_id": "a", "x": 1}}, "x: Extra inputs are not permitted"),
    ("POST", "/tickets", {"content": b"{"}, "Invalid JSON"),
    ("POST", "/tickets", {"content": b"[]"}, "Input should be an object"),
    ("GET", "/tickets?limit=0", {}, "limit: "),
    ("GET", "/tickets?cursor=x", {}, "'cursor'"),
    ("GET", "/tickets?view=nothing", {}, "view: "),
    ("GET", "/reports?first=2026-11-02&last=2026-11-01", {}, ""),
    ("GET", "/reports?first=2026-11-01&last=2026-11-02&zone=Nowhere", {}, "zone"),
    ("PUT", "/tickets/{ticket}/tags", {"json": {"tags": ["nonsense"]}}, "unknown tags: nonsense"),
    ("POST", "/tickets/{ticket}/close", {"json": {"reason": "nonsense"}}, "unknown reason: nonsense"),
    ("POST", "/webhooks", {"json": {"url": "https://10.0.0.1/", "events": ["ticket.opened"]}}, "private network"),
    ("POST", "/webhooks", {"json": {"url": "https://8.8.8.8/", "events": ["nothing"]}}, "events.0: "),
    ("POST", "/agents", {"json": {"email": "nonsense", "name": "X"}}, "email"),
]


async def test_what_is_wrong_is_said(programs: Programs) -> None:
    ticket = await programs.house.ask()
    async with programs.client(await programs.house.agent("Ada", Role.ADMINISTRATOR)) as client:
        for method, path, sent, message in WRONG:
            response = await client.request(method, path.format(ticket=ticket.id), **sent)
            assert (response.status_code, response.json()["error"]) in ((400, "invalid"), (400, "url_refused")), path
            assert message in response.json()["message"]
        unknown = [await client.get("/tickets/99"), await client.get("/agents/99"), await client.delete("/webhooks/99")]
        assert [each.status_code for each in unknown] == [404] * 3


async def test_lists_come_in_pages(programs: Programs) -> None:
    house = programs.house
    for number in range(5):
        await house.ask(f"customer{number}")
    async with programs.client(await house.agent("Mei")) as client:
        seen: list[str] = []
        cursor: str | None = None
        while cursor is not None or not seen:
            query = {"view": "queue", "limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/tickets", params=query)).json()
            seen += [each["ticket"]["conversation_id"] for each in page["items"]]
            cursor = page["next"]
    assert seen == [f"widget:customer{number}" for number in range(5)]


async def test_sockets_tell_what_happens_by_scope(programs: Programs) -> None:
    house = programs.house
    mei, sue = await house.agent("Mei", team="support"), await house.agent("Sue", Role.SUPERVISOR)
    ticket, other = await house.ask("ann"), await house.ask("ben")
    await house.tickets.assign(other.id, sue, team="technical")
    async with _socket(programs, await _token(programs, mei.id, Scope.TICKETS_READ, Scope.MESSAGES_READ)) as socket:
        assert await _next(socket) == {"type": "ready"}
        await socket.send(json.dumps({"type": "subscribe", "conversation_id": ticket.conversation_id}))
        assert (await _next(socket))["type"] == "subscribed"
        # The token lacks the scopes for notes and for who is there, and the other ticket is another team's.
        await house.attendance.set(mei.id, Presence.AWAY)
        await house.tickets.notes.add(ticket.conversation_id, mei, "Hm.")
        await house.tickets.prioritize(other.id, sue, 2)
        await house.tickets.accept(ticket.id, mei)
        frames = {frame["type"]: frame for frame in [await _next(socket), await _next(socket)]}
        assert frames["ticket"]["id"] == ticket.id and frames["ticket"]["state"] == "open"
        assert frames["conversation"]["event"]["message"]["content"]["event"] == "joined"
        await socket.send(json.dumps({"type": "subscribe", "conversation_id": other.conversation_id}))
        assert (await _next(socket))["error"] == "unknown_conversation"
        await socket.send(json.dumps({"type": "unsubscribe", "conversation_id": ticket.conversation_id}))
        await socket.send(json.dumps({"type": "ping"}))
        assert (await _next(socket))["type"] == "pong"
        await house.tickets.answer(ticket.id, mei, "Hello")
        assert (await _next(socket))["type"] == "ticket"
    async with _socket(programs, await _token(programs, mei.id, Scope.NOTES)) as socket:
        await _next(socket)
        await socket.send(json.dumps({"type": "subscribe", "conversation_id": ticket.conversation_id}))
        assert (await _next(socket))["error"] == "scope_missing"
        await house.tickets.notes.add(ticket.conversation_id, mei, "Hm.")
        assert (await _next(socket))["type"] == "note"
        await socket.send("nonsense")
        with pytest.raises(ConnectionClosed):
            await _next(socket)


async def test_a_socket_ends_with_its_token(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.api.live.CHECK_SECONDS", 0.05)
    mei = await programs.house.agent("Mei")
    with pytest.raises(InvalidStatus) as refused:
        async with _socket(programs, "acd_nonsense"):
            pass
    assert refused.value.response.status_code == 401
    made, shown = await programs.tokens.make("shop", [Scope.TICKETS_READ, Scope.TICKETS_WRITE], mei.id)
    await programs.house.access.agents.change(mei.id, presence=Presence.ONLINE)
    assert (await programs.house.attendance.presences())[mei.id] is Presence.OFFLINE
    async with _socket(programs, shown) as socket:
        await _next(socket)
        # As long as it listens, the program is there.
        await socket.send(json.dumps({"type": "ping"}))
        assert (await _next(socket))["type"] == "pong"
        assert (await programs.house.attendance.presences())[mei.id] is Presence.ONLINE
        await programs.tokens.revoke(made.id)
        with pytest.raises(ConnectionClosed) as closed:
            await _next(socket)
    assert closed.value.rcvd and closed.value.rcvd.code == REVOKED


async def _token(programs: Programs, agent_id: int, *scopes: Scope) -> str:
    return (await programs.tokens.make("test", scopes, agent_id))[1]


def _socket(programs: Programs, token: str) -> connect:
    url = programs.house.url.replace("http://", "ws://")
    return connect(f"{url}/desk/api/v1/events", additional_headers={"authorization": f"Bearer {token}"}, proxy=None)


async def _next(socket: ClientConnection) -> Any:
    return json.loads(await socket.recv())
