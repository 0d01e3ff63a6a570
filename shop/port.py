"""What Aftercare asks of a shop. Write a class with these methods and the assistant speaks for your shop.

An adapter needs no base class, only the methods. It is created once and used by many conversations at the
same time, so it keeps no state of a call. `shop.sql.SqlShop` is one to read beside this page.

* A method answers with what is there now; how long it may cache is the adapter's decision.
* "Not found" is an answer (`None`, an empty list), never an error. Whatever a customer typed may come in:
  the methods take any text.
* When the back end cannot be reached, or does not answer in a few seconds, a method raises `ShopUnavailable`;
  the assistant then apologises and offers a person. Any other exception is taken for a bug.
"""

import unicodedata
from typing import Protocol

from shop.model import Customer, Order, Product


class ShopUnavailable(Exception):
    """The shop's back end cannot be reached. The message is for the operator; customers do not see it."""


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
