"""Where readers find an article: the addresses under which the help centre serves it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlencode


def article_url(
    public_url: str, language: str, slug: str, country: str | None = None, section: str | None = None
) -> str:
    """The address of an article's page.

    Args:
        public_url: under which readers reach the server, without a slash at its end; "" for an address on the
            same server.
        country: the country (ISO 3166) whose figures the page shall state; None leaves the choice to the page.
        section: the heading of the section to which the page shall scroll.

    >>> article_url("https://shop.example", "de", "warranty", country="AT", section="Wie lange?")
    'https://shop.example/help/de/articles/warranty?country=AT#wie-lange'
    """
    query = f"?{urlencode({'country': country})}" if country else ""
    fragment = f"#{quote(anchor(section))}" if section else ""
    return f"{public_url}/help/{language}/articles/{slug}{query}{fragment}"


def anchor(heading: str) -> str:
    """The id of a section on its page, from its heading: letters and digits of any script, and hyphens.

    >>> anchor("What does it **cost**?"), anchor("什么时候发货？")
    ('what-does-it-cost', '什么时候发货')
    """
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", heading).lower()).strip("-") or "section"
