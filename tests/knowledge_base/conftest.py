from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from knowledge_base import Variables
from tests.databases import database, database_url, postgresql_server  # noqa: F401
from tests.knowledge_base.samples import ARTICLE, Money, WriteArticle


@pytest.fixture
def write_article(tmp_path: Path) -> WriteArticle:
    """Writes an article below `tmp_path`; what a test does not care for has a default."""

    def write(
        slug: str = "return-policy",
        language: str = "en",
        *,
        title: str = "Returns",
        category: str = "returns",
        answer: str = "You have {{ returns.window_days }} days.",
        questions: tuple[str, ...] = ("how long can I return things",),
        body: str = "Within {{ returns.window_days }} days.\n\n## What it costs\n\nNothing at all.",
    ) -> Path:
        path = tmp_path / language / f"{slug}.md"
        path.parent.mkdir(exist_ok=True)
        text = ARTICLE.format(
            title=title,
            category=category,
            answer="\n".join(f"  {line}" for line in answer.splitlines()),
            questions="\n".join(f"  - {question}" for question in questions) or "  []",
            body=body,
        )
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def variables() -> Variables:
    """Figures of a tiny shop: Germany, the United States, and everywhere else like Germany."""

    def of_country(country: str) -> Mapping[str, Any]:
        american = country == "US"
        currency = "USD" if american else "EUR"
        return {
            "currency": currency,
            "region": "US" if american else "EU",
            "returns": {"window_days": 30, "free": not american},
            "shipping": {"free_from": Money(Decimal(60), currency), "fee": Money(Decimal("4.90"), currency)},
            "payment": {"methods": ["Visa", "Mastercard", "PayPal"]},
            "support": {"opens": "08:00", "closes": "20:30", "languages": ["en", "de", "zh"]},
        }

    return of_country
