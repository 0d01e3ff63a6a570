"""The web application."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse, json, raw

from aftercare.carrier import carrier_routes
from aftercare.desk import People
from aftercare.doorway import add_doorway
from aftercare.errors import ConfigurationError
from aftercare.house import (
    Ground,
    facilities_of,
    open_conversations,
    open_documents,
    open_feed,
    open_help_centre,
    open_inbox,
    open_messenger_outbox,
    open_scans,
    open_storefront,
    open_turns,
)
from aftercare.languages import read_yaml
from aftercare.metrics import PULSE_SECONDS, Metrics, Pulse
from aftercare.periodic import Periodic
from aftercare.refreshing import Refresher
from aftercare.retention import SECONDS as RETENTION_SECONDS
from aftercare.retention import enforce
from aftercare.serving import Stopping
from aftercare.standing import Standing
from aftercare.swapping import Answering, Swap
from connectors.facilities import Facilities
from conversations import LockUnavailable
from shop import ShopUnavailable, SqlShop
from storage import DatabaseUnavailable, Workers

if TYPE_CHECKING:
    from rasa.core.channels.channel import InputChannel, UserMessage

    from bot.assistant import Assistant

App = Sanic[Any, Any]

logger = structlog.get_logger()

MAX_REQUEST_BYTES = 1_000_000
MAX_FRAME_BYTES = 65_536

NOTICES_PER_TURN = 2
"""So many notices of messengers are in hand for each turn that may be under way: some wait for the platform."""

DELIVERIES_AT_ONCE = 32
"""Most of each is waiting for the platform's answer."""

SETTLE_SECONDS = 3600.0
"""Between two looks at what has become due in a shop on this database: refunds to send, labels that ran out."""


def create_app(ground: Ground, assistant: Assistant, name: str = "aftercare", stopping: Stopping | None = None) -> App:
    """The application: the channels of `credentials.yml`, the desk, the help centre, and `/health/live`,
    `/health/ready`, `/metrics`.

    Args:
        stopping: how the process ends that serves it.

    Raises:
        ConfigurationError: when a channel, the desk or the help centre cannot be set up.
    """
    app = Sanic(name, configure_logging=False, env_prefix="AFTERCARE_SANIC_")
    app.config.update(
        REQUEST_MAX_SIZE=MAX_REQUEST_BYTES,
        WEBSOCKET_MAX_SIZE=MAX_FRAME_BYTES,
        FALLBACK_ERROR_FORMAT="json",
        MOTD=False,
        ACCESS_LOG=False,
        TOUCHUP=False,
    )
    if ground.settings.proxies:
        app.config.PROXIES_COUNT = ground.settings.proxies
    # It needs Rasa, which is loaded by now.
    from connectors.channel import HouseChannel, incoming_of

    app.ctx.ground = ground
    app.ctx.metrics = metrics = Metrics()
    app.ctx.stopping = stopping = stopping or Stopping()
    answering = Answering(assistant)
    feed = open_feed(ground.settings)
    inbox, outbox = open_inbox(ground), open_messenger_outbox(ground, feed)
    people = People(ground, feed, wished=lambda reason: metrics.handoffs.labels(reason).inc())
    turns = open_turns(ground.settings)
    metrics.watch(turns)
    conversations = open_conversations(ground, answering, feed, outbox, people.tickets, turns)
    app.ctx.conversations = conversations
    app.ctx.people = people

    async def on_new_message(message: UserMessage) -> None:
        """Answer a message of any channel through the channel's own output."""
        incoming = incoming_of(message)
        channel = incoming.channel
        started = time.perf_counter()
        try:
            with stopping.waiting_for():
                reply = await conversations.receive(incoming)
        except Exception as error:
            metrics.failures.labels(channel, type(error).__name__).inc()
            raise
        metrics.turn_seconds.labels(channel).observe(time.perf_counter() - started)
        metrics.turns.labels(channel).inc()
        for said in reply:
            await message.output_channel.send_response(message.sender_id, dict(said))

    facilities = facilities_of(ground, conversations, inbox, outbox)
    for input_channel in channels(read_yaml(ground.settings.credentials_file), facilities):
        routes = input_channel.blueprint(on_new_message)
        app.blueprint(routes, url_prefix=f"/webhooks/{input_channel.url_prefix()}")
        if isinstance(input_channel, HouseChannel) and (pages := input_channel.pages()):
            app.blueprint(pages)
    for routes in people.open(conversations, inbox, outbox):
        app.blueprint(routes)
    app.blueprint(open_help_centre(ground).blueprint())
    app.blueprint(open_documents(ground).blueprint())
    if ground.settings.demonstration:
        app.blueprint(open_storefront(ground).blueprint())
    app.blueprint(carrier_routes(open_scans(ground), ground.settings.carrier_secret.get_secret_value()))
    standing = Standing(
        ground.database,
        people.attendance,
        ground.settings.home,
        ground.settings.redis_url,
        lambda: answering.model,
        ground.now,
    )
    _add_health(app, ground, answering, standing)
    _add_errors(app)
    add_doorway(app, https=ground.settings.address.startswith("https://"))

    refresher = Refresher(ground.knowledge_base)
    app.ctx.swap = swap = Swap(ground, answering)
    workers = [
        Workers(ground.outbox, "mail"),
        Workers(inbox, "inbox", at_once=NOTICES_PER_TURN * ground.settings.turns_at_once),
        Workers(outbox, "outbox", at_once=DELIVERIES_AT_ONCE),
    ]
    stopping.leave += [door.leave for door in facilities.doors]
    stopping.finish += [partial(each.stop, stopping.seconds) for each in workers]
    pulse = Periodic("pulse", Pulse(metrics, app.websocket_tasks).look, PULSE_SECONDS)
    retention = Periodic("retention", partial(enforce, ground), RETENTION_SECONDS)
    settling = Periodic("settle", ground.shop.settle_due, SETTLE_SECONDS) if isinstance(ground.shop, SqlShop) else None

    @app.before_server_start
    async def start(app: App) -> None:
        refresher.start()
        swap.start()
        if not ground.settings.redis_url:
            # Nobody else is at work: what was in hand when the last process died need not wait.
            await inbox.release()
        await outbox.await_news()
        await people.start()
        for each in workers:
            each.start()
        pulse.start()
        retention.start()
        if settling:
            settling.start()

    @app.after_server_stop
    async def close(app: App) -> None:
        refresher.stop()
        swap.stop()
        await people.stop()
        await pulse.stop()
        await retention.stop()
        if settling:
            await settling.stop()
        for door in facilities.doors:
            await door.close()
        await conversations.close()
        await standing.close()
        await ground.database.close()

    return app


def channels(credentials: dict[str, Any], facilities: Facilities) -> list[InputChannel]:
    """The channels that `credentials.yml` names. Raises `ConfigurationError`."""
    from rasa.core.channels.channel import InputChannel
    from rasa.shared.utils.common import class_from_module_path

    from connectors.channel import HouseChannel

    found = []
    for path, settings in credentials.items():
        try:
            kind = class_from_module_path(path)
            # Rasa's own channels know nothing of the house.
            lent = [facilities] if issubclass(kind, HouseChannel) else []
            channel = kind.from_credentials(settings, *lent)
        except Exception as error:
            raise ConfigurationError(f"credentials.yml: cannot set up the channel {path}: {error}") from error
        if not isinstance(channel, InputChannel):
            raise ConfigurationError(f"credentials.yml: {path} is no channel")
        found.append(channel)
        if isinstance(channel, HouseChannel):
            facilities.doors.append(channel)
    return found


def _add_health(app: App, ground: Ground, answering: Answering, standing: Standing) -> None:
    @app.get("/health/live")
    async def live(request: Request) -> HTTPResponse:
        return json({"status": "ok"})

    async def ready(request: Request) -> HTTPResponse:
        if app.ctx.stopping.begun:
            return json({"status": "stopping"}, status=503)
        try:
            await ground.database.ping()
        except DatabaseUnavailable as error:
            return json({"status": "unavailable", "database": str(error)}, status=503)
        return json({"status": "ok", "languages": ground.languages, "model": answering.model})

    app.add_route(ready, "/health/ready")
    app.add_route(ready, "/health", name="health")

    @app.get("/metrics")
    async def metrics(request: Request) -> HTTPResponse:
        text = app.ctx.metrics.exposition() + await standing.exposition()
        return raw(text, content_type=CONTENT_TYPE_LATEST)


def _add_errors(app: App) -> None:
    @app.exception(DatabaseUnavailable, LockUnavailable, ShopUnavailable)
    async def unavailable(request: Request, error: Exception) -> HTTPResponse:
        logger.error("request.unavailable", path=request.path, reason=str(error))
        body = {"error": "unavailable", "message": "The service cannot answer right now. Please try again in a moment."}
        return json(body, status=503, headers={"Retry-After": "5"})

    @app.exception(SanicException)
    async def refused(request: Request, error: SanicException) -> HTTPResponse:
        status = error.status_code or 500
        code = type(error).__name__.removesuffix("Exception")
        return json({"error": code, "message": str(error)}, status=status, headers=error.headers or None)

    @app.exception(Exception)
    async def failed(request: Request, error: Exception) -> HTTPResponse:
        logger.error("request.failed", path=request.path, exc_info=error)
        return json({"error": "internal", "message": "Something went wrong on our side."}, status=500)
