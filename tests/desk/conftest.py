from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.browsers import browser  # noqa: F401
from tests.databases import database, database_url, postgresql_server, redis_url  # noqa: F401
from tests.desk.house import House, open_house


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A desk that is served on loopback."""
    async with open_house(tmp_path) as opened:
        yield opened
