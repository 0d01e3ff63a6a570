"""What customers are told while something is away, each in their language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.localization import Catalogues
from connectors.rendering.phrases import DOMAIN, LOCALES
from conversations import LockUnavailable
from storage import Database, DatabaseUnavailable
from tests.connectors.lending import lend
from tests.serving import serve

if TYPE_CHECKING:
    from rasa.core.channels.channel import UserMessage

LANGUAGES = ("de", "en", "es", "fr", "zh")


async def test_a_program_is_given_a_sentence_for_its_customer(rasa: None) -> None:
    from connectors.rest import RestChannel

    async def on_new_message(message: UserMessage) -> None:
        raise DatabaseUnavailable("cannot use the database postgresql://ann:***@db/shop")

    told = set()
    async with serve(RestChannel(lend(languages=LANGUAGES)).blueprint(on_new_message), "rest_away") as client:
        for language in (*LANGUAGES, None):
            body = {"sender": "anna", "message": "hello", "locale": language and f"{language}-XX"}
            response = await client.post("/webhook", json=body)
            assert (response.status_code, response.headers["retry-after"]) == (503, "5")
            assert response.json()["error"] == "unavailable"
            told.add(response.json()["message"])
    catalogues = Catalogues(LOCALES, DOMAIN)
    english = "Our customer service can't answer right now. Please try again in a moment."
    assert told == {catalogues.text(language, "unavailable", english) for language in LANGUAGES}


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), LockUnavailable("away")])
async def test_a_window_is_told_to_send_it_again(
    rasa: None, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from tests.widget.serving import Parrot
    from tests.widget.visiting import serve as serve_widget

    async def fail(*arguments: object, **context: object) -> None:
        raise error

    async with serve_widget(database, tmp_path) as served, served.window() as window:
        with monkeypatch.context() as away:
            away.setattr(Parrot, "reply", fail)
            failed = (await window.say("hello"))[-1]
        assert failed == {"type": "failed", "id": "m-0000001", "code": "unavailable", "seconds": 5}
        # The same once more, as the window does it.
        assert (await window.say("hello"))[-1] == {"type": "done", "id": "m-0000001"}
