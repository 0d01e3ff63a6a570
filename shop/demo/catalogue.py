"""The demonstration shop's products, from `catalogue.yml`."""

import random
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shop.demo.files import load
from shop.model import Money, Product, Term, Variant

LANGUAGES = ("en", "de", "es", "fr", "zh")


def load_terms() -> tuple[dict[str, Term], dict[str, Term]]:
    """Categories and colours, by key."""
    data = load("catalogue")
    return _terms(data["categories"]), _terms(data["colours"])


def load_swatches() -> dict[str, str]:
    """What shows each colour, by key."""
    return {key: entry["hex"] for key, entry in load("catalogue")["colours"].items()}


def picture(product_sku: str, colour: Term | None = None) -> str:
    """The address of a product's picture, in one of its colours."""
    return f"/demo/pictures/{product_sku}.svg" + (f"?colour={colour.key}" if colour else "")


def load_products(rng: random.Random) -> list[Product]:
    """All products; `rng` decides what is in stock."""
    data = load("catalogue")
    categories, colours = load_terms()
    return [
        Product(
            sku=entry["sku"],
            category=categories[entry["category"]],
            names=_names(entry),
            prices={currency: price(entry["price"], currency, rule) for currency, rule in data["currencies"].items()},
            variants=_variants(entry, data, colours, rng),
            image=picture(entry["sku"]),
        )
        for entry in data["products"]
    ]


def price(euro: float, currency: str, rule: Mapping[str, float]) -> Money:
    """A price in another currency: converted, then rounded to what looks like a price there."""
    step, less = Decimal(str(rule["step"])), Decimal(str(rule["less"]))
    steps = (Decimal(str(euro)) * Decimal(str(rule["rate"])) / step).quantize(Decimal(1), ROUND_HALF_UP)
    return Money((max(steps, Decimal(1)) * step - less).quantize(Decimal("0.01")), currency)


def _variants(
    entry: Mapping[str, Any], data: Mapping[str, Any], colours: Mapping[str, Term], rng: random.Random
) -> tuple[Variant, ...]:
    sizes = data["size_runs"][entry["sizes"]] if "sizes" in entry else [None]
    variants = []
    for key in entry["colours"]:
        for size in sizes:
            sku = "-".join(part for part in (entry["sku"], data["colours"][key]["code"], size) if part)
            # One in eight is sold out.
            stock = 0 if rng.random() < 1 / 8 else rng.randint(1, 60)
            variants.append(Variant(sku, colours[key], size, stock, data["colours"][key]["hex"]))
    return tuple(variants)


def _terms(entries: Mapping[str, Mapping[str, str]]) -> dict[str, Term]:
    return {key: Term(key, _names(entry)) for key, entry in entries.items()}


def _names(entry: Mapping[str, str]) -> dict[str, str]:
    return {language: entry[language] for language in LANGUAGES}
