"""Medusa's products, read as the shop's model.

A product is known by its handle, a variant by its SKU, a category by its handle; names are in the shop's own language,
which stands for English. Of the options of a variant those called colour and size count.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from shop.medusa.client import Json
from shop.medusa.values import money
from shop.model import Product, Term, Variant

FIELDS = ",".join(
    (
        "id,sku,manage_inventory,allow_backorder,inventory_quantity",
        "options.value,options.option.title",
        "prices.amount,prices.currency_code,prices.min_quantity",
        "product.handle,product.title,product.status,product.thumbnail,product.categories.handle,product.categories.name",
    )
)
"""What to ask for with a variant."""

COLOUR = frozenset({"color", "colour", "farbe", "couleur", "颜色", "顏色"})
SIZE = frozenset({"size", "größe", "groesse", "talla", "taille", "tamaño", "尺码", "尺寸"})
"""What shops call the two options, in lower case."""

_PUBLISHED = "published"
_ALWAYS_THERE = 1_000_000
"""The stock of what Medusa does not count, or sells also when it is gone."""


def to_products(variants: Iterable[Json]) -> list[Product]:
    """The products of all variants, by SKU, those that the shop shows."""
    shown = [variant for variant in variants if variant["product"]["status"] == _PUBLISHED]
    shown.sort(key=lambda variant: (variant["product"]["handle"], variant["sku"] or "", variant["id"]))
    return [_to_product(list(of_product)) for _, of_product in groupby(shown, lambda v: v["product"]["handle"])]


def to_category(product: Json | None) -> Term:
    """The first category of a product; `other` without one, also of a product that is gone."""
    categories = (product or {}).get("categories") or ()
    return next((Term(c["handle"], {"en": c["name"]}) for c in categories), Term("other", {"en": "Other"}))


def to_choice(variant: Json | None) -> tuple[Term | None, str | None]:
    """The colour and the size of a variant."""
    chosen = {
        option["option"]["title"].strip().casefold(): option["value"] for option in (variant or {}).get("options") or ()
    }
    colour = next((value for title, value in chosen.items() if title in COLOUR), None)
    size = next((value for title, value in chosen.items() if title in SIZE), None)
    return Term(colour.casefold(), {"en": colour}) if colour else None, size


def _to_product(variants: list[Json]) -> Product:
    product = variants[0]["product"]
    return Product(
        sku=product["handle"],
        category=to_category(product),
        names={"en": product["title"]},
        prices=_prices(variants[0]),
        variants=tuple(_to_variant(variant) for variant in variants),
        image=product.get("thumbnail") or None,
    )


def _to_variant(variant: Json) -> Variant:
    colour, size = to_choice(variant)
    counted = variant["manage_inventory"] and not variant["allow_backorder"]
    stock = int(variant["inventory_quantity"] or 0) if counted else _ALWAYS_THERE
    return Variant(sku=variant["sku"] or variant["id"], colour=colour, size=size, stock=stock)


def _prices(variant: Json) -> Mapping[str, Any]:
    """The price of one piece in each currency, without those that hold for some customers or regions only."""
    plain = [price for price in variant["prices"] if not price["rules"] and (price["min_quantity"] or 0) <= 1]
    currencies = {price["currency_code"].upper(): price["amount"] for price in plain}
    return {currency: money(amount, currency) for currency, amount in currencies.items()}
