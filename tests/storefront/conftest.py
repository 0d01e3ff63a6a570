from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from shop import Shop, SqlShop
from shop.demo import seed
from storage import Database, migrate
from tests.browsers import browser  # noqa: F401
from tests.databases import run
from tests.storefront.serving import POLICIES, Served, serve_storefront

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the demonstration shop."""
    file = tmp_path_factory.mktemp("storefront") / "shop.db"
    url = f"sqlite:///{file}"
    migrate(url)

    async def fill() -> None:
        database = Database(url)
        await seed(database, NOW, policies=POLICIES)
        await database.close()

    run(fill)
    return file


@pytest_asyncio.fixture
async def shop(demonstration: Path) -> AsyncIterator[Shop]:
    database = Database(f"sqlite:///{demonstration}")
    yield SqlShop(database, POLICIES, now=lambda: NOW)
    await database.close()


@pytest_asyncio.fixture
async def served(shop: Shop) -> AsyncIterator[Served]:
    async with serve_storefront(shop) as served:
        yield served
