"""On which websites the widget may be."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from sanic import Request

ANY = "*"


class Origins:
    """The websites (`https://www.shop.example`) that may use the server; its own pages always may.

    Browsers name the website with every request that matters here, and do not let it lie.

    Args:
        allowed: the origins; `*` is any, `https://*.shop.example` any subdomain of one level.

    Raises:
        ValueError: for what is no origin.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        for origin in allowed:
            parts = urlsplit(origin)
            if origin != ANY and (
                parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(f"'{origin}' is no origin such as https://www.shop.example")
        self._allowed = frozenset(allowed)

    def allow(self, request: Request) -> str | None:
        """The website that a request comes from, if it may."""
        origin: str | None = request.headers.get("origin")
        if not origin:
            return None
        parts = urlsplit(origin)
        own = parts.netloc != "" and parts.netloc == request.headers.get("host")
        _, _, domain = parts.netloc.partition(".")
        wild = f"{parts.scheme}://*.{domain}"
        return origin if own or self._allowed & {origin, wild, ANY} else None
