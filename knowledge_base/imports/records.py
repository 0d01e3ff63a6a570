"""What exports of help desks say of an article, in the same few fields for all products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.imports.exports import (
    FIELDS,
    PUBLIC,
    Element,
    Export,
    ExportError,
    by_name,
    comparable,
    first_value,
    read_export,
    text_of,
    value_at,
)

COLUMNS = (*FIELDS, "status")
"""The fields for which one can say in which column they stand."""
_SEVERAL = ("questions", "keywords", "category")
_TEXTS = ("title", "body")


@dataclass(frozen=True)
class Record:
    """One article in one language. Texts are those of the file, HTML included; what is missing is ''."""

    where: str
    """The place in the file: `articles[3]`, `row 7`, `line 2`."""
    key: str
    """What the translations of one article have in common."""
    title: str
    body: str
    answer: str
    questions: tuple[str, ...]
    keywords: tuple[str, ...]
    """Each one, or several as a list in text."""
    language: str
    category: tuple[str, ...]
    """The names, or else the ids, of the groups in which it lies, the nearest first."""
    slug: str
    url: str
    updated: str
    restricted: str
    """Why not everyone may read it: `status is 'draft'`; '' if everyone may."""


def read_records(path: Path, columns: Mapping[str, str] | None = None, encoding: str | None = None) -> list[Record]:
    """The articles of an export, in the order of the file.

    Args:
        path: see `knowledge_base.imports.exports.read_export`.
        columns: for a field (see `COLUMNS`) the column or, in JSON, the dotted path that holds it; the others are
            recognised by their names.
        encoding: see `knowledge_base.imports.exports.read_export`.

    Raises:
        ExportError: as `read_export`, and for columns and values that cannot be used.
    """
    columns = columns or {}
    export = read_export(path, encoding)
    named = [by_name(element.content) for element in export.elements]
    for field, column in columns.items():
        if field not in COLUMNS:
            raise ExportError(f"there is no field '{field}': there are {', '.join(COLUMNS)}")
        if all(value_at(of_element, column) is None for of_element in named):
            there = dict.fromkeys(name for element in export.elements for name in element.content)
            raise ExportError(f"{path}: no '{column}' in it, but {', '.join(there)}")
    if not any(first_value(of_element, _names("title", columns)) for of_element in named):
        there = dict.fromkeys(name for element in export.elements for name in element.content)
        raise ExportError(f"{path}: no column is known as the title: there are {', '.join(there)}")
    return [
        _record(path, element, of_element, columns, export)
        for element, of_element in zip(export.elements, named, strict=True)
    ]


def _record(
    path: Path, element: Element, named: Mapping[str, Any], columns: Mapping[str, str], export: Export
) -> Record:
    place = f"{path}: {element.where or 'the file'}"
    values = _values(place, named, columns)
    single = {field: (texts[0] if texts else "") for field, texts in values.items() if field not in _SEVERAL}
    identifier = single.pop("id")
    groups = (*_group_names(values["category"], export.groups), *element.groups)
    return Record(
        where=element.where,
        key=element.key or identifier or element.where,
        questions=values["questions"],
        keywords=values["keywords"],
        category=tuple(dict.fromkeys(groups)),
        restricted=_restricted(named, columns),
        **{**single, "language": single["language"] or element.language},
    )


def _values(place: str, named: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The texts of each field; what one field has taken is no other's."""
    taken: set[str] = set()
    values: dict[str, tuple[str, ...]] = {}
    for field in FIELDS:
        texts: list[str] = []
        for name in _names(field, columns):
            value = value_at(named, name)
            if value and field in _TEXTS and isinstance(value, list | dict):
                raise ExportError(f"{place}: '{name}' should be text, not {type(value).__name__}")
            found = [text for text in _texts(value) if text]
            if comparable(name) in taken or not found:
                continue
            taken.add(comparable(name))
            texts += found
            if field not in _SEVERAL:
                break
        values[field] = tuple(texts)
    return values


def _names(field: str, columns: Mapping[str, str]) -> tuple[str, ...]:
    """What a field may be called, less what was said to be another's."""
    if field in columns:
        return (columns[field],)
    others = {comparable(column) for column in columns.values()}
    return tuple(name for name in FIELDS[field] if comparable(name) not in others)


def _texts(value: Any) -> Iterator[str]:
    """The texts of a value: of each in a list, and of an object's name."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield text_of(first_value(by_name(value), (*FIELDS["title"], "id")))
    else:
        yield text_of(value)


def _group_names(values: tuple[str, ...], groups: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """The names of groups, from names and ids, each before those of the groups around it."""
    for value in values:
        seen: set[str] = set()
        while value in groups and value not in seen:
            seen.add(value)
            name, value = groups[value]
            yield name
        if value and value not in seen:
            yield value


def _restricted(named: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    for field, values in PUBLIC.items():
        name = columns.get(field, field)
        value = text_of(value_at(named, name))
        if value and value.casefold() not in values:
            return f"{name} is '{value}'"
    return ""
