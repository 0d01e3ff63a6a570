"""Searching, on pages and while typing."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from knowledge_base import KnowledgeBase, Variables
from knowledge_base.gaps import Gap, GapKind, GapSource
from tests.help_centre.pages import LANGUAGES, Served, serve
from tests.knowledge_base.samples import WriteArticle

QUESTIONS = {
    "en": ("how long is the warranty", "warranty"),
    "de": ("wie lange habe ich Gewährleistung", "warranty"),
    "es": ("¿cuánto dura la garantía?", "warranty"),
    "fr": ("combien de temps dure la garantie", "warranty"),
    "zh": ("保修期多久", "warranty"),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_question_finds_its_article_with_its_words_marked(shop: Served, language: str) -> None:
    question, slug = QUESTIONS[language]
    page = await shop.page(f"/help/{language}/search?q={quote(question)}")
    first = page.find("ol", class_="results")[0].text
    link = next(link for link in page.links if "/articles/" in link)
    assert link.startswith(f"/help/{language}/articles/{slug}?q={quote(question, safe='').replace('%20', '+')}")
    assert question in page.text("h1")
    assert page.find("mark") and all(mark.text in first for mark in page.find("mark"))
    assert page.find("input", name="q", value=question)
    assert shop.gaps == []


async def test_results_lead_to_the_section_that_answers(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article(
        "payment",
        "zh",
        title="付款方式",
        category="payment",
        answer="可以刷卡。",
        questions=("怎么付款", "有哪些付款方式"),
        body="## 信用卡\n\n支持各种卡。\n\n## 开具发票\n\n发票会随订单发送，抬头可以修改。",
    )
    write_article("other", "zh", title="退货", answer="可以退货。", questions=("怎么退货",), body="## 退货\n\n三十天。")
    async with serve(KnowledgeBase(tmp_path, variables)) as served:
        page = await served.page(f"/help/zh/search?q={quote('怎么付款，发票抬头')}")
        link = next(link for link in page.links if "/articles/payment" in link)
        assert link.endswith(f"#{quote('开具发票')}")
        assert "开具发票" in (await served.page(link)).ids
        assert "抬头" in [mark.text for mark in page.find("mark")]


async def test_a_heading_that_depends_on_the_country_is_found(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article(body="Intro.\n\n## What holds in {{ country }}\n\nStickers and stamps.\n\n## Else\n\nNothing.")
    async with serve(KnowledgeBase(tmp_path, variables)) as served:
        page = await served.page("/help/en/search?q=how long can I return things, stickers stamps")
        assert [link for link in page.links if link.endswith("#what-holds-in-united-states")]


async def test_what_finds_nothing_is_said_and_reported(served: Served) -> None:
    page = await served.page("/help/de/search?q=xyzzy plugh")
    assert page.text("h1") == "Keine Ergebnisse für „xyzzy plugh“"
    assert page.find("a", href="mailto:care@halden.example")
    assert page.find("a", href="/help/de/categories/returns")
    assert served.gaps == [Gap(GapKind.UNANSWERED, "xyzzy plugh", "de", GapSource.HELP_CENTRE)]


async def test_what_a_reader_did_not_ask_anew_is_not_reported_again(served: Served) -> None:
    path = "/help/de/search?q=xyzzy"
    await served.get(path, cache_control="max-age=0")
    await served.get(path, sec_purpose="prefetch")
    await served.client.head(path)
    await served.get("/help/de/search/suggestions?q=xyzzy")
    await served.get("/help/de/search?q=")
    assert served.gaps == []


async def test_a_report_that_fails_does_not_keep_the_page_from_the_reader(small: KnowledgeBase) -> None:
    async with serve(small, fails=OSError("no database")) as served:
        with capture_logs() as logs:
            await served.page("/help/en/search?q=plugh")
        assert [entry["event"] for entry in logs] == ["help.gap_lost"]
        assert "plugh" not in str(logs)


async def test_an_empty_search_offers_the_topics(served: Served) -> None:
    for path in ("/help/de/search", "/help/de/search?q=", "/help/de/search?q=+%00%09"):
        page = await served.page(path)
        assert page.text("h1") == "Suche"
        assert page.find("a", href="/help/de/categories/returns")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onfocus='alert(1)' autofocus='",
        "</title><script>alert(1)</script> return",
        "{{ 7 * 7 }} return {% raw %}",
        "%(query)s return %s",
        "&lt;b&gt; return",
    ],
)
async def test_markup_in_queries_stays_text(served: Served, hostile: str) -> None:
    page = await served.page(f"/help/en/search?q={quote(hostile)}")
    assert hostile in page.text("h1")
    assert page.find("input", name="q", value=hostile)
    assert [script.attributes["type"] for script in page.find("script")] == ["module"]
    assert not page.find("img") and not page.find("b")
    article = await served.page(f"/help/en/articles/return-policy?q={quote(hostile)}&feedback={quote(hostile)}")
    assert article.find("input", name="q", value=hostile)
    assert len(article.find("script")) == 1


@pytest.mark.parametrize("query", ["%FF%FE", "%ED%A0%80", "%00%01%1B", "%E2%80%AE", "+" * 50])
async def test_what_is_no_text_is_no_query(served: Served, query: str) -> None:
    page = await served.page(f"/help/en/search?q={query}")
    assert page.find("input", name="q", value="")
    assert served.gaps == []


async def test_bytes_between_words_do_not_matter(served: Served) -> None:
    page = await served.page("/help/en/search?q=return%00the%FF%0D%0Agoods")
    assert page.find("input", name="q", value="return the goods")


async def test_long_queries_are_cut(served: Served) -> None:
    page = await served.page(f"/help/en/search?q={'plugh ' * 500}")
    assert len(page.find("input", name="q")[0].attributes["value"]) <= 200
    assert len(served.gaps[0].question) <= 200


async def test_suggestions_are_titles_and_addresses(shop: Served) -> None:
    response = await shop.get(f"/help/de/search/suggestions?q={quote('rückgabe')}&country=CH")
    assert response.headers["content-type"] == "application/json"
    suggestions = response.json()
    assert 1 <= len(suggestions) <= 6
    for suggestion in suggestions:
        assert set(suggestion) == {"title", "url"}
        assert (await shop.page(suggestion["url"])).text("h1") == suggestion["title"]
        assert "country=CH" in suggestion["url"]


@pytest.mark.parametrize("query", ["", "xyzzy", "%FF", "<script>"])
async def test_there_may_be_nothing_to_suggest(served: Served, query: str) -> None:
    response = await served.get(f"/help/de/search/suggestions?q={query}")
    assert json.loads(response.text) == []


async def test_articles_in_a_language_without_any_are_searched_in_english(served: Served) -> None:
    page = await served.page("/help/fr/search?q=how long can I return things")
    assert page.find("li", lang="en")
    assert [link for link in page.links if link.startswith("/help/fr/articles/return-policy")]
