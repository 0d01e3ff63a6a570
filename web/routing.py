"""The routes of a room with pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sanic import Blueprint, Request
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse

Page = Callable[..., Coroutine[Any, Any, HTTPResponse]]
"""Answers a request, which comes first, with the parts of its path, which come by their names."""

Failed = Callable[[Request, Exception], Coroutine[Any, Any, HTTPResponse]]
"""Answers a request with a page that says what is wrong."""


def add_pages(routes: Blueprint, pages: Mapping[str, Page], failed: Failed, headers: Mapping[str, str]) -> None:
    """Add pages to a blueprint, each under its path.

    Args:
        failed: the page for whatever cannot be answered.
        headers: those of every response.
    """
    for path, page in pages.items():
        routes.add_route(page, path, methods=("GET", "HEAD"), name=f"GET {path}")
    routes.exception(Exception)(failed)

    @routes.on_response
    async def secure(request: Request, response: HTTPResponse) -> None:
        response.headers.update(headers)


async def nothing(request: Request, path: str) -> HTTPResponse:
    """The page of every path that has none."""
    raise NotFound(path)
