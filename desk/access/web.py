"""What stands between the desk's routes and everybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import structlog
from sanic import Blueprint, Request
from sanic.exceptions import Forbidden
from sanic.response import HTTPResponse, json, redirect

from desk.access.agents import Agent, Agents
from desk.access.audit import Audit
from desk.access.credentials import Credentials
from desk.access.forgery import SAFE, carries, is_own
from desk.access.links import FIRST_ADMINISTRATOR, Links
from desk.access.passwords import Passwords
from desk.access.permissions import May, may
from desk.access.sessions import LASTS, Session, Sessions
from desk.access.throttle import Throttle
from desk.access.totp import Authenticator
from storage import Database

logger = structlog.get_logger()

COOKIE = "aftercare_desk"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Those of every response, unless it has one of its own: pages run no script but their own, cannot be framed, tell
other sites nothing, and are not kept by browsers.
"""


class Access:
    """Everything that has to do with who may come in.

    Args:
        secret: of the house, with which keys are derived; the same in every process.
        now: the present moment, aware.
        redis_url: where attempts to sign in are counted for all processes; "" counts in this one.
        secure: whether the desk is reached by https: cookies are sent by that alone then.
        public_url: where the desk is reached, for links that are sent to people; without a slash at the end.
        issuer: what authenticator apps show beside an account.
        teams: those that there are, as the rules name them (`desk.rules`).
        skills: the same.
        passwords: what hashes them, if not with argon2's recommended parameters.
    """

    def __init__(
        self,
        database: Database,
        secret: bytes,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        redis_url: str = "",
        secure: bool = False,
        public_url: str = "",
        issuer: str = "Aftercare",
        teams: Sequence[str] = (),
        skills: Sequence[str] = (),
        passwords: Passwords | None = None,
    ) -> None:
        self.teams = tuple(teams)
        self.skills = tuple(skills)
        self.agents = Agents(database, now)
        self.audit = Audit(database, now)
        self.sessions = Sessions(database, secret, now)
        self.throttle = Throttle(redis_url)
        self.links = Links(database, public_url, now)
        self.authenticator = Authenticator(secret, issuer, now)
        self.credentials = Credentials(
            database, secret, passwords or Passwords(), self.authenticator, self.agents, self.audit, now
        )
        self._secure = secure
        self._root = urlsplit(public_url).path

    def path(self, name: str) -> str:
        """The address of a page of the desk, such as `login`."""
        return f"{self._root}/desk/{name}"

    def blueprint(self) -> Blueprint:
        """The pages for signing in, one's own account, and those of administrators: all below `/desk`."""
        # They need what is in this module.
        from desk.access.pages import routes

        return routes(self)

    async def admit(self, request: Request, *, renew: bool = False) -> HTTPResponse | None:
        """Let a request in, as `request.ctx.agent`, `.csrf` and `.session`; returns the answer where nobody is.

        For routes that are not behind `protect`, since programs have other ways to say who they are.

        Args:
            renew: whether the browser is given a new token with the answer, when it is time for one.

        Raises:
            Forged: the request does not come from our own pages.
        """
        socket = is_socket(request)
        await self.recognise(request, renew=renew and not socket)
        if request.ctx.agent is None:
            return self._sign_in_first(request)
        if (socket or request.method not in SAFE) and not is_own(request):
            raise Forged("foreign_origin")
        if request.method not in SAFE and not carries(request, request.ctx.csrf):
            raise Forged("csrf_token")
        return None

    async def recognise(self, request: Request, *, renew: bool) -> None:
        """Note in the request's context who is signed in: `agent`, `csrf` and `session`; None where nobody is.

        What is in `cookie` is given to the browser with the answer of routes behind `protect`: "" takes it away.
        """
        token = request.cookies.get(COOKIE)
        signed_in = await self.sessions.go_on(token, renew=renew) if token else None
        request.ctx.agent = signed_in.agent if signed_in else None
        request.ctx.session = signed_in.session if signed_in else None
        request.ctx.csrf = self.sessions.csrf(signed_in.session) if signed_in else None
        request.ctx.cookie = signed_in.token if signed_in else None

    async def still(self, request: Request) -> Agent | None:
        """Who is signed in, asked anew for a socket that has been open for a while; None where nobody is any more."""
        session: Session | None = request.ctx.session
        return await self.sessions.still(session) if session else None

    def set_cookie(self, response: HTTPResponse, token: str) -> None:
        """Give the browser the token of its session; "" takes it away."""
        response.add_cookie(
            COOKIE,
            token,
            path=f"{self._root}/desk",
            httponly=True,
            samesite="Lax",
            secure=self._secure,
            max_age=LASTS // timedelta(seconds=1) if token else 0,
        )

    def _sign_in_first(self, request: Request) -> HTTPResponse:
        if not wants_page(request):
            return json({"error": "signed_out", "message": "Nobody is signed in."}, status=401)
        if request.method not in SAFE:
            return redirect(self.path("login"), status=303)
        where = self._root + request.path + (f"?{request.query_string}" if request.query_string else "")
        return redirect(f"{self.path('login')}?next={quote(where, safe='')}", status=303)


class Forged(Forbidden):
    """A request that our own pages do not send: `foreign_origin`, or without the right `csrf_token`."""


async def first_administrator_link(access: Access) -> str | None:
    """A link that makes the first administrator; None where somebody can sign in already. Earlier ones are void."""
    if await access.agents.anybody():
        return None
    return await access.links.make(None, FIRST_ADMINISTRATOR)


def protect(routes: Blueprint, access: Access) -> None:
    """Let nobody reach routes but agents who are signed in, with requests of the desk's own pages.

    A route that was added with `ctx_public=True` is for everybody; it gets requests of the desk's own pages alone, too.
    What is forbidden is answered with a page, or with JSON where a script asked.
    """

    @routes.on_request
    async def admit(request: Request) -> HTTPResponse | None:
        if not is_public(request):
            return await access.admit(request, renew=True)
        await access.recognise(request, renew=True)
        # Before somebody is signed in, there is no session that a token could be bound to.
        if request.method not in SAFE and not is_own(request):
            raise Forged("foreign_origin")
        return None

    @routes.on_response
    async def secure(request: Request, response: HTTPResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        cookie: str | None = getattr(request.ctx, "cookie", None)
        if cookie is not None:
            access.set_cookie(response, cookie)

    routes.exception(Forbidden)(_forbidden)


def current(request: Request) -> Agent:
    """Who is signed in. Raises `Forbidden` where nobody is, on a route for everybody."""
    agent: Agent | None = getattr(request.ctx, "agent", None)
    if agent is None:
        raise Forbidden("Nobody is signed in.")
    return agent


def require(request: Request, what: May) -> Agent:
    """Who is signed in. Raises `Forbidden` where they may not do something."""
    agent = current(request)
    if not may(agent, what):
        raise Forbidden("This account may not do that.")
    return agent


def is_public(request: Request) -> bool:
    """Whether the route of a request is for everybody."""
    return bool(request.route and getattr(request.route.ctx, "public", False))


def is_socket(request: Request) -> bool:
    """Whether a request wants a WebSocket."""
    return str(request.headers.get("upgrade") or "").lower() == "websocket"


def wants_page(request: Request) -> bool:
    """Whether a person waits for a page, rather than a script for data."""
    return not is_socket(request) and "text/html" in (request.headers.get("accept") or "")


async def _forbidden(request: Request, error: Forbidden) -> HTTPResponse:
    """The answer where somebody may not do something, or it was not them who asked."""
    forged = isinstance(error, Forged)
    if forged:
        logger.warning("desk.request_refused", path=request.route.path if request.route else "", reason=str(error))
    frame = getattr(request.app.ctx, "desk_frame", None)
    if frame is None or not wants_page(request):
        if forged:
            message = "This request does not come from a page of the desk, or from one of an earlier session."
            return json({"error": str(error), "message": message}, status=403)
        return json({"error": "forbidden", "message": str(error)}, status=403)
    agent: Agent | None = request.ctx.agent
    language = agent.locale if agent else frame.language_of(request)
    page: HTTPResponse = frame.answer("access_forbidden.html", language, 403, forged=forged)
    return page
