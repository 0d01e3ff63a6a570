"""The routes of all pages of this room."""

from __future__ import annotations

import structlog
from sanic import Blueprint, Request
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, json

from desk.access.administration import Administration
from desk.access.forms import frame_of
from desk.access.own_account import OwnAccount
from desk.access.signing_in import SigningIn
from desk.access.web import Access, protect, wants_page
from storage import DatabaseUnavailable

logger = structlog.get_logger()


def routes(access: Access) -> Blueprint:
    """Signing in for everybody, and behind it one's own account and the pages of administrators."""
    blueprint = Blueprint("desk_access", url_prefix="/desk")
    protect(blueprint, access)
    blueprint.exception(Exception)(_failed)
    signing_in = SigningIn(access)
    for (method, path), page in signing_in.public().items():
        blueprint.add_route(page, path, methods=(method,), name=f"{method} {path}", ctx_public=True)
    for part in (signing_in, OwnAccount(access), Administration(access)):
        for (method, path), page in part.protected().items():
            blueprint.add_route(page, path, methods=(method,), name=f"{method} {path}")
    return blueprint


async def _failed(request: Request, error: Exception) -> HTTPResponse:
    """A page for whatever else cannot be answered; it needs neither a session nor the database."""
    status = (error.status_code if isinstance(error, SanicException) else None) or 500
    if isinstance(error, DatabaseUnavailable):
        status = 503
    if status >= 500:
        # The pattern, not the path: in the paths of links is what makes them hard to guess.
        logger.error("desk.page_failed", path=request.route.path if request.route else "", exc_info=error)
    if not wants_page(request):
        return json({"error": type(error).__name__, "message": "That did not work."}, status=status)
    frame = frame_of(request)
    agent = getattr(request.ctx, "agent", None)
    language = agent.locale if agent else frame.language_of(request)
    return frame.answer("access_failed.html", language, status, missing=status == 404)
