"""Photographs over the REST channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image
from sanic import Blueprint

from connectors.facilities import Facilities
from conversations import Photos
from conversations.pictures import MAX_BYTES
from storage import Database
from tests.connectors.lending import lend
from tests.databases import database, database_url, postgresql_server  # noqa: F401
from tests.serving import serve

if TYPE_CHECKING:
    from rasa.core.channels.channel import UserMessage

JPEG = {"content-type": "image/jpeg"}

_numbers = count()


@dataclass
class Door:
    """The channel on loopback, and the messages that came through it."""

    client: httpx.AsyncClient
    photos: Photos
    came: list[UserMessage] = field(default_factory=list)

    async def show(self, data: Any, sender: str = "u1", **headers: str) -> httpx.Response:
        return await self.client.post("/photos", params={"sender": sender}, content=data, headers=headers or JPEG)

    async def say(self, **fields: Any) -> httpx.Response:
        return await self.client.post("/webhook", json={"sender": "u1", **fields})


@pytest.fixture
async def door(rasa: None, database: Database, tmp_path: Path) -> AsyncIterator[Door]:  # noqa: F811
    photos = Photos(database, tmp_path / "uploads")
    came: list[UserMessage] = []

    async def on_new_message(message: UserMessage) -> None:
        came.append(message)

    # As the house has it: other bodies may not be as large as a photograph.
    async with serve(routes_of(lend(photos=photos), on_new_message), name(), REQUEST_MAX_SIZE=100_000) as client:
        yield Door(client, photos, came)


def routes_of(facilities: Facilities, on_new_message: Any) -> Blueprint:
    from connectors.rest import RestChannel

    return RestChannel.from_credentials({}, facilities).blueprint(on_new_message)


def name() -> str:
    return f"rest_photos_{next(_numbers)}"


def photograph(side: int = 20) -> bytes:
    file = BytesIO()
    Image.effect_noise((side, side), 80).convert("RGB").save(file, "JPEG", quality=95)
    return file.getvalue()


async def test_a_photograph_comes_with_a_message(door: Door) -> None:
    shown = await door.show(photograph())
    assert shown.status_code == 201
    photo_id = shown.json()["id"]
    photo = await door.photos.get(photo_id)
    assert photo is not None and photo.conversation_id == "rest:u1"
    assert (await door.say(message="it is broken", photos=[photo_id])).status_code == 200
    assert (await door.say(photos=[photo_id])).status_code == 200
    assert (await door.say(message="", photos=[photo_id])).status_code == 200
    assert (await door.say(message="thanks", photos=[])).status_code == 200
    assert [message.text for message in door.came] == ["it is broken", "/inform", "/inform", "thanks"]
    assert [(message.metadata or {}).get("photos") for message in door.came] == [[photo_id]] * 3 + [None]


async def test_it_may_be_larger_than_other_bodies(door: Door) -> None:
    large = photograph(1200)
    assert 100_000 < len(large) < MAX_BYTES
    assert (await door.show(large)).status_code == 201
    assert (await door.say(message="x" * 200_000)).status_code == 413


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (b"hello", 415, "type"),
        (b"", 415, "type"),
        (photograph()[:-200], 422, "broken"),
        (bytes(MAX_BYTES + 1), 413, "too_large"),
    ],
)
async def test_what_is_refused_says_why(door: Door, data: bytes, status: int, error: str) -> None:
    response = await door.show(data)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.json()["message"]
    assert await door.photos.of("rest:u1") == []


async def test_a_body_without_end_is_not_read_to_it(door: Door) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 20 * MAX_BYTES:
            sent += 2**16
            yield bytes(2**16)

    try:
        response = await door.show(endless())
        assert response.status_code == 413
    except httpx.TransportError:
        # The server has closed the connection while the client was still writing.
        pass
    assert sent < 10 * MAX_BYTES
    assert await door.photos.of("rest:u1") == []


async def test_the_eleventh_is_refused(door: Door) -> None:
    for _ in range(10):
        assert (await door.show(photograph())).status_code == 201
    response = await door.show(photograph())
    assert (response.status_code, response.json()["error"]) == (409, "too_many")
    assert (await door.show(photograph(), sender="u2")).status_code == 201


@pytest.mark.parametrize(
    ("params", "headers", "status", "error"),
    [
        ({}, JPEG, 400, "missing_field"),
        ({"sender": ""}, JPEG, 400, "invalid_field"),
        ({"sender": "x" * 300}, JPEG, 400, "invalid_field"),
        ({"sender": "u1"}, {"content-type": "application/json"}, 415, "type"),
        ({"sender": "u1"}, {}, 415, "type"),
    ],
)
async def test_an_unusable_request_says_why(
    door: Door, params: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    response = await door.client.post("/photos", params=params, content=photograph(), headers=headers)
    assert (response.status_code, response.json()["error"]) == (status, error)


async def test_another_customers_photograph_is_not_to_be_had(door: Door) -> None:
    photo_id = (await door.show(photograph(), sender="u2")).json()["id"]
    for photos in ([photo_id], ["0" * 32]):
        response = await door.say(message="look", photos=photos)
        assert (response.status_code, response.json()["error"]) == (400, "unknown_photo")
    assert door.came == []


@pytest.mark.parametrize("photos", ["a", {"a": "b"}, [5], [["a"]], ["a"] * 11])
async def test_ids_in_another_form_are_refused(door: Door, photos: Any) -> None:
    response = await door.say(message="look", photos=photos)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_field")
    assert door.came == []


async def test_a_message_without_text_needs_a_photograph(door: Door) -> None:
    assert (await door.say(photos=[])).json()["error"] == "missing_field"
    assert (await door.say(message=" ", photos=[])).json()["error"] == "empty_message"


async def test_a_house_that_keeps_none_says_so(rasa: None) -> None:
    async def on_new_message(message: UserMessage) -> None: ...

    async with serve(routes_of(lend(), on_new_message), name()) as client:
        response = await client.post("/photos", params={"sender": "u1"}, content=photograph(), headers=JPEG)
    assert (response.status_code, response.json()["error"]) == (400, "photos_not_set_up")
