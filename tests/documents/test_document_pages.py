"""What links lead to, over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
import pytest_asyncio

from documents import Kind, Links
from documents.pages import Document, DocumentPages, Sender
from tests.documents.reading import CATALOGUES, LANGUAGES
from tests.serving import serve

SENDER = Sender("Halden", "care@halden.example", "https://halden.example")
MOMENT = datetime(2026, 3, 4, tzinfo=UTC)
LINKS = Links(b"a key of thirty-two bytes or more", "", lambda: MOMENT)
HOUR = timedelta(hours=1)

EXPIRED = {
    "en": "This link has expired",
    "de": "Dieser Link ist abgelaufen",
    "es": "Este enlace ha caducado",
    "fr": "Ce lien a expiré",
    "zh": "此链接已过期",
}

_numbers = count()


async def label(subject: str, language: str) -> Document | None:
    if subject == "nobody's":
        return None
    if subject == "broken":
        raise RuntimeError("the printer is on fire")
    return Document(f"Rücksendung {subject} {language}.pdf", "application/pdf", b"%PDF-")


async def code(subject: str, language: str) -> Document:
    return Document("code.png", "image/png", b"\x89PNG")


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    pages = DocumentPages(LINKS, {Kind.LABEL: label, Kind.DROP_OFF_CODE: code}, CATALOGUES, SENDER, LANGUAGES, "en")
    async with serve(pages.blueprint(), f"documents_{next(_numbers)}", FALLBACK_ERROR_FORMAT="json") as client:
        yield client


def link(kind: str, subject: str = "RMA-1", language: str = "de", valid: timedelta = HOUR) -> str:
    return LINKS.url(kind, subject, language=language, valid=valid)


async def test_a_document_is_offered_to_save(client: httpx.AsyncClient) -> None:
    response = await client.get(link("label"))
    assert (response.status_code, response.content) == (200, b"%PDF-")
    assert response.headers["content-type"] == "application/pdf"
    name = "R%C3%BCcksendung%20RMA-1%20de.pdf"
    assert response.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"


async def test_a_code_is_shown(client: httpx.AsyncClient) -> None:
    response = await client.get(link("drop_off_code"))
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"].startswith("inline;")


@pytest.mark.parametrize("path", [link("label"), link("label", valid=-HOUR), "/documents/forged"])
async def test_nothing_is_kept_or_indexed_or_told_to_others(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_expired_link_says_how_to_get_a_new_one(client: httpx.AsyncClient, language: str) -> None:
    # In the language of the link, whatever the browser's is.
    expired = link("label", language=language, valid=-HOUR)
    response = await client.get(expired, headers={"accept-language": "it, en"})
    assert (response.status_code, response.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in response.text
    assert EXPIRED[language] in response.text
    assert 'href="mailto:care@halden.example"' in response.text
    assert '<a href="https://halden.example">halden.example</a>' in response.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_forged_link_is_answered_in_the_readers_language(client: httpx.AsyncClient, language: str) -> None:
    response = await client.get("/documents/forged", headers={"accept-language": f"pt, {language}-XX;q=0.8"})
    assert response.status_code == 404
    assert f'<html lang="{language}">' in response.text
    assert "care@halden.example" in response.text


async def test_a_reader_of_no_served_language_has_the_default_one(client: httpx.AsyncClient) -> None:
    assert '<html lang="en">' in (await client.get("/documents/forged")).text
    assert '<html lang="en">' in (await client.get(link("label", language="xx", valid=-HOUR))).text


@pytest.mark.parametrize("path", [link("label", "nobody's"), link("export")])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert "Hier gibt es kein Dokument" in response.text


async def test_a_failure_is_logged_without_the_link(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    path = link("label", "broken")
    response = await client.get(path)
    assert response.status_code == 503
    assert "Etwas ist schiefgegangen" in response.text
    assert "on fire" not in response.text
    logged = capsys.readouterr().out
    assert "the printer is on fire" in logged
    assert path not in logged


async def test_other_methods_are_not_offered(client: httpx.AsyncClient) -> None:
    assert (await client.head(link("label"))).status_code == 200
    assert (await client.post(link("label"))).status_code == 405
