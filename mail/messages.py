"""The messages of the letters, extracted from the templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file

from bot.messages import Messages, Source
from mail.templates import SUFFIX, TEMPLATES

DOMAIN = "mail"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/mail.po`."""

EXTRACTOR = "jinja2.ext:babel_extract"


def mail_messages(locales: Path) -> Messages:
    """What the letters say, in the order of the templates' names and lines."""
    templates = sorted(TEMPLATES.rglob(f"*{SUFFIX}"))
    return Messages(locales, DOMAIN, (source for path in templates for source in _sources(path)))


def _sources(template: Path) -> Iterator[Source]:
    options = {"trimmed": "true", "silent": "false"}
    file = template.relative_to(TEMPLATES).as_posix()
    for line, message, _, context in extract_from_file(EXTRACTOR, template, DEFAULT_KEYWORDS, (), options):
        text, plural = (message, "") if isinstance(message, str) else (message[0], message[1])
        yield Source(context or "", text, plural, file, line)
