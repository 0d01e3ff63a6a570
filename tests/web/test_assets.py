"""Files that pages load."""

import gzip
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sanic import Blueprint, Request
from sanic.response import HTTPResponse

from tests.serving import serve
from web.assets import Asset, Assets

_names = (f"web_assets_{number}" for number in count())

STYLE = b"p { margin: 0 } " * 50


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "style.css").write_bytes(STYLE)
    (tmp_path / "dot.svg").write_bytes(b"<svg/>")
    return Assets("/static", tmp_path)


@pytest_asyncio.fixture
async def client(assets: Assets) -> AsyncIterator[httpx.AsyncClient]:
    routes = Blueprint("assets")

    @routes.get("/static/<name>")
    async def file(request: Request, name: str) -> HTTPResponse:
        return assets.response(request, name)

    async with serve(routes, next(_names)) as client:
        yield client


async def test_a_version_is_kept_for_good_and_any_other_asked_for_again(
    client: httpx.AsyncClient, assets: Assets
) -> None:
    current = await client.get(assets("style.css"))
    assert current.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (current.content, current.headers["content-type"]) == (STYLE, "text/css")
    for address in ("/static/style.css", "/static/style.css?v=other"):
        assert (await client.get(address)).headers["cache-control"] == "no-cache"
    same = await client.get("/static/style.css", headers={"if-none-match": current.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = await client.get("/static/style.css", headers={"if-none-match": 'W/"other"'})
    assert (other.status_code, other.content) == (200, STYLE)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, gzip;q=0.5", "gzip"),
        ("", None),
        ("identity", None),
        ("gzip;q=0", None),
    ],
)
async def test_it_is_compressed_for_who_can_read_that(
    client: httpx.AsyncClient, accepted: str, coding: str | None
) -> None:
    async with client.stream("GET", "/static/style.css", headers={"accept-encoding": accepted}) as response:
        body = b"".join([part async for part in response.aiter_raw()])
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(body) if coding else body) == STYLE
    assert coding is None or len(body) < len(STYLE)


async def test_what_compression_would_not_make_smaller_stays_as_it_is(client: httpx.AsyncClient) -> None:
    response = await client.get("/static/dot.svg", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in response.headers
    assert response.content == b"<svg/>"
    assert (await client.get("/static/nothing.css")).status_code == 404


def test_the_version_follows_the_content() -> None:
    assert Asset.of(b"one", "text/css").version == Asset.of(b"one", "text/css").version
    assert Asset.of(b"one", "text/css").version != Asset.of(b"two", "text/css").version
