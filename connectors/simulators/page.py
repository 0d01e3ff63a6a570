"""The page of a simulator: the customer's telephone, and what goes over the wire."""

from __future__ import annotations

import asyncio
import json as json_module
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from sanic import Blueprint, Request
from sanic.exceptions import Forbidden, NotFound
from sanic.response import HTTPResponse, empty, html, json, raw

from connectors.simulators.media import MediaStore
from connectors.simulators.stage import Change, Stage

STATIC = Path(__file__).parent / "static"

HEARTBEAT_SECONDS = 15.0
"""After so long a silence the page is told that there is nothing, which shows whether it is still there."""

LARGEST_FILE = 16_000_000
"""Bytes of a file that a customer sends."""

OURS = {"127.0.0.1", "localhost", "::1"}
"""The names under which the page is served. A website elsewhere must not reach it, whatever names it has for us."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

SHOWN_IN_PLACE = ("image/jpeg", "image/png", "image/webp", "image/gif", "audio/", "video/", "application/pdf")
"""Types of files that a browser may show; all others are for saving."""

Action = Callable[[Mapping[str, Any]], Awaitable[Any] | None]
"""What the page asks for, with its JSON object. Raises `ValueError` or `KeyError` for what makes no sense."""


def page_routes(name: str, stage: Stage, media: MediaStore, actions: Mapping[str, Action]) -> Blueprint:
    """The page and what it needs.

    Args:
        name: of the platform's script and icon in `static/`.
        actions: what `POST /page/<name>` does.
    """
    routes = Blueprint(f"{name}_page")

    @routes.middleware("request")  # type: ignore[misc]
    async def guard(request: Request) -> None:
        _check_place(request)

    @routes.get("/")
    async def page(request: Request) -> HTTPResponse:
        template = Template((STATIC / "page.html").read_text(encoding="utf-8"))
        return html(template.substitute(platform=name, name=stage.about["platform"]), headers=HEADERS)

    @routes.get("/static/<file>")
    async def static(request: Request, file: str) -> HTTPResponse:
        return _file(file)

    @routes.get("/page/events")
    async def events(request: Request) -> None:
        response = await request.respond(
            headers={**HEADERS, "Cache-Control": "no-store"}, content_type="text/event-stream"
        )
        assert response is not None
        with stage.listen() as changes:
            await response.send(_event(stage.snapshot()))
            while True:
                try:
                    change = await asyncio.wait_for(changes.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    await response.send(": still here\n\n")
                else:
                    await response.send(_event(change))

    @routes.post("/page/files")
    async def upload(request: Request) -> HTTPResponse:
        if len(request.body) > LARGEST_FILE:
            return json({"error": f"The file has more than {LARGEST_FILE // 10**6} MB."}, 413)
        content_type = request.headers.get("content-type") or "application/octet-stream"
        kept = media.keep(bytes(request.body), content_type, request.args.get("name") or "")
        return json({"id": kept.id})

    @routes.get("/page/files/<media_id>")
    async def download(request: Request, media_id: str) -> HTTPResponse:
        file = media.get(media_id)
        if file is None:
            raise NotFound("no such file")
        headers = {**HEADERS, "Content-Security-Policy": "sandbox; default-src 'none'"}
        if not file.content_type.startswith(SHOWN_IN_PLACE):
            headers["Content-Disposition"] = "attachment"
        elif file.content_type == "application/pdf":
            # Chromium's own reader of PDFs does not work in a sandbox.
            del headers["Content-Security-Policy"]
        return raw(file.content, content_type=file.content_type, headers=headers)

    @routes.post("/page/<action>")
    async def act(request: Request, action: str) -> HTTPResponse:
        if action not in actions:
            raise NotFound(action)
        try:
            told = json_module.loads(request.body)
            under_way = actions[action](told)
            if under_way is not None:
                await under_way
        except (ValueError, KeyError, TypeError) as error:
            return json({"error": str(error)}, 400, headers=HEADERS)
        return empty(headers=HEADERS)

    return routes


def _check_place(request: Request) -> None:
    """Refuse what another website has a developer's browser do. Raises `Forbidden`."""
    host = urlsplit(f"//{request.headers.get('host', '')}")
    origin = request.headers.get("origin")
    if host.hostname not in OURS or (origin and urlsplit(origin).netloc != host.netloc):
        raise Forbidden("This page is for the computer that it runs on.")


def _file(name: str) -> HTTPResponse:
    path = STATIC / name
    if path.parent != STATIC or not path.is_file():
        raise NotFound(name)
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return raw(path.read_bytes(), content_type=f"{content_type}; charset=utf-8", headers=HEADERS)


def _event(change: Change) -> str:
    return f"data: {json_module.dumps(change, ensure_ascii=False, separators=(',', ':'))}\n\n"
