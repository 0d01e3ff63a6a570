"""Calls of the platform's API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs

from connectors.media import MediaGone, MediaTooLarge
from connectors.whatsapp.api import CloudApi
from conversations import NotNow, NotSent, Uncertain
from tests.whatsapp.graph import TOKEN, Answer, Graph, platform
from tests.whatsapp.recorded import CUSTOMER

TEXT = {"to": CUSTOMER, "type": "text", "text": {"body": "Hello.", "preview_url": False}}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with platform() as graph:
        yield graph


@pytest.fixture
async def api(graph: Graph) -> AsyncIterator[CloudApi]:
    api = CloudApi(graph.account)
    yield api
    await api.close()


async def test_a_message_is_sent(api: CloudApi, graph: Graph) -> None:
    assert await api.send(TEXT) == "wamid.sent0"
    assert graph.sent == [{"messaging_product": "whatsapp", "recipient_type": "individual", **TEXT}]


async def test_it_can_be_used_again_after_it_was_closed(api: CloudApi, graph: Graph) -> None:
    await api.send(TEXT)
    await api.close()
    await api.send(TEXT)
    assert len(graph.sent) == 2


@pytest.mark.parametrize(
    ("answer", "raised", "seconds"),
    [
        (Answer(429, 130429), NotNow, 5.0),
        (Answer(429, 130429, {"retry-after": "42"}), NotNow, 42.0),
        (Answer(400, 131056), NotNow, 6.0),
        (Answer(503, 131016), NotNow, None),
        (Answer(400, 131047), NotSent, None),
        (Answer(400, 131026), NotSent, None),
        (Answer(404, 132001), NotSent, None),
        (Answer(502), Uncertain, None),
        (Answer(503), NotNow, None),
        (Answer(body={"success": True}), Uncertain, None),
        (Answer(body=[]), Uncertain, None),
        (Answer(lost=True), Uncertain, None),
    ],
)
async def test_an_error_says_what_is_to_be_done(
    api: CloudApi, graph: Graph, answer: Answer, raised: type[Exception], seconds: float | None
) -> None:
    graph.answers.append(answer)
    with pytest.raises(raised) as problem, capture_logs() as logs:
        await api.send(TEXT)
    assert getattr(problem.value, "seconds", None) == seconds
    assert CUSTOMER not in f"{problem.value} {logs}"


async def test_an_expired_token_waits_for_the_operator_and_is_loud(api: CloudApi, graph: Graph) -> None:
    graph.token = "another one"
    with pytest.raises(NotNow) as problem, capture_logs() as logs:
        await api.send(TEXT)
    assert problem.value.seconds == 60.0
    assert [(entry["event"], entry["log_level"], entry["code"]) for entry in logs] == [
        ("whatsapp.refused", "error", 190)
    ]
    assert TOKEN not in str(logs)
    graph.token = TOKEN
    assert await api.send(TEXT)


async def test_where_nobody_listens_nothing_was_sent(graph: Graph) -> None:
    api = CloudApi(replace(graph.account, api="http://127.0.0.1:9/v23.0"))
    with pytest.raises(NotNow):
        await api.send(TEXT)


async def test_who_is_silent_may_have_it(graph: Graph) -> None:
    api = CloudApi(graph.account, timeout=0.2)
    graph.answers.append(Answer(silent=True))
    with pytest.raises(Uncertain):
        await api.send(TEXT)
    graph.listens.set()
    assert len(graph.sent) == 1


async def test_a_message_is_marked(api: CloudApi, graph: Graph) -> None:
    await api.mark_read("wamid.x", typing=True)
    await api.mark_read("wamid.y", typing=False)
    mark = {"messaging_product": "whatsapp", "status": "read"}
    assert graph.marked == [
        {**mark, "message_id": "wamid.x", "typing_indicator": {"type": "text"}},
        {**mark, "message_id": "wamid.y"},
    ]


async def test_a_mark_that_fails_is_only_logged(api: CloudApi, graph: Graph) -> None:
    graph.token = "another one"
    with capture_logs() as logs:
        await api.mark_read("wamid.x", typing=True)
    assert [entry["event"] for entry in logs] == ["whatsapp.refused", "whatsapp.not_marked"]


async def test_a_file_is_fetched(api: CloudApi, graph: Graph) -> None:
    graph.media["300"] = b"picture" * 1000, "image/jpeg"
    assert await api.download("300", 7000) == b"picture" * 1000


@pytest.mark.parametrize("says_size", [True, False])
async def test_a_file_that_is_too_large_is_not(api: CloudApi, graph: Graph, says_size: bool) -> None:
    graph.says_size = says_size
    graph.media["300"] = b"x" * 7001, "image/jpeg"
    with pytest.raises(MediaTooLarge):
        await api.download("300", 7000)


@pytest.mark.parametrize("answers", [[], [Answer(), Answer(404)]], ids=["unknown", "expired"])
async def test_a_file_that_is_gone_is_gone(api: CloudApi, graph: Graph, answers: list[Answer]) -> None:
    if answers:
        graph.media["300"] = b"x", "image/jpeg"
    graph.media_answers.extend(answers)
    with pytest.raises(MediaGone):
        await api.download("300", 7000)


@pytest.mark.parametrize(
    "answers",
    [[Answer(503)], [Answer(), Answer(502)], [Answer(429, 130429)], [Answer(400, 80007)], [Answer(), Answer(401)]],
)
async def test_a_file_that_cannot_be_had_now_may_be_had_later(
    api: CloudApi, graph: Graph, answers: list[Answer]
) -> None:
    graph.media["300"] = b"x", "image/jpeg"
    graph.media_answers.extend(answers)
    with pytest.raises(NotNow):
        await api.download("300", 7000)
    assert await api.download("300", 7000) == b"x"


async def test_the_token_goes_over_no_open_line(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"url": "http://files.example/300"})

    api = CloudApi(replace(graph.account, api="https://graph.example/v23.0"))
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(api, "_client", lambda: client)
    with pytest.raises(NotNow):
        await api.download("300", 7000)
    assert asked == ["https://graph.example/v23.0/300"]


async def test_a_file_is_given(api: CloudApi, graph: Graph) -> None:
    media_id = await api.upload(b"picture", "image/jpeg", "image.jpg")
    assert graph.uploaded[media_id] == (b"picture", "image/jpeg")


@pytest.mark.parametrize("answer", [Answer(502), Answer(429, 130429), Answer(401, 190)])
async def test_a_file_that_was_not_taken_is_given_again(api: CloudApi, graph: Graph, answer: Answer) -> None:
    graph.media_answers.append(answer)
    with pytest.raises(NotNow):
        await api.upload(b"picture", "image/jpeg", "image.jpg")
    assert await api.upload(b"picture", "image/jpeg", "image.jpg")


async def test_a_file_that_is_refused_is_not(api: CloudApi, graph: Graph) -> None:
    graph.media_answers.append(Answer(400, 131053))
    with pytest.raises(NotSent):
        await api.upload(b"picture", "image/jpeg", "image.jpg")
