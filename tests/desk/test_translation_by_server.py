"""Translation by a LibreTranslate server: one that answers as LibreTranslate does, on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sanic import Blueprint, HTTPResponse, Request, json, text

from desk.translation import TranslationUnavailable
from desk.translation.libre import BATCH, LibreTranslator
from tests.serving import serve

WORDS = {
    ("de", "en"): {"Wo ist mein Paket?": "Where is my parcel?", "Danke!": "Thanks!", "Bestellung AC-1001": "Order"},
    ("en", "zh-Hans"): {"Thanks!": "谢谢！"},
}
LANGUAGES = [
    {"code": "de", "name": "German", "targets": ["de", "en"]},
    {"code": "en", "name": "English", "targets": ["de", "en", "zh-Hans"]},
    {"code": "zh-Hans", "name": "Chinese", "targets": ["en", "zh-Hans"]},
]


@dataclass
class Server:
    """What the server was asked, and what it is to answer instead of translating."""

    url: str = ""
    key: str = ""
    languages: Any = field(default_factory=lambda: LANGUAGES)
    asked: list[dict[str, Any]] = field(default_factory=list)
    instead: HTTPResponse | None = None
    silent: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Request) -> HTTPResponse:
        """The answer to a request to translate."""
        self.asked.append(request.json)
        if self.silent:
            await self.released.wait()
        if self.instead:
            return self.instead
        if self.key and request.json.get("api_key") != self.key:
            return json({"error": "Invalid API key"}, status=403)
        words = WORDS.get((request.json["source"], request.json["target"]), {})
        asked = request.json["q"]
        if isinstance(asked, list):
            return json({"translatedText": [words.get(each, each) for each in asked]})
        return json({"translatedText": words.get(asked, asked)})


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    known = Server()
    routes = Blueprint("libre")

    @routes.get("/languages")
    async def languages(request: Request) -> HTTPResponse:
        return json(known.languages)

    @routes.post("/translate")
    async def translate(request: Request) -> HTTPResponse:
        return await known.answer(request)

    async with serve(routes, f"libretranslate-{uuid4().hex}", RESPONSE_TIMEOUT=20) as client:
        known.url = str(client.base_url)
        yield known
        known.released.set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def translator(server: Server, clock: Clock) -> AsyncIterator[LibreTranslator]:
    opened = LibreTranslator(server.url, timeout=5, clock=clock)
    yield opened
    await opened.close()


async def test_it_translates_what_the_server_translates(server: Server, translator: LibreTranslator) -> None:
    assert not translator.supports("de", "en")  # nobody has asked yet
    await translator.open()
    assert translator.supports("de", "en") and translator.supports("en", "zh") and translator.supports("zh-CN", "en")
    assert not translator.supports("de", "zh") and not translator.supports("en", "fr")
    assert not translator.supports("en", "zh-TW") and not translator.supports("en", "en-GB")

    assert await translator.translate(["Wo ist mein Paket?"], "de", "en") == ["Where is my parcel?"]
    assert await translator.translate(["Thanks!"], "en", "zh") == ["谢谢！"]
    assert server.asked == [
        {"q": "Wo ist mein Paket?", "source": "de", "target": "en", "format": "text"},
        {"q": "Thanks!", "source": "en", "target": "zh-Hans", "format": "text"},
    ]
    with pytest.raises(TranslationUnavailable, match="from de into fr"):
        await translator.translate(["Danke!"], "de", "fr")


async def test_several_texts_are_one_request_and_lines_stay(server: Server, translator: LibreTranslator) -> None:
    translated = await translator.translate(["Danke!\n\n  - Danke! \n42", "Wo ist mein Paket?", ""], "de", "en")
    assert translated == ["Thanks!\n\n  - Thanks! \n42", "Where is my parcel?", ""]
    assert [asked["q"] for asked in server.asked] == [["Danke!", "Danke!", "Wo ist mein Paket?"]]
    await translator.translate(["Danke!"] * (BATCH + 1), "de", "en")
    assert [len(asked["q"]) for asked in server.asked[1:]] == [BATCH, len("Danke!")]


async def test_what_the_server_loses_is_put_back(translator: LibreTranslator) -> None:
    assert await translator.translate(["Bestellung AC-1001"], "de", "en") == ["Bestellung AC-1001"]


async def test_the_key_is_sent(server: Server, translator: LibreTranslator) -> None:
    server.key = "a-key"
    with pytest.raises(TranslationUnavailable, match="/translate: 403"):
        await translator.translate(["Danke!"], "de", "en")
    with_key = LibreTranslator(server.url, "a-key")
    assert await with_key.translate(["Danke!"], "de", "en") == ["Thanks!"]
    await with_key.close()


@pytest.mark.parametrize(
    "answer",
    [
        json({"translatedText": ["one", "two"]}),
        json(["Thanks!"]),
        json({}),
        text("<html>"),
        json({"error": "Danke! is no text"}, status=400),
        json({"error": "Danke! broke it"}, status=500),
    ],
)
async def test_what_is_no_translation_is_an_error_that_repeats_nothing(
    server: Server, translator: LibreTranslator, answer: HTTPResponse
) -> None:
    server.instead = answer
    with pytest.raises(TranslationUnavailable) as raised:
        await translator.translate(["Danke!"], "de", "en")
    assert "Danke" not in str(raised.value)


async def test_a_server_that_fails_is_left_alone_longer_each_time(
    server: Server, translator: LibreTranslator, clock: Clock
) -> None:
    async def asks() -> bool:
        before = len(server.asked)
        with pytest.raises(TranslationUnavailable):
            await translator.translate(["Danke!"], "de", "en")
        return len(server.asked) > before

    server.instead = json({}, status=500)
    asked = [(await asks(), clock.seconds)]
    for _ in range(8):
        clock.seconds += 1
        asked.append((await asks(), clock.seconds))
    assert [seconds - 100 for was_asked, seconds in asked if was_asked] == [0, 2, 6]

    clock.seconds += 60
    server.instead = json({}, status=429, headers={"Retry-After": "300"})
    assert await asks()
    clock.seconds += 299
    assert not await asks()
    clock.seconds += 1
    server.instead = None
    assert await translator.translate(["Danke!"], "de", "en") == ["Thanks!"]


async def test_a_text_that_is_refused_stops_no_other(server: Server, translator: LibreTranslator) -> None:
    server.instead = json({"error": "too long"}, status=400)
    with pytest.raises(TranslationUnavailable):
        await translator.translate(["Danke!"], "de", "en")
    server.instead = None
    assert await translator.translate(["Danke!"], "de", "en") == ["Thanks!"]


async def test_a_server_that_says_nothing_is_unavailable(server: Server) -> None:
    server.silent = True
    hurried = LibreTranslator(server.url, timeout=0.2)
    with pytest.raises(TranslationUnavailable, match="ReadTimeout"):
        await hurried.translate(["Danke!"], "de", "en")
    await hurried.close()


async def test_so_is_one_that_is_not_there_or_is_something_else(server: Server) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens
        with pytest.raises(TranslationUnavailable, match="ConnectError"):
            await LibreTranslator(f"http://127.0.0.1:{bound.getsockname()[1]}").open()
    server.languages = {"name": "something else"}
    with pytest.raises(TranslationUnavailable, match="/languages"):
        await LibreTranslator(server.url).open()


async def test_languages_are_asked_for_again_and_kept_when_that_fails(
    server: Server, translator: LibreTranslator, clock: Clock
) -> None:
    await translator.open()
    server.languages = [*LANGUAGES, {"code": "fr", "name": "French"}]
    await translator.open()
    assert not translator.supports("fr", "en")
    clock.seconds += 3600
    await translator.open()
    assert translator.supports("fr", "en")  # a server that names no targets translates into all
    server.languages = None
    clock.seconds += 3600
    await translator.open()
    assert translator.supports("fr", "en")
