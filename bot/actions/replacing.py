"""Which variant comes in place of an item that goes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.actions import cards
from bot.actions.asking import Option as Offer
from bot.actions.asking import Question, button, choices_card
from bot.actions.case import Asking, Case
from bot.actions.items import item_name, style, variant_name
from bot.actions.sending_back import Chosen
from bot.actions.whereabouts import person
from bot.choices import Option
from bot.letters import listed
from bot.values import Value, lines, money, names, sentence
from shop import Money, Product, Reason, Term, Variant
from shop.eligibility import exchange_difference

VARIANT_SLOT = "variant"

ANOTHER_MODEL = "*"

MAX_OFFERED = 8
"""How many variants are offered as choices; all can be named."""


@dataclass(frozen=True)
class Wish:
    """What is wanted in place of an item."""

    chosen: Chosen
    product: Product
    variant: Variant

    @property
    def name(self) -> Value:
        """As customers read it."""
        return variant_name(self.product.names, self.variant.colour, self.variant.size)

    @property
    def difference(self) -> Money:
        """What all pieces cost more than what goes back; negative where they cost less."""
        line = self.chosen.line
        return exchange_difference(line, self.product, line.unit_price.currency) * self.chosen.quantity

    def for_letter(self, language: str) -> dict[str, Any]:
        """As letters list it."""
        variant = self.variant
        return listed(self.product.names, variant.colour, variant.size, self.chosen.quantity, language)


class Shelf:
    """What there is in place of an item: its own product in other variants, and other models of its kind.

    Args:
        products: the catalogue.
    """

    def __init__(self, chosen: Chosen, products: Sequence[Product]) -> None:
        line = chosen.line
        self.chosen = chosen
        self.own = next((product for product in products if product.sku == line.product_sku), None)
        self.models = [
            product
            for product in products
            if product.category.key == line.category.key
            and product.sku != line.product_sku
            and line.unit_price.currency in product.prices
            and self._there(product)
        ]

    def in_stock(self, product: Product) -> list[Variant]:
        """The variants of a product that can come, those most like the item first."""
        line, sizes = self.chosen.line, _sizes(product)
        place = sizes.index(line.size) if line.size in sizes else 0

        def unlike(variant: Variant) -> tuple[bool, int]:
            distance = abs(sizes.index(variant.size) - place) if variant.size else 0
            return _key(variant.colour) != _key(line.colour), distance

        return sorted(self._there(product), key=unlike)

    def find(self, sku: str) -> Wish | None:
        """The variant with a SKU, in stock or not."""
        for product in filter(None, (self.own, *self.models)):
            for variant in product.variants:
                if variant.sku == sku != self.chosen.line.sku:
                    return Wish(self.chosen, product, variant)
        return None

    def has(self, wish: Wish) -> bool:
        """Whether there is enough of it."""
        return wish.variant.stock >= self.chosen.quantity

    @property
    def empty(self) -> bool:
        """Whether there is nothing to exchange the item for."""
        return not self.models and not (self.own and self._there(self.own))

    def _there(self, product: Product) -> list[Variant]:
        needed, own = self.chosen.quantity, self.chosen.line.sku
        return [variant for variant in product.variants if variant.stock >= needed and variant.sku != own]


class Wanted(Question[Wish]):
    """Which variant is wanted: by colour and size, of the same product or of another model.

    The slot holds, for the SKU of each item, the SKU of the variant; that of a product as long as only the model is
    chosen, and `ANOTHER_MODEL` before that.

    Args:
        only: whether no other item is exchanged: then the words of any message are about this one.
        instead: a button that offers what can be had in place of a variant that is sold out.
    """

    slot = VARIANT_SLOT
    named = True

    def __init__(self, shelf: Shelf, only: bool, instead: Callable[[Case], dict[str, Any]]) -> None:
        self._shelf = shelf
        self._line = shelf.chosen.line
        self._only = only
        self._instead = instead
        self._product = shelf.own if shelf.own and shelf.in_stock(shelf.own) else None
        """The one whose variants are offered; None while the model is to be chosen."""
        self._sold_out: Wish | None = None

    async def put(self, case: Case) -> None:
        parts = [sentence("utter_variant_sold_out", item=self._sold_out.name)] if self._sold_out else []
        if self._product is None:
            offered = [self._model(model) for model in self._shelf.models[:MAX_OFFERED]]
            parts.append(sentence("utter_question_model", item=item_name(self._line)))
        else:
            variants = self._shelf.in_stock(self._product)[:MAX_OFFERED]
            offered = [_variant(variant) for variant in variants]
            if self._product is self._shelf.own:
                parts.append(sentence("utter_question_variant", item=item_name(self._line)))
            else:
                parts.append(sentence("utter_question_variant_of", item=names(self._product.names)))
            if self._shelf.models:
                offered.append(Offer(ANOTHER_MODEL, sentence("utter_another_model"), ANOTHER_MODEL))
        choices = [button(case, self.slot, offer.value, offer.title) for offer in offered]
        card = choices_card(case, self.slot, offered, choices)
        if self._sold_out:
            choices += [self._instead(case), person()]
        case.say("utter_details", details=lines(*parts), choices=choices, card=card)

    def read(self, case: Case) -> dict[str, str] | None:
        said = case.said
        picked = said.choice(self.slot) if said.pressed else self._named(case)
        return {**(case.known(self.slot) or {}), self._line.sku: picked} if picked else None

    def volunteered(self, case: Case) -> dict[str, str] | None:
        return self.read(case) if case.said.pressed or self._only else None

    async def accept(self, value: Any, case: Case) -> Wish | None:
        picked = value.get(self._line.sku)
        wish = self._shelf.find(picked) if picked else None
        if wish and self._shelf.has(wish):
            return wish
        if wish:
            self._sold_out = wish
            self._product = wish.product if self._shelf.in_stock(wish.product) else self._product
        elif picked == ANOTHER_MODEL:
            self._product = None
        elif picked:
            self._product = next((model for model in self._shelf.models if model.sku == picked), self._product)
        # The answers for the other items stay, and so does what is known of this one.
        raise Asking(self)

    def _model(self, model: Product) -> Offer[str]:
        title = self._model_title(model)
        return Offer(model.sku, title, model.sku, look=cards.look_of_model(model, title))

    def _model_title(self, model: Product) -> Value:
        difference = exchange_difference(self._line, model, self._line.unit_price.currency)
        name = names(model.names)
        if not difference.amount:
            return name
        response = "utter_model_dearer" if difference.amount > 0 else "utter_model_cheaper"
        return sentence(response, model=name, difference=money(Money(abs(difference.amount), difference.currency)))

    def _named(self, case: Case) -> str | None:
        """The variant, or at least the model, that the words name; what they leave open is as it is chosen so far."""
        so_far = self._so_far(case)
        product = self._named_model(case) or (so_far.product if so_far else self._product)
        if product is None:
            return None
        if product is self._product:
            offered = self._shelf.in_stock(product)[:MAX_OFFERED]
            by_place = self._one(case, [Option(variant.sku) for variant in offered])
            if by_place:
                return by_place
        old = so_far.variant if so_far else self._line
        # Whoever names what they have as well names it to say what they do not want.
        fresh = product is self._shelf.own and so_far is None
        had = (_key(self._line.colour), self._line.size) if fresh else (None, None)
        colours = {variant.colour.key: variant.colour for variant in product.variants if variant.colour}
        other_colours = [Option(k, (term.name(case.language),)) for k, term in colours.items() if k != had[0]]
        sizes = _sizes(product)
        colour = self._one(case, other_colours)
        size = self._one(case, [Option(size, (size,)) for size in sizes if size != had[1]])
        if not colour and not size:
            return None if product is self._product or so_far else product.sku
        colour = colour or (_key(old.colour) if _key(old.colour) in colours else None)
        size = size or (old.size if old.size in sizes else None)
        fitting = (v.sku for v in product.variants if _key(v.colour) == colour and v.size == size)
        return next(fitting, None if product is self._shelf.own else product.sku)

    def _so_far(self, case: Case) -> Wish | None:
        """What is chosen for the item, perhaps sold out."""
        picked = (case.known(self.slot) or {}).get(self._line.sku)
        return self._shelf.find(picked) if picked else None

    def _named_model(self, case: Case) -> Product | None:
        products = [*filter(None, [self._shelf.own]), *self._shelf.models]
        sku = self._one(case, [Option(product.sku, (product.name(case.language),)) for product in products])
        return next((product for product in products if product.sku == sku), None)

    def _one(self, case: Case, options: Sequence[Option]) -> str | None:
        return case.services.choices.one(case.said.text, case.language, self.slot, options) if options else None


async def wanted_variants(
    case: Case, chosen: Sequence[Chosen], instead: Callable[[Case], dict[str, Any]]
) -> list[Wish]:
    """What comes in place of each item. Raises `Asking`; `Ended` where there is nothing to exchange an item for."""
    products = await case.products()
    wishes = []
    for each in chosen:
        shelf = Shelf(each, products)
        if shelf.empty:
            case.end("utter_exchange_sold_out", item=item_name(each.line), choices=[instead(case), person()])
        wishes.append(await case.ask(Wanted(shelf, len(chosen) == 1, instead)))
    return wishes


async def exchangeable(case: Case, chosen: Sequence[Chosen]) -> bool:
    """Whether there is something to exchange every item for."""
    products = await case.products()
    return not any(Shelf(each, products).empty for each in chosen)


def total_difference(wishes: Sequence[Wish]) -> Money:
    """What everything that is wanted costs more than what goes back; negative where it costs less."""
    first, *others = (wish.difference for wish in wishes)
    return sum(others, first)


def fitting_reason(wishes: Sequence[Wish]) -> Reason:
    """Why somebody exchanges who was not asked: a larger size is wanted because the first is too small."""
    for wish in wishes:
        sizes, old, new = _sizes(wish.product), wish.chosen.line.size, wish.variant.size
        if old in sizes and new in sizes and old != new:
            return Reason.TOO_SMALL if sizes.index(new) > sizes.index(old) else Reason.TOO_LARGE
    return Reason.CHANGED_MIND


def _variant(variant: Variant) -> Offer[str]:
    """A variant as a choice, which the question says the product of."""
    title = style(variant.colour, variant.size)
    return Offer(variant.sku, title, variant.sku, look=cards.look_of_variant(variant))


def _sizes(product: Product) -> list[str]:
    """The sizes of a product, from the smallest on."""
    return list(dict.fromkeys(variant.size for variant in product.variants if variant.size))


def _key(colour: Term | None) -> str | None:
    return colour.key if colour else None
