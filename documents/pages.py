"""The routes behind the links."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlsplit

import structlog
from sanic import Blueprint, Request
from sanic.exceptions import NotFound, SanicException
from sanic.response import HTTPResponse, html, raw

from bot.localization import Catalogues
from documents.links import Kind, LinkExpired, LinkInvalid, Links
from web.negotiation import preferred_language
from web.templates import Templates

logger = structlog.get_logger()

TEMPLATES = Path(__file__).parent / "templates"


def _style_source() -> str:
    """What allows the page its own style, and no other: the hash of it (Content Security Policy, level 2)."""
    _, _, rest = (TEMPLATES / "notice.html").read_text(encoding="utf-8").partition("<style>")
    style, _, _ = rest.partition("</style>")
    return f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"


HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src {_style_source()}; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""A document is its holder's alone: it is neither kept nor indexed, and its address is told to nobody."""

SHOWN = frozenset({"image/png"})
"""What browsers show in place; all else they offer to save."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is served; `name` with its extension."""

    name: str
    content_type: str
    body: bytes


Produce = Callable[[str, str], Awaitable[Document | None]]
"""Makes the document of a subject in a language; None where there is none."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The shop, as pages name it to their readers."""

    name: str
    email: str
    website: str


class DocumentPages:
    """Serves what links lead to, or says on a page why it cannot.

    Args:
        links: reads the links.
        producers: makes the documents of each kind; a kind without one is not there.
        catalogues: the translations of the pages.
        sender: whose documents these are.
        languages: those of the pages.
        default_language: one of them, for readers who ask for none of them.
    """

    def __init__(
        self,
        links: Links,
        producers: Mapping[Kind, Produce],
        catalogues: Catalogues,
        sender: Sender,
        languages: Sequence[str],
        default_language: str,
    ) -> None:
        self._links = links
        self._producers = dict(producers)
        self._sender = sender
        self._default_language = default_language
        self._languages = list(languages)
        translations = {language: catalogues.translations(language) for language in languages}
        self._templates = Templates(TEMPLATES, translations, {"host": lambda url: urlsplit(url).netloc})

    def blueprint(self) -> Blueprint:
        """The route `/documents/<token>`."""
        routes = Blueprint("documents", url_prefix="/documents")
        routes.add_route(self._document, "/<token>", methods=("GET", "HEAD"))
        routes.exception(Exception)(self._failed)

        @routes.on_response
        async def protect(request: Request, response: HTTPResponse) -> None:
            response.headers.update(HEADERS)

        return routes

    async def _document(self, request: Request, token: str) -> HTTPResponse:
        grant = self._links.read(token)
        request.ctx.language = grant.language
        produce = self._producers.get(grant.kind)
        document = await produce(grant.subject, grant.language) if produce else None
        if document is None:
            raise NotFound
        disposition = "inline" if document.content_type in SHOWN else "attachment"
        return raw(
            document.body,
            content_type=document.content_type,
            headers={"Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(document.name)}"},
        )

    async def _failed(self, request: Request, error: Exception) -> HTTPResponse:
        """A page that says what is wrong. The link itself, by which anybody could see the document, is not logged."""
        match error:
            case LinkExpired():
                request.ctx.language = error.grant.language
                status = 410
            case LinkInvalid():
                status = 404
            case SanicException():
                status = error.status_code or 500
            case _:
                status = 503
                logger.error("document.failed", exc_info=error)
        language = getattr(request.ctx, "language", None)
        if language not in self._languages:
            accepted = request.headers.get("accept-language") or ""
            language = preferred_language(accepted, self._languages) or self._default_language
        page = self._templates.render("notice.html", language, status=status, sender=self._sender)
        return html(page, status)
