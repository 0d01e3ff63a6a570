"""The messages of the pages, extracted from the templates."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Messages, extract
from help_centre.templates import TEMPLATES
from web.templates import SHARED

DOMAIN = "help_centre"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/help_centre.po`."""


def help_centre_messages(locales: Path) -> Messages:
    """What the pages say, in the order of the templates' names and lines, first the room's own."""
    templates = [*sorted(TEMPLATES.iterdir()), *sorted(SHARED.iterdir())]
    return Messages(locales, DOMAIN, (source for path in templates for source in extract(path)))
