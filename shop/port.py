"""What Aftercare asks of a shop. Write a class with these methods and the assistant speaks for your shop.

An adapter needs no base class, only the methods. It is created once and used by many conversations at the
same time, so it keeps no state of a call. `shop.sql.SqlShop` is one to read beside this page.

* A method answers with what is there now; how long it may cache is the adapter's decision.
* "Not found" is an answer (`None`, an empty list), never an error. Whatever a customer typed may come in:
  the methods take any text.
* When the back end cannot be reached, or does not answer in a few seconds, a method raises `ShopUnavailable`;
  the assistant then apologises and offers a person. Any other exception is taken for a bug.
* What changes something takes a `key`: an operation that was done under a key is not done again, its first result is
  returned. What the state of an order forbids raises `NotPossible`; what the back end cannot do at all, `NotOffered`.
"""

import unicodedata
from typing import Any, Protocol

from shop.aftersales import (
    Cancellation,
    CarrierScan,
    Claim,
    ClaimRequest,
    Erasure,
    Refund,
    RefundRequest,
    Repair,
    RepairRequest,
    Replacement,
    Return,
    ReturnRequest,
    ScanOutcome,
)
from shop.model import Address, Customer, Order, Product


class ShopUnavailable(Exception):
    """The shop's back end cannot be reached. The message is for the operator; customers do not see it."""


class NotPossible(Exception):
    """The state of things forbids what was asked for. `code` says why, for programs: `packed`, `shipped`, `cancelled`,
    `other_country`, `already_returned`, `out_of_stock`, `too_much` (more than was paid), `unknown_order`,
    `unknown_item`, `unfinished` (an order or a return has to be finished first)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotOffered(Exception):
    """The back end has no such operation; the assistant hands the matter to a person."""


class Shop(Protocol):
    """A shop's back end."""

    async def order(self, number: str) -> Order | None:
        """The order with this number, with its lines, shipments and events; None when there is none.

        Numbers are compared by `order_digits`: "AC-104233", "ac104233", "#104233" and "１０４２３３" are one.
        """
        ...

    async def orders_of(self, email: str) -> list[Order]:
        """The orders of the customer with this address, newest first. Case and outer spaces do not matter."""
        ...

    async def recent_orders(self, limit: int) -> list[Order]:
        """The newest orders of the shop, newest first, at most `limit`."""
        ...

    async def products(self) -> list[Product]:
        """The catalogue, by SKU."""
        ...

    async def customer(self, email: str) -> Customer | None:
        """The customer with this address; None when there is none. Case and outer spaces do not matter."""
        ...

    async def customer_by_phone(self, phone: str) -> Customer | None:
        """The only customer with this number (any form, compared by its digits in international form), else None."""
        ...

    async def returns_of(self, order_number: str) -> list[Return]:
        """The returns of an order, newest first."""
        ...

    async def return_(self, number: str) -> Return | None:
        """The return with this number (RMA); None when there is none."""
        ...

    async def refunds_of(self, order_number: str) -> list[Refund]:
        """The refunds of an order, newest first."""
        ...

    async def replacements_of(self, order_number: str) -> list[Replacement]:
        """What was sent again for an order, newest first."""
        ...

    async def claims_of(self, order_number: str) -> list[Claim]:
        """The claims about an order, newest first."""
        ...

    async def repairs_of(self, order_number: str) -> list[Repair]:
        """The repairs of what an order brought, newest first."""
        ...

    async def cancel_order(self, number: str, key: str) -> Cancellation:
        """Cancel an order that is not packed, and refund what was paid.

        Raises `NotPossible` with `packed`, `shipped` or `cancelled`.
        """
        ...

    async def change_address(self, number: str, address: Address, key: str) -> Order:
        """Send an order that has not left to another address of its country.

        Raises `NotPossible` with `shipped`, `cancelled` or `other_country`.
        """
        ...

    async def create_return(self, request: ReturnRequest, key: str) -> Return:
        """Announce a return: a number, a label. The variants of an exchange are taken from the stock for the customer.

        Raises `NotPossible` with `already_returned`, `out_of_stock` or `too_much`.
        """
        ...

    async def refund(self, request: RefundRequest, key: str) -> Refund:
        """Send money back. All refunds together never exceed what was paid, and nothing is refunded twice.

        Raises `NotPossible` with `too_much` or `already_returned`.
        """
        ...

    async def replace(self, request: RefundRequest, key: str) -> Replacement:
        """Send the request's items again; its amount is what they cost.

        Raises `NotPossible` with `out_of_stock` or `already_returned` (also: already refunded).
        """
        ...

    async def open_claim(self, request: ClaimRequest, key: str) -> Claim:
        """Keep a claim."""
        ...

    async def book_repair(self, request: RepairRequest, key: str) -> Repair:
        """Book a repair."""
        ...

    async def record_scan(self, scan: CarrierScan) -> ScanOutcome | None:
        """Take a carrier's scan: it is added to the parcel's events, and the arrival of a return starts its refund,
        credit or replacement. The same scan a second time changes nothing and has the same outcome; None for a parcel
        that nobody knows.
        """
        ...

    async def export(self, email: str) -> dict[str, Any]:
        """Everything the shop has of a customer, as JSON; {} where it has nothing."""
        ...

    async def erase(self, email: str) -> Erasure:
        """Erase a customer: all that no law keeps goes, the rest is made anonymous as far as the law allows.

        Raises `NotPossible` with `unfinished` while an order or a return is open.
        """
        ...


def phone_key(text: str) -> str:
    """A phone number in international form as it is compared: its digits without a leading "00"; "" without any.

    >>> phone_key("+49 (0) 176 04069012"), phone_key("0049176-04069012"), phone_key("4917604069012")
    ('4917604069012', '4917604069012', '4917604069012')
    """
    # The zero in brackets is for dialling at home.
    return order_digits(text.replace("(0)", "")).removeprefix("00")


def order_digits(text: str) -> str:
    """The digits of an order number, by which numbers are compared; "" when there are none.

    >>> order_digits("AC-104233"), order_digits("＃１０４２３３"), order_digits("١٠٤٢٣٣")
    ('104233', '104233', '104233')
    """
    # NFKC turns full-width and circled digits into plain ones; other scripts' digits keep their value.
    normal = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(char)) for char in normal if char.isdecimal())


def email_key(text: str) -> str:
    """An e-mail address as it is compared: without outer spaces, in lower case; "" when it cannot be one."""
    key = unicodedata.normalize("NFKC", text).strip().casefold()
    return key if key.isprintable() and "@" in key else ""
