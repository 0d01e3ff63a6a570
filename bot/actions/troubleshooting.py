"""Making a product work: what can be tried at home, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.actions.asking import Choice, Option, Question, button, describes
from bot.actions.case import Asking, Case
from bot.actions.flow import Flow
from bot.actions.handoff import hand_over, state_of
from bot.actions.identity import MAX_OFFERED, verified
from bot.actions.whereabouts import matter, person
from bot.choices import Option as Named
from bot.directives import HIGH
from bot.nlu.text import count_words
from bot.symptoms import hazard_in, likeliest, plainly_named, without
from bot.values import Value, lines, names, sentence
from shop import Customer, Order, OrderLine, Product, Term
from shop.eligibility import delivered_on, returnable
from shop.troubleshooting import GENERAL, Guides, Problem

PRODUCT_SLOT = "product"
PROBLEM_SLOT = "problem"
SOLVED_SLOT = "solved"

FAULT_SLOT = "fault"
"""What is wrong, and was tried in vain, for a repair: `text`, `tried`, and of which `category` and `product` it is."""

SOMETHING_ELSE = "other"

DESCRIBED_AS = frozenset({"troubleshoot", "report_damaged"})
"""Flows in whose words people describe a problem."""

WANTED_INSTEAD = frozenset({"request_repair", "return_item", "exchange_item", "refund_status"})
"""What people want who do not go on trying: "no, repair it"."""


class Outcome(StrEnum):
    """How troubleshooting ended."""

    WORKS = "works"
    GIVEN_UP = "given_up"
    EXHAUSTED = "exhausted"
    NO_STEPS = "no_steps"
    """There are no steps for this problem."""
    DANGEROUS = "dangerous"
    """The product must not be used any more."""


@dataclass(frozen=True)
class Device:
    """What is to work again: a product, or something of a category."""

    category: str
    product: str | None = None


@dataclass(frozen=True)
class Diagnosis:
    """What was found out.

    Attributes:
        problem: None where it is none of the guide's.
        tried: how many steps were taken.
    """

    device: Device
    problem: Problem | None
    tried: int
    outcome: Outcome


class WhichProduct(Question[Device]):
    """Which product it is about: one of the customer's, of the catalogue, or anything of a category.

    Args:
        owned: what the customer has, as far as that is known.
        products: the catalogue.
    """

    slot = PRODUCT_SLOT

    def __init__(self, owned: Sequence[OrderLine], products: Sequence[Product], guides: Guides) -> None:
        self._owned = {line.product_sku: line for line in owned}
        self._products = products
        self._categories = _categories(products, guides)

    async def put(self, case: Case) -> None:
        choices = [button(case, self.slot, value, title) for value, title in self._offered()]
        case.say("utter_question_product", choices=choices)

    def read(self, case: Case) -> str | None:
        if case.said.pressed:
            return case.said.choice(self.slot)
        said, language = case.said.text, case.language
        at_position = case.services.choices.one(
            said, language, self.slot, [Named(value) for value, _ in self._offered()]
        )
        return at_position or self.volunteered(case) or self._find(said, case)

    def volunteered(self, case: Case) -> str | None:
        if case.said.pressed:
            return case.said.choice(self.slot)
        named = (self._find(name, case) for name in case.said.values("product"))
        return next(filter(None, named), None)

    async def accept(self, value: Any, case: Case) -> Device | None:
        if value == SOMETHING_ELSE:
            return Device(GENERAL)
        if value in self._categories:
            return Device(value)
        owned = {sku: line.category.key for sku, line in self._owned.items()}
        category = owned.get(value) or next((p.category.key for p in self._products if p.sku == value), None)
        return Device(category, value) if category else None

    def _offered(self) -> list[tuple[str, Value]]:
        """What of the customer's can be made to work, or else every category; with their titles."""
        owned = [line for line in self._owned.values() if line.category.key in self._categories][:MAX_OFFERED]
        offered = [(line.product_sku, names(line.names)) for line in owned]
        categories = [(key, names(term.names)) for key, term in self._categories.items()]
        return [*(offered or categories), (SOMETHING_ELSE, sentence("utter_product_other"))]

    def _find(self, text: str, case: Case) -> str | None:
        """What a text names: a product of the customer's, of the catalogue, or at least its category."""
        language = case.language
        by_category = {
            key: [term.name(language), *(p.name(language) for p in self._products if p.category.key == key)]
            for key, term in self._categories.items()
        }
        for named in (
            [Named(sku, (line.name(language),)) for sku, line in self._owned.items()],
            [Named(product.sku, (product.name(language),)) for product in self._products],
            [Named(key, tuple(words)) for key, words in by_category.items()],
        ):
            found = case.services.choices.one(text, language, self.slot, named)
            if found:
                return found
        return None


class WhatProblem(Question[Problem | str]):
    """What is wrong with it: a problem of the guide, or `SOMETHING_ELSE`.

    The slot holds a `key`, and the `words` with which it was described. Words alone sort the choices; a problem that
    is plainly named needs no choosing.
    """

    slot = PROBLEM_SLOT

    def __init__(self, device: Device, guides: Guides) -> None:
        self._device = device
        self._guides = guides
        self._problems = [problem for problem in guides.of(device.category).problems if not problem.is_hazard]

    async def put(self, case: Case) -> None:
        choices = [button(case, self.slot, value, title) for value, title in self._offered(case)]
        known = case.known(self.slot)
        case.say("utter_question_problem_fitting" if known else "utter_question_problem", choices=choices)

    def read(self, case: Case) -> dict[str, Any] | None:
        if case.said.pressed:
            return self._pressed(case)
        said = case.said
        offered = [Named(value) for value, _ in self._offered(case)]
        at_position = case.services.choices.one(said.text, case.language, self.slot, offered)
        if at_position:
            return self._chosen(at_position, case)
        if said.intent in ("affirm", "deny") and count_words(said.text) <= 1:
            # With more words it may be a description: "it won't start".
            return self._chosen(SOMETHING_ELSE, case) if said.intent == "deny" else None
        described = self._described(case)
        if described:
            return described
        if not describes(case, DESCRIBED_AS):
            return None
        # Whoever has described it again is not asked for a third description.
        again = (case.known(self.slot) or {}).get("words") not in (None, case.opening.text.strip())
        alarming = hazard_in(self._guides, said.text, case.language)
        return None if again and not alarming else {"words": said.text.strip()}

    def volunteered(self, case: Case) -> dict[str, Any] | None:
        if case.said.pressed:
            return self._pressed(case)
        described = self._described(case)
        known = case.known(self.slot) or {}
        if described is None and not known and case.said.text == case.opening.text:
            return {"words": case.said.text.strip()}
        return described if described and described["key"] != known.get("key") else None

    async def accept(self, value: Any, case: Case) -> Problem | str | None:
        key = value.get("key")
        if key == SOMETHING_ELSE:
            return SOMETHING_ELSE
        problem = next((problem for problem in self._problems if problem.key == key), None)
        if problem is None and value.get("words"):
            # The words stay while this is asked.
            raise Asking(self)
        return problem

    def _offered(self, case: Case) -> list[tuple[str, Value]]:
        """The problems with their names, those first that fit what was said."""
        words = (case.known(self.slot) or {}).get("words")
        problems = self._problems
        if words:
            ranked = likeliest(self._guides, self._device.category, words, case.language)
            problems = [problem for problem in ranked if not problem.is_hazard]
        offered: list[tuple[str, Value]] = [(problem.key, names(problem.names)) for problem in problems]
        return [*offered, (SOMETHING_ELSE, sentence("utter_problem_other"))]

    def _pressed(self, case: Case) -> dict[str, Any] | None:
        key = case.said.choice(self.slot)
        return self._chosen(key, case) if key else None

    def _chosen(self, key: str, case: Case) -> dict[str, Any]:
        return {**(case.known(self.slot) or {}), "key": key}

    def _described(self, case: Case) -> dict[str, Any] | None:
        words = case.said.text.strip()
        # A name may say less of the problem than it seems to, and what is left without it, too.
        texts = (words, without(words, case.said.values("product")))
        found = [plainly_named(self._guides, self._device.category, text, case.language) for text in texts]
        return {"key": found[0].key, "words": words} if found[0] and found[0] == found[1] else None


class IsHazard(Choice[bool]):
    """Whether there is the hazard that words tell of.

    The slot, which is the problem's, then holds the `hazard`, or these words among those that are `harmless`.
    """

    def __init__(self, hazard: Problem, words: str) -> None:
        options = [
            Option("hazard", sentence("utter_problem_hazard_yes"), True, means="affirm"),
            Option("harmless", sentence("utter_problem_hazard_no"), False, means="deny"),
        ]
        super().__init__(PROBLEM_SLOT, "utter_question_problem_hazard", options, hazard=names(hazard.names))
        self._hazard = hazard
        self._words = words

    def read(self, case: Case) -> Any | None:
        chosen = super().read(case) or self._in_words(case)
        known = {"words": self._words, **(case.known(self.slot) or {})}
        if chosen == "hazard":
            return {**known, "hazard": self._hazard.key}
        return {**known, "harmless": [*known.get("harmless", ()), self._words]} if chosen else None

    def volunteered(self, case: Case) -> None:
        return None

    async def accept(self, value: Any, case: Case) -> bool | None:
        if value.get("hazard") == self._hazard.key:
            return True
        if self._words in value.get("harmless", ()):
            return False
        # What is known of the problem stays while this is asked.
        raise Asking(self)

    def _in_words(self, case: Case) -> str | None:
        if case.said.pressed:
            return None
        answer = case.services.choices.one(case.said.text, case.language, "yes_no", [Named("yes"), Named("no")])
        return {"yes": "hazard", "no": "harmless"}.get(answer or "")


class Steps(Question[Outcome]):
    """The steps, one by one, and after each whether it works now.

    The slot holds how many were `tried` in vain, the `outcome` once there is one, and what they are `of`; `alarming` is
    what was said in place of an answer.
    """

    slot = SOLVED_SLOT

    def __init__(self, device: Device, problem: Problem, guides: Guides) -> None:
        self._of = f"{device.category}/{problem.key}"
        self._device = device
        self._problem = problem
        self._guides = guides

    async def put(self, case: Case) -> None:
        tried = self.tried(case)
        steps = [step for step in self._problem.steps if not step.stop]
        step = sentence("utter_step", number=tried + 1, count=len(steps), step=names(steps[tried].texts))
        begins = sentence("utter_steps_begin", problem=names(self._problem.names)) if tried == 0 else None
        choices = [
            button(case, self.slot, Outcome.WORKS, sentence("utter_solved_works")),
            button(case, self.slot, str(tried + 1), sentence("utter_solved_next")),
            button(case, self.slot, Outcome.GIVEN_UP, sentence("utter_solved_give_up")),
        ]
        case.say("utter_details", details=lines(begins, step, sentence("utter_question_solved")), choices=choices)

    def read(self, case: Case) -> dict[str, Any] | None:
        said = case.said
        if not said.pressed and hazard_in(self._guides, said.text, case.language):
            return {**self._progress(self.tried(case)), "alarming": said.text}
        chosen = said.choice(self.slot) if said.pressed else self._told(case)
        if chosen in (Outcome.WORKS, Outcome.GIVEN_UP):
            return self._progress(self.tried(case), Outcome(chosen))
        # A button knows its step: pressed twice, it leads to the same one.
        return self._progress(int(chosen)) if chosen and chosen.isdecimal() else None

    def volunteered(self, case: Case) -> None:
        return None

    async def accept(self, value: Any, case: Case) -> Outcome | None:
        if value["of"] != self._of:
            return None
        if value["outcome"]:
            return Outcome(value["outcome"])
        steps = self._problem.steps
        if value["tried"] >= len(steps):
            return Outcome.EXHAUSTED
        if steps[value["tried"]].stop:
            return Outcome.DANGEROUS
        # What was tried stays while this is asked.
        raise Asking(self)

    def tried(self, case: Case) -> int:
        """How many steps were taken in vain."""
        known = case.known(self.slot)
        return int(known["tried"]) if known and known["of"] == self._of else 0

    def _told(self, case: Case) -> str | None:
        """The answer in words; what they say counts more than what they were taken for."""
        said = case.said
        if said.intent in WANTED_INSTEAD:
            return None
        answers = [Named("yes"), Named("no"), Named(str(Outcome.GIVEN_UP))]
        answer = case.services.choices.one(said.text, case.language, self.slot, answers)
        if answer is None:
            answer = {"affirm": "yes", "deny": "no"}.get(said.intent)
        if answer is None and said.intent == "troubleshoot" and not self._another(case):
            answer = "no"
        return {"yes": str(Outcome.WORKS), "no": str(self.tried(case) + 1)}.get(answer or "", answer)

    def _another(self, case: Case) -> bool:
        """Whether another product or problem is spoken of."""
        said = case.said
        problem = plainly_named(self._guides, self._device.category, said.text, case.language)
        return bool(said.values("product")) or (problem is not None and problem.key != self._problem.key)

    def _progress(self, tried: int, outcome: Outcome | None = None) -> dict[str, Any]:
        return {"of": self._of, "tried": tried, "outcome": outcome}


class Troubleshoot(Flow[Diagnosis]):
    """Finds out with the customer whether a product can be made to work at home."""

    intent = "troubleshoot"
    slots = (PRODUCT_SLOT, PROBLEM_SLOT, SOLVED_SLOT, FAULT_SLOT)

    async def collect(self, case: Case) -> Diagnosis:
        guides = case.services.guides
        hazard = await told_hazard(case, _words(case))
        if hazard:
            return Diagnosis(Device(GENERAL), hazard, 0, Outcome.DANGEROUS)
        customer = await verified(case)
        owned = await _owned(case, customer) if customer else []
        device = await case.ask(WhichProduct(owned, await case.services.shop.products(), guides))
        problem = await case.ask(WhatProblem(device, guides))
        if isinstance(problem, str):
            _note_fault(case, device, None, 0)
            return Diagnosis(device, None, 0, Outcome.NO_STEPS)
        steps = Steps(device, problem, guides)
        _note_fault(case, device, problem, steps.tried(case))
        outcome = await case.ask(steps)
        return Diagnosis(device, problem, steps.tried(case), outcome)

    async def settle(self, case: Case, details: Diagnosis) -> None:
        match details.outcome:
            case Outcome.WORKS:
                case.set(FAULT_SLOT, None)
                case.say("utter_troubleshoot_works")
            case Outcome.DANGEROUS:
                assert details.problem
                warn(case, details.problem, state_of(case, self.intent, self.slots))
            case _:
                case.say(f"utter_troubleshoot_{details.outcome}", choices=await _offers(case, details.device))


async def told_hazard(case: Case, words: str | None) -> Problem | None:
    """The hazard that words tell of, when the customer has confirmed it. Raises `Asking`."""
    hazard = hazard_in(case.services.guides, words, case.language) if words else None
    if not words or not hazard:
        return None
    confirmed = await case.ask(IsHazard(hazard, words))
    return hazard if confirmed else None


def warn(case: Case, problem: Problem, summary: dict[str, Any]) -> None:
    """Say that a product must not be used any more, and let a person take over at once."""
    case.say("utter_details", details=names(problem.steps[-1].texts))
    hand_over(case, "claim", priority=HIGH, summary=summary)


def _words(case: Case) -> str | None:
    """The latest words about what is wrong."""
    alarming = (case.known(SOLVED_SLOT) or {}).get("alarming")
    described = (case.known(PROBLEM_SLOT) or {}).get("words")
    opening = None if case.opening.pressed else case.opening.text
    return alarming or described or opening


async def _owned(case: Case, customer: Customer) -> list[OrderLine]:
    """What a customer has received, the latest first."""
    orders = await case.services.shop.orders_of(customer.email)
    return [line for order in orders for line in order.lines if delivered_on(order, line)]


def _note_fault(case: Case, device: Device, problem: Problem | None, tried: int) -> None:
    """Note what is wrong and was tried, for the repair that it may come to."""
    words = (case.known(PROBLEM_SLOT) or {}).get("words")
    name = problem.name(case.language) if problem else None
    text = ": ".join(part for part in (name, words) if part)
    steps = problem.steps[:tried] if problem else ()
    fault = {
        "category": device.category,
        "product": device.product,
        "text": text,
        "tried": [step.text(case.language) for step in steps],
    }
    case.set(FAULT_SLOT, fault if text else None)


async def _offers(case: Case, device: Device) -> list[dict[str, Any]]:
    """What can be done where nothing helped: a repair, a return while there is time for it, a person."""
    repair = {"title": sentence("utter_reading_request_repair"), "payload": "/request_repair", "means": "affirm"}
    customer = await verified(case)
    if customer is None:
        back = [{"title": sentence("utter_reading_return_item"), "payload": "/return_item"}]
    else:
        orders = await case.services.shop.orders_of(customer.email)
        numbers = [order.number for order in orders if await _can_go_back(case, order, device)]
        back = [matter("return_item", sentence("utter_reading_return_item"), number) for number in numbers[:1]]
    return [repair, *back, person()]


async def _can_go_back(case: Case, order: Order, device: Device) -> bool:
    """Whether an order has such a product that can be returned."""
    if not any(line.product_sku == device.product for line in order.lines):
        return False
    shop, policies = case.services.shop, case.services.policies.for_country(order.country)
    returns, refunds = await shop.returns_of(order.number), await shop.refunds_of(order.number)
    found = returnable(order, returns, policies, case.services.now(), refunds=refunds)
    return any(each.quantity and each.line.product_sku == device.product for each in found)


def _categories(products: Sequence[Product], guides: Guides) -> dict[str, Term]:
    """The categories that have a guide of their own."""
    return {p.category.key: p.category for p in products if p.category.key in guides.categories}
