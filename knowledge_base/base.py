"""The knowledge base: all articles in all languages, looked up, rendered and searched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from knowledge_base.articles import Article, ArticleError, article_files, load_files
from knowledge_base.checks import check_articles
from knowledge_base.dense import DenseIndex, Encode, VectorCache, texts_of
from knowledge_base.passages import Passage, sections_of
from knowledge_base.rendering import Rendered, Renderer, Variables
from knowledge_base.search import Hit, SearchIndex

logger = logging.getLogger(__name__)

Fingerprint = Mapping[Path, tuple[int, int]]
"""The modification time in nanoseconds and the size in bytes of each file."""


class UnknownArticle(LookupError):
    """No article has this slug, neither in the language asked for nor in the fallback language."""


class Found(NamedTuple):
    """An article, and whether it stands in for one that is missing in the language asked for."""

    article: Article
    fallback: bool


class Answer(NamedTuple):
    """A rendered article, and whether it stands in for one that is missing in the language asked for."""

    rendered: Rendered
    fallback: bool


@dataclass(frozen=True)
class _Snapshot:
    """Everything that belongs to one state of the folder; replaced as a whole."""

    files: Fingerprint
    loaded: Mapping[Path, Article]
    errors: tuple[ArticleError, ...]
    articles: Mapping[str, Mapping[str, Article]]
    """By language, then by slug."""
    indexes: Mapping[str, _Lazy[SearchIndex]]
    dense: Mapping[str, _Lazy[DenseIndex]]
    renderer: Renderer


IndexT = TypeVar("IndexT")


class _Lazy(Generic[IndexT]):
    """A language's index, made when it is first needed: that takes seconds, and with an encoder minutes."""

    def __init__(self, make: Callable[[], IndexT]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._index: IndexT | None = None

    @property
    def is_made(self) -> bool:
        return self._index is not None

    def __call__(self) -> IndexT:
        with self._making:
            if self._index is None:
                self._index = self._make()
            return self._index


class KnowledgeBase:
    """The articles below a folder (`<folder>/<language>/<slug>.md`), indexed for search.

    Files that are no articles are left out, logged, and reported by `errors` and `check`. All methods may
    be called from several threads, during a `refresh` too: each call sees one state of the folder.

    Args:
        folder: where the articles lie.
        variables: the figures of a country for the templates; see `knowledge_base.rendering`.
        fallback_language: stands in where an article is missing; its slugs are the catalogue.
        encoders: by language; where there is one, the search goes by what it makes of texts as well. It is not called
            before the first search.
        vectors: the folder in which the articles' vectors are kept; None to compute them anew in each process.

    Raises:
        NotADirectoryError: there is no such folder.
    """

    def __init__(
        self,
        folder: Path,
        variables: Variables,
        fallback_language: str = "en",
        encoders: Mapping[str, Encode] | None = None,
        vectors: Path | None = None,
    ) -> None:
        self._folder = folder
        self._variables = variables
        self._fallback_language = fallback_language
        self._encoders = encoders or {}
        self._cache = VectorCache(vectors)
        self._refreshing = threading.Lock()
        self._snapshot = self._load(self._fingerprint(), None)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have an article, sorted."""
        return tuple(self._snapshot.articles)

    @property
    def slugs(self) -> tuple[str, ...]:
        """The catalogue: the slugs of the fallback language, sorted."""
        return tuple(self._snapshot.articles.get(self._fallback_language, ()))

    @property
    def errors(self) -> tuple[ArticleError, ...]:
        """The files that could not be read as articles."""
        return self._snapshot.errors

    def articles(self, language: str) -> tuple[Article, ...]:
        """The articles of a language, in the order of their slugs; () for an unknown language."""
        return tuple(self._snapshot.articles.get(language, {}).values())

    def missing(self, language: str) -> tuple[str, ...]:
        """The slugs of the catalogue that have no article in a language."""
        there = self._snapshot.articles.get(language, {})
        return tuple(slug for slug in self.slugs if slug not in there)

    def article(self, slug: str, language: str) -> Found:
        """The article in this language, or else in the fallback language.

        Raises:
            UnknownArticle: it is in neither.
        """
        return self._find(self._snapshot, slug, language)

    def answer(self, slug: str, language: str, country: str) -> Answer:
        """The article for a customer in `country` (ISO 3166, two letters): title, answer and body, rendered.

        Raises:
            UnknownArticle: as `article`.
            ArticleError: the article has a fault that shows for this country; `check` finds these beforehand.
        """
        snapshot = self._snapshot
        article, fallback = self._find(snapshot, slug, language)
        return Answer(snapshot.renderer.render(article, country), fallback)

    def search(self, query: str, language: str, limit: int = 3, country: str | None = None) -> list[Hit]:
        """The articles that answer a question, the likeliest first; see `SearchIndex.search` for the scores.

        A language without any article is searched in the fallback language.

        Args:
            query: a question, or a few words.
            language: of the articles.
            limit: how many articles at most.
            country: for whom (ISO 3166, two letters); the hits' sections are then those that a customer there sees,
                and their headings as they stand on the page. Without it, they are what all countries have in common.
        """
        snapshot = self._snapshot
        language = language if language in snapshot.indexes else self._fallback_language
        if language not in snapshot.indexes:
            return []
        dense = snapshot.dense.get(language)
        hits = snapshot.indexes[language]().search(query, limit, dense() if dense else None)
        return hits if country is None else [self._as_seen(snapshot, hit, query, language, country) for hit in hits]

    def passage(self, query: str, rendered: Rendered) -> Passage | None:
        """What in a rendered article answers a question beyond its answer; see `Passages.best`."""
        index = self._snapshot.indexes.get(rendered.language)
        return index().passage(query, rendered.slug, rendered.answer, rendered.body) if index else None

    def prepare(self) -> None:
        """Make now what is needed for the first search; else that waits for it."""
        for index in self._snapshot.indexes.values():
            index()
        for dense in self._snapshot.dense.values():
            dense()

    def refresh(self) -> bool:
        """Take over what changed on disk since the last time, and say whether anything did.

        Only changed files are read, and only their languages indexed again; searches go on with the old
        state until the new one is complete. A file that was an article and no longer is one keeps its last
        good state, and is an error.

        Raises:
            NotADirectoryError: the folder is gone. The articles stay as they were.
            FileNotFoundError: all files are gone, as from a volume that is not mounted. The articles stay as they were.
        """
        with self._refreshing:
            files = self._fingerprint()
            if self._snapshot.files and not files:
                raise FileNotFoundError(f"{self._folder}: all articles are gone")
            if files == self._snapshot.files:
                return False
            self._snapshot = self._load(files, self._snapshot)
            return True

    def check(self, countries: Collection[str] = ()) -> list[ArticleError]:
        """Everything that a writer should mend, by file and line; see `knowledge_base.checks`.

        Args:
            countries: the countries for which every article is rendered, beside an unknown one.
        """
        snapshot = self._snapshot
        findings = check_articles(
            snapshot.articles, snapshot.renderer, self._folder, self._fallback_language, countries
        )
        return sorted([*snapshot.errors, *findings], key=lambda finding: (finding.path, finding.line))

    def _find(self, snapshot: _Snapshot, slug: str, language: str) -> Found:
        article = snapshot.articles.get(language, {}).get(slug)
        if article is not None:
            return Found(article, fallback=False)
        article = snapshot.articles.get(self._fallback_language, {}).get(slug)
        if article is not None:
            return Found(article, fallback=True)
        raise UnknownArticle(f"no article '{slug}' in '{language}' or '{self._fallback_language}'")

    def _as_seen(self, snapshot: _Snapshot, hit: Hit, query: str, language: str, country: str) -> Hit:
        try:
            rendered = snapshot.renderer.render(snapshot.articles[language][hit.slug], country)
        except ArticleError as error:  # Whoever shows the article will meet it as well; the others are fine.
            logger.error("%s", error)
            return hit
        whole, sections = f"{rendered.title}\n{rendered.answer}", sections_of(rendered.body)
        ranked = snapshot.indexes[language]().sections(query, hit.slug, whole, sections)
        return hit._replace(section=ranked[0].heading, sections=tuple(ranked))

    def _fingerprint(self) -> Fingerprint:
        if not self._folder.is_dir():
            raise NotADirectoryError(f"{self._folder}: the folder of the articles is not there")
        files = {}
        for path in article_files(self._folder):
            try:
                status = path.stat()
            except FileNotFoundError:  # Deleted since it was listed.
                continue
            files[path] = (status.st_mtime_ns, status.st_size)
        return files

    def _load(self, files: Fingerprint, before: _Snapshot | None) -> _Snapshot:
        changed = [path for path in files if before is None or before.files.get(path) != files[path]]
        fresh, errors = load_files(changed)
        for error in errors:
            logger.error("%s", error)

        loaded: dict[Path, Article] = {}
        if before is not None:
            loaded.update((path, article) for path, article in before.loaded.items() if path in files)
            errors.extend(e for e in before.errors if e.path in files and e.path not in changed)
        loaded.update((article.path, article) for article in fresh)

        articles: dict[str, dict[str, Article]] = {}
        for path in sorted(loaded):
            article = loaded[path]
            articles.setdefault(article.language, {})[article.slug] = article
        return _Snapshot(
            files=files,
            loaded=loaded,
            errors=tuple(errors),
            articles=articles,
            indexes={language: self._index(language, of, before) for language, of in articles.items()},
            dense={
                language: self._dense(language, of, before)
                for language, of in articles.items()
                if language in self._encoders
            },
            renderer=Renderer(self._variables),
        )

    @staticmethod
    def _index(language: str, articles: Mapping[str, Article], before: _Snapshot | None) -> _Lazy[SearchIndex]:
        earlier = before.indexes.get(language) if before is not None else None
        if before is not None and earlier is not None and before.articles[language] == articles:
            return earlier
        made = earlier() if earlier is not None and earlier.is_made else None

        def make() -> SearchIndex:
            of_language = list(articles.values())
            return made.updated(of_language) if made else SearchIndex(language, of_language)

        index = _Lazy(make)
        if made:
            index()  # Searches go on with the old one meanwhile, and shall not wait for the new one.
        return index

    def _dense(self, language: str, articles: Mapping[str, Article], before: _Snapshot | None) -> _Lazy[DenseIndex]:
        if before is not None and before.articles.get(language) == articles:
            return before.dense[language]

        def make() -> DenseIndex:
            encode, of_language = self._encoders[language], list(articles.values())
            texts = [text for article in of_language for text in texts_of(article)]
            return DenseIndex(of_language, self._cache.vectors(language, texts, encode), encode)

        dense = _Lazy(make)
        if before is not None and language in before.dense and before.dense[language].is_made:
            dense()  # As above.
        return dense
