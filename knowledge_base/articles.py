"""Articles as they lie on disk: `<folder>/<language>/<slug>.md`, YAML front matter and a Markdown body.

Titles, answers and bodies are Jinja templates; they are read here (and their syntax is checked), and
rendered in `knowledge_base.rendering`. Every error names the file and the line that a writer has to mend.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import jinja2
import yaml

CATEGORIES = ("delivery", "orders", "returns", "payment", "products", "account", "company")
FIELDS = ("title", "category", "updated", "answer", "questions")

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = re.compile(r"---[ \t]*")
_HEADING = re.compile(r"^##[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
# `[shoes](product)` and `[shoes]{"entity": "product"}`: Rasa's two ways to mark a value.
_ENTITY_MARK = re.compile(r"\[([^\[\]]+)\](?:\([a-z_]+\)|\{[^{}]*\})")
_BLOCK_STYLES = (">", "|")

# PyYAML's own loader takes twenty times as long as libyaml's; it is there for platforms without the latter.
_YAML_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SYNTAX = jinja2.Environment(autoescape=False)  # noqa: S701  # Markdown, not HTML
# The filters are registered by the renderer; here only the grammar is of interest.
_SYNTAX.filters.update(dict.fromkeys(("money", "listing", "time", "languages"), str))


class ArticleError(ValueError):
    """What is wrong with an article, and where: `str()` gives `path:line: message`, lines counted from 1."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(path, line, message)
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Section(NamedTuple):
    """A part of an article's body; the part before the first `##` heading has the heading ''."""

    heading: str
    text: str


@dataclass(frozen=True)
class Article:
    """One topic in one language.

    `title`, `answer`, `body` and the `sections` are Jinja templates. Line breaks in `answer` are those of
    the file: rendering folds them.
    """

    slug: str
    language: str
    title: str
    answer: str
    questions: tuple[str, ...]
    """The ways in which people ask it, in plain text."""
    examples: tuple[str, ...]
    """The same as they are written, with entity marks (`[shoes](product)`)."""
    category: str
    updated: date
    body: str
    sections: tuple[Section, ...]
    path: Path
    lines: Mapping[str, int] = field(compare=False, repr=False)
    """Where things stand in the file, from 1: the first line of the text of 'title', 'answer' and 'body', the
    field 'questions', and each question as 'questions.0', 'questions.1' …"""


def load_article(path: Path) -> Article:
    """Read one article; its folder names the language, and its file name the slug.

    Raises:
        ArticleError: for everything that keeps the file from being an article.
        OSError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ArticleError(path, line, "not UTF-8 text") from error
    if not _SLUG.fullmatch(path.stem):
        raise ArticleError(path, 1, f"'{path.stem}' is no slug: lower-case letters, digits and single hyphens only")

    lines = text.splitlines()
    end = _front_matter_end(path, lines)
    front = _FrontMatter(path, lines[1:end])
    body = "\n".join(lines[end + 1 :]).rstrip()
    if not body.strip():
        raise ArticleError(path, end + 1, "the body is missing: nothing stands below the front matter")

    title, title_line = front.text("title")
    answer, answer_line = front.text("answer")
    examples, example_lines = front.texts("questions")
    where = {
        "title": title_line,
        "answer": answer_line,
        "body": end + 2,
        "questions": front.line("questions"),
    }
    for name, template in (("title", title), ("answer", answer), ("body", body)):
        _check_template(path, where[name], template)
    where.update((f"questions.{i}", line) for i, line in enumerate(example_lines))
    return Article(
        slug=path.stem,
        language=path.parent.name,
        title=title,
        answer=answer,
        questions=tuple(plain(example) for example in examples),
        examples=examples,
        category=front.choice("category", CATEGORIES),
        updated=front.date("updated"),
        body=body,
        sections=tuple(_sections(body)),
        path=path,
        lines=MappingProxyType(where),
    )


def load_articles(folder: Path) -> tuple[list[Article], list[ArticleError]]:
    """Read `<folder>/<language>/*.md`, in the order of languages and slugs.

    Returns:
        The articles, and an error for each file that is none: a bad article does not take the others down.
    """
    return load_files(article_files(folder))


def load_files(paths: Iterable[Path]) -> tuple[list[Article], list[ArticleError]]:
    """Read these files; see `load_articles`."""
    articles: list[Article] = []
    errors: list[ArticleError] = []
    for path in paths:
        try:
            articles.append(load_article(path))
        except ArticleError as error:
            errors.append(error)
        except OSError as error:
            errors.append(ArticleError(path, 1, f"cannot be read: {error.strerror or error}"))
    return articles, errors


def article_files(folder: Path) -> list[Path]:
    """The files below `folder` that should be articles, sorted; hidden folders and files are left out."""
    return sorted(path for path in folder.glob("[!.]*/[!.]*.md"))


def plain(example: str) -> str:
    """A training example without its entity marks: `can I return [shoes](product)` → `can I return shoes`."""
    return _ENTITY_MARK.sub(r"\1", example)


def _front_matter_end(path: Path, lines: list[str]) -> int:
    """The index of the line that closes the front matter."""
    if not lines or not _FENCE.fullmatch(lines[0]):
        raise ArticleError(path, 1, "the front matter is missing: the first line must be '---'")
    for index, line in enumerate(lines[1:], start=1):
        if _FENCE.fullmatch(line):
            return index
    raise ArticleError(path, 1, "the front matter is not closed: a line '---' is missing")


def _sections(body: str) -> Iterator[Section]:
    """Split at the headings of the second level; a first part without text is left out."""
    preamble, *rest = _HEADING.split(body)
    if preamble.strip():
        yield Section("", preamble.strip())
    for heading, text in zip(rest[::2], rest[1::2], strict=True):
        yield Section(heading, text.strip())


def _check_template(path: Path, line: int, source: str) -> None:
    try:
        _SYNTAX.parse(source)
    except jinja2.TemplateSyntaxError as error:
        raise ArticleError(path, line + error.lineno - 1, f"Jinja: {error.message}") from error


class _FrontMatter:
    """The front matter as YAML nodes, because they know their lines.

    Scalars are taken as they are written: a question that reads `no` or `24/7` is text, whatever YAML makes
    of it.
    """

    def __init__(self, path: Path, lines: list[str]) -> None:
        self._path = path
        self._lines = lines
        try:
            root = yaml.compose("\n".join(lines), Loader=_YAML_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            message = " ".join(part for part in (error.context, error.problem) if part)
            raise self._error(mark.line if mark else 0, f"YAML: {message}") from error
        except yaml.YAMLError as error:
            raise self._error(0, f"YAML: {error}") from error
        if not isinstance(root, yaml.MappingNode):
            raise self._error(0, "the front matter must be fields: `title: …`, `answer: …`")
        self._fields: dict[str, yaml.Node] = {}
        self._key_lines: dict[str, int] = {}
        for key, value in root.value:
            if key.value not in FIELDS:
                raise self._error(key.start_mark.line, f"unknown field '{key.value}': known are {', '.join(FIELDS)}")
            if key.value in self._fields:
                raise self._error(key.start_mark.line, f"the field '{key.value}' stands here a second time")
            self._fields[key.value] = value
            self._key_lines[key.value] = key.start_mark.line
        missing = [name for name in FIELDS if name not in self._fields]
        if missing:
            raise self._error(-1, f"missing: {', '.join(missing)}")

    def line(self, name: str) -> int:
        """The line of a field, in the file, from 1."""
        return self._file_line(self._key_lines[name])

    def text(self, name: str) -> tuple[str, int]:
        """A field's text, and the line of the file on which the text (not the field) begins."""
        node = self._fields[name]
        if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES:
            # The block as it stands in the file, not folded: so a template's lines are the file's lines.
            first, last = node.start_mark.line + 1, node.end_mark.line
            block = textwrap.dedent("\n".join(self._lines[first:last] or [""])).rstrip()
            if block.strip():
                return block, self._file_line(first)
        return self._scalar(name, node), self._file_line(node.start_mark.line)

    def texts(self, name: str) -> tuple[tuple[str, ...], list[int]]:
        """A list's texts, and their lines in the file."""
        node = self._fields[name]
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node.start_mark.line, f"'{name}' must be a list: lines that begin with `- `")
        texts = tuple(self._scalar(name, item) for item in node.value)
        return texts, [self._file_line(item.start_mark.line) for item in node.value]

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        node = self._fields[name]
        value = self._scalar(name, node)
        if value not in choices:
            raise self._error(node.start_mark.line, f"unknown {name} '{value}': known are {', '.join(choices)}")
        return value

    def date(self, name: str) -> date:
        node = self._fields[name]
        value = self._scalar(name, node)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self._error(
                node.start_mark.line, f"'{name}' must be a date such as 2026-11-20, not '{value}'"
            ) from None

    def _scalar(self, name: str, node: yaml.Node) -> str:
        line = node.start_mark.line
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(line, f"'{name}': expected text; quote it if it holds `: `, or begins with `[` or `{{`")
        # Plain spaces and line breaks are folded; no-break spaces are not.
        value = re.sub(r"[ \t\n]+", " ", node.value).strip()
        if not re.search(r"\w", value):
            raise self._error(line, f"'{name}' holds no word")
        return value

    def _error(self, line: int, message: str) -> ArticleError:
        return ArticleError(self._path, self._file_line(line), message)

    @staticmethod
    def _file_line(line: int) -> int:
        # YAML counts from 0, and the front matter begins on the file's second line.
        return line + 2
