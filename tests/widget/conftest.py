from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from storage import Database
from tests.browsers import browser  # noqa: F401
from tests.databases import database, database_url, postgresql_server, redis_url  # noqa: F401
from tests.widget.browsing import Place
from tests.widget.visiting import Served, serve


@pytest_asyncio.fixture
async def served(database: Database, tmp_path: Path) -> AsyncIterator[Served]:  # noqa: F811
    async with serve(database, tmp_path / "uploads") as served:
        yield served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = Place(tmp_path_factory.mktemp("widget"))
    place.start()
    yield place
    place.kill()
