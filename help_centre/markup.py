"""Articles' Markdown as HTML that is safe to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from knowledge_base.links import anchor

ArticleLink = Callable[[str, str | None], str]
"""The address of an article by its slug, at the section with a heading or anchor if there is one."""

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
# Markdown-it escapes HTML and refuses the addresses of scripts; what it should ever let through ends here.
_CLEANER = nh3.Cleaner(
    tags={
        *("p", "br", "hr", *_HEADINGS, "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a", "img"),
        *("div", "table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={
        "a": {"href", "title"},
        "img": {"src", "alt", "title"},
        "ol": {"start"},
        **{heading: {"id"} for heading in _HEADINGS},
    },
    tag_attribute_values={
        "div": {"class": {"scroll"}},
        "th": {"scope": {"col"}},
    },
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)
_ARTICLE_FILE = re.compile(r"(?:\./)?([a-z0-9-]+)\.md(?:#(.*))?")


class Heading(NamedTuple):
    """The heading of a section, and its id on the page."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Body:
    """The body of an article on its page."""

    html: Markup
    headings: tuple[Heading, ...]
    """Of its sections, which are the headings of the second level."""


def body_of(markdown: str, article_link: ArticleLink) -> Body:
    """A rendered article's body as HTML.

    Headings have ids (`anchor`), wide tables can be scrolled, and links to `<slug>.md` lead to the article's page.
    """
    tokens = _MARKDOWN.parse(markdown)
    headings = _name_headings(tokens)
    for token in tokens:
        if token.type == "th_open":
            token.attrSet("scope", "col")
        for child in token.children or ():
            if child.type == "link_open":
                _lead_to_page(child, article_link)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    html = html.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")
    return Body(Markup(_CLEANER.clean(html)), headings)  # noqa: S704  # cleaned


def _name_headings(tokens: list[Token]) -> tuple[Heading, ...]:
    """Give every heading an id of its own; returns those of the sections."""
    headings = []
    taken: Counter[str] = Counter()
    for opening, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "heading_open":
            if opening.tag == "h1":
                opening.tag = closing.tag = "h2"  # The page's own heading is the article's title.
            text = _plain(inline)
            name = anchor(text)
            taken[name] += 1
            identifier = name if taken[name] == 1 else f"{name}-{taken[name]}"
            opening.attrSet("id", identifier)
            if opening.tag == "h2":
                headings.append(Heading(text, identifier))
    return tuple(headings)


def _plain(inline: Token) -> str:
    """The text of a heading without its marks."""
    pieces = (" " if child.type.endswith("break") else child.content for child in inline.children or ())
    return "".join(pieces).strip()


def _lead_to_page(link: Token, article_link: ArticleLink) -> None:
    file = _ARTICLE_FILE.fullmatch(str(link.attrGet("href")))
    if file:
        slug, section = file.groups()
        link.attrSet("href", article_link(slug, unquote(section) if section else None))
