"""WhatsApp from webhook to answer, with the platform on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update
from structlog.testing import capture_logs

from connectors.whatsapp.signatures import HEADER, signature
from connectors.whatsapp.webhooks import MAX_BYTES
from conversations import Author, State
from conversations.outbox import CONVERSATIONS, OUTBOX
from storage import Database
from tests.bots import ScriptedBot, answer
from tests.connectors.lending import lend
from tests.whatsapp.graph import APP_SECRET, TOKEN, VERIFY_TOKEN, Answer, Graph, platform
from tests.whatsapp.house import House, house
from tests.whatsapp.recorded import CUSTOMER, OTHER_CUSTOMER, USER_ID, message, recorded

CONVERSATION = f"whatsapp:{CUSTOMER}"


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with platform() as graph:
        yield graph


@pytest.fixture
async def open_house(rasa: None, graph: Graph, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with house(graph, database, tmp_path / "uploads", ScriptedBot()) as opened:
        yield opened


on_each_database = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG")
    return file.getvalue()


def bodies(graph: Graph) -> list[str]:
    """The texts that the platform was sent."""
    return [sent["text"]["body"] for sent in graph.sent if sent["type"] == "text"]


async def subscribe(client: Any, **query: str) -> Any:
    named = {f"hub.{name}": value for name, value in query.items()}
    return await client.get("/webhook", params=named)


async def test_a_webhook_is_set_up(open_house: House) -> None:
    right = await subscribe(open_house.client, mode="subscribe", verify_token=VERIFY_TOKEN, challenge="1158201444")
    assert (right.status_code, right.text) == (200, "1158201444")
    assert right.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "verify_token": "another", "challenge": "1"},
        {"mode": "subscribe", "verify_token": "é", "challenge": "1"},
        {"mode": "unsubscribe", "verify_token": VERIFY_TOKEN, "challenge": "1"},
        {"challenge": "1"},
        {},
    ],
)
async def test_by_nobody_else(open_house: House, query: dict[str, str]) -> None:
    response = await subscribe(open_house.client, **query)
    assert response.status_code == 403
    assert VERIFY_TOKEN not in response.text


@on_each_database
async def test_a_message_is_answered(open_house: House, graph: Graph) -> None:
    await open_house.tell("text")
    (heard,) = open_house.bot.heard
    assert (heard.conversation_id, heard.text, heard.locale_hint, heard.cards) == (
        CONVERSATION,
        "Where is my parcel?",
        "de-DE",
        True,
    )
    assert heard.identity and heard.identity.phone == f"+{CUSTOMER}"
    (sent,) = graph.sent
    assert (sent["to"], sent["text"]["body"]) == (CUSTOMER, "Hello.")
    (mark,) = graph.marked
    assert mark["message_id"] == message(recorded("text"))["id"]
    assert mark["typing_indicator"] == {"type": "text"}
    assert [row.author for row in await open_house.said()] == [Author.CUSTOMER, Author.BOT]
    assert not open_house.problems


async def test_a_repeated_webhook_is_answered_the_same_and_happens_once(open_house: House, graph: Graph) -> None:
    for _ in range(3):
        await open_house.tell("text")
    assert len(open_house.bot.heard) == len(graph.sent) == 1


async def test_a_batch_is_answered_to_each(open_house: House, graph: Graph) -> None:
    await open_house.tell("batch")
    assert [heard.text for heard in open_house.bot.heard if heard.conversation_id == CONVERSATION] == ["one", "three"]
    assert sorted(sent["to"] for sent in graph.sent) == sorted([CUSTOMER, OTHER_CUSTOMER, CUSTOMER])


async def test_a_customer_without_a_number_is_answered(open_house: House, graph: Graph) -> None:
    await open_house.tell("user_name_only")
    (sent,) = graph.sent
    assert sent["recipient"] == USER_ID and "to" not in sent
    assert open_house.bot.heard[0].identity is None


async def test_marks_can_be_left_out(rasa: None, graph: Graph, database: Database, tmp_path: Path) -> None:
    async with house(graph, database, tmp_path, ScriptedBot(), read_marks=False) as opened:
        await opened.tell("text")
    assert graph.sent and not graph.marked


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=" + "0" * 64, "é", "sha1=" + "0" * 40])
async def test_a_wrong_signature_is_refused(open_house: House, header: str) -> None:
    body = json.dumps(recorded("text", datetime.now(UTC))).encode()
    response = await open_house.client.post("/webhook", content=body, headers={HEADER.encode(): header.encode()})
    assert response.status_code == 401
    await open_house.work_off()
    assert not open_house.bot.heard


async def test_without_a_signature_it_is_refused(open_house: House) -> None:
    response = await open_house.client.post("/webhook", content=b"{}")
    assert response.status_code == 401


async def test_the_signature_is_of_the_bytes(open_house: House) -> None:
    body = json.dumps(recorded("text")).encode()
    changed = body.replace(b"parcel", b"pencil")
    assert (await open_house.post(changed, signature(body, APP_SECRET))).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b'{"object": "page", "entry": []}', b"\xff", b"[" * 100_000])
async def test_signed_nonsense_is_refused(open_house: House, body: bytes) -> None:
    with capture_logs() as logs:
        response = await open_house.post(body)
    assert response.status_code == 400
    assert [entry["event"] for entry in logs] == ["whatsapp.bad_webhook"]


async def test_a_truncated_webhook_is_refused_and_the_whole_is_taken(open_house: House) -> None:
    body = json.dumps(recorded("text", datetime.now(UTC))).encode()
    assert (await open_house.post(body[:-10])).status_code == 400
    assert (await open_house.post(body)).status_code == 200


async def test_ten_megabytes_are_refused(open_house: House) -> None:
    assert (await open_house.post(b" " * (10 * 2**20))).status_code == 413


async def test_ten_megabytes_are_refused_when_they_come_without_a_length(open_house: House) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 2**20

    response = await open_house.client.post("/webhook", content=chunks(), headers={HEADER: "sha256=" + "0" * 64})
    assert response.status_code == 413


async def test_as_much_as_the_platform_sends_is_taken(open_house: House) -> None:
    body = json.dumps(recorded("text", datetime.now(UTC))).encode()
    assert (await open_house.post(body + b" " * (MAX_BYTES - len(body)))).status_code == 200
    assert (await open_house.post(body + b" " * (MAX_BYTES - len(body) + 1))).status_code == 413


async def test_a_stale_message_is_acknowledged_and_not_answered(open_house: House) -> None:
    await open_house.tell("text", datetime.now(UTC) - timedelta(days=8))
    assert not open_house.bot.heard


@on_each_database
async def test_a_text_that_no_database_keeps_is_answered(open_house: House) -> None:
    webhook = recorded("text", datetime.now(UTC))
    message(webhook)["text"]["body"] = "Where\x00 is \ud800it?"
    assert (await open_house.post(webhook)).status_code == 200
    await open_house.work_off()
    assert open_house.bot.heard[0].text.startswith("Where")
    assert not open_house.problems


async def test_a_button_is_the_payload(open_house: House) -> None:
    await open_house.tell("button_reply")
    assert open_house.bot.heard[0].text == "/affirm"
    said = (await open_house.said())[0].content
    assert said["title"] == "Yes"


async def test_a_number_chooses(open_house: House, graph: Graph) -> None:
    choices = [{"title": f"Reason number {number}", "payload": f"/r{number}"} for number in range(12)]
    open_house.bot.script = lambda heard: answer({"text": "Why?", "buttons": choices})
    await open_house.tell("text")
    assert "12. Reason number 11" in bodies(graph)[0]
    webhook = recorded("text_quoting", datetime.now(UTC))
    message(webhook)["text"]["body"] = "12."
    message(webhook)["context"]["id"] = "wamid.sent0"
    await open_house.post(webhook)
    await open_house.work_off()
    assert open_house.bot.heard[-1].text == "/r11"


async def test_a_typed_payload_is_not_one(open_house: House) -> None:
    webhook = recorded("text", datetime.now(UTC))
    message(webhook)["text"]["body"] = "/affirm"
    await open_house.post(webhook)
    await open_house.work_off()
    assert open_house.bot.heard[0].text == "affirm"


async def test_a_photograph_is_kept_and_heard(open_house: House, graph: Graph) -> None:
    graph.media["300000000000001"] = picture(), "image/jpeg"
    await open_house.tell("image")
    (heard,) = open_house.bot.heard
    assert heard.text == "The sleeve is torn"
    (photo_id,) = heard.photos
    photo = await open_house.photos.get(photo_id)
    assert photo and (photo.conversation_id, photo.width) == (CONVERSATION, 40)


async def test_a_document_is_kept_and_heard(open_house: House, graph: Graph) -> None:
    graph.media["300000000000003"] = b"%PDF-1.7\n%%EOF", "application/pdf"
    await open_house.tell("document_pdf")
    assert len(open_house.bot.heard[0].photos) == 1


async def test_a_photograph_that_is_none_is_declined_politely(open_house: House, graph: Graph) -> None:
    graph.media["300000000000002"] = b"<script>alert(1)</script>", "image/jpeg"
    await open_house.tell("image_alone")
    assert not open_house.bot.heard
    assert bodies(graph) == [open_house.channel.phrases("de").text("photo_refused_type")]


async def test_a_photograph_that_is_none_leaves_what_was_written(open_house: House, graph: Graph) -> None:
    graph.media["300000000000001"] = b"MZ\x90\x00", "image/jpeg"
    await open_house.tell("image")
    assert [heard.text for heard in open_house.bot.heard] == ["The sleeve is torn"]
    assert len(bodies(graph)) == 2


@pytest.mark.parametrize(("name", "turns"), [("image_alone", 0), ("image", 1)])
async def test_a_photograph_that_is_gone_is_asked_for_again(
    open_house: House, graph: Graph, name: str, turns: int
) -> None:
    await open_house.tell(name)
    assert len(open_house.bot.heard) == turns
    said = {language: open_house.channel.phrases(language).text("media_gone") for language in ("de", "en")}
    # The bot of these tests answers in English.
    assert bodies(graph)[-1] == said["en" if turns else "de"]


async def test_a_photograph_that_is_too_large_is_declined(
    open_house: House, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.whatsapp import channel

    monkeypatch.setattr(channel, "MAX_PHOTO_BYTES", 100)
    graph.media["300000000000002"] = picture(), "image/jpeg"
    await open_house.tell("image_alone")
    assert not open_house.bot.heard
    assert len(bodies(graph)) == 1


async def test_a_photograph_is_tried_again_while_the_platform_is_busy(open_house: House, graph: Graph) -> None:
    graph.media["300000000000001"] = picture(), "image/jpeg"
    graph.media_answers.append(Answer(503))
    await open_house.tell("image")
    assert len(open_house.problems) == 1 and not open_house.bot.heard
    await open_house.inbox.release()
    await open_house.work_off()
    assert len(open_house.bot.heard[0].photos) == 1


async def test_after_a_while_the_customer_is_asked_for_it_again(open_house: House, graph: Graph) -> None:
    graph.media["300000000000002"] = picture(), "image/jpeg"
    graph.media_answers.append(Answer(503))
    await open_house.tell("image_alone", datetime.now(UTC) - timedelta(minutes=6))
    assert not open_house.problems
    assert len(bodies(graph)) == 1


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("location", 1),
        ("contacts", 1),
        ("sticker", 1),
        ("audio", 1),
        ("unsupported", 1),
        ("unknown_type", 1),
        ("reaction", 0),
        ("number_changed", 0),
    ],
)
async def test_what_the_assistant_is_not_asked_is_noted(
    open_house: House, graph: Graph, name: str, answers: int
) -> None:
    await open_house.tell(name)
    await open_house.tell(name)
    assert not open_house.bot.heard
    assert not open_house.problems
    assert len(graph.sent) == len(graph.marked) == answers
    assert [row.author for row in await open_house.said()] == [Author.CUSTOMER] + [Author.BOT] * answers


async def test_an_unknown_type_is_logged_without_what_is_in_it(open_house: House) -> None:
    with capture_logs() as logs:
        await open_house.tell("unknown_type")
    (entry,) = [entry for entry in logs if entry["event"] == "whatsapp.declined"]
    assert entry["kind"] == "hologram"
    assert CUSTOMER not in str(logs)


async def state(open_house: House, database: Database) -> list[tuple[str, str | None]]:
    query = select(OUTBOX.c.state, OUTBOX.c.reason).order_by(OUTBOX.c.id)
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(query)]


def status_of(graph: Graph, name: str, number: int = -1, *, named: bool = True) -> Any:
    """A recorded status, of a message that was sent."""
    webhook = recorded(name, datetime.now(UTC))
    (status,) = webhook["entry"][0]["changes"][0]["value"]["statuses"]
    status["id"] = graph.ids()[number]
    if named:
        status["biz_opaque_callback_data"] = graph.sent[number]["biz_opaque_callback_data"]
    return webhook


@pytest.mark.parametrize("named", [True, False])
async def test_statuses_are_reflected(open_house: House, graph: Graph, database: Database, named: bool) -> None:
    await open_house.tell("text")
    for name, expected in (("sent", State.SENT), ("read", State.READ), ("delivered", State.READ)):
        await open_house.post(status_of(graph, f"status_{name}", named=named))
        await open_house.work_off()
        assert await state(open_house, database) == [(expected, None)]
    said = await open_house.said()
    assert (await open_house.conversations.read_state(CONVERSATION)).by_customer == said[-1].id


async def test_a_read_mark_is_kept_when_the_process_died_before_it(open_house: House, graph: Graph) -> None:
    await open_house.tell("text")
    await open_house.outbox.note("whatsapp", State.READ, platform_id=graph.ids()[0])
    await open_house.post(status_of(graph, "status_read"))
    await open_house.work_off()
    assert (await open_house.conversations.read_state(CONVERSATION)).by_customer == (await open_house.said())[-1].id


async def test_a_failed_message_has_a_reason(open_house: House, graph: Graph, database: Database) -> None:
    await open_house.tell("text")
    with capture_logs() as logs:
        await open_house.post(status_of(graph, "status_failed"))
        await open_house.work_off()
    assert await state(open_house, database) == [(State.FAILED, "window_closed")]
    assert CUSTOMER not in str(logs)


async def test_a_status_tells_of_a_message_whose_answer_was_lost(
    open_house: House, graph: Graph, database: Database
) -> None:
    graph.answers.append(Answer(lost=True))
    await open_house.tell("text")
    assert len(graph.sent) == 1
    ((before, _),) = await state(open_house, database)
    assert before not in (State.SENT, State.FAILED)
    await open_house.post(status_of(graph, "status_delivered"))
    await open_house.work_off()
    assert await state(open_house, database) == [(State.DELIVERED, None)]
    await due(database)
    await open_house.work_off()
    assert len(graph.sent) == 1


async def due(database: Database) -> None:
    """Make everything due that is to be sent again."""
    now = datetime.now(UTC)
    async with database.writing() as connection:
        waiting = OUTBOX.c.next_attempt_at.is_not(None)
        await connection.execute(update(OUTBOX).where(waiting).values(next_attempt_at=now))


@pytest.mark.parametrize("forged", ["1", "1.x", "", "0", 1, None, {"a": 1}])
async def test_statuses_of_others_with_the_same_account_change_nothing(
    open_house: House, graph: Graph, database: Database, forged: Any
) -> None:
    await open_house.tell("text")
    webhook = status_of(graph, "status_failed", named=False)
    (status,) = webhook["entry"][0]["changes"][0]["value"]["statuses"]
    status |= {"id": "wamid.of_another", "biz_opaque_callback_data": forged}
    assert (await open_house.post(webhook)).status_code == 200
    await open_house.work_off()
    assert await state(open_house, database) == [(State.SENT, None)]
    assert not open_house.problems


async def test_an_unknown_status_is_passed_over(open_house: House, graph: Graph) -> None:
    await open_house.tell("text")
    webhook = status_of(graph, "status_read")
    webhook["entry"][0]["changes"][0]["value"]["statuses"][0]["status"] = "warped"
    assert (await open_house.post(webhook)).status_code == 200
    await open_house.work_off()
    assert not open_house.problems


async def test_a_message_waits_while_the_platform_is_busy(open_house: House, graph: Graph, database: Database) -> None:
    graph.answers.append(Answer(429, 130429))
    await open_house.tell("text")
    assert not graph.sent
    await due(database)
    await open_house.work_off()
    assert bodies(graph) == ["Hello."]


@on_each_database
async def test_what_waits_is_sent_when_the_customer_writes_again(
    open_house: House, graph: Graph, database: Database
) -> None:
    graph.answers.append(Answer(429, 131048))
    await open_house.tell("text")
    assert await state(open_house, database) == [(State.WAITING, "not_delivered:131048")]
    await open_house.tell("list_reply")
    assert bodies(graph) == ["Hello.", "Hello."]


async def test_what_waits_is_sent_within_the_window_that_the_new_message_opens(
    open_house: House, graph: Graph, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.answers.append(Answer(429, 131048))
    await open_house.tell("text", datetime.now(UTC) - timedelta(hours=23))
    over = datetime.now(UTC) - timedelta(minutes=1)
    async with database.writing() as connection:
        await connection.execute(update(CONVERSATIONS).values(reachable_until=over))
    hurry = open_house.outbox.hurry

    async def hurry_and_send(conversation_id: str) -> None:
        await hurry(conversation_id)
        # Another process may be as fast as this.
        claimed = await open_house.outbox.claim()
        assert claimed
        await open_house.outbox.process(claimed)

    monkeypatch.setattr(open_house.outbox, "hurry", hurry_and_send)
    await open_house.tell("list_reply")
    assert not open_house.problems
    assert [reached for reached, _ in await state(open_house, database)] == [State.SENT] * 2


async def test_a_changed_number_hurries_nothing(open_house: House, graph: Graph, database: Database) -> None:
    graph.answers.append(Answer(429, 131048))
    await open_house.tell("text")
    await open_house.tell("number_changed")
    assert await state(open_house, database) == [(State.WAITING, "not_delivered:131048")]


async def test_an_expired_token_loses_nothing(open_house: House, graph: Graph, database: Database) -> None:
    graph.token = "another one"
    with capture_logs() as logs:
        await open_house.tell("text")
    assert any(entry["event"] == "whatsapp.refused" and entry["log_level"] == "error" for entry in logs)
    graph.token = TOKEN
    await due(database)
    await open_house.work_off()
    assert bodies(graph) == ["Hello."]


async def test_outside_the_window_nothing_but_a_template_is_sent(
    open_house: House, graph: Graph, database: Database
) -> None:
    await open_house.tell("text", datetime.now(UTC) - timedelta(hours=25))
    assert await state(open_house, database) == [(State.FAILED, "window_closed")]
    template = {"name": "order_update", "language": "de", "parameters": ["AC-1"]}
    await open_house.conversations.say(CONVERSATION, Author.BOT, {"text": "…", "template": template})
    await open_house.work_off()
    (sent,) = graph.sent
    assert sent["template"]["name"] == "order_update"


async def test_a_template_that_is_not_approved_has_a_reason(
    open_house: House, graph: Graph, database: Database
) -> None:
    await open_house.tell("text")
    graph.answers.append(Answer(404, 132001))
    await open_house.conversations.say(CONVERSATION, Author.BOT, {"text": "…", "template": {"name": "nothing"}})
    await open_house.work_off()
    assert (await state(open_house, database))[-1] == (State.FAILED, "refused:132001")


async def test_what_nobody_explains_is_not_tried_for_ever(open_house: House, graph: Graph, database: Database) -> None:
    graph.answers.extend([Answer(500, 131000)] * 2)
    await open_house.tell("text")
    assert (await state(open_house, database))[0][0] == State.WAITING
    async with database.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(hours=2)
        await connection.execute(update(OUTBOX).values(created_at=long_ago, next_attempt_at=long_ago))
    await open_house.work_off()
    assert await state(open_house, database) == [(State.FAILED, "not_delivered:131000")]


async def test_a_photograph_is_given_to_the_platform_and_shown(open_house: House, graph: Graph) -> None:
    await open_house.tell("text")
    photo = await open_house.photos.keep(CONVERSATION, picture())
    await open_house.conversations.say(CONVERSATION, Author.BOT, {"text": "Like this?", "photos": [photo.id]})
    await open_house.work_off()
    shown = graph.sent[-1]
    assert shown["image"]["caption"] == "Like this?"
    assert graph.uploaded[shown["image"]["id"]][1] == "image/jpeg"


async def test_a_document_is_given_to_the_platform_and_shown(open_house: House, graph: Graph) -> None:
    await open_house.tell("text")
    photo = await open_house.photos.keep(CONVERSATION, b"%PDF-1.7\n%%EOF")
    await open_house.conversations.say(CONVERSATION, Author.BOT, {"text": "", "photos": [photo.id]})
    await open_house.work_off()
    assert graph.sent[-1]["document"]["filename"] == "document.pdf"


async def test_a_photograph_that_is_not_kept_any_more_has_a_reason(
    open_house: House, graph: Graph, database: Database
) -> None:
    await open_house.tell("text")
    await open_house.conversations.say(CONVERSATION, Author.BOT, {"text": "", "photos": ["0" * 32]})
    await open_house.work_off()
    assert (await state(open_house, database))[-1] == (State.FAILED, "refused:photo_gone")


async def test_an_answer_quotes_a_message(open_house: House, graph: Graph) -> None:
    await open_house.tell("text")
    asked, answered = await open_house.said()
    wamid = asked.channel_message_id
    for reply_to in (wamid, asked.id, answered.id, asked.id + 1000, "elsewhere"):
        await open_house.conversations.say(CONVERSATION, Author.BOT, {"text": "Yes.", "reply_to": reply_to})
    await open_house.work_off()
    contexts = [sent.get("context") for sent in graph.sent[1:]]
    assert contexts == [{"message_id": wamid}, {"message_id": wamid}, None, None, None]


async def test_customers_have_an_address_to_write_to(open_house: House, graph: Graph) -> None:
    assert open_house.channel.title == "WhatsApp"
    assert open_house.channel.link("a & b") == f"{graph.url}/?text=a%20%26%20b"


async def test_nothing_of_a_customer_is_in_the_log(open_house: House, graph: Graph) -> None:
    graph.answers.append(Answer(400, 131026))
    with capture_logs() as logs:
        for name in ("text", "image", "location", "unknown_type", "status_failed", "group", "other_number"):
            await open_house.tell(name)
    told = str(logs)
    assert logs
    for secret in (CUSTOMER, "parcel", "First Customer", TOKEN, APP_SECRET):
        assert secret not in told


@pytest.mark.parametrize("missing", ["whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token"])
async def test_without_its_secrets_there_is_no_webhook(rasa: None, database: Database, missing: str) -> None:
    from connectors.whatsapp.channel import WhatsAppChannel
    from conversations import Inbox, Outbox

    secrets = dict.fromkeys(("whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token"), "x") | {missing: ""}
    lent = lend(inbox=Inbox(database), outbox=Outbox(database), secrets=secrets)
    with capture_logs() as logs:
        channel = WhatsAppChannel.from_credentials({"phone_number_id": 100000000000001}, lent)

    async def on_new_message(message: Any) -> None:
        raise AssertionError

    assert not list(channel.blueprint(on_new_message)._future_routes)
    assert [entry["event"] for entry in logs] == ["whatsapp.not_set_up"]


async def test_a_shop_with_an_account_has_a_link_with_its_number(rasa: None, database: Database) -> None:
    from connectors.whatsapp.channel import WhatsAppChannel
    from conversations import Inbox, Outbox

    secrets = dict.fromkeys(("whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token"), "x")
    lent = lend(inbox=Inbox(database), outbox=Outbox(database), secrets=secrets)
    account = {"phone_number_id": "123456789012345", "number": "+49 15550 001000"}
    assert WhatsAppChannel.from_credentials(account, lent).link("Hi") == "https://wa.me/4915550001000?text=Hi"
    assert WhatsAppChannel.from_credentials({}, lent).link("Hi") is None


async def test_a_setting_that_it_does_not_have_is_refused(rasa: None, database: Database) -> None:
    from connectors.whatsapp.channel import WhatsAppChannel

    with pytest.raises(TypeError):
        WhatsAppChannel.from_credentials({"phone": "1"}, lend())
