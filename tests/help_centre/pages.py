"""What the tests serve pages with, and read them with."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import httpx
from sanic import Sanic

from help_centre import HelpCentre, Site
from knowledge_base import KnowledgeBase
from knowledge_base.gaps import Gap

ROOT = Path(__file__).parents[2]
LOCALES = ROOT / "help_centre" / "locales"
LANGUAGES = ("en", "de", "es", "fr", "zh")
PUBLIC_URL = "https://shop.example"
SITE = Site(
    name="Halden",
    email="care@halden.example",
    phone="+31 10 555 0142",
    website="https://halden.example",
    public_url=PUBLIC_URL,
    languages=LANGUAGES,
    default_language="en",
    countries=("DE", "AT", "CH", "US"),
    language_country={"en": "US", "de": "DE", "es": "ES", "fr": "FR", "zh": "CN"},
)

_names = (f"help_centre_{number}" for number in count())


@dataclass
class Served:
    """A help centre that is being served: a client for it, its address, and the gaps that it reported."""

    client: httpx.AsyncClient
    url: str
    gaps: list[Gap]

    async def get(self, path: str, language: str = "", **headers: str) -> httpx.Response:
        if language:
            headers["accept-language"] = language
        return await self.client.get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})

    async def page(self, path: str, language: str = "", status: int = 200) -> "Page":
        response = await self.get(path, language)
        assert response.status_code == status, (path, response.status_code)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return Page(response.text)


@asynccontextmanager
async def serve(
    knowledge_base: KnowledgeBase, fails: Exception | None = None, **facts: object
) -> AsyncIterator[Served]:
    """Serve a help centre on loopback.

    Args:
        fails: what happens whenever a gap is reported.
        facts: what differs from `SITE`.
    """
    gaps: list[Gap] = []

    async def on_gap(gap: Gap) -> None:
        if fails:
            raise fails
        gaps.append(gap)

    app = Sanic(next(_names), configure_logging=False)
    app.config.update(FALLBACK_ERROR_FORMAT="json", MOTD=False, ACCESS_LOG=False, TOUCHUP=False)
    site = replace(SITE, **facts)  # type: ignore[arg-type]
    app.blueprint(HelpCentre(knowledge_base, LOCALES, site, on_gap).blueprint())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        assert server is not None
        await server.startup()
        await server.start_serving()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            async with httpx.AsyncClient(base_url=url, headers={"accept-language": ""}) as client:
                yield Served(client, url, gaps)
        finally:
            server.close()
            await server.wait_closed()


@dataclass
class Element:
    """An element of a page, and all of the text in it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page as its elements, in their order."""

    source: str
    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in ("meta", "link", "input", "br", "hr", "img", "path"):
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in (element.tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def find(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a tag with these attributes; `class_` is `class`, `_` in names a hyphen."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element for element in self.elements if element.tag == tag and wanted.items() <= element.attributes.items()
        ]

    def text(self, tag: str, **attributes: str) -> str:
        """The text of the first such element, with single spaces."""
        return re.sub(r"[ \n]+", " ", self.find(tag, **attributes)[0].text).strip()

    def head(self, name: str) -> str:
        """The content of a `<meta>` by its name or property."""
        found = self.find("meta", name=name) + self.find("meta", property=name)
        return found[0].attributes["content"]

    @property
    def canonical(self) -> str:
        return self.find("link", rel="canonical")[0].attributes["href"]

    @property
    def alternates(self) -> dict[str, str]:
        return {link.attributes["hreflang"]: link.attributes["href"] for link in self.find("link", rel="alternate")}

    @property
    def links(self) -> Iterator[str]:
        return (link.attributes["href"] for link in self.find("a"))

    @property
    def ids(self) -> list[str]:
        return [element.attributes["id"] for element in self.elements if "id" in element.attributes]
