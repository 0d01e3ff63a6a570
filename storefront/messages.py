"""The messages of the pages, extracted from the templates."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Messages, extract
from storefront.templates import TEMPLATES
from web.templates import SHARED

DOMAIN = "storefront"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/storefront.po`."""


def storefront_messages(locales: Path) -> Messages:
    """What the pages say, in the order of the templates' names and lines, first the room's own."""
    templates = [*sorted(TEMPLATES.iterdir()), *sorted(SHARED.iterdir())]
    return Messages(locales, DOMAIN, (source for path in templates for source in extract(path)))
