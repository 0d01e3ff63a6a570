"""A server that speaks LibreTranslate's language: LibreTranslate itself, or another one with the same requests.

https://docs.libretranslate.com
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from desk.translation.keeping import translate_keeping
from desk.translation.languages import canonical
from desk.translation.port import TranslationUnavailable, TranslatorError
from desk.translation.resting import Rest
from desk.translation.sentences import join, lines

TIMEOUT_SECONDS = 10.0
"""How long a request may take."""

BATCH = 25
"""So many lines are sent at once: servers have limits."""

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=1)
"""After a failure, the server is left alone: agents shall not wait for each message until the time is out."""

LANGUAGES_SECONDS = 3600.0
"""So long the server's languages are remembered."""

# What the server thinks of the text or the languages; everything else says that it cannot, or will not, translate now.
_REFUSED = frozenset({400, 404, 413, 422})


class LibreTranslator:
    """Translates by a LibreTranslate server.

    Args:
        url: the server's, such as `http://127.0.0.1:5000`.
        key: the server's API key, where it wants one.
        timeout: of a request, in seconds.
        clock: seconds that only grow.

    Raises:
        TranslatorError: when the URL is none.
    """

    def __init__(
        self, url: str, key: str = "", *, timeout: float = TIMEOUT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise TranslatorError("The URL of a LibreTranslate server begins with http:// or https://.")
        self.name = "LibreTranslate"
        self._url = url.rstrip("/")
        self._key = key
        self._timeout = timeout
        self._clock = clock
        self._languages: dict[str, _Language] = {}
        self._known_until = 0.0
        self._rest = Rest(FIRST_PAUSE, LONGEST_PAUSE, clock)
        self._http: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """See `Translator.open`."""
        if self._languages and self._clock() < self._known_until:
            return
        try:
            self._languages = _languages(await self._request("GET", "/languages"))
        except TranslationUnavailable:
            if not self._languages:
                raise
        self._known_until = self._clock() + LANGUAGES_SECONDS

    def supports(self, source: str, target: str) -> bool:
        """See `Translator.supports`."""
        given, wanted = self._language(source), self._language(target)
        return given is not None and wanted is not None and given is not wanted and wanted.code in given.targets

    async def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """See `Translator.translate`."""
        await self.open()
        given, wanted = self._language(source), self._language(target)
        if given is None or wanted is None or not self.supports(source, target):
            raise TranslationUnavailable(f"{self._url} does not translate from {source} into {target}.")
        split_texts = [lines(text) for text in texts]
        sent = [piece.text for pieces in split_texts for piece in pieces if not piece.stays]
        if not sent:
            return list(texts)

        async def translate(these: list[str]) -> list[str]:
            batches = [these[start : start + BATCH] for start in range(0, len(these), BATCH)]
            return [text for batch in batches for text in await self._translate(batch, given.code, wanted.code)]

        translated = iter(await translate_keeping(sent, translate, target))
        return [
            join([piece.text if piece.stays else next(translated) for piece in pieces], target)
            for pieces in split_texts
        ]

    async def close(self) -> None:
        """See `Translator.close`."""
        if self._http is not None and self._loop is asyncio.get_running_loop():
            await self._http.aclose()
        self._http = None

    def _language(self, language: str) -> _Language | None:
        return self._languages.get(canonical(language) or "")

    async def _translate(self, texts: list[str], source: str, target: str) -> list[str]:
        # Servers that are only compatible may know no lists.
        asked = texts if len(texts) > 1 else texts[0]
        body = {"q": asked, "source": source, "target": target, "format": "text"}
        answer = await self._request("POST", "/translate", body | ({"api_key": self._key} if self._key else {}))
        said = answer.get("translatedText") if isinstance(answer, dict) else None
        translated = [said] if isinstance(said, str) else said
        if not isinstance(translated, list) or len(translated) != len(texts):
            raise TranslationUnavailable(f"{self._url}: /translate answers with something else than the translations.")
        return [str(text) for text in translated]

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the server answers. Messages hold the path, but neither what was sent nor what came back."""
        if self._rest.lasts:
            raise TranslationUnavailable(f"{self._url} is left alone for a while after a failure.")
        try:
            response = await self._client().request(method, path, json=body)
            answer = response.json() if response.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            self._rest.begin()
            raise TranslationUnavailable(f"{self._url}: {method} {path}: {type(error).__name__}") from error
        if response.is_success:
            self._rest.end()
            return answer
        if response.status_code not in _REFUSED:
            self._rest.begin(_seconds(response.headers.get("retry-after", "")))
        raise TranslationUnavailable(f"{self._url}: {method} {path}: {response.status_code}")

    def _client(self) -> httpx.AsyncClient:
        # Connections belong to one event loop, and to one process: a forked child has another loop.
        loop = asyncio.get_running_loop()
        if self._http is None or self._loop is not loop:
            self._loop = loop
            self._http = httpx.AsyncClient(base_url=self._url, timeout=self._timeout)
        return self._http


class _Language:
    """A language of the server, by the server's code, and the codes of what it is translated into."""

    def __init__(self, code: str, targets: frozenset[str]) -> None:
        self.code = code
        self.targets = targets


def _seconds(retry_after: str) -> float:
    """What a server asks for, within reason; it may also name a moment, which is not read."""
    return min(float(retry_after), LANGUAGES_SECONDS) if retry_after.isascii() and retry_after.isdigit() else 0


def _languages(answer: Any) -> dict[str, _Language]:
    """The languages by their canonical names; the server's code of Chinese may be "zh" or "zh-Hans"."""
    try:
        codes = [entry["code"] for entry in answer]
        found: dict[str, _Language] = {}
        for entry in answer:
            name = canonical(entry["code"])
            if name:
                found.setdefault(name, _Language(entry["code"], frozenset(entry.get("targets", codes))))
    except (AttributeError, KeyError, TypeError) as error:
        raise TranslationUnavailable("/languages answers with something else than languages.") from error
    return found
