from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge_base import KnowledgeBase, Variables
from shop.policies import Policies
from tests.browsers import browser  # noqa: F401
from tests.help_centre.pages import ROOT, Served, serve
from tests.knowledge_base.conftest import variables, write_article  # noqa: F401
from tests.knowledge_base.samples import WriteArticle

POLICIES = Policies.load(ROOT / "shop" / "policies.yml")


@pytest.fixture(scope="session")
def articles() -> KnowledgeBase:
    """The shop's own articles."""
    return KnowledgeBase(ROOT / "knowledge_base" / "articles", POLICIES.for_country)


@pytest_asyncio.fixture
async def shop(articles: KnowledgeBase) -> AsyncIterator[Served]:
    """The help centre of the shop's own articles."""
    async with serve(articles, countries=POLICIES.countries, language_country=POLICIES.language_country) as served:
        yield served


@pytest.fixture
def small(tmp_path: Path, write_article: WriteArticle, variables: Variables) -> KnowledgeBase:  # noqa: F811
    """Two articles in English, one of them in German too."""
    write_article()
    write_article(
        "warranty",
        title="Warranty",
        category="products",
        answer="It lasts a year.",
        questions=("how long is the warranty", "guarantee period"),
        body="## How long\n\nA year.\n\n## What for\n\nFaults.\n\n## How\n\nWrite to us.",
    )
    write_article(
        language="de",
        title="Rückgabe",
        answer="Sie haben {{ returns.window_days }} Tage{% if not returns.free %}, auf eigene Kosten{% endif %}.",
        questions=("wie lange kann ich etwas zurückgeben",),
        body="Siehe [Garantie](warranty.md#How%20long).\n\n## Kosten\n\nKeine.",
    )
    return KnowledgeBase(tmp_path, variables)


@pytest_asyncio.fixture
async def served(small: KnowledgeBase) -> AsyncIterator[Served]:
    """The help centre of the two articles."""
    async with serve(small) as served:
        yield served
