"""What the tests serve the storefront with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import httpx

from shop import Policies, Shop
from shop.demo import featured_orders
from shop.demo.customers import load_customers
from shop.demo.drawings import draw
from storefront import Site, Storefront
from tests.help_centre.pages import Page
from tests.serving import serve

ROOT = Path(__file__).parents[2]
LOCALES = ROOT / "storefront" / "locales"
LANGUAGES = ("en", "de", "es", "fr", "zh")
POLICIES = Policies.load(ROOT / "shop" / "policies.yml")
SITE = Site(
    name="Halden",
    email="care@halden.example",
    phone="+31 10 555 0142",
    public_url="http://localhost:8000",
    languages=LANGUAGES,
    default_language="en",
    countries_served=43,
    letters="var/mail",
)

_names = (f"storefront_{number}" for number in count())


@dataclass
class Served:
    """A storefront that is being served."""

    client: httpx.AsyncClient

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    async def page(self, path: str, language: str = "", status: int = 200) -> Page:
        response = await self.client.get(path, headers={"accept-language": language})
        assert response.status_code == status, (path, response.status_code)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return Page(response.text)


@asynccontextmanager
async def serve_storefront(shop: Shop, **facts: object) -> AsyncIterator[Served]:
    """Serve the storefront on loopback.

    Args:
        facts: what differs from `SITE`.
    """
    storefront = Storefront(
        shop,
        POLICIES,
        LOCALES,
        replace(SITE, **facts),  # type: ignore[arg-type]
        customers=load_customers(),
        featured=featured_orders(),
        sign=lambda email: f"signed for {email}",
        draw=draw,
    )
    async with serve(storefront.blueprint(), next(_names)) as client:
        yield Served(client)
