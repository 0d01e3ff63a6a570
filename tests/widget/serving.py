"""The widget's channel with a bot that says what a test wants: quick to start, and to kill."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sanic import Request, Sanic
from sanic.response import HTTPResponse, html, text

from aftercare.settings import ROOT
from bot.engine import import_rasa
from bot.localization import Catalogues
from bot.reply import Reply
from conversations import WAITING, Author, Conversations, LocalFeed, LocalLocks, Photos
from storage import Database, migrate
from tests.bots import ScriptedBot, answer
from tests.connectors.lending import lend

IDENTITY_SECRET = "the shop and the test share this one"
SECRET = b"a secret of the widget's tests, long enough"

WIDGET_FOLDER = ROOT / "connectors" / "widget"


class Parrot(ScriptedBot):
    """A bot that says what it is told to: a JSON list of messages as it is, and anything else as an echo."""

    def __init__(self) -> None:
        super().__init__(lambda heard: answer(*said(heard.text)))
        self.pauses: list[asyncio.Event] = []

    async def reply(self, conversation_id: str, text: str, *arguments: Any, **context: Any) -> Reply:
        if text == "fail":
            raise RuntimeError("the bot was told to fail")
        if text == "wait":
            pause = asyncio.Event()
            self.pauses.append(pause)
            await pause.wait()
        if text.startswith("pause "):
            await asyncio.sleep(float(text.split()[1]))
        return await super().reply(conversation_id, text, *arguments, **context)


class Pigeon:
    """A channel on which visitors can go on."""

    title = "Pigeon"

    def link(self, text: str) -> str:
        return f"/page?{urlencode({'text': text})}"


def said(text: str) -> list[dict[str, Any]]:
    """What the parrot says to a text."""
    told: list[dict[str, Any]] = json.loads(text) if text.startswith("[{") else [{"text": f"You said: {text}"}]
    return told


def make_app(
    name: str,
    database: Database,
    uploads: Path,
    bot: Parrot,
    *,
    languages: Sequence[str] = ("de", "en", "es", "fr", "zh"),
    redis_url: str = "",
    feed: Any = None,
    turns: Any = None,
    **settings: Any,
) -> Any:
    """An application with the widget's channel alone, and a bare page for it at `/page`.

    Args:
        settings: of the channel.
    """
    import_rasa()
    from connectors.channel import incoming_of
    from connectors.identity_tokens import IdentityTokens
    from connectors.widget.channel import WidgetChannel

    conversations = Conversations(database, bot, LocalLocks(), feed=feed or LocalFeed(), turns=turns)
    facilities = lend(
        conversations=conversations,
        database=database,
        secret=SECRET,
        languages=languages,
        widget_catalogues=Catalogues(WIDGET_FOLDER / "locales", "widget"),
        identity_tokens=IdentityTokens(IDENTITY_SECRET),
        photos=Photos(database, uploads),
        redis_url=redis_url,
        doors=[Pigeon()],
    )
    channel = WidgetChannel(facilities, **settings)

    async def on_new_message(message: Any) -> None:
        await conversations.receive(incoming_of(message))

    app: Any = Sanic(name, configure_logging=False)
    app.config.update(MOTD=False, ACCESS_LOG=False, TOUCHUP=False, REQUEST_MAX_SIZE=100_000, WEBSOCKET_MAX_SIZE=65_536)
    app.blueprint(channel.blueprint(on_new_message), url_prefix="/webhooks/widget")
    app.blueprint(channel.pages())
    app.ctx.conversations = conversations
    app.ctx.channel = channel
    _add_page(app)
    return app


def _add_page(app: Any) -> None:
    """A page with the widget whose head and attributes a test chooses, under as strict a policy as there can be."""

    @app.get("/page")
    async def page(request: Request) -> HTTPResponse:
        arguments = dict(request.get_query_args())
        attributes = " ".join(f'{name}="{value}"' for name, value in arguments.items() if name.startswith("data-"))
        lang, style = arguments.get("lang", "en"), arguments.get("style", "")
        body = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A page</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/icon.svg">'
            f"{'<link rel=stylesheet href=/hostile.css>' if style else ''}"
            f'<script type="module" src="/widget.js" {attributes}></script></head>'
            f"<body><main><h1>A page of a shop</h1><p>With a <a href='/page'>link</a> in it.</p></main></body></html>"
        )
        policy = (
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src 'self'; "
            "frame-src 'self'; require-trusted-types-for 'script'; base-uri 'none'"
        )
        return html(body, headers={"Content-Security-Policy": policy})

    @app.get("/hostile.css")
    async def hostile(request: Request) -> HTTPResponse:
        rules = (
            "* { font: 40px/3 serif !important; color: red !important; background: yellow !important; "
            "display: block !important; position: static !important; margin: 30px !important; direction: rtl } "
            "html { font-size: 4px }"
        )
        return text(rules, content_type="text/css")

    @app.get("/icon.svg")
    async def icon(request: Request) -> HTTPResponse:
        return text('<svg xmlns="http://www.w3.org/2000/svg"/>', content_type="image/svg+xml")

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return text("ok")

    @app.post("/say/<author>")
    async def say(request: Request, author: str) -> HTTPResponse:
        """Say something as somebody else in the latest conversation."""
        conversations = app.ctx.conversations
        async with conversations._database.session() as session:
            from sqlalchemy import select

            from conversations import ConversationRow

            latest = select(ConversationRow.id).order_by(ConversationRow.created_at.desc()).limit(1)
            conversation_id = await session.scalar(latest)
        if author == "typing":
            await conversations.show_typing(conversation_id, Author.AGENT, "Mei")
        elif author == "waiting":
            await conversations._feed.publish(conversation_id, WAITING)
        else:
            await conversations.say(conversation_id, Author(author), request.json)
        return text("ok")


def main(home: Path, port: int) -> None:
    """Serve until the process is killed."""
    url = f"sqlite:///{home / 'widget.db'}"
    migrate(url)
    app = make_app("widget_tests", Database(url), home / "uploads", Parrot())
    app.run("127.0.0.1", port, single_process=True, motd=False, access_log=False)
