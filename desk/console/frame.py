"""What all pages of the desk have in common: the layout, the files that browsers load, the sentences, the language."""

from __future__ import annotations

import json as json_module
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, html

from bot.localization import Catalogues, language_name, locale_of
from desk.access.agents import Agent
from desk.access.permissions import may
from desk.console.times import absolute, ago, span
from desk.messages import Words, bundle
from web.assets import STATIC as SHARED_STATIC
from web.assets import Asset, Assets
from web.negotiation import preferred_language
from web.templates import SHARED, environment

DESK = Path(__file__).parents[1]
"""Each part of the desk may have pages: `<part>/templates` and `<part>/static`, with names of their own."""

ONE_YEAR = 365 * 24 * 3600

Counts = Callable[[Agent], Awaitable[Mapping[str, int]]]
"""How much there is in each view for somebody: `queue`, `mine`, `unread`, …"""


async def page(request: Request, template: str, status: int = 200, **values: Any) -> HTTPResponse:
    """A page inside the frame, for whoever is signed in; in it, templates extend `base.html`."""
    return await frame_of(request).page(request, template, status, **values)


def frame_of(request: Request) -> Frame:
    """The frame of the desk that serves a request."""
    frame: Frame = request.app.ctx.desk_frame
    return frame


class Frame:
    """The frame around the pages of the desk.

    Args:
        catalogues: of the domain `desk`.
        languages: those of the interface, in the order in which they are offered; the first is for whoever asks for
            none of them.
        shop: what the shop is called.
        root: what stands before `/desk` in addresses: "", or the path under which a proxy serves all this.
        counts: what stands beside the views.
        now: the present moment, aware.
    """

    def __init__(
        self,
        catalogues: Catalogues,
        languages: Sequence[str],
        shop: str,
        *,
        root: str = "",
        counts: Counts | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.languages = tuple(languages)
        self._shop = shop
        self._root = root
        self._counts = counts
        self._now = now
        self._words = {language: Words(catalogues, language) for language in languages}
        self._bundles = {language: _bundle(catalogues, language) for language in languages}
        self.assets = Assets(f"{root}/desk/static", SHARED_STATIC, *sorted(DESK.glob("*/static")))
        self._environments = {language: self._environment(catalogues, language) for language in languages}

    def path(self, path: str) -> str:
        """The address of a path of the desk, as browsers reach it."""
        return self._root + path

    def words(self, language: str) -> Words:
        """The sentences of a language, or else of the first one."""
        return self._words.get(language) or self._words[self.languages[0]]

    def blueprint(self) -> Blueprint:
        """What pages load; nothing of it is secret. It also makes `page` find this frame."""
        routes = Blueprint("desk_files", url_prefix="/desk")

        @routes.before_server_start
        async def attach(app: Any) -> None:
            app.ctx.desk_frame = self

        @routes.get("/static/<name>")
        async def static(request: Request, name: str) -> HTTPResponse:
            return self.assets.response(request, name)

        @routes.get("/words/<language>")
        async def sentences(request: Request, language: str) -> HTTPResponse:
            if language not in self._bundles:
                raise NotFound(language)
            asset = self._bundles[language]
            return asset.response(request, ONE_YEAR if request.args.get("v") == asset.version else 0)

        @routes.on_response
        async def secure(request: Request, response: HTTPResponse) -> None:
            response.headers["X-Content-Type-Options"] = "nosniff"

        return routes

    async def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTTPResponse:
        """See `page`."""
        agent: Agent = request.ctx.agent
        counts = await self._counts(agent) if self._counts else {}
        common = {
            "agent": agent,
            "csrf": request.ctx.csrf,
            "counts": counts,
            "may": partial(may, agent),
            "zone": agent.time_zone,
            "here": request.path,
        }
        return self.answer(template, agent.locale, status, **common, **values)

    def answer(self, template: str, language: str, status: int = 200, **values: Any) -> HTTPResponse:
        """A page for anybody, in a language; in it, templates extend `plain.html`."""
        text = self.render(template, language, **values)
        return html(text, status, headers={"Cache-Control": "no-store"})

    def render(self, template: str, language: str, **values: Any) -> str:
        """A template, or a fragment of a page."""
        known = language if language in self._environments else self.languages[0]
        return self._environments[known].get_template(template).render({"now": self._now(), "zone": "UTC", **values})

    def language_of(self, request: Request) -> str:
        """The language that a browser asks for, among those of the interface."""
        return preferred_language(request.headers.get("accept-language") or "", self.languages) or self.languages[0]

    def _environment(self, catalogues: Catalogues, language: str) -> Environment:
        folders = [*sorted(DESK.glob("*/templates")), SHARED]
        made = environment(folders, language, catalogues.translations(language))
        words, locale = self._words[language], locale_of(language)
        made.globals |= {
            "t": words.text,
            "n": words.plural,
            "word": words.word,
            "assets": self.assets,
            "root": self._root,
            "shop": self._shop,
            "languages": self.languages,
            "words_url": f"{self._root}/desk/words/{language}?v={self._bundles[language].version}",
        }

        @pass_context
        def shown(context: Context, at: datetime) -> str:
            return absolute(at, locale, context["zone"])

        @pass_context
        def since(context: Context, at: datetime) -> str:
            return ago(at, context["now"], locale)

        @pass_context
        def lasting(context: Context, at: datetime) -> str:
            return span(context["now"] - at, locale)

        def named(code: str) -> str:
            return language_name(code, language)

        filters = {"absolute": shown, "ago": since, "lasting": lasting, "language": named, "own_name": language_name}
        made.filters |= filters
        return made


def _bundle(catalogues: Catalogues, language: str) -> Asset:
    content = json_module.dumps(bundle(catalogues, language), ensure_ascii=False, separators=(",", ":"))
    return Asset.of(content.encode(), "application/json; charset=utf-8")
