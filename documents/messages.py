"""The messages of the documents and of the page that takes a document's place, extracted from where they are said."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Messages, extract

DOMAIN = "documents"
"""The gettext domain: catalogues are `<folder>/<language>/LC_MESSAGES/documents.po`."""

ROOM = Path(__file__).parent


def documents_messages(locales: Path) -> Messages:
    """What the documents and the page say, in the order of the files' names and lines."""
    files = sorted([*ROOM.glob("*.py"), *ROOM.glob("templates/*.html")])
    return Messages(locales, DOMAIN, (source for file in files for source in extract(file)))
