"""Articles from the exports of help desks: planned as a whole, then written as `<folder>/<language>/<slug>.md`.

What an export says (`records`) becomes files that `load_article` reads. Imported text is fixed: what looks like a
template in it is shown as it is, and its figures are no policies until a writer makes them variables.
"""

from __future__ import annotations

import re
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import yaml
from babel.dates import parse_date

from knowledge_base.articles import CATEGORIES, Article, ArticleError, load_article, plain
from knowledge_base.imports.conversion import literal, to_line, to_markdown
from knowledge_base.imports.exports import ExportError
from knowledge_base.imports.filing import category_of, language_of, slug_of
from knowledge_base.imports.records import Record, read_records
from knowledge_base.imports.sentences import first_sentences
from knowledge_base.passages import blocks

_WIDTH = 118
_WORD = re.compile(r"\w")
_SEVERAL_QUESTIONS = re.compile(r"[;；|\n]|(?<=[?？])\s+")
_SEVERAL_KEYWORDS = re.compile(r"[,，、;；|\n]")
_YEAR_FIRST = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)")
# Seconds since 1970, as of 1973; milliseconds have three digits more.
_TIMESTAMP = re.compile(r"(\d{9,10})(?:\d{3})?(?:\.\d+)?")


class Reason(StrEnum):
    """Why an article of the export is not written."""

    EMPTY = "empty"
    REPEATED = "repeated"
    EXISTING = "existing"
    RESTRICTED = "not public"
    LANGUAGE = "in a language that is not served"


@dataclass(frozen=True)
class Source:
    """How to read an export, and what of it."""

    path: Path
    languages: Sequence[str]
    """The languages that are served."""
    language: str = ""
    """The language of what says none."""
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    """These two: see `read_records`."""
    categories: Mapping[str, str] = field(default_factory=dict)
    """Ours by names of the source's; these come before what the names' words mean."""
    default_category: str = "company"
    drafts: bool = False
    """Also what is not for everyone to read."""
    catalogue_language: str = "en"
    """An article in several languages has the slug of this one, if it is among them."""


@dataclass(frozen=True)
class Planned:
    """An article to be written."""

    where: str
    """Its place in the export."""
    article: Article
    """As it will be read from its file."""
    text: str
    """Of the file."""


@dataclass(frozen=True)
class LeftOut:
    """An article of the export that is not written."""

    where: str
    title: str
    reason: Reason
    detail: str = ""

    @property
    def wanted(self) -> bool:
        """Whether it would have been written if it could."""
        return self.reason not in (Reason.RESTRICTED, Reason.LANGUAGE)


@dataclass(frozen=True)
class Plan:
    """What becomes of an export."""

    articles: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...]
    """What was decided for want of something better, with its place."""


def plan_import(source: Source, folder: Path, today: date, *, overwrite: bool = False) -> Plan:
    """What an import would write below `folder`, and what not; nothing is written.

    Args:
        source: the export.
        folder: has a folder for each language.
        today: the date of articles that have none.
        overwrite: also plan articles whose files exist.

    Raises:
        ExportError: naming the file, and the place in it, of what has to be settled first.
    """
    return _Planning(source, folder, today, overwrite).plan()


def write(articles: Iterable[Planned]) -> None:
    """Write the files, each as a whole or not at all.

    Raises:
        OSError: one cannot be written; those before it are.
    """
    for planned in articles:
        path = planned.article.path
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside the file, so that it can be moved; hidden, so that nobody takes it for an article.
        new = path.with_name(f".{path.name}.new")
        try:
            new.write_text(planned.text, encoding="utf-8", newline="\n")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


@dataclass
class _Entry:
    """A record on its way to an article."""

    record: Record
    language: str
    title: str
    body: str
    questions: list[str]
    keywords: list[str]
    slug: str = ""


class _Planning:
    """The planning of one import; gathers what is left out, and remarks."""

    def __init__(self, source: Source, folder: Path, today: date, overwrite: bool) -> None:
        self._source = source
        self._folder = folder
        self._today = today
        self._overwrite = overwrite
        self._left_out: list[LeftOut] = []
        self._remarks: dict[str, None] = {}  # In their order, each once.

    def plan(self) -> Plan:
        source = self._source
        for category in (source.default_category, *source.categories.values()):
            if category not in CATEGORIES:
                raise ExportError(f"there is no category '{category}': there are {', '.join(CATEGORIES)}")
        records = read_records(source.path, source.columns, source.encoding)
        filed = {name.casefold() for record in records for name in record.category}
        for name in source.categories:
            if name.casefold() not in filed:
                self._remark(f"nothing is filed under '{name}'")
        entries = list(self._entries(records))
        self._name(entries, records)
        self._drop_shared_keywords(entries)
        articles = self._articles([entry for entry in entries if self._may_write(entry)])
        return Plan(tuple(articles), tuple(self._left_out), tuple(self._remarks))

    def _entries(self, records: Sequence[Record]) -> Iterator[_Entry]:
        first: dict[tuple[str, str], str] = {}
        for record in records:
            title = to_line(record.title)
            body = to_markdown(record.body, title)
            if not _WORD.search(title) or not _WORD.search(body):
                self._leave_out(record, Reason.EMPTY)
                continue
            language = self._language(record)
            if language is None:
                self._leave_out(record, Reason.LANGUAGE, record.language)
            elif record.restricted and not self._source.drafts:
                self._leave_out(record, Reason.RESTRICTED, record.restricted)
            elif (record.key, language) in first:
                self._leave_out(record, Reason.REPEATED, f"the same as {first[record.key, language]}")
            else:
                first[record.key, language] = record.where
                questions = _distinct([title, *_split(record.questions, _SEVERAL_QUESTIONS)])
                keywords = (keyword.replace("_", " ") for keyword in _split(record.keywords, _SEVERAL_KEYWORDS))
                yield _Entry(record, language, title, body, questions, _distinct(keywords, questions))

    def _language(self, record: Record) -> str | None:
        if record.language:
            return language_of(record.language, self._source.languages)
        if not self._source.language:
            raise ExportError(f"{self._place(record)}: nothing tells its language; name the one of the file")
        return self._source.language

    def _name(self, entries: Sequence[_Entry], records: Sequence[Record]) -> None:
        """Give each article a slug, the same in all its languages."""
        catalogue = {
            record.key: record
            for record in reversed(records)
            if record.title and record.language and self._language(record) == self._source.catalogue_language
        }
        of_key: dict[str, list[_Entry]] = {}
        for entry in entries:
            of_key.setdefault(entry.record.key, []).append(entry)
        taken: set[tuple[str, str]] = set()
        for key, translations in of_key.items():
            lead, language = translations[0].record, translations[0].language
            if key in catalogue:
                lead, language = catalogue[key], self._source.catalogue_language
            slug = slug_of(lead.slug, lead.url, to_line(lead.title), language, otherwise=key)
            number = 1
            while taken & (names := {(entry.language, _numbered(slug, number)) for entry in translations}):
                number += 1
            taken |= names
            for entry in translations:
                entry.slug = _numbered(slug, number)

    def _drop_shared_keywords(self, entries: Sequence[_Entry]) -> None:
        """What several articles have as a keyword leads to none of them."""
        having = Counter(
            (entry.language, _comparable(text)) for entry in entries for text in (*entry.questions, *entry.keywords)
        )
        for entry in entries:
            for keyword in list(entry.keywords):
                count = having[entry.language, _comparable(keyword)]
                if count > 1:
                    entry.keywords.remove(keyword)
                    self._remark(f"the keyword '{keyword}' of {count} articles in '{entry.language}' leads to none")

    def _may_write(self, entry: _Entry) -> bool:
        path = self._path(entry)
        if path.exists() and not self._overwrite:
            self._leave_out(entry.record, Reason.EXISTING, str(path))
            return False
        return True

    def _articles(self, entries: Sequence[_Entry]) -> Iterator[Planned]:
        """The articles, read from their text as they will be from their files."""
        errors = []
        with tempfile.TemporaryDirectory() as scratch:
            for entry in entries:
                path = self._path(entry)
                trial = Path(scratch) / entry.language / path.name
                trial.parent.mkdir(exist_ok=True)
                text = self._text(entry)
                trial.write_text(text, encoding="utf-8", newline="\n")
                try:
                    yield Planned(entry.record.where, replace(load_article(trial), path=path), text)
                except ArticleError as error:
                    errors.append(f"{self._place(entry.record)}: {error.message}")
        if errors:
            raise ExportError("\n".join(errors))

    def _text(self, entry: _Entry) -> str:
        record = entry.record
        answer = to_line(record.answer)
        if not _WORD.search(answer):
            answer = _beginning(entry.body, entry.language)
        lines = [
            "---",
            f"title: {_scalar(literal(entry.title))}",
            f"category: {self._category(record)}",
            f"updated: {self._updated(record, entry.language)}",
            "answer: >-",
            *(f"  {line}" for line in _wrapped(literal(answer if _WORD.search(answer) else entry.title))),
            "questions:",
            *(f"  - {_scalar(question)}" for question in (*entry.questions, *entry.keywords)),
            "---",
            literal(entry.body),
        ]
        return "\n".join(lines) + "\n"

    def _category(self, record: Record) -> str:
        category = category_of(record.category, self._source.categories)
        if category is None and record.category:
            self._remark(f"no category is known for '{record.category[0]}': {self._source.default_category}")
        return category or self._source.default_category

    def _updated(self, record: Record, language: str) -> date:
        updated = _date(record.updated, language)
        if updated is None and record.updated:
            self._remark(f"{record.where}: '{record.updated}' is no date: today's is taken")
        return updated or self._today

    def _path(self, entry: _Entry) -> Path:
        return self._folder / entry.language / f"{entry.slug}.md"

    def _place(self, record: Record) -> str:
        return f"{self._source.path}: {record.where or 'the file'}"

    def _leave_out(self, record: Record, reason: Reason, detail: str = "") -> None:
        self._left_out.append(LeftOut(record.where, to_line(record.title), reason, detail))

    def _remark(self, remark: str) -> None:
        self._remarks[remark] = None


def _split(texts: Iterable[str], separator: re.Pattern[str]) -> Iterator[str]:
    """The questions in texts, in plain text."""
    for text in texts:
        for part in separator.split(text):
            yield to_line(part)


def _distinct(questions: Iterable[str], others: Iterable[str] = ()) -> list[str]:
    """Those that hold a word, each once, and none that is among the others."""
    seen = {_comparable(other) for other in others}
    kept = []
    for question in map(_unmarked, questions):
        if _comparable(question) not in seen and _WORD.search(question):
            seen.add(_comparable(question))
            kept.append(question)
    return kept


def _unmarked(question: str) -> str:
    """Without what would be read as the mark of an entity: links of Markdown, say."""
    while (bare := plain(question)) != question:
        question = bare
    return question


def _comparable(question: str) -> str:
    return re.sub(r"[\W_]+", "", question.casefold())


def _numbered(slug: str, number: int) -> str:
    return slug if number == 1 else f"{slug}-{number}"


def _beginning(body: str, language: str) -> str:
    """The first sentences of a body, none from beyond a heading."""
    found = blocks(body)
    return first_sentences((block.text for block in found if block.heading == found[0].heading), language)


def _date(text: str, language: str) -> date | None:
    """The date in a timestamp or a text, in the order that is usual in the language; None if there is none."""
    try:
        if timestamp := _TIMESTAMP.fullmatch(text):
            return datetime.fromtimestamp(int(timestamp[1]), UTC).date()
        if numbers := _YEAR_FIRST.search(text):
            return date(*map(int, numbers.groups()))
        return parse_date(text, locale=language.replace("-", "_")) if text else None
    except (ValueError, IndexError):
        return None


def _scalar(text: str) -> str:
    """A text as a value of YAML on one line."""
    dumped: str = yaml.safe_dump([text], allow_unicode=True, width=float("inf"))
    return dumped.removeprefix("- ").rstrip("\n")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
