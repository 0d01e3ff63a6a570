"""The help centre beside the channels, on the real server."""

import asyncio
import uuid

import httpx

from knowledge_base import Gap, GapKind, GapLog, GapSource
from storage import Database
from tests.app.conftest import Server


def recorded(server: Server) -> list[Gap]:
    async def read() -> list[Gap]:
        database = Database(f"sqlite:///{server.home / 'aftercare.db'}")
        try:
            return list(await GapLog(database).gaps())
        finally:
            await database.close()

    return asyncio.run(read())


def test_the_articles_are_pages_with_the_shops_facts(server: Server) -> None:
    front = httpx.get(f"{server.url}/help", headers={"accept-language": "de-AT"})
    assert front.headers["location"] == "/help/de/"
    page = httpx.get(f"{server.url}/help/de/articles/warranty", headers={"accept-language": "de-AT"})
    assert page.status_code == 200
    assert "Österreich" in page.text and "care@halden.example" in page.text
    assert f'<link rel="canonical" href="{server.url}/help/de/articles/warranty">' in page.text


def test_pages_have_their_own_errors_and_channels_theirs(server: Server) -> None:
    page = httpx.get(f"{server.url}/help/fr/articles/nothing")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Cette page n'existe pas" in page.text.replace("&#39;", "'")
    for path in ("/nothing", "/helpless", "/webhooks/nothing"):
        answer = httpx.get(f"{server.url}{path}")
        assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")


def test_what_readers_miss_is_recorded_without_personal_data(server: Server) -> None:
    word = "".join(letter for letter in uuid.uuid4().hex if letter.isalpha())
    httpx.get(f"{server.url}/help/en/search", params={"q": f"xyzzy {word} jo@example.org"})
    page = httpx.post(
        f"{server.url}/help/en/articles/warranty/feedback",
        data={"question": f"{word}, and my number is +31 6 1234 5678"},
        follow_redirects=True,
    )
    assert page.status_code == 200
    note, search = [gap for gap in recorded(server) if word in gap.question][:2]
    assert (search.kind, search.source, search.language) == (GapKind.UNANSWERED, GapSource.HELP_CENTRE, "en")
    assert (note.kind, note.source, note.article) == (GapKind.UNHELPFUL, GapSource.HELP_CENTRE, "warranty")
    assert "jo@example.org" not in search.question and "1234" not in note.question
