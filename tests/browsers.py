"""A real browser for the tests of pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

CHROMIUM = Path("/usr/bin/chromium")

PATIENCE = 30_000
"""Milliseconds: nothing takes as long, unless the machine does much else at the same time."""

expect.set_options(timeout=PATIENCE)

IN_BROWSER = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
    pytest.mark.asyncio(loop_scope="module"),
]
"""The marks of a module whose tests share a browser."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()
