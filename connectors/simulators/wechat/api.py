"""The API's addresses, and what the page asks for.

Sources: Tencent, "微信公众平台: 获取稳定版接口调用凭据", "新增临时素材", "获取临时素材", "获取用户基本信息",
https://developers.weixin.qq.com/doc/service/api/
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from sanic import Blueprint, Request, Sanic
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse, html, json, raw

from connectors.simulators.page import Action, page_routes
from connectors.simulators.serving import LOST, answering, lose_answer, simulator_app, take_failure
from connectors.simulators.wechat.errors import WeChatError
from connectors.simulators.wechat.messages import read_custom, read_json, read_template, read_typing
from connectors.simulators.wechat.simulator import ANSWER_SECONDS, FAILURES, GATEWAY, WeChat
from connectors.wechat.account import SIMULATED_APP_ID

UPLOADS = {
    "image": (10_000_000, ("image/jpeg", "image/png", "image/gif", "image/bmp")),
    "voice": (2_000_000, ("audio/amr", "audio/mpeg", "audio/mp3")),
    "video": (10_000_000, ("video/mp4",)),
    "thumb": (64_000, ("image/jpeg",)),
}
"""Bytes and types of files that the shop may upload."""

OK = {"errcode": 0, "errmsg": "ok"}

LONGEST_OPENID = 64

_names = (f"wechat_simulator_{number}" for number in count(1))


def wechat_app(
    secrets: Mapping[str, str], webhook: str, answer_seconds: float = ANSWER_SECONDS, name: str | None = None
) -> Sanic[Any, Any]:
    """The stand-in as an application; `app.ctx.simulator` is the `WeChat`.

    Args:
        secrets: see `connectors.facilities`.
        webhook: the address of the server's webhook.
        answer_seconds: how long the server may take to answer a webhook.
        name: of the application, none other in the process has it.
    """
    simulator = WeChat(secrets, webhook, answer_seconds)
    page = page_routes("wechat", simulator.stage, simulator.media, page_actions(simulator))
    app = simulator_app(name or next(_names), simulator, platform_routes(simulator), page)

    @app.on_request
    async def learn_address(request: Request) -> None:
        simulator.address = f"{request.scheme}://{request.host}"

    return app


def page_actions(simulator: WeChat) -> dict[str, Action]:
    """What the page can have done."""

    stage = simulator.stage
    return {
        "say": lambda told: simulator.say(_openid(told), told["message"]),
        "choose": lambda told: simulator.choose(stage.bubbles[told["bubble"]], told["choice"]),
        "send-file": lambda told: simulator.send_file(
            _openid(told), told["kind"], told["file"], told.get("recognition", "")
        ),
        "switch": lambda told: stage.switch(told["name"], told["value"]),
        "again": lambda told: simulator.tell_again(stage.bubbles[told["bubble"]]),
        "check": lambda told: simulator.check(),
        "clear": lambda told: stage.clear(),
        "expire-tokens": lambda told: simulator.tokens.expire(),
    }


def platform_routes(simulator: WeChat) -> Blueprint:
    """The platform's API."""
    routes = Blueprint("wechat_api")

    stage = simulator.stage
    anybody = answering(stage, simulator.app_secret)
    authorized = answering(
        stage,
        simulator.app_secret,
        check=lambda request: simulator.tokens.check(request.args.get("access_token", "")),
    )

    @routes.get("/cgi-bin/token")
    @anybody
    async def token(request: Request) -> HTTPResponse:
        _check_account(request.args.get, simulator.app_secret)
        value, seconds = simulator.tokens.plain()
        return json({"access_token": value, "expires_in": seconds})

    @routes.post("/cgi-bin/stable_token")
    @anybody
    async def stable_token(request: Request) -> HTTPResponse:
        told = read_json(request.body)
        _check_account(told.get, simulator.app_secret)
        value, seconds = simulator.tokens.stable(refresh=told.get("force_refresh") is True)
        return json({"access_token": value, "expires_in": seconds})

    @routes.post("/cgi-bin/message/custom/send")
    @authorized
    async def send(request: Request) -> HTTPResponse:
        message = read_custom(request.body)
        failure = take_failure(stage, FAILURES)
        if failure == GATEWAY:
            return html("<html><body>502 Bad Gateway</body></html>", 502)
        simulator.accept(message)
        if failure == LOST:
            lose_answer(request)
        return json(OK)

    @routes.post("/cgi-bin/message/custom/typing")
    @authorized
    async def typing(request: Request) -> HTTPResponse:
        simulator.show_typing(read_typing(request.body))
        return json(OK)

    @routes.post("/cgi-bin/message/template/send")
    @authorized
    async def send_template(request: Request) -> HTTPResponse:
        message = read_template(request.body)
        take_failure(stage, FAILURES)
        return json({**OK, "msgid": simulator.accept_template(message)})

    @routes.get("/cgi-bin/user/info")
    @authorized
    async def user_info(request: Request) -> HTTPResponse:
        return json(simulator.about(request.args.get("openid", "")))

    @routes.post("/cgi-bin/media/upload")
    @authorized
    async def upload(request: Request) -> HTTPResponse:
        kind = request.args.get("type", "")
        if kind not in UPLOADS:
            raise WeChatError(40004)
        file = request.files.get("media") if request.files else None
        if file is None or not file.body:
            raise WeChatError(41005)
        most, types = UPLOADS[kind]
        if file.type not in types:
            raise WeChatError(40005)
        if len(file.body) > most:
            raise WeChatError(40006)
        media = simulator.media.keep(file.body, file.type, file.name)
        return json({"type": kind, "media_id": media.id, "created_at": int(time.time())})

    @routes.get("/cgi-bin/media/get")
    @authorized
    async def download(request: Request) -> HTTPResponse:
        media = simulator.media.get(request.args.get("media_id", ""))
        if media is None:
            raise WeChatError(40007)
        headers = {"Content-Disposition": f'attachment; filename="{media.id}"'}
        return raw(media.content, content_type=media.content_type, headers=headers)

    @routes.get("/mmbiz_jpg/<media_id>/0")
    async def picture(request: Request, media_id: str) -> HTTPResponse:
        media = simulator.media.get(media_id)
        if media is None or not media.content_type.startswith("image/"):
            raise NotFound("no such picture")
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
        return raw(media.content, content_type=media.content_type, headers=headers)

    return routes


def _check_account(told: Callable[[str], Any], app_secret: str) -> None:
    """Raises `WeChatError` for a request of tokens that is not the account's."""
    if told("grant_type") != "client_credential":
        raise WeChatError(40002)
    if told("appid") != SIMULATED_APP_ID:
        raise WeChatError(40013)
    if not hmac.compare_digest(str(told("secret") or "").encode(), app_secret.encode()):
        raise WeChatError(40125)


def _openid(told: Mapping[str, Any]) -> str:
    """The customer's id. Raises `ValueError` for what is none."""
    openid = str(told["customer"])
    if not 1 <= len(openid) <= LONGEST_OPENID or not openid.replace("-", "").replace("_", "").isalnum():
        raise ValueError("An openid has letters, digits, - and _, such as oSimulatedCustomer0000000001.")
    return openid
