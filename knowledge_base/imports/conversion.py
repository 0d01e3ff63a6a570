"""Texts from elsewhere (HTML, Markdown, plain text) as the Markdown and the templates of articles."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from markdown_it import MarkdownIt
from markdownify import MarkdownConverter

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control characters, halves of surrogate pairs and the like, which neither YAML nor a reader takes; and characters
# without width that editors of web pages leave behind.
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\xad\u200b\u2060\ufeff]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)

_TAGS = (
    "p br div span h[1-6] ul ol li a b i u strong em table tbody thead tr td th img hr pre code blockquote section "
    "article details summary dl dt dd figure iframe font center sup sub s del script style"
).replace(" ", "|")
_HTML = re.compile(rf"<(?:{_TAGS})(?:\s[^<>]*)?/?>|</(?:{_TAGS})\s*>", re.IGNORECASE)
_MARKS = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]+\S|[-*+][ \t]+\S|\d{1,3}[.)][ \t]+\S|>|```|~~~|(?:=+|-{3,})[ \t]*$)|\*\*\S|\]\(\S+\)",
    re.MULTILINE,
)
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)

_GONE = [
    "script",
    "style",
    "iframe",
    "noscript",
    "template",
    "object",
    "embed",
    "svg",
    "canvas",
    "head",
    "input",
    "select",
]
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_BLOCKS = [*_HEADINGS, "p", "div", "ul", "ol", "li", "table", "blockquote", "pre", "hr"]
# Blocks that the converter does not know as such, or would write in more than CommonMark.
_LIKE_DIV = [
    *("details", "summary", "dl", "dt", "dd", "figure", "figcaption", "center", "address"),
    *("main", "aside", "header", "footer", "nav", "form", "fieldset"),
]
_EMPHASIS = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "del": "s", "strike": "s", "s": "s"}
# Markdown sees no emphasis that ends in a mark before a letter, which is usual in Chinese: such marks go outside.
_OUTER_MARKS = re.compile(r"([\s“‘「『（《]*)(.*?)([\s,.:;!?，。：；！？、”’」』）》]*)", re.DOTALL)

_SPECIAL = re.compile(r"[\\*`\[\]|]|~(?=~)|(?<=~)~|<(?=[a-z/!?])|&(?=#?\w+;)", re.IGNORECASE)
_UNDERSCORES = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_LINE_START = re.compile(r"^([ \t]*)(?=#{1,6}(?:\s|$)|>|[-+](?:\s|$)|[-=][-=\s]*$)", re.MULTILINE)
_LINE_NUMBER = re.compile(r"^([ \t]*\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)

_TEMPLATE_MARK = re.compile(r"\{(?=[{%#])|%\}")


def clean(text: str) -> str:
    """The text with plain line breaks and without characters that nobody sees."""
    return _UNPRINTABLE.sub("", _LINE_BREAK.sub("\n", text))


def literal(text: str) -> str:
    """A template that renders exactly this text: the marks of Jinja in it say nothing."""
    # A closing mark at the end of a line has a meaning for the renderer of articles.
    return _TEMPLATE_MARK.sub(lambda mark: f"{{{{'{mark[0]}'}}}}", text)


def to_line(text: str) -> str:
    """HTML or plain text as plain text on one line."""
    text = clean(text)
    text = to_text(_from_html(text)) if _HTML.search(text) else _unescape(text)
    return re.sub(r"[ \t\n]+", " ", text).strip()  # No-break spaces within stay.


def to_markdown(text: str, title: str = "") -> str:
    """HTML, Markdown or plain text as Markdown whose sections have headings of the second level.

    A heading that repeats the title right at the start is left out, and so are headings without a word.
    """
    text = clean(text)
    if _HTML.search(_CODE.sub("", text)):
        markdown = _from_html(text)
    elif _MARKS.search(text):
        markdown = text
    else:
        markdown = _from_plain(text)
    return _with_sections(markdown, title).strip("\n")


def to_text(markdown: str) -> str:
    """What a reader of Markdown sees, without links, marks and images."""
    return BeautifulSoup(_MARKDOWN.render(markdown), "html.parser").get_text()


def escape(text: str) -> str:
    """Markdown that shows this text, which begins a line."""
    return _escape_line_starts(_escape_inline(text))


def _escape_inline(text: str) -> str:
    text = _SPECIAL.sub(r"\\\g<0>", text)
    return _UNDERSCORES.sub(lambda run: r"\_" * len(run[0]), text)


def _escape_line_starts(text: str) -> str:
    return _LINE_NUMBER.sub(r"\1\\", _LINE_START.sub(r"\1\\", text))


def _unescape(text: str) -> str:
    return clean(_ENTITY.sub(lambda entity: html.unescape(entity[0]), text))


def _from_plain(text: str) -> str:
    """Empty lines set paragraphs apart; in a text without any, each line is one."""
    lines = [line.strip() for line in _unescape(text).strip().split("\n")]
    return escape(("\n" if "" in lines else "\n\n").join(lines))


def _from_html(text: str) -> str:
    soup = _tidy(BeautifulSoup(text, "html.parser"))
    markdown = _Converter().convert_soup(soup)
    if to_text(markdown).count("*") != soup.get_text().count("*"):
        # Emphasis that Markdown has no way to write: rather none than asterisks.
        markdown = _Converter(strip=list(_EMPHASIS)).convert_soup(soup)
    return re.sub(r"[ \t\xa0]*\n(?:[ \t\xa0]*\n)+", "\n\n", clean(markdown))


def _tidy(soup: BeautifulSoup) -> BeautifulSoup:
    """The page without what says nothing, and with what it says in tags that become Markdown."""
    for tag in soup(_GONE):
        tag.decompose()
    for tag in soup(_LIKE_DIV):
        tag.name = "div"
    for image in soup("img"):
        _tidy_image(image)
    for link in soup("a"):
        _tidy_link(link)
    for tag in soup(list(_EMPHASIS)):
        tag.name = _EMPHASIS[tag.name]
        if tag.find(_BLOCKS) or tag.find_parent(tag.name) or tag.find_parent(_HEADINGS):
            tag.unwrap()
    soup.smooth()
    for tag in soup(list(_EMPHASIS)):
        _join_following(tag)
    return soup


def _tidy_image(image: Tag) -> None:
    """Only with a text in place of it, and an address that leads anywhere, an image stays one."""
    alternative = to_line(str(image.get("alt") or ""))
    address = _address(image.get("src"), ("http://", "https://"))
    if alternative and address:
        image.attrs = {"alt": escape(alternative), "src": address}
    else:
        image.replace_with(alternative)


def _tidy_link(link: Tag) -> None:
    address = _address(link.get("href"), ("http://", "https://", "mailto:", "tel:", "/"))
    if address:
        link.attrs = {"href": address}
    else:
        link.unwrap()


def _address(value: Any, beginnings: tuple[str, ...]) -> str:
    """An address without what ends it in Markdown; '' if it is of another kind."""
    address = "".join(str(value or "").split())
    return quote(address, safe="%/:=&?~#+!$,;'@[]*") if address.lower().startswith(beginnings) else ""


def _join_following(tag: Tag) -> None:
    """`<b>a</b><b>b</b>` as one: Markdown cannot tell these apart."""
    while isinstance(following := tag.next_sibling, Tag) and following.name == tag.name:
        tag.extend(list(following.children))
        following.decompose()


class _Converter(MarkdownConverter):
    """Markdownify, with escapes where Markdown would see a mark, and only there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            heading_style="ATX",
            bullets="-",
            autolinks=False,
            wrap=True,
            wrap_width=None,
            table_infer_header=True,
            **options,
        )

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        text: str = super().process_text(el, parent_tags)  # type: ignore[misc]  # Missing in its stub.
        if "_noformat" in (parent_tags or ()):
            return text
        text = re.sub(r"[ \xa0]{2,}", " ", text)
        return _escape_line_starts(text) if _begins_line(el) else text

    def escape(self, text: str, parent_tags: set[str]) -> str:
        return _escape_inline(text)

    def convert_strong(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._emphasis("**", text, parent_tags)

    def convert_em(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return self._emphasis("*", text, parent_tags)

    def _emphasis(self, mark: str, text: str, parent_tags: set[str]) -> str:
        parts = _OUTER_MARKS.fullmatch(text)
        if "_noformat" in parent_tags or not parts or not parts[2]:
            return text
        before, inner, after = parts.groups()
        if inner.endswith("\\"):  # An escape, torn from what it escapes.
            inner, after = inner + after.rstrip(), ""
        return f"{before}{mark}{inner}{mark}{after}"


def _begins_line(text: NavigableString) -> bool:
    if text.find_parent(_HEADINGS):
        return False
    before = text.previous_sibling
    return before is None or (isinstance(before, Tag) and before.name in (*_BLOCKS, "br"))


def _with_sections(markdown: str, title: str) -> str:
    """The shallowest headings become those of sections, and the others stay below them."""
    tokens = _MARKDOWN.parse(markdown)
    headings = [
        (opening, " ".join(inline.content.split("\n")))
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and not opening.level
    ]
    dropped = [
        (opening is tokens[0] and to_text(text).strip().casefold() == title.casefold()) or not re.search(r"\w", text)
        for opening, text in headings
    ]
    levels = [int(opening.tag[1]) for opening, _ in headings]
    top = min((level for level, drop in zip(levels, dropped, strict=True) if not drop), default=1)
    lines = markdown.split("\n")
    for (opening, text), level, drop in reversed(list(zip(headings, levels, dropped, strict=True))):
        start, end = opening.map or (0, 0)
        lines[start:end] = [] if drop else [f"{'#' * min(6, level - top + 2)} {text}"]
    return "\n".join(lines)
