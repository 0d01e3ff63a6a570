"""`aftercare simulate whatsapp|wechat`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from aftercare.cli.console import errors
from aftercare.errors import ConfigurationError
from aftercare.secret import load_secret
from aftercare.settings import Settings
from aftercare.simulation import SIMULATORS, simulated_secrets

HOST = "127.0.0.1"
"""Nobody else reaches a simulator: its pages show what customers write."""


class Platform(StrEnum):
    """The platforms that can be simulated."""

    WHATSAPP = "whatsapp"
    WECHAT = "wechat"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    platform: Annotated[Platform, typer.Argument(help="The platform that is simulated.")],
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port to listen on.")] = None,
    webhook: Annotated[str | None, typer.Option(help="The address of the server's webhook.")] = None,
) -> None:
    """Stand in for a messenger's platform, with a page to chat through it; no account is needed.

    The server of `aftercare serve` in another terminal uses it by itself where it serves the demonstration shop.
    """
    settings = Settings.load()
    if not settings.demonstration:
        raise ConfigurationError("AFTERCARE_DEMO: only the demonstration shop works with simulated accounts.")
    settings.home.mkdir(parents=True, exist_ok=True)
    usual = urlsplit(SIMULATORS[platform]).port
    assert usual is not None
    port = port or usual
    webhook = webhook or f"http://localhost:{settings.port}/webhooks/{platform}/webhook"
    if urlsplit(webhook).scheme not in ("http", "https"):
        raise ConfigurationError(f"--webhook: {webhook} must begin with http:// or https://")
    listening = _listen(port)
    application = _maker(platform)(simulated_secrets(load_secret(settings)), webhook)

    @application.after_server_start
    async def announce(app: Any) -> None:
        errors.print(
            f"Chat on http://{HOST}:{port} — the webhook is {webhook} — press Ctrl-C to stop.", highlight=False
        )

    application.run(sock=listening, single_process=True, access_log=False, motd=False)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ConfigurationError(f"Cannot listen on {HOST}:{port} (--port): {error.strerror}") from error


def _maker(platform: Platform) -> Callable[..., Any]:
    if platform is Platform.WHATSAPP:
        from connectors.simulators.whatsapp import whatsapp_app

        return whatsapp_app
    from connectors.simulators.wechat import wechat_app

    return wechat_app
