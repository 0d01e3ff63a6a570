"""The templates of the letters: two environments for each language, one for either part of a message."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from bot.localization import Catalogues
from web.templates import environment

TEMPLATES = Path(__file__).parent / "templates"
LETTERS = TEMPLATES / "letters"
SUFFIX = ".jinja"


class Templates:
    """Letters' templates, compiled when they are first needed, and kept.

    A letter has one template for both parts of its message. What it builds on, `layout.jinja` and `parts.jinja`, is
    there twice: in `html/`, where values are escaped, and in `text/`. `common.jinja` is for both.
    """

    def __init__(self, catalogues: Catalogues) -> None:
        self._environment = cache(lambda part, language: _environment(catalogues, part, language))

    def html(self, letter: str, language: str) -> jinja2.Template:
        """The template of a letter's HTML."""
        return self._environment("html", language).get_template(letter + SUFFIX)

    def text(self, letter: str, language: str) -> jinja2.Template:
        """The template of a letter's plain text."""
        return self._environment("text", language).get_template(letter + SUFFIX)


def letter_names() -> list[str]:
    """The letters that there are."""
    return sorted(path.name.removesuffix(SUFFIX) for path in LETTERS.glob(f"*{SUFFIX}"))


def _environment(catalogues: Catalogues, part: str, language: str) -> jinja2.Environment:
    folders = [LETTERS, TEMPLATES / part, TEMPLATES]
    return environment(folders, language, catalogues.translations(language), escaped=part == "html")
