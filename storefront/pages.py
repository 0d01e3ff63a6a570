"""The pages, and the routes that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from babel import Locale
from sanic import Blueprint, Request
from sanic.exceptions import NotFound, SanicException
from sanic.response import HTTPResponse, html, json

from bot.localization import Catalogues
from knowledge_base.rendering import locale_of
from shop import Customer, Policies, Section, Shop
from storefront.addresses import Addresses
from storefront.messages import DOMAIN
from storefront.personas import Persona, personas_of
from storefront.shelves import offer_of, shelves_of
from storefront.site import Site
from storefront.templates import load_templates
from web.assets import STATIC as SHARED
from web.assets import Asset, Assets
from web.negotiation import preferred_language
from web.routing import Page, add_pages, nothing

logger = structlog.get_logger()

STATIC = Path(__file__).parent / "static"

LATEST = 200
"""So many of the newest orders are looked through for the customers whom one can be."""

ONE_DAY = 24 * 3600

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""As strict as a shop can be: the chat must work on such pages."""

Sign = Callable[[str], str]
"""Makes the token that vouches for the customer with an e-mail address."""

Draw = Callable[[str, str | None], str | None]
"""Draws a product, by its SKU and the key of a colour, as SVG."""

Place = Callable[[Addresses], str]
"""Which page it is, for anybody in any language: `lambda links: links.product(sku)`."""


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page, and the addresses of the pages for them."""

    customer: Customer | None
    locale: Locale
    policies: Section
    """Those of the customer's country, or else of the one that stands in for the language."""
    links: Addresses


class Storefront:
    """The pages of the demonstration shop.

    Args:
        shop: its products and orders.
        policies: what is promised in each country.
        locales: the folder of the catalogues.
        site: the shop, and where it is served.
        customers: those whom visitors can be, and no others.
        featured: the numbers of the orders for whose customers the pages offer that.
        sign: vouches for a customer.
        draw: draws the products.

    Raises:
        CatalogueError: a catalogue is broken.
    """

    def __init__(
        self,
        shop: Shop,
        policies: Policies,
        locales: Path,
        site: Site,
        customers: Iterable[Customer],
        featured: Collection[str],
        sign: Sign,
        draw: Draw,
    ) -> None:
        self._shop = shop
        self._policies = policies
        self._site = site
        self._customers = {customer.id: customer for customer in customers}
        self._featured = frozenset(featured)
        self._sign = sign
        self._draw = draw
        self._templates = load_templates(Catalogues(locales, DOMAIN), site.languages)
        self._assets = Assets(f"{site.root}/demo/static", SHARED, STATIC)

    def blueprint(self) -> Blueprint:
        """The routes: `/`, and all else below `/demo`."""
        routes = Blueprint("storefront")
        pages: dict[str, Page] = {
            "/": self._home,
            "/demo/orders": self._orders,
            "/demo/products/<sku>": self._product,
            "/demo/pictures/<name>": self._picture,
            "/demo/static/<name>": self._static,
            "/demo/<path:path>": nothing,
        }
        add_pages(routes, pages, self._failed, HEADERS)
        routes.add_route(self._identity, "/demo/identity", methods=("POST",), name="POST /demo/identity")
        return routes

    async def _home(self, request: Request) -> HTTPResponse:
        visitor = self._visitor(request)
        shelves = shelves_of(await self._shop.products(), visitor.policies.currency)
        orders = await self._shop.orders_of(visitor.customer.email) if visitor.customer else []
        return await self._page("home.html", visitor, Addresses.home, shelves=shelves, orders=orders)

    async def _orders(self, request: Request) -> HTTPResponse:
        visitor = self._visitor(request)
        orders = await self._shop.orders_of(visitor.customer.email) if visitor.customer else []
        return await self._page("orders.html", visitor, Addresses.orders, orders=orders)

    async def _product(self, request: Request, sku: str) -> HTTPResponse:
        visitor = self._visitor(request)
        product = next((product for product in await self._shop.products() if product.sku == sku), None)
        if product is None:
            raise NotFound(sku)
        offer = offer_of(product, visitor.policies.currency)
        keys = [colour.term.key for colour in offer.colours]
        asked = request.args.get("colour")
        colour = asked if asked in keys else next(iter(keys), None)
        return await self._page(
            "product.html", visitor, lambda links: links.product(sku, colour), offer=offer, colour=colour
        )

    async def _identity(self, request: Request) -> HTTPResponse:
        """A token for a customer, as the shop's own server would make it for who is signed in there."""
        customer = self._customers.get(request.args.get("customer", ""))
        if customer is None:
            return json({"error": "unknown_customer"}, status=404)
        return json({"token": self._sign(customer.email)}, headers={"Cache-Control": "no-store"})

    async def _picture(self, request: Request, name: str) -> HTTPResponse:
        drawing = self._draw(name.removesuffix(".svg"), request.args.get("colour"))
        if drawing is None:
            raise NotFound(name)
        return Asset.of(drawing.encode(), "image/svg+xml").response(request, ONE_DAY)

    async def _static(self, request: Request, name: str) -> HTTPResponse:
        return self._assets.response(request, name)

    async def _failed(self, request: Request, error: Exception) -> HTTPResponse:
        """A page for a visitor who cannot get what they asked for."""
        status = (error.status_code if isinstance(error, SanicException) else None) or 500
        if status >= 500:
            logger.error("storefront.page_failed", path=request.path, exc_info=error)
        visitor = self._visitor(request)
        return self._written("error.html", visitor, Addresses.home, [], status)

    def _visitor(self, request: Request) -> Visitor:
        site = self._site
        language = request.args.get("language")
        if language not in site.languages:
            accepted = request.headers.get("accept-language") or ""
            language = preferred_language(accepted, site.languages) or site.default_language
        customer = self._customers.get(request.args.get("customer", ""))
        country = customer.country if customer else self._policies.language_country.get(language, "")
        return Visitor(
            customer=customer,
            locale=locale_of(language, country),
            policies=self._policies.for_country(country or None),
            links=Addresses(site.root, language, customer.id if customer else None),
        )

    async def _page(self, template: str, visitor: Visitor, place: Place, **values: Any) -> HTTPResponse:
        orders = await self._shop.recent_orders(LATEST)
        personas = personas_of(order for order in orders if order.number in self._featured)
        return self._written(template, visitor, place, personas, **values)

    def _written(
        self, template: str, visitor: Visitor, place: Place, personas: list[Persona], status: int = 200, **values: Any
    ) -> HTTPResponse:
        links = visitor.links
        text = self._templates.render(
            template,
            links.language,
            site=self._site,
            assets=self._assets,
            visitor=visitor,
            links=links,
            status=status,
            languages={code: place(links.within(code)) for code in self._site.languages},
            nobody=place(links.of(None)),
            personas=[(persona, place(links.of(persona.customer.id))) for persona in personas],
            **values,
        )
        return html(text, status, {"Vary": "Accept-Language", "Cache-Control": "no-cache"})
