"""The page of an article."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from knowledge_base import KnowledgeBase, Variables
from tests.help_centre.pages import Served, serve
from tests.knowledge_base.samples import WriteArticle

RETURNS = "/help/de/articles/return-policy"


async def test_an_article_shows_its_title_answer_body_and_date(served: Served) -> None:
    page = await served.page(RETURNS)
    assert page.text("h1") == "Rückgabe"
    assert page.text("p", class_="lead") == "Sie haben 30 Tage."
    assert page.head("description") == "Sie haben 30 Tage."
    assert [heading.attributes["id"] for heading in page.find("h2") if heading.text == "Kosten"] == ["kosten"]
    assert page.text("time", datetime="2026-11-20") == "20. November 2026"
    assert "Aktualisiert am 20. November 2026" in page.text("article")
    crumbs = page.find("nav", class_="breadcrumb")[0].text.split("\n")
    assert [crumb.strip() for crumb in crumbs if crumb.strip()] == ["Hilfe", "Rückgabe und Erstattung", "Rückgabe"]


async def test_links_between_articles_lead_to_pages(served: Served) -> None:
    page = await served.page(f"{RETURNS}?country=AT")
    assert "/help/de/articles/warranty?country=AT#how-long" in page.links


async def test_contents_are_shown_of_three_sections_and_more(served: Served) -> None:
    page = await served.page("/help/en/articles/warranty")
    assert "On this page" in page.text("nav", class_="contents")
    assert [link for link in page.links if link.startswith("#")] == ["#content_", "#how-long", "#what-for", "#how"]
    assert not (await served.page(RETURNS)).find("nav", class_="contents")


async def test_others_of_the_category_are_offered(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    for slug, title, category in (("b", "Zebra", "returns"), ("c", "Ärger", "returns"), ("d", "Other", "account")):
        write_article(slug, "de", title=title, category=category)
        write_article(slug, "en", title=title, category=category)
    write_article("a", "de")
    async with serve(KnowledgeBase(tmp_path, variables)) as served:
        page = await served.page("/help/de/articles/a")
        assert page.text("nav", class_="others") == "Mehr zu diesem Thema Ärger Zebra"


async def test_an_article_that_is_missing_in_a_language_is_shown_in_english(served: Served) -> None:
    page = await served.page("/help/de/articles/warranty")
    assert page.find("html", lang="de")
    assert page.find("article", lang="en")
    assert "nur auf Englisch" in page.text("p", class_="notice")
    assert page.canonical.endswith("/help/en/articles/warranty")
    assert set(page.alternates) == {"en", "x-default"}
    assert page.find("h2", lang="de") and page.find("div", class_="facts", lang="de")
    assert page.find("a", href="/help/de/categories/products")

    home = await served.page("/help/de/")
    assert [link.attributes["lang"] for link in home.find("a", href="/help/de/articles/warranty")] == ["en"]
    written = await served.page("/help/en/articles/warranty")
    assert not written.find("p", class_="notice") and not written.find("article", lang="en")


async def test_the_same_article_is_offered_in_every_language(served: Served) -> None:
    page = await served.page(f"{RETURNS}?country=CH")
    links = {link.attributes["hreflang"]: link for link in page.find("a") if "hreflang" in link.attributes}
    assert {code: (link.text, link.attributes["lang"]) for code, link in links.items()} == {
        "en": ("English", "en"),
        "de": ("Deutsch", "de"),
        "es": ("Español", "es"),
        "fr": ("Français", "fr"),
        "zh": ("中文", "zh"),
    }
    assert links["fr"].attributes["href"] == "/help/fr/articles/return-policy?country=CH"
    assert [code for code, link in links.items() if "aria-current" in link.attributes] == ["de"]


@pytest.mark.parametrize(
    ("path", "language", "country", "varies"),
    [
        (RETURNS, "", "Deutschland", True),
        (RETURNS, "de-AT,de;q=0.9,en-US;q=0.8", "Österreich", True),
        (RETURNS, "de-LI,en-US;q=0.8", "Deutschland", True),
        (f"{RETURNS}?country=US", "de-AT", "Vereinigte Staaten", False),
        (f"{RETURNS}?country=us", "", "Vereinigte Staaten", False),
        (f"{RETURNS}?country=XX", "de-AT", "Österreich", True),
        (f"{RETURNS}?country=<script>", "", "Deutschland", True),
        ("/help/en/articles/return-policy", "de-CH", "Switzerland", True),
        ("/help/fr/articles/return-policy", "fr-FR", "Autres pays", True),
    ],
)
async def test_the_country_is_chosen_or_concluded(
    served: Served, path: str, language: str, country: str, varies: bool
) -> None:
    response = await served.get(path, language)
    assert response.headers.get("vary") == ("Accept-Language" if varies else None)
    page = await served.page(path, language)
    selected = [option.text for option in page.find("option") if "selected" in option.attributes]
    assert (selected or [page.find("option")[0].text]) == [country]


async def test_the_countries_figures_are_stated(served: Served) -> None:
    assert (await served.page(f"{RETURNS}?country=US")).text("p", class_="lead").endswith("auf eigene Kosten.")
    assert (await served.page(f"{RETURNS}?country=AT")).text("p", class_="lead") == "Sie haben 30 Tage."


async def test_countries_stand_in_the_order_of_the_alphabet(served: Served) -> None:
    options = [option.text for option in (await served.page(RETURNS)).find("option")]
    assert options == ["Deutschland", "Österreich", "Schweiz", "Vereinigte Staaten"]


async def test_a_chosen_country_travels_along(served: Served) -> None:
    page = await served.page(f"{RETURNS}?country=AT&q=frist")
    own = [link for link in page.links if link.startswith("/help")]
    assert own and all("country=AT" in link for link in own)
    assert page.find("input", type="hidden", name="country", value="AT")
    concluded = await served.page(RETURNS, "de-AT")
    assert not [link for link in concluded.links if "country" in link]


HOSTILE = """\
Before <script>alert(1)</script> <img src=x onerror=alert(1)> <b onclick="alert(1)">bold</b>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](vbscript:x) [e](//evil.example)
<javascript:x>

![f](javascript:alert(1)) ![g](https://elsewhere.example/g.png "x\\" onload=\\"alert(1)")

# First level

## <script>alert(2)</script>

## Twice

## Twice

| a | b |
| - | -: |
| 1 | <i>2</i> |
"""


async def test_markup_in_bodies_does_no_harm(tmp_path: Path, write_article: WriteArticle, variables: Variables) -> None:
    write_article(body=HOSTILE, title="<script>alert(3)</script>", answer="</title><script>alert(4)</script>")
    async with serve(KnowledgeBase(tmp_path, variables)) as served:
        page = await served.page("/help/en/articles/return-policy")
        assert [script.attributes["type"] for script in page.find("script")] == ["module"]
        assert not page.find("b") and not page.find("i")
        assert not [element for element in page.elements if any(name.startswith("on") for name in element.attributes)]
        assert not [link for link in page.links if link.lower().startswith(("javascript", "data", "vbscript"))]
        assert [image.attributes["src"] for image in page.find("img")] == ["https://elsewhere.example/g.png"]
        assert len(page.find("h1")) == 1 and [id for id in page.ids if id.startswith("twice")] == ["twice", "twice-2"]
        assert page.find("div", class_="scroll") and page.find("th", scope="col")
        assert page.text("h1") == "<script>alert(3)</script>"


async def test_a_fault_of_an_article_is_logged_and_does_not_take_others_down(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article("broken", answer="{{ returns.nothing }}", questions=("how long is the warranty",))
    write_article("fine", title="Fine", questions=("how long is the guarantee",))
    async with serve(KnowledgeBase(tmp_path, variables)) as served:
        with capture_logs() as logs:
            page = await served.page("/help/de/articles/broken", status=500)
        assert [entry["event"] for entry in logs] == ["help.page_failed"]
        assert "broken.md:6" in logs[0]["reason"]
        assert page.text("h1") == "Da ist etwas schiefgegangen"
        assert page.find("html", lang="de") and page.head("robots") == "noindex"
        assert "Traceback" not in page.source and "nothing" not in page.source

        assert "/help/de/articles/fine" in (await served.page("/help/de/")).links
        results = await served.page("/help/en/search?q=how long is the guarantee and how long is the warranty")
        assert [link for link in results.links if link.startswith("/help/en/articles/fine?q=")]
        nothing = await served.page("/help/en/search?q=how long is the warranty")
        assert nothing.find("a", href="/help/en/categories/returns")
        await served.page("/help/de/categories/returns")
        await served.page("/help/de/articles/fine")


@pytest.mark.parametrize(
    ("path", "language", "title"),
    [
        ("/help/de/articles/nothing", "fr", "Diese Seite gibt es nicht"),
        ("/help/de/categories/nothing", "fr", "Diese Seite gibt es nicht"),
        ("/help/zh/no/such/page", "fr", "页面不存在"),
        ("/help/it/", "fr-CA,fr;q=0.8", "Cette page n'existe pas"),
        ("/help/it/articles/warranty", "", "This page does not exist"),
        ("/help/static/nothing.css", "es", "Esta página no existe"),
        ("/help/no/such/page/at/all", "it", "This page does not exist"),
    ],
)
async def test_what_is_not_there_is_said_in_the_readers_language(
    served: Served, path: str, language: str, title: str
) -> None:
    page = await served.page(path, language, status=404)
    assert page.text("h1") == title
    assert page.head("robots") == "noindex"
    home = page.find("a", class_="brand")[0].attributes["href"]
    await served.page(home)


async def test_the_rest_of_the_server_keeps_its_own_errors(served: Served) -> None:
    response = await served.get("/elsewhere")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("languages", "target"),
    [
        ("", "/help/en/"),
        ("fr", "/help/fr/"),
        ("de-AT,en;q=0.5", "/help/de/"),
        ("en;q=0.1,zh-Hant-TW;q=0.9", "/help/zh/"),
        ("it,pt;q=0.9", "/help/en/"),
        ("*;q=x,,;;q=,ü", "/help/en/"),
        ("fr;q=0,es", "/help/es/"),
    ],
)
async def test_the_front_door_leads_to_the_readers_language(served: Served, languages: str, target: str) -> None:
    response = await served.client.get("/help", headers={"accept-language": languages.encode("latin-1")})
    assert response.status_code == 302
    assert response.headers["location"] == target
    assert response.headers["vary"] == "Accept-Language"


async def test_pages_behind_a_proxy_link_to_each_other_below_its_path(small: KnowledgeBase) -> None:
    async with serve(small, public_url="https://shop.example/support") as served:
        page = await served.page("/help/de/")
        assert page.canonical == "https://shop.example/support/help/de/"
        assert "/support/help/de/articles/return-policy" in page.links
        assert page.find("link", rel="stylesheet")[0].attributes["href"].startswith("/support/help/static/")
        assert (await served.get("/help")).headers["location"] == "/support/help/en/"


async def test_a_changed_article_is_shown_at_once(served: Served, small: KnowledgeBase, tmp_path: Path) -> None:
    path = tmp_path / "de" / "return-policy.md"
    path.write_text(path.read_text(encoding="utf-8").replace("Keine.", "Das Porto zahlen wir."), encoding="utf-8")
    assert small.refresh()
    assert "Das Porto zahlen wir." in (await served.page(RETURNS)).text("article")


async def test_head_requests_are_answered(served: Served) -> None:
    response = await served.client.head(RETURNS)
    assert (response.status_code, response.content) == (200, b"")
