"""Exports of help desks: the articles in a JSON or CSV file, whatever product wrote it.

One reader serves all products: `exports.yml` says below which names articles lie in JSON, and what their fields are
called (`records` reads these). The names come from the documentation of the interfaces of Zendesk (Help Center),
Freshdesk (Solutions), Intercom (Articles), Help Scout (Docs) and WordPress, and from spreadsheets.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

_DATA: Mapping[str, Any] = yaml.load(
    Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
FIELDS: Mapping[str, Sequence[str]] = _DATA["fields"]
"""For each field of an article its names, the likeliest first."""
PUBLIC: Mapping[str, Sequence[str]] = _DATA["public"]
"""For each field that says who may read an article the values with which everyone may, in lower case."""

_DELIMITERS = ",;\t|"
# What spreadsheets write, and hide, so that others know the delimiter.
_DELIMITER_LINE = re.compile(r"sep=(.)\r?\n")


class ExportError(ValueError):
    """What is wrong with an export; the message names the file and the place in it."""


@dataclass(frozen=True)
class Element:
    """What should be an article, as it stands in the file."""

    where: str
    """The place in the file: `articles[3]`, `row 7`, `line 2`."""
    content: Mapping[str, Any]
    """For a translation also what it has from its article: readers, groups, and time."""
    key: str = ""
    """The article that this is a translation of, or ''."""
    language: str = ""
    """The key of a translation among others, or ''."""
    groups: tuple[str, ...] = ()
    """The names of the groups in which it lies, the nearest first."""


@dataclass(frozen=True)
class Export:
    """What a file holds."""

    elements: list[Element] = field(default_factory=list)
    groups: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id: a group's name, and the id of the group around it, or ''."""


def read_export(path: Path, encoding: str | None = None) -> Export:
    """The articles of a file of JSON, JSON lines, or values separated by commas, semicolons, tabs or bars.

    Args:
        path: the file; its content tells the format.
        encoding: of the text; unless given, UTF-8 and UTF-16 are recognised, and Windows-1252 is the last resort.

    Raises:
        ExportError: the file cannot be read, or holds no articles.
    """
    text = _text(path, encoding)
    is_json = re.match(r"\s*[\[{]", text)
    export = _json_export(path, text) if is_json else Export(list(_rows(path, text)))
    if not export.elements:
        raise ExportError(f"{path}: no articles in it")
    return export


def by_name(content: Mapping[str, Any]) -> dict[str, Any]:
    """Values by names that can be compared; see `comparable`. Of two with the same name, the first that has a value."""
    named: dict[str, Any] = {}
    for name, value in content.items():
        if named.get(comparable(name)) in (None, ""):
            named[comparable(name)] = value
    return named


def comparable(name: str) -> str:
    """A name without case, accents, spaces and punctuation: `Updated At`, `updatedAt`, `updated_at` → `updatedat`."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", plain)


def value_at(named: Mapping[str, Any], name: str) -> Any:
    """The value of a name; a dot leads into an object, or is part of a column's name. None if there is none."""
    value = named.get(comparable(name))
    if value is not None or "." not in name:
        return value
    first, rest = name.split(".", 1)
    inner = named.get(comparable(first))
    return value_at(by_name(inner), rest) if isinstance(inner, dict) else None


def first_value(named: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The value of the first of the names that has one; None if none has."""
    values = (value_at(named, name) for name in names)
    return next((value for value in values if value not in (None, "", [])), None)


def text_of(value: Any) -> str:
    """A single value as text; '' for none, and for lists and objects."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else ""


_ARTICLES, _TRANSLATIONS, _GROUPS, _LISTS = (
    frozenset(map(comparable, _DATA[part])) for part in ("articles", "translations", "groups", "lists")
)
_KNOWN = frozenset(comparable(name) for names in FIELDS.values() for name in names)
# What holds for an article's translations too, unless they say otherwise.
_SHARED = frozenset(map(comparable, (*PUBLIC, *FIELDS["category"], *FIELDS["updated"])))


def _text(path: Path, encoding: str | None) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path}: {error.strerror or error}") from error
    if encoding:
        encodings = [encoding]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for name in encodings:
        try:
            text = content.decode(name)
        except LookupError as error:
            raise ExportError(f"{path}: there is no encoding '{name}'") from error
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ExportError(f"{path}: no text in {' or '.join(encodings)}")


def _rows(path: Path, text: str) -> Iterator[Element]:
    """The rows of a CSV file; the first that is not empty names the columns."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # A body may be longer than the usual limit.
    line = _DELIMITER_LINE.match(text)
    delimiter = line[1] if line else _delimiter(text)
    start = line.end() if line else 0
    rows = csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for number, row in enumerate(rows, start=2 if line else 1):
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns = [cell.strip() for cell in row]
            elif any(cell.strip() for cell in row[len(columns) :]):
                raise ExportError(f"{path}: row {number}: {len(row)} cells, but {len(columns)} columns")
            else:
                yield Element(f"row {number}", _cells(columns, row))
    except csv.Error as error:
        raise ExportError(f"{path}:{rows.line_num + bool(line)}: {error}") from error


def _delimiter(text: str) -> str:
    """The one that makes the most known columns of the first line."""

    def known(delimiter: str) -> tuple[int, int]:
        header = next(csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter), [])
        return sum(comparable(name) in _KNOWN for name in header), len(header)

    return max(_DELIMITERS, key=known)


def _cells(columns: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """A row by column; columns of the same name are one."""
    cells = dict.fromkeys(columns, "")
    for column, cell in zip(columns, row, strict=False):
        cells[column] = "\n".join(filter(None, (cells[column], cell)))
    return cells


def _json_export(path: Path, text: str) -> Export:
    walk = _Walk(path, Export())
    try:
        walk.articles(json.loads(text), "", Element("", {}))
    except json.JSONDecodeError as error:
        for number, value in _json_lines(path, text, error):
            walk.articles(value, f"line {number}", Element("", {}), listed=True)
    except RecursionError as error:
        raise ExportError(f"{path}: nested too deeply") from error
    return walk.export


def _json_lines(path: Path, text: str, error: json.JSONDecodeError) -> Iterator[tuple[int, Any]]:
    """One value a line, with its number; `error` is why it is not all one value."""
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                yield number, json.loads(line)
        except json.JSONDecodeError as of_line:
            # What breaks within its first line was never meant to be lines.
            place, message = (error.lineno, error.msg) if number == 1 else (number, of_line.msg)
            raise ExportError(f"{path}:{place}: no JSON: {message}") from error


@dataclass(frozen=True)
class _Walk:
    """Collects articles and groups, going down in JSON only where `exports.yml` says that there are some."""

    path: Path
    export: Export

    def articles(self, node: Any, where: str, around: Element, *, listed: bool = False) -> None:
        """An article, a list of them, or an object that has some. What is listed is one even without a title."""
        if isinstance(node, list):
            for i, item in enumerate(node):
                self.articles(item, f"{where}[{i}]", around, listed=True)
        elif not isinstance(node, dict):
            raise ExportError(f"{self.path}: {where or 'the file'}: expected an object, not {type(node).__name__}")
        elif text_of(first_value(by_name(node), FIELDS["title"])) or (listed and not _has_articles(node)):
            self._article(node, where, around)
        else:
            self._inside(node, where, around)

    def _article(self, node: Mapping[str, Any], where: str, around: Element) -> None:
        named = by_name(node)
        if text_of(named.get("sourcetype", "article")).lower() != "article":
            return  # The translation of a group.
        key = around.key or text_of(first_value(named, FIELDS["id"])) or where
        element = replace(around, where=where, content={**around.content, **node}, key=key)
        self.export.elements.append(element)
        shared = {name: value for name, value in node.items() if comparable(name) in _SHARED}
        for name, value in node.items():
            if comparable(name) in _TRANSLATIONS:
                self._translations(value, _below(where, name), replace(element, content=shared))
            elif comparable(name) in _GROUPS:
                self._group(value, _below(where, name), element)

    def _translations(self, node: Any, where: str, article: Element) -> None:
        """The translations of an article, as a list or by language."""
        if isinstance(node, list):
            for i, item in enumerate(node):
                if isinstance(item, dict):
                    self._article(item, f"{where}[{i}]", article)
        elif isinstance(node, dict):
            for language, item in node.items():
                if isinstance(item, dict):
                    self._article(item, _below(where, language), replace(article, language=language))

    def _inside(self, node: Mapping[str, Any], where: str, around: Element) -> None:
        for name, value in node.items():
            if comparable(name) in _GROUPS:
                self._group(value, _below(where, name), around)
            elif comparable(name) in _ARTICLES | _LISTS and isinstance(value, list | dict):
                self.articles(value, _below(where, name), around)

    def _group(self, node: Any, where: str, around: Element) -> None:
        """A group with what lies in it, or a list of groups."""
        if isinstance(node, list):
            for i, item in enumerate(node):
                self._group(item, f"{where}[{i}]", around)
        elif isinstance(node, dict):
            named = by_name(node)
            name = text_of(first_value(named, FIELDS["title"]))
            if identifier := text_of(named.get("id")):
                outer = first_value(named, ("category_id", "parent_id", "collection_id"))
                self.export.groups[identifier] = (name, text_of(outer))
            for list_name in node if not name else ():
                if comparable(list_name) in _LISTS:
                    self._group(node[list_name], _below(where, list_name), around)
                    return
            self._inside(node, where, replace(around, groups=(name, *around.groups) if name else around.groups))


def _has_articles(node: Mapping[str, Any]) -> bool:
    inside = _ARTICLES | _GROUPS | _LISTS
    return any(comparable(name) in inside and isinstance(value, list | dict) for name, value in node.items())


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
