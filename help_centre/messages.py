"""The messages of the pages, extracted from the templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file

from bot.messages import Messages, Source
from help_centre.templates import TEMPLATES

DOMAIN = "help_centre"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/help_centre.po`."""

EXTRACTOR = "jinja2.ext:babel_extract"


def help_centre_messages(locales: Path) -> Messages:
    """What the pages say, in the order of the templates' names and lines."""
    return Messages(locales, DOMAIN, (source for path in sorted(TEMPLATES.iterdir()) for source in _sources(path)))


def _sources(template: Path) -> Iterator[Source]:
    options = {"trimmed": "true", "silent": "false"}
    for line, message, _, context in extract_from_file(EXTRACTOR, template, DEFAULT_KEYWORDS, (), options):
        text, plural = (message, "") if isinstance(message, str) else (message[0], message[1])
        yield Source(context or "", text, plural, template.name, line)
