from collections.abc import AsyncIterator

import pytest_asyncio

from tests.browsers import browser  # noqa: F401
from tests.simulators.simulating import OnWeChat, OnWhatsApp, on_wechat, on_whatsapp


@pytest_asyncio.fixture
async def whatsapp() -> AsyncIterator[OnWhatsApp]:
    async with on_whatsapp() as simulated:
        yield simulated


@pytest_asyncio.fixture
async def wechat() -> AsyncIterator[OnWeChat]:
    async with on_wechat() as simulated:
        yield simulated
