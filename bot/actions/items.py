"""What an order consists of: how its items are called on the screen, in letters, and in customers' words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.letters import listed
from bot.values import Value, names, sentence
from shop import OrderLine, Term


def item_name(line: OrderLine) -> Value:
    """An item: its name, with colour and size where it has them."""
    return variant_name(line.names, line.colour, line.size)


def variant_name(product: Mapping[str, str], colour: Term | None, size: str | None) -> Value:
    """A product by its names, in one colour and size."""
    name = names(product)
    if colour and size:
        return sentence("utter_item_colour_size", name=name, colour=names(colour.names), size=size)
    if colour:
        return sentence("utter_item_colour", name=name, colour=names(colour.names))
    return sentence("utter_item_size", name=name, size=size) if size else name


def style(colour: Term | None, size: str | None) -> Any:
    """Which variant of a product it is, where that is known already; None where there is only one."""
    if colour and size:
        return sentence("utter_variant_title", colour=names(colour.names), size=size)
    return names(colour.names) if colour else size


def counted(item: Value, quantity: int) -> Value:
    """So many pieces of an item; a single one is not counted."""
    return item if quantity == 1 else sentence("utter_item_count", quantity=quantity, item=item)


def spoken_names(line: OrderLine, language: str) -> tuple[str, ...]:
    """What an item may be called in the customer's words; English names are used elsewhere too: "Hoodie", "Sneaker"."""
    colour = line.colour.name(language) if line.colour else None
    parts = (line.name(language), line.name("en"), colour, line.size, line.category.name(language))
    return tuple(part for part in parts if part)


def letter_item(line: OrderLine, quantity: int, language: str) -> dict[str, Any]:
    """So many pieces of an item, as letters list it."""
    return listed(line.names, line.colour, line.size, quantity, language)
