"""What there is in the shop, as the pages show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shop import Money, Product, Term, Variant


@dataclass(frozen=True)
class Colour:
    """A colour in which there is a product; `swatch` shows it, as CSS writes it."""

    term: Term
    swatch: str | None


@dataclass(frozen=True)
class Offer:
    """A product at its price in the visitor's country."""

    product: Product
    price: Money
    colours: tuple[Colour, ...]

    def variants(self, colour: str | None) -> list[Variant]:
        """What there is in a colour, or in none."""
        return [variant for variant in self.product.variants if (variant.colour and variant.colour.key) == colour]


@dataclass(frozen=True)
class Shelf:
    """A category and its products."""

    category: Term
    offers: tuple[Offer, ...]


def offer_of(product: Product, currency: str) -> Offer:
    """A product at its price in a currency, or else in the first that it has."""
    colours = {
        variant.colour.key: Colour(variant.colour, variant.swatch) for variant in product.variants if variant.colour
    }
    price = product.prices.get(currency) or next(iter(product.prices.values()))
    return Offer(product, price, tuple(colours.values()))


def shelves_of(products: Iterable[Product], currency: str) -> list[Shelf]:
    """All products by category, in the order of the numbers that their SKUs end in, which is the catalogue's."""
    shelves: dict[str, list[Product]] = {}
    for product in sorted(products, key=lambda product: int(product.sku.rpartition("-")[2])):
        shelves.setdefault(product.category.key, []).append(product)
    return [Shelf(found[0].category, tuple(offer_of(p, currency) for p in found)) for found in shelves.values()]
