"""The addresses of the pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode


@dataclass(frozen=True)
class Addresses:
    """The addresses of all pages in a language, with who is signed in travelling along: the pages set no cookies."""

    root: str
    """What stands before them all: "" or a path."""
    language: str
    customer: str | None = None

    def within(self, language: str) -> Addresses:
        """The same in another language."""
        return replace(self, language=language)

    def of(self, customer: str | None) -> Addresses:
        """The same for another customer, or for a visitor whom nobody knows."""
        return replace(self, customer=customer)

    def home(self) -> str:
        """All products."""
        return self._with("/")

    def orders(self) -> str:
        """The orders of who is signed in."""
        return self._with("/demo/orders")

    def product(self, sku: str, colour: str | None = None) -> str:
        """A product, in one of its colours."""
        return self._with(f"/demo/products/{sku}", colour=colour)

    def identity(self) -> str:
        """Where the page's script asks for the token of who is signed in."""
        return f"{self.root}/demo/identity?{urlencode({'customer': self.customer})}"

    def picture(self, image: str, colour: str | None = None) -> str:
        """A picture by its address in the catalogue, in a colour of the product."""
        address = f"{self.root}{image}" if image.startswith("/") else image
        return f"{address}?{urlencode({'colour': colour})}" if colour else address

    def widget(self) -> str:
        """The script of the chat."""
        return f"{self.root}/widget.js"

    def help(self) -> str:
        """The help centre."""
        return f"{self.root}/help/{self.language}/"

    def _with(self, path: str, **values: str | None) -> str:
        given = {"language": self.language, "customer": self.customer, **values}
        return f"{self.root}{path}?{urlencode({name: value for name, value in given.items() if value})}"
