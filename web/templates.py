"""Jinja templates of pages in several languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import jinja2

SHARED = Path(__file__).parent / "templates"
"""The templates that all rooms with pages have in common."""


class Templates:
    """Writes pages in each of some languages; templates are compiled when they are first needed, and kept.

    Args:
        folder: where the templates are that are not in `SHARED`.
        translations: the catalogue of each language.
        filters: what templates may use besides Jinja's own.
    """

    def __init__(
        self, folder: Path, translations: Mapping[str, NullTranslations], filters: Mapping[str, Callable[..., Any]]
    ) -> None:
        self._environments = {
            language: environment([folder, SHARED], language, catalogue) for language, catalogue in translations.items()
        }
        for each in self._environments.values():
            each.filters.update(filters)

    def render(self, name: str, language: str, **values: Any) -> str:
        """A template, in one of the languages."""
        return self._environments[language].get_template(name).render(values)


def environment(
    folders: Sequence[Path], language: str, translations: NullTranslations, *, escaped: bool = True
) -> jinja2.Environment:
    """What templates in one language are compiled and written with.

    Args:
        folders: where templates are looked for, one after the other.
        escaped: whether values are escaped, as HTML wants it.
    """
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=escaped,  # noqa: S701  # there is nothing to escape in plain text
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    # The extension adds what mypy does not see.
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals["language"] = language
    return made
