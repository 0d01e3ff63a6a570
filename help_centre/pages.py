"""The pages, and the routes that lead to them."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from sanic import Blueprint, Request
from sanic.exceptions import NotFound, SanicException
from sanic.response import HTTPResponse, html, json, raw, redirect

from bot.localization import Catalogues
from help_centre.addresses import Addresses
from help_centre.collation import country_names
from help_centre.head import Head, head_of, head_of_request
from help_centre.markup import body_of
from help_centre.messages import DOMAIN
from help_centre.readers import Reader, preferred_language, reader_of
from help_centre.results import relevant, results
from help_centre.shelves import languages_of, others_of, shelf_of, shelves_of
from help_centre.site import Site
from help_centre.sitemap import sitemap_entries
from help_centre.templates import load_templates
from knowledge_base import ArticleError, KnowledgeBase, UnknownArticle
from knowledge_base.articles import CATEGORIES
from knowledge_base.gaps import Gap, GapKind, GapSource
from web.assets import STATIC as SHARED
from web.assets import Assets
from web.routing import Page, add_pages, nothing

logger = structlog.get_logger()

STATIC = Path(__file__).parent / "static"

OnGap = Callable[[Gap], Awaitable[None]]

MAX_QUERY = 200
MAX_QUESTION = 500
"""The characters of what readers send that are looked at; the rest is cut off."""
RESULTS = 10
SUGGESTIONS = 6

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""Pages run no script but their own, cannot be framed, and tell other sites nothing of what was searched."""


class Visit(NamedTuple):
    """A request: who reads, and the addresses of the pages for them."""

    reader: Reader
    links: Addresses


class HelpCentre:
    """The help centre of a shop.

    Args:
        knowledge_base: what there is to read.
        locales: the folder of the catalogues.
        site: the shop, and where it is served.
        on_gap: told of every search that finds nothing, and of every article that did not help.

    Raises:
        CatalogueError: a catalogue is broken.
    """

    def __init__(self, knowledge_base: KnowledgeBase, locales: Path, site: Site, on_gap: OnGap) -> None:
        self._knowledge_base = knowledge_base
        self._site = site
        self._on_gap = on_gap
        self._templates = load_templates(Catalogues(locales, DOMAIN), site.languages)
        self._assets = Assets(f"{site.root}/help/static", SHARED, STATIC)

    def blueprint(self) -> Blueprint:
        """The routes, all below `/help`."""
        routes = Blueprint("help_centre", url_prefix="/help", strict_slashes=True)
        pages: dict[str, Page] = {
            "": self._front_door,
            "/": self._front_door,
            "/sitemap.xml": self._sitemap,
            "/static/<name>": self._static,
            "/<language>": self._home,
            "/<language>/": self._home,
            "/<language>/categories/<category>": self._category,
            "/<language>/articles/<slug>": self._article,
            "/<language>/search": self._search,
            "/<language>/search/suggestions": self._suggestions,
            "/<path:path>": nothing,
        }
        add_pages(routes, pages, self._failed, HEADERS)
        feedback = "/<language>/articles/<slug>/feedback"
        routes.add_route(self._feedback, feedback, methods=("POST",), name=f"POST {feedback}")
        return routes

    async def _front_door(self, request: Request) -> HTTPResponse:
        links = Addresses(self._site.root, preferred_language(self._site, _accept_language(request)))
        return redirect(links.home(), headers={"Vary": "Accept-Language"})

    async def _home(self, request: Request, language: str) -> HTTPResponse:
        visit = self._visit(request, language)
        head = head_of(self._site, visit.links, Addresses.home, self._site.languages)
        return self._page("home.html", visit, head, shelves=shelves_of(self._knowledge_base, visit.reader))

    async def _category(self, request: Request, language: str, category: str) -> HTTPResponse:
        visit = self._visit(request, language)
        shelf = shelf_of(self._knowledge_base, visit.reader, category)
        if not shelf.cards:
            raise NotFound(category)
        head = head_of(self._site, visit.links, lambda links: links.category(category), self._site.languages)
        return self._page("category.html", visit, head, shelf=shelf)

    async def _article(self, request: Request, language: str, slug: str) -> HTTPResponse:
        visit = self._visit(request, language)
        article = self._knowledge_base.article(slug, language).article
        rendered = self._knowledge_base.answer(slug, language, visit.reader.country).rendered
        written = languages_of(self._knowledge_base, self._site, article)
        return self._page(
            "article.html",
            visit,
            head_of(self._site, visit.links, lambda links: links.article(slug), written),
            article=article,
            rendered=rendered,
            body=body_of(rendered.body, visit.links.article),
            others=others_of(self._knowledge_base, visit.reader, article),
            countries=country_names(self._site.countries, language),
            query=_cleaned(request.args.get("q"), MAX_QUERY),
            feedback=request.args.get("feedback"),
        )

    async def _search(self, request: Request, language: str) -> HTTPResponse:
        visit = self._visit(request, language)
        query = _cleaned(request.args.get("q"), MAX_QUERY)
        hits = self._knowledge_base.search(query, language, RESULTS, visit.reader.country)
        answers = relevant(hits)
        if query and not answers and _is_asked_anew(request):
            likeliest = hits[0].slug if hits else None
            await self._report(Gap(GapKind.UNANSWERED, query, language, GapSource.HELP_CENTRE, likeliest))
        shown = results(self._knowledge_base, answers, query, visit.reader, visit.links)
        return self._page(
            "search.html",
            visit,
            head_of_request(self._site, visit.links),
            query=query,
            results=shown,
            shelves=[] if shown else shelves_of(self._knowledge_base, visit.reader),
        )

    async def _suggestions(self, request: Request, language: str) -> HTTPResponse:
        visit = self._visit(request, language)
        query = _cleaned(request.args.get("q"), MAX_QUERY)
        hits = relevant(self._knowledge_base.search(query, language, SUGGESTIONS, visit.reader.country))
        suggested = results(self._knowledge_base, hits, query, visit.reader, visit.links)
        return json(
            [{"title": result.title, "url": result.url} for result in suggested],
            headers=_vary(visit),
            ensure_ascii=False,
            escape_forward_slashes=False,
        )

    async def _feedback(self, request: Request, language: str, slug: str) -> HTTPResponse:
        """Take what a reader says of an article, and send them back to it.

        "No" is reported at once, with what they searched or else the article's title as the question, since most
        readers leave it at that. What they write on the next page is a question of its own.
        """
        form: Mapping[str, Any] = request.form or {}
        visit = self._visit(request, language, form.get("country"))
        rendered = self._knowledge_base.answer(slug, language, visit.reader.country).rendered
        query = _cleaned(form.get("q"), MAX_QUERY)
        said, question = "", ""
        if "question" in form:
            said, question = "sent", _cleaned(form.get("question"), MAX_QUESTION)
        elif form.get("helpful") == "no":
            said, question = "no", query or rendered.title
        elif form.get("helpful") == "yes":
            said = "yes"
        if question and not (said == "sent" and question == query):
            await self._report(Gap(GapKind.UNHELPFUL, question, language, GapSource.HELP_CENTRE, slug))
        return redirect(visit.links.article(slug, query=query, feedback=said), status=303)

    async def _sitemap(self, request: Request) -> HTTPResponse:
        entries = sitemap_entries(self._knowledge_base, self._site)
        text = self._templates.render("sitemap.xml", self._site.default_language, entries=entries)
        return raw(text.encode(), content_type="application/xml; charset=utf-8")

    async def _static(self, request: Request, name: str) -> HTTPResponse:
        return self._assets.response(request, name)

    async def _failed(self, request: Request, error: Exception) -> HTTPResponse:
        """A page for a reader who cannot get what they asked for."""
        status = _status(error)
        if status >= 500:
            known = isinstance(error, ArticleError)
            logger.error("help.page_failed", path=request.path, reason=str(error), exc_info=None if known else error)
        language = request.match_info.get("language") or request.match_info.get("path", "").split("/")[0]
        if language not in self._site.languages:
            language = preferred_language(self._site, _accept_language(request))
        visit = self._visit(request, language)
        filled = {article.category for article in self._knowledge_base.articles(language)}
        return self._page(
            "error.html",
            visit,
            head_of_request(self._site, visit.links),
            status,
            categories=[category for category in CATEGORIES if category in filled],
        )

    def _visit(self, request: Request, language: str, country: str | None = None) -> Visit:
        """Raises `NotFound` for a language in which there are no pages."""
        if language not in self._site.languages:
            raise NotFound(language)
        country = country or request.args.get("country")
        reader = reader_of(self._site, language, country, _accept_language(request))
        return Visit(reader, Addresses(self._site.root, language, reader.country if reader.chosen else None))

    def _page(self, template: str, visit: Visit, head: Head, status: int = 200, **values: Any) -> HTTPResponse:
        text = self._templates.render(
            template,
            visit.reader.language,
            site=self._site,
            assets=self._assets,
            reader=visit.reader,
            links=visit.links,
            head=head,
            status=status,
            **values,
        )
        return html(text, status, _vary(visit))

    async def _report(self, gap: Gap) -> None:
        """Whatever keeps a gap from being recorded, the reader gets their page."""
        try:
            await self._on_gap(gap)
        except Exception as error:
            logger.error("help.gap_lost", kind=gap.kind, article=gap.article, exc_info=error)


def _accept_language(request: Request) -> str:
    return request.headers.get("accept-language") or ""


def _vary(visit: Visit) -> dict[str, str]:
    """The country of a reader who chose none comes from the languages that they read."""
    return {} if visit.reader.chosen else {"Vary": "Accept-Language"}


def _is_asked_anew(request: Request) -> bool:
    """Whether a reader asked for this page just now: did not load it again, and no program asked in their place."""
    headers = request.headers
    return request.method == "GET" and "cache-control" not in headers and "sec-purpose" not in headers


def _status(error: Exception) -> int:
    if isinstance(error, UnknownArticle):
        return 404
    return (error.status_code if isinstance(error, SanicException) else None) or 500


def _cleaned(text: str | None, longest: int) -> str:
    """What a reader sent, on one line, without what cannot be seen or was not UTF-8, and not too long."""
    readable = (" " if _is_unreadable(character) else character for character in text or "")
    return " ".join("".join(readable).split())[:longest].strip()


def _is_unreadable(character: str) -> bool:
    return character == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(character).startswith("C")
