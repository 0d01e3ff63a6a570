"""What tells requests of our own pages from those that other sites make a browser send.

Two things, either of which would do (OWASP's cheat sheet on cross-site request forgery): the browser says where a
request comes from, and our forms carry a token that is bound to the session.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sanic import Request

HEADER = "x-csrf-token"
FIELD = "csrf"

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing."""


def is_own(request: Request) -> bool:
    """Whether the browser says that a request comes from our own pages.

    Browsers leave `Sec-Fetch-Site` out where the connection is neither encrypted nor within one machine; then `Origin`
    says it. Neither can be set by a page.
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return str(fetched) == "same-origin"
    origin = urlsplit(request.headers.get("origin") or "")
    return origin.scheme in ("http", "https") and origin.netloc == request.host


def carries(request: Request, token: str) -> bool:
    """Whether a request carries the token, in its header or in its form."""
    given: str = request.headers.get(HEADER) or ""
    if not given and (request.content_type or "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        form: Mapping[str, Any] = request.form or {}
        given = form.get(FIELD) or ""
    return hmac.compare_digest(given.encode(), token.encode())
