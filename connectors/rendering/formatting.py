"""Markdown as messengers write it.

What people wrote comes here through `plain_to_markdown`; what a message says in Markdown comes as it is. Line breaks
stay where they are, as in the widget.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

MARKS = {"strong": "*", "em": "_", "s": "~", "code_inline": "```"}
"""WhatsApp's formatting; see "How to format your messages" in its help centre (https://faq.whatsapp.com/539178204879377).

It knows no way to say that a mark is only a character.
"""

WORD_JOINER = "\u2060"
"""Before a mark that is only a character: WhatsApp takes marks as formatting where a word begins."""

# Unicode's noncharacters, which are for use inside of a program, stand for marks until the whole line is known.
_OPEN = {kind: chr(0xFDD0 + 2 * place) for place, kind in enumerate(MARKS)}
_CLOSE = {kind: chr(0xFDD1 + 2 * place) for place, kind in enumerate(MARKS)}
_KIND_OPENED = {character: kind for kind, character in _OPEN.items()}
_KIND_CLOSED = {character: kind for kind, character in _CLOSE.items()}
_FENCE, _LINK_OPEN, _LINK_TITLE, _LINK_CLOSE, _AFTER_URL = map(chr, range(0xFDE0, 0xFDE5))
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")

_URL = r"https?://[^\s\x00-\x1f\x7f<>\[\]\\\"`“”‘’「」『』《》（）【】，。；：！？、]+"
_ADDRESS = re.compile(_URL)
_SCHEME = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_UNSAID = re.compile(r"^(?:https?://|mailto:|tel:)", re.IGNORECASE)
_BESIDE_URL = re.compile(r"[!-/:-@\[-`{-~\s]")

_SPECIAL = re.compile(r"[\\`*_\[\]<>&~|]")
_LINE_START = re.compile(r"(?:[-+=:#]|\d{1,9}(?=[.)]))")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_HREF = str.maketrans({'"': "%22", "<": "%3C", ">": "%3E", " ": "%20"})
_CJK_END = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]$")


def plain_to_markdown(text: str) -> str:
    """Markdown that says exactly a plain text, but for white space at the ends of lines, and all but one empty line."""
    return "\n".join(map(_escaped_line, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))).strip("\n")


def to_whatsapp(markdown: str) -> str:
    """Markdown in WhatsApp's formatting: *bold*, _italic_, ~strike~, ```code```, lists, quotes; links as `title: url`.

    Where WhatsApp would not see formatting (inside a word, around a link) there are no marks.
    """
    text = _Writer(_Dialect("- ", marks=True)).write(markdown)
    return "".join(_whatsapp_lines(text))


def to_plain(markdown: str) -> str:
    """Markdown as plain text; links as `title: url`."""
    return _finished(_Writer(_Dialect("• ")).write(markdown))


def to_wechat(markdown: str) -> str:
    """Markdown as plain text, with links as `<a href="url">title</a>`, the only tag that WeChat knows in texts.

    WeChat has no entities: a "<" that could begin a tag becomes "＜".
    """
    text = _TAG.sub("＜", _Writer(_Dialect("• ", anchors=True)).write(markdown))
    return _finished(text.replace(_LINK_OPEN, '<a href="').replace(_LINK_TITLE, '">').replace(_LINK_CLOSE, "</a>"))


def _escaped_line(line: str) -> str:
    line = line.strip()
    start = _LINE_START.match(line)
    rest = _SPECIAL.sub(r"\\\g<0>", line)
    if not start:
        return rest
    return rest[: start.end()] + "\\" + rest[start.end() :] if start[0].isdecimal() else f"\\{rest}"


def _address(state: StateInline, silent: bool) -> bool:
    """A rule for markdown-it: a bare address is text, whatever marks are in it."""
    begin = max(0, state.pos - len("https"))
    scheme = re.search(r"(?i)\bhttps?$", state.src[begin : state.pos])
    if not scheme:
        return False
    start = begin + scheme.start()
    found = _ADDRESS.match(state.src, start, state.posMax)
    end = start + len(found[0].rstrip("*_~.,:;!?)'")) if found else 0
    if end <= state.pos:
        return False
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # What nobody means who writes a message: code by indentation, headings by a line of dashes, definitions of links.
    parser.disable(["code", "lheading", "reference"])
    parser.inline.ruler.after("text", "address", _address)
    return parser


_MARKDOWN = _markdown()


@dataclass(frozen=True)
class _Dialect:
    """What a messenger can show.

    Attributes:
        bullet: before an item of a list.
        marks: whether there is formatting.
        anchors: whether links have titles.
    """

    bullet: str
    marks: bool = False
    anchors: bool = False


class _Writer:
    """Writes Markdown as text in which noncharacters stand for marks."""

    def __init__(self, dialect: _Dialect) -> None:
        self._dialect = dialect
        self._lines: Sequence[str] = ()

    def write(self, markdown: str) -> str:
        source = _NONCHARACTERS.sub("", markdown)
        self._lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._blocks(SyntaxTreeNode(_MARKDOWN.parse(source)).children)

    def _blocks(self, nodes: Iterable[SyntaxTreeNode]) -> str:
        """Blocks below each other, with an empty line between two that have one there."""
        written = ""
        for node in nodes:
            block = self._block(node)
            if block and written:
                written += "\n\n" if self._stands_apart(node) else "\n"
            written += block
        return written

    def _stands_apart(self, node: SyntaxTreeNode) -> bool:
        first = node.map[0] if node.map else 0
        return first > 0 and not self._lines[first - 1].strip(" \t>")

    def _block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "heading":
                return self._marked("strong", self._inline(node.children[0].children))
            case "bullet_list":
                return self._items(node, [self._dialect.bullet] * len(node.children))
            case "ordered_list":
                first = int(node.attrs.get("start", 1))
                return self._items(node, [f"{first + place}. " for place in range(len(node.children))])
            case "blockquote":
                return "\n".join(f"> {line}".rstrip() for line in self._blocks(node.children).split("\n"))
            case "fence" | "code_block":
                code = node.content.strip("\n")
                return f"{_FENCE}{code}{_FENCE}" if self._dialect.marks and code and "```" not in code else code
            case "hr":
                return "———"
            case "table":
                rows = [row for part in node.children for row in part.children]
                return "\n".join(" | ".join(self._blocks(cell.children) for cell in row.children) for row in rows)
            case "inline":
                return self._inline(node.children)
            case _:
                return self._blocks(node.children) if node.children else node.content

    def _items(self, node: SyntaxTreeNode, markers: Sequence[str]) -> str:
        written = ""
        for item, marker in zip(node.children, markers, strict=True):
            gap = "\n\n" if self._stands_apart(item) else "\n"
            text = self._blocks(item.children).replace("\n", f"\n{' ' * len(marker)}")
            written += f"{gap if written else ''}{marker}{text}"
        return written

    def _inline(self, nodes: Iterable[SyntaxTreeNode]) -> str:
        return "".join(map(self._span, nodes))

    def _span(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "softbreak" | "hardbreak":
                return "\n"
            case "strong" | "em" | "s":
                return self._marked(node.type, self._inline(node.children))
            case "code_inline":
                return self._marked("code_inline", node.content)
            case "link":
                return self._link(self._inline(node.children), str(node.attrs["href"]))
            case "image":
                return self._link(self._inline(node.children), str(node.attrs["src"]))
            case _:
                return node.content

    def _marked(self, kind: str, text: str) -> str:
        """A text with marks around it, in each of its lines."""
        if not self._dialect.marks:
            return text
        return f"{_OPEN[kind]}{text}{_CLOSE[kind]}".replace("\n", f"{_CLOSE[kind]}\n{_OPEN[kind]}")

    def _link(self, title: str, url: str) -> str:
        title = " ".join(title.split())
        address = url if _WEB.match(url) else unquote(_SCHEME.sub("", url, count=1))
        if not _SCHEME.match(url):  # A messenger is at no page from which another one could be reached.
            return title or url
        if not title or _same(title, address):
            return f"{address}{_AFTER_URL}"
        if self._dialect.anchors and _WEB.match(url):
            return f"{_LINK_OPEN}{url.translate(_HREF)}{_LINK_TITLE}{title}{_LINK_CLOSE}"
        title = title.rstrip(":： ")
        return f"{title}{'：' if _CJK_END.search(title) else ': '}{address}{_AFTER_URL}"


def _same(title: str, url: str) -> bool:
    """Whether a title is the address itself, perhaps without what needs not be said of it."""
    one, other = (_UNSAID.sub("", unquote(text)).rstrip("/").casefold() for text in (title, url))
    return one == other


def _finished(text: str) -> str:
    """The text, with a space behind an address that would otherwise run into what follows."""
    head, *others = text.split(_AFTER_URL)
    return head + "".join(f" {part}" if _runs_on(part) else part for part in others)


def _runs_on(text: str) -> bool:
    """Whether a text right behind an address would be taken for a part of it."""
    first = _NONCHARACTERS.sub("", text)[:1]
    return bool(first) and not _BESIDE_URL.match(first)


class _Span(NamedTuple):
    """Where the noncharacters around marked text stand in a line."""

    kind: str
    first: int
    last: int
    nested: bool
    """Whether it is inside another one of its kind."""


def _whatsapp_lines(text: str) -> Iterator[str]:
    """The parts of a text with WhatsApp's marks in place of the noncharacters."""
    for place, part in enumerate(_finished(text).split(_FENCE)):
        if place % 2:
            yield f"```{part}```"
        else:
            yield "\n".join(_WhatsAppLine(line).written() for line in part.split("\n"))


class _WhatsAppLine:
    """A line in which noncharacters stand for marks."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._before = list(accumulate(line, _latest_visible, initial=""))
        self._after = list(accumulate(reversed(line), _latest_visible, initial=""))[::-1]
        """The visible characters before and behind each place; "" where there is none."""

    def written(self) -> str:
        """The line as WhatsApp has it: with marks where it would show what they say, and nowhere else."""
        marks: dict[int, str] = {}
        kept: set[int] = set()  # code and addresses
        for span in _spans(self._line):
            mark = MARKS[span.kind] if self._shows(span) else ""
            marks[span.first] = marks[span.last] = mark
            if mark and span.kind == "code_inline":
                kept.update(range(span.first, span.last))
        for address in _ADDRESS.finditer(self._line):
            kept.update(range(*address.span()))
        characters = {place: one for place, one in enumerate(self._line) if one in "*_~`" and place not in kept}
        latest = {one: place for place, one in characters.items()}
        for place, one in characters.items():
            if place < latest[one] and self._begins(place):
                marks[place] = WORD_JOINER + one
        return "".join(marks.get(place, one) for place, one in enumerate(self._line))

    def _shows(self, span: _Span) -> bool:
        """Whether WhatsApp would show what the marks around a span say."""
        inside = _NONCHARACTERS.sub("", self._line[span.first : span.last])
        return (
            bool(inside)
            and inside == inside.strip()
            and not self._before[span.first].isalnum()
            and not self._after[span.last + 1].isalnum()
            and MARKS[span.kind] not in inside
            and not span.nested
            and not _ADDRESS.search(inside)
        )

    def _begins(self, place: int) -> bool:
        """Whether WhatsApp could take a character of a text as the mark with which formatting begins."""
        return not self._before[place].isalnum() and bool(self._after[place + 1].strip())


def _spans(line: str) -> Iterator[_Span]:
    """The marked spans of a line."""
    opened: list[tuple[str, int]] = []
    for place, character in enumerate(line):
        if character in _KIND_OPENED:
            opened.append((_KIND_OPENED[character], place))
        elif character in _KIND_CLOSED:
            kind, first = opened.pop()
            yield _Span(kind, first, place, nested=any(kind == other for other, _ in opened))


def _latest_visible(latest: str, character: str) -> str:
    return latest if _NONCHARACTERS.match(character) else character
