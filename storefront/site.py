"""What the storefront is told of the shop."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Site:
    """The shop whose pages these are, and where they are served."""

    name: str
    email: str
    phone: str
    public_url: str
    """The address under which visitors reach the server, without a slash at its end."""
    languages: tuple[str, ...]
    """The languages in which there are pages, in the order in which they are offered."""
    default_language: str
    """For visitors who ask for none of them."""
    countries_served: int
    letters: str | None
    """The folder in which one-time codes and other letters to customers end up; None where they are really sent."""

    @property
    def root(self) -> str:
        """What stands before `/` in links between pages: "", or the path under which a proxy serves all this."""
        return urlsplit(self.public_url).path.rstrip("/")
