import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge_base import Article, ArticleError, Renderer, Variables, load_articles
from knowledge_base.checks import check_articles
from knowledge_base.figures import figures, written_out
from tests.knowledge_base.samples import Money, WriteArticle


@pytest.fixture
def variables() -> Variables:
    """Figures of a tiny shop: the United States differ from everywhere else."""

    def of_country(country: str) -> dict[str, Any]:
        american = country == "US"
        return {
            "currency": "USD" if american else "EUR",
            "shop": {"warehouses": 3},
            "returns": {"window_days": 45 if american else 30, "free": True},
            "shipping": {"standard_workdays_min": 3, "standard_workdays_max": 5, "fee": Money(Decimal("4.90"), "EUR")},
            "warranty": {"months": 24},
            "payment": {"vat_percent": 20},
            "account": {"reset_link_minutes": 60},
        }

    return of_country


def found(folder: Path, variables: Variables, about: str) -> list[tuple[int, str]]:
    """The findings whose message holds a word, by line."""
    articles: dict[str, dict[str, Article]] = {}
    for article in load_articles(folder)[0]:
        articles.setdefault(article.language, {})[article.slug] = article
    findings: list[ArticleError] = list(check_articles(articles, Renderer(variables), folder, "en", ["DE", "US"]))
    return [(finding.line, finding.message) for finding in findings if about in finding.message]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "within [30 days], [3 to 5 business\ndays] or [3–5 working days]"),
        ("en", "[$60], [4.90 €], [EUR 1,299.00] and [10%]"),
        ("en", "a [30-day] window, [2 weeks], [24 hours]"),
        ("en", "wash at 30 °C, EU 42, 24/7, step 2, 30 dayspring, 2026-11-20, version 1.5"),
        ("de", "[3 bis 5 Werktage], [4,90 €], [1.299 Euro], [20 Prozent], [14-tägig]"),
        ("es", "entre el [20 % y el 80 %], [3 a 5 días hábiles]"),
        ("fr", "[3 à 5 jours ouvrés], [1 299,50 €], [2 ans]"),
        ("zh", "共[7天]，[3至5个工作日]，[199元]，[2年]，18周岁，2026年，[30日]内"),
        ("sv", "[30 €] och 30 dagar"),
    ],
)
def test_figures_are_recognised(language: str, text: str) -> None:
    found = figures(re.sub(r"[\[\]]", "", text), language)

    assert [figure.text for figure in found] == re.findall(r"\[(.*?)\]", text.replace("\n", " "))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2 weeks", ["14"]),
        ("1 year", ["12"]),
        ("24 hours", ["1440"]),
        ("3 to 5 days", ["3", "5"]),
        ("1.299,50 €", ["1299.50"]),
        ("1,299 EUR", ["1299"]),
        ("8.1%", ["8.1"]),
    ],
)
def test_figures_can_be_compared(text: str, values: list[str]) -> None:
    (figure,) = figures(text, "en")
    assert figure.values == tuple(map(Decimal, values))


def test_only_what_is_outside_of_tags_is_written_out(write_article: WriteArticle, tmp_path: Path) -> None:
    write_article(
        title="In 2 days",
        answer="You have {{ returns.window_days }} days,\nor {{ '3 days' }}\nor 4 days.",
        body="{# 5 days #}\n\n{% if x == '6 days' %}\nWithin 7\n  days.\n{% endif %}\n{{ n }} days, 8 days",
    )
    article = load_articles(tmp_path)[0][0]
    lines = article.path.read_text(encoding="utf-8").splitlines()

    assert [figure.text for figure in written_out(article)] == ["2 days", "4 days", "7 days", "8 days"]
    for figure in written_out(article):
        assert figure.text.split()[-2] in lines[figure.line - 1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("You have 30 days.", "returns.window_days"),
        ("You have 45 days.", "returns.window_days"),
        ("Delivery takes 3 to 5 days.", "shipping.standard_workdays_max or shipping.standard_workdays_min"),
        ("Delivery takes 5 working days.", "shipping.standard_workdays_max"),
        ("It costs €4.90.", "shipping.fee"),
        ("It costs USD 4.90.", "shipping.fee"),
        ("The warranty is 2 years.", "warranty.months"),
        ("20% of it is tax.", "payment.vat_percent"),
        ("The link works for 1 hour.", "account.reset_link_minutes"),
        ("You have 31 days.", None),
        ("You have 30 minutes.", None),
        ("We have 3 warehouses.", None),
        ("Charge it to between 20 and 80 percent.", None),
        ("You have {{ '30 days' }}.", None),
        ("You have thirty days.", None),
    ],
)
def test_a_figure_of_the_shop_that_is_written_out(
    tmp_path: Path, write_article: WriteArticle, variables: Variables, text: str, names: str | None
) -> None:
    write_article("new", title="A", answer="B", body=f"One.\n\n{text}")

    findings = found(tmp_path, variables, "written out")

    assert [line for line, _ in findings] == ([12] if names else [])
    assert all(f"is it {names}?" in message for _, message in findings)


def test_days_count_only_where_the_article_is_about_them_in_some_language(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article(
        "warranty", answer="For {{ warranty.months }} months.", body="After 30 days, or 24 months, for 4,90 €."
    )
    write_article("warranty", "de", answer="Kurz.", body="Nach 30 Tagen, oder 2 Jahren, oder 5 Werktagen.")

    findings = found(tmp_path, variables, "written out")

    assert [message.split("'")[1] for _, message in findings] == ["2 Jahren", "5 Werktagen", "24 months", "4,90 €"]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("warranty.md", None),
        ("./warranty.md#what-it-costs", None),
        ("warranty.md#What%20it%20costs", None),
        ("only-english.md", None),
        ("https://shop.example/readme.md", None),
        ("repairs.md", "the link to 'repairs.md' leads to no article"),
        ("../en/warranty.md", "the link to '../en/warranty.md' leads to no article"),
        ("warranty.md#nowhere", "'warranty.md' has no section 'nowhere'"),
    ],
)
def test_links_lead_to_articles(
    tmp_path: Path, write_article: WriteArticle, variables: Variables, link: str, message: str | None
) -> None:
    write_article("only-english")
    write_article("warranty")
    write_article("warranty", "de", body="Kurz.\n\n### What it costs")
    write_article("returns", "de", body=f"One.\n\nSee [there]({link}), or [there](warranty.md).")

    assert found(tmp_path, variables, ".md'") == ([(12, message)] if message else [])


def test_sections_with_variables_in_their_heading_may_be_any(
    tmp_path: Path, write_article: WriteArticle, variables: Variables
) -> None:
    write_article("warranty", body="## {{ warranty.months }} months\n\nYes. [Up](warranty.md#24-months)")

    assert found(tmp_path, variables, "section") == []
