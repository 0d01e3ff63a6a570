"""What every request has to be like, and the headers with which every response is sent that says nothing else."""

from __future__ import annotations

import re
from typing import Any

from sanic import Request, Sanic
from sanic.exceptions import BadRequest, NotFound
from sanic.response import BaseHTTPResponse

DEFAULTS = {
    # What is no page loads nothing and runs nothing, should a browser show it all the same.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # What may be kept says so; most else is about somebody.
    "Cache-Control": "no-store",
}

FOR_OTHER_SITES = ("/widget.js", "/widget/", "/webhooks/widget/photos/")
"""What the shop's own website loads: the widget, and the pictures in it."""

FOR_EVERYBODY = "/help"
"""Pages that are about nobody: they may be kept, and are asked for anew."""

ONE_YEAR = 365 * 24 * 3600

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""What a byte becomes that is not UTF-8: nothing can be made of it, no hash, no text in a database."""


NUMBERS = range(2**31)
"""What can be the number of something: the databases keep no larger ones."""


def add_doorway(app: Sanic[Any, Any], *, https: bool) -> None:
    """Refuse requests with headers that are no text, or numbers in their path that are nothing's, and send headers.

    Args:
        https: whether the server is reached by https: browsers are told to use nothing else then.
    """

    async def refuse(request: Request) -> None:
        for name, value in request.headers.items():
            if not value.isascii() and LONE_SURROGATE.search(value):
                raise BadRequest(f"The header {name} is not valid UTF-8.")
        if any(isinstance(value, int) and value not in NUMBERS for value in request.match_info.values()):
            raise NotFound(request.path)

    defaults = dict(DEFAULTS)
    if https:
        defaults["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"

    async def secure(request: Request, response: BaseHTTPResponse) -> None:
        headers = response.headers
        if request.path.startswith(FOR_OTHER_SITES):
            headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
        if request.path.startswith(FOR_EVERYBODY):
            headers.setdefault("Cache-Control", "no-cache")
        for name, value in defaults.items():
            headers.setdefault(name, value)

    # Before those of the blueprints look at the request, and after those that have headers of their own.
    app.register_middleware(refuse, "request", priority=1)
    app.register_middleware(secure, "response", priority=1)
