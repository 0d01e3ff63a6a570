"""The addresses of the pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from knowledge_base.links import article_url


@dataclass(frozen=True)
class Addresses:
    """The addresses of all pages in a language, with what a reader chose on the way travelling along."""

    root: str
    """What stands before `/help`: "" or a path for links between pages, or the public URL for absolute ones."""
    language: str
    country: str | None = None

    @property
    def plain(self) -> Addresses:
        """The same without what the reader chose: for forms, which bring it along themselves."""
        return replace(self, country=None)

    def within(self, language: str) -> Addresses:
        """The same in another language."""
        return replace(self, language=language)

    def home(self) -> str:
        """All categories and their articles."""
        return self._with(f"{self._pages}/")

    def category(self, category: str) -> str:
        """The articles of a category."""
        return self._with(f"{self._pages}/categories/{category}")

    def article(self, slug: str, section: str | None = None, query: str = "", feedback: str = "") -> str:
        """An article.

        Args:
            section: the heading of the section at which it is shown.
            query: what the reader searched, for the shop to learn what was missing if the article does not help.
            feedback: what the reader has said of it, at which it is shown then.
        """
        url, _, fragment = article_url(self.root, self.language, slug, self.country, section).partition("#")
        if more := _encoded(q=query, feedback=feedback):
            url += f"{'&' if '?' in url else '?'}{more}"
        fragment = "feedback_" if feedback else fragment
        return f"{url}#{fragment}" if fragment else url

    def feedback(self, slug: str) -> str:
        """Where forms say whether an article helped."""
        return f"{self._pages}/articles/{slug}/feedback"

    def search(self, query: str = "") -> str:
        """The results for a query."""
        return self._with(f"{self._pages}/search", q=query)

    def suggestions(self) -> str:
        """What is suggested while a query is typed; the form's fields are added."""
        return f"{self._pages}/search/suggestions"

    @property
    def _pages(self) -> str:
        return f"{self.root}/help/{self.language}"

    def _with(self, path: str, **values: str) -> str:
        given = _encoded(country=self.country or "", **values)
        return f"{path}?{given}" if given else path


def _encoded(**values: str) -> str:
    """A query string of the values that are not empty."""
    return urlencode({name: value for name, value in values.items() if value})
