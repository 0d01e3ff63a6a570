"""Translations, made once and remembered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy import select

from desk.tables import TranslationRow
from desk.translation.languages import canonical
from desk.translation.port import TranslationUnavailable, Translator, TranslatorError
from desk.translation.sentences import has_words
from storage import Database, forget, insertion, table

logger = structlog.get_logger()

TRANSLATIONS = table(TranslationRow)

PIVOT = "en"
"""What is translated by way of, where there is nothing from one language right into the other."""

LONGEST = 5000
"""In characters: a longer text is not translated."""


class Translations:
    """What the desk asks for translations.

    Args:
        translator: translates; None where none is configured: then there are no translations.
        database: has the table `desk_translations`.
        now: the present moment, aware.
    """

    def __init__(
        self,
        translator: Translator | None,
        database: Database,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._translator = translator
        self._database = database
        self._now = now
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}
        self._problem = ""

    @property
    def available(self) -> bool:
        """Whether there is a translator at all."""
        return self._translator is not None

    async def open(self) -> None:
        """Get the translator ready. One that cannot be reached is logged, and asked again with the next text.

        Raises:
            TranslatorError: when it is configured wrongly.
        """
        if self._translator is not None:
            try:
                await self._translator.open()
            except TranslationUnavailable as error:
                self._failed(error)

    def can(self, source: str, target: str) -> bool:
        """Whether texts are translated from one language into another, as far as it is known now."""
        return same(source, target) or self._route(source, target) is not None

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """A text in another language; None where it cannot be translated.

        Raises `DatabaseUnavailable` when the database is away.
        """
        return (await self.translate_all([text], source, target))[0]

    async def translate_all(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """Several texts in another language, faster than one after the other; None for those that cannot be translated.

        Raises `DatabaseUnavailable` when the database is away.
        """
        if same(source, target):
            return list(texts)
        wanted = {text for text in texts if has_words(text) and len(text) <= LONGEST}
        known: dict[str, str] = {text: text for text in texts if not has_words(text)}
        if self._translator is not None and wanted:
            known |= await self._known_or_made(wanted, source, target)
        return [known.get(text) for text in texts]

    async def forget(self, before: datetime, *, dry_run: bool = False) -> int:
        """Delete the translations from before a moment (aware), or only count them; returns how many they are."""
        return await forget(self._database, TRANSLATIONS, TRANSLATIONS.c.made_at < before, dry_run=dry_run)

    async def forget_texts(self, texts: Iterable[str]) -> int:
        """Delete the translations of texts, such as those of a customer who is to be forgotten; returns how many."""
        hashes = list({text_hash(text) for text in texts})
        return sum(
            [
                await forget(self._database, TRANSLATIONS, TRANSLATIONS.c.text_hash.in_(hashes[start : start + 500]))
                for start in range(0, len(hashes), 500)
            ]
        )

    async def close(self) -> None:
        """Let go of the translator's connections and models."""
        if self._translator is not None:
            await self._translator.close()

    async def _known_or_made(self, texts: set[str], source: str, target: str) -> dict[str, str]:
        known = await self._known(texts, source, target)
        if not texts - known.keys():
            return known
        # Agents who look at the same message ask at the same time: the first has it translated.
        async with self._turns.setdefault((source, target), asyncio.Lock()):
            known |= await self._known(texts - known.keys(), source, target)
            made = await self._made(sorted(texts - known.keys()), source, target)
            await self._keep(made, source, target)
        return known | made

    async def _made(self, texts: list[str], source: str, target: str) -> dict[str, str]:
        """The translations by the translator; none where it cannot."""
        if self._translator is None or not texts:
            return {}
        try:
            await self._translator.open()
            route = self._route(source, target)
            if route is None:
                return {}
            translated = texts
            for here, there in route:
                translated = await self._translator.translate(translated, here, there)
        except (TranslationUnavailable, TranslatorError) as error:
            self._failed(error)
            return {}
        self._problem = ""
        return dict(zip(texts, translated, strict=True))

    def _route(self, source: str, target: str) -> list[tuple[str, str]] | None:
        """From language to language: directly, or through English."""
        if self._translator is None:
            return None
        supports = self._translator.supports
        if supports(source, target):
            return [(source, target)]
        if supports(source, PIVOT) and supports(PIVOT, target):
            return [(source, PIVOT), (PIVOT, target)]
        return None

    async def _known(self, texts: set[str], source: str, target: str) -> dict[str, str]:
        hashes = {text_hash(text): text for text in texts}
        row = TRANSLATIONS.c
        query = select(row.text_hash, row.text).where(
            row.text_hash.in_(hashes), row.source == source, row.target == target
        )
        async with self._database.reading() as connection:
            return {hashes[found.text_hash]: found.text for found in await connection.execute(query)}

    async def _keep(self, made: Mapping[str, str], source: str, target: str) -> None:
        if not made:
            return
        now = self._now()
        rows = [
            {"text_hash": text_hash(text), "source": source, "target": target, "text": translation, "made_at": now}
            for text, translation in made.items()
        ]
        async with self._database.writing() as connection:
            await connection.execute(insertion(connection, TRANSLATIONS).values(rows).on_conflict_do_nothing())

    def _failed(self, error: Exception) -> None:
        if self._problem != (problem := str(error)):
            self._problem = problem
            logger.warning("translation.unavailable", reason=problem)


def same(source: str, target: str) -> bool:
    """Whether two codes name the same language."""
    return source == target or (canonical(source) or source) == canonical(target)


def text_hash(text: str) -> str:
    """What stands for a text in the table of translations."""
    return hashlib.sha256(text.encode()).hexdigest()
