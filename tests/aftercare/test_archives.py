"""What a customer downloads who asked for a copy of their data."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import httpx
import pytest
from PIL import Image

from aftercare.house import Ground, open_documents, open_links, open_privacy_requests
from shop import Customer
from tests.aftercare.privacy import ANNA, EMRE, WORDS, Clock, customer, furnished, leave_traces, talk
from tests.serving import serve

DAY = timedelta(hours=24)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ground(tmp_path: Path, database_url: str, clock: Clock) -> AsyncIterator[Ground]:
    laid = await furnished(tmp_path, database_url, clock)
    yield laid
    await laid.database.close()


async def link(ground: Ground, who: Customer) -> str:
    """The path of the link in the customer's letter."""
    request_id = await open_privacy_requests(ground).request_export(who, "de", ground.now() + DAY, "rest:u1:export")
    url = open_links(ground).url("export", request_id, language="de", valid=DAY)
    return url.removeprefix(ground.settings.address)


async def fetch(ground: Ground, path: str) -> httpx.Response:
    async with serve(open_documents(ground).blueprint(), f"archives_{uuid4().hex}") as client:
        return await client.get(path)


def read(archive: ZipFile) -> dict[str, Any]:
    """The JSON files, by their names without the extension."""
    return {Path(name).stem: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}


async def test_everything_is_in_it(ground: Ground) -> None:
    who = await leave_traces(ground, ANNA)
    await talk(ground, "somebody", "not for Anna", (await customer(ground, EMRE)).id)
    path = await link(ground, who)
    response = await fetch(ground, path)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    assert "personal-data.zip" in response.headers["content-disposition"]
    archive = ZipFile(BytesIO(response.content))
    assert archive.testzip() is None
    files = read(archive)
    records = {"returns", "refunds", "replacements", "claims", "repairs"}
    assert set(files) == {"customer", "orders", "conversations", "letters", "privacy_requests"} | records

    assert (files["customer"]["email"], files["customer"]["address"]["street"]) == (ANNA, who.address.street)
    numbers = [order.number for order in await ground.shop.orders_of(ANNA)]
    assert [order["number"] for order in files["orders"]] == numbers
    assert not records & set(files["orders"][0])
    (claim,) = files["claims"]
    assert (claim["description"], claim["order_number"]) == (WORDS, numbers[-1])
    (conversation,) = files["conversations"]
    (asked, answered) = conversation["messages"]
    assert (asked["author"], answered["author"]) == ("customer", "bot")
    assert WORDS in asked["content"]["text"] and WORDS in answered["content"]["text"]
    assert [handoff["reason"] for handoff in conversation["handoffs"]] == ["claim"]
    (photo,) = asked["content"]["photos"]
    with Image.open(BytesIO(archive.read(f"photos/{photo}.jpg"))) as picture:
        assert picture.size == (64, 48)
    assert [letter["letter"] for letter in files["letters"]] == ["invoice"]
    assert [(request["kind"], request["state"]) for request in files["privacy_requests"]] == [("export", "open")]
    assert "not for Anna" not in json.dumps(files)


async def test_the_link_says_nothing_about_the_customer(ground: Ground) -> None:
    who = await customer(ground, ANNA)
    token = (await link(ground, who)).rpartition("/")[2]
    grant = open_links(ground).read(token)
    assert ANNA not in grant.subject and who.id not in grant.subject


async def test_it_is_there_for_a_day_and_no_longer_than_the_customer(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, ANNA)
    path = await link(ground, who)
    await ground.shop.erase(ANNA)
    assert (await fetch(ground, path)).status_code == 404
    clock.wait(hours=24)
    assert (await fetch(ground, path)).status_code == 410


async def test_a_deletion_does_not_open_a_download(ground: Ground, clock: Clock) -> None:
    who = await customer(ground, ANNA)
    requests = open_privacy_requests(ground)
    await requests.request_deletion(who, "en", clock() + timedelta(days=7), "rest:u1:export")
    # Under the same key there is no copy either.
    request_id = await requests.request_export(who, "en", clock() + DAY, "rest:u1:export")
    assert await requests.export(request_id) is None
