"""A simulator as an application, whose platform's API answers with errors and shows what goes over the wire."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, cast

from sanic import Blueprint, Request, Sanic
from sanic.exceptions import ServiceUnavailable
from sanic.response import HTTPResponse, json

from connectors.simulators.calls import masked, shown
from connectors.simulators.simulator import Simulator
from connectors.simulators.stage import Exchange, Stage

Handler = Callable[..., Awaitable[HTTPResponse]]

LOST = "lost"
"""A failure: a message is taken, and the connection breaks before the answer."""


class PlatformError(Exception):
    """An answer of the platform that is an error, and its status of HTTP."""

    status: int = 200

    def body(self) -> dict[str, Any]:
        """The body of the answer."""
        raise NotImplementedError


def simulator_app(name: str, simulator: Simulator, *routes: Blueprint) -> Sanic[Any, Any]:
    """An application with these routes; `app.ctx.simulator` is the simulator."""
    app: Sanic[Any, Any] = Sanic(name, configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False, GRACEFUL_SHUTDOWN_TIMEOUT=0.2)
    app.ctx.simulator = simulator
    for blueprint in routes:
        app.blueprint(blueprint)

    @app.after_server_stop
    async def close(app: Sanic[Any, Any]) -> None:
        await simulator.close()

    return app


def answering(
    stage: Stage, *secrets: str, check: Callable[[Request], None] | None = None
) -> Callable[[Handler], Handler]:
    """Handlers that answer with the platform's errors, and show what went over the wire.

    Args:
        secrets: what is not shown of a request, besides its access token.
        check: of the access token. Raises `PlatformError`.
    """

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def answer(request: Request, *arguments: Any, **named: Any) -> HTTPResponse:
            started = time.perf_counter()
            try:
                if check:
                    check(request)
                response = await handler(request, *arguments, **named)
            except PlatformError as error:
                response = json(error.body(), error.status)
            stage.record(_exchange(request, response, time.perf_counter() - started, secrets))
            return response

        return answer

    return decorate


def take_failure(stage: Stage, errors: Mapping[str, PlatformError]) -> str:
    """What a message of the shop fails with; "" for nothing. Raises what is one of the errors."""
    failure = stage.take_failure()
    if failure in errors:
        raise errors[failure]
    return failure


def lose_answer(request: Request) -> NoReturn:
    """Break the connection before the answer."""
    cast(asyncio.Transport, request.transport).abort()
    raise ServiceUnavailable("the answer is lost")


def _exchange(request: Request, response: HTTPResponse, seconds: float, secrets: tuple[str, ...]) -> Exchange:
    """What to show of a request and its answer."""

    def hidden(text: str) -> str:
        for secret in (request.token, request.args.get("access_token"), *secrets):
            text = text.replace(secret, masked(secret)) if secret else text
        return text

    content_type = request.headers.get("content-type", "")
    binary = content_type.startswith("multipart/")
    answered, answer = response.content_type or "", response.body or b""
    return Exchange(
        "api",
        request.method,
        hidden(f"{request.path}?{request.query_string}" if request.query_string else request.path),
        {name: hidden(request.headers[name]) for name in ("Authorization", "Content-Type") if name in request.headers},
        _described(request.body, content_type.partition(";")[0]) if binary else hidden(shown(request.body)),
        status=response.status,
        response=shown(answer)
        if answered.startswith(("application/json", "text/html"))
        else _described(answer, answered),
        milliseconds=round(seconds * 1000),
    )


def _described(body: bytes, content_type: str) -> str:
    return f"({len(body)} bytes of {content_type})"
